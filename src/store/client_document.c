/* SPDX-License-Identifier: Apache-2.0 */
/* A client as one JSON document and back: RFC 7591 names, and ours. */
#include "store/internal.h"
#include "json/json.h"
#include "json/writer.h"

struct member {
	const char *name;
	size_t at; /* offset in struct client */
};

#define MEMBER(json_name, member)                                              \
	{json_name, __builtin_offsetof(struct client, member)}

/* Lists stay space-delimited strings, as struct client has them. */
static const struct member texts[] = {
	MEMBER("client_name", name),
	MEMBER("logo_uri", logo_uri),
	MEMBER("client_uri", uri),
	MEMBER("policy_uri", policy_uri),
	MEMBER("tos_uri", tos_uri),
	MEMBER("initiate_login_uri", initiate_login_uri),
	MEMBER("redirect_uris", redirect_uris),
	MEMBER("post_logout_redirect_uris", post_logout_redirect_uris),
	MEMBER("grant_types", grant_types),
	MEMBER("response_types", response_types),
	MEMBER("response_modes", response_modes),
	MEMBER("token_endpoint_auth_method", auth_method),
	MEMBER("token_endpoint_auth_signing_alg", auth_signing_alg),
	MEMBER("scope", scope),
	MEMBER("audiences", audiences),
	MEMBER("id_token_signed_response_alg", id_token_alg),
	MEMBER("authorization_signed_response_alg", response_alg),
	MEMBER("request_object_signing_alg", request_object_alg),
	MEMBER("request_object_encryption_alg", request_object_encryption_alg),
	MEMBER("request_object_encryption_enc", request_object_encryption_enc),
	MEMBER("default_acr_values", default_acr_values),
	MEMBER("jwks", jwks),
	MEMBER("jwks_uri", jwks_uri),
	MEMBER("request_uris", request_uris),
	MEMBER("tls_client_auth_subject_dn", tls_subject_dn),
	MEMBER("tls_client_auth_san_dns", tls_san_dns),
	MEMBER("tls_client_auth_san_uri", tls_san_uri),
	MEMBER("tls_client_auth_san_ip", tls_san_ip),
	MEMBER("tls_client_auth_san_email", tls_san_email),
};

static const struct member integers[] = {
	MEMBER("default_max_age", default_max_age_for),
	MEMBER("access_token_for", access_token_for),
	MEMBER("id_token_for", id_token_for),
	MEMBER("refresh_token_for", refresh_token_for),
	MEMBER("refresh_idle_for", refresh_idle_for),
	MEMBER("code_for", code_for),
};

static const struct member flags[] = {
	MEMBER("is_native", is_native),
	MEMBER("is_disabled", is_disabled),
	MEMBER("skips_consent", skips_consent),
	MEMBER("allows_plain_pkce", allows_plain_pkce),
	MEMBER("requires_pkce", requires_pkce),
	MEMBER("require_auth_time", requires_auth_time),
	MEMBER("require_pushed_authorization_requests", requires_pushed),
	MEMBER("tls_client_certificate_bound_access_tokens", binds_certificate),
	MEMBER("require_signed_request_object", requires_request_object),
	MEMBER("dpop_bound_access_tokens", requires_dpop),
	MEMBER("fapi2", asks_fapi2),
};

static const void *member_of(const struct client *client,
			     const struct member *member)
{
	return (const char *)client + member->at;
}

static void *place_of(struct client *client, const struct member *member)
{
	return (char *)client + member->at;
}

static void write_members(struct json_writer *writer,
			  const struct client *client)
{
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		const struct text *value = member_of(client, &texts[i]);

		if (text_is_present(*value))
			json_member_text(writer, texts[i].name, *value);
	}
	for (size_t i = 0; i < COUNT_OF(integers); i++) {
		const int64_t *value = member_of(client, &integers[i]);

		json_member_integer(writer, integers[i].name, *value);
	}
	for (size_t i = 0; i < COUNT_OF(flags); i++) {
		const bool *value = member_of(client, &flags[i]);

		json_member_boolean(writer, flags[i].name, *value);
	}
}

struct text client_document_format(const struct client *client,
				   struct arena *arena)
{
	struct buf buf = buf_init_arena(arena, CLIENT_DOCUMENT_MAX);
	struct json_writer writer = {.buf = &buf};

	json_open_object(&writer);
	write_members(&writer, client);
	json_member_integer(&writer, "access_token_format",
			    client->access_token_format);
	json_member_integer(&writer, "rotates_refresh_tokens",
			    client->rotates_refresh_tokens);
	json_close_object(&writer);
	return buf.is_over ? TEXT_ABSENT : buf_text(&buf);
}

static void read_texts(const struct json *root, struct arena *arena,
		       struct client *client)
{
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct text *place = place_of(client, &texts[i]);

		*place = arena_copy(arena,
				    json_text(json_find(root, texts[i].name)));
	}
}

/* Members that came with a later version are absent: 0 and false. */
static void read_numbers(const struct json *root, struct client *client)
{
	int64_t number = 0;

	for (size_t i = 0; i < COUNT_OF(integers); i++) {
		int64_t *place = place_of(client, &integers[i]);

		*place = 0;
		(void)json_integer(json_find(root, integers[i].name), place);
	}
	for (size_t i = 0; i < COUNT_OF(flags); i++) {
		bool *place = place_of(client, &flags[i]);

		*place = json_boolean(json_find(root, flags[i].name), false);
	}
	if (json_integer(json_find(root, "access_token_format"), &number))
		client->access_token_format = (enum access_token_format)number;
	if (json_integer(json_find(root, "rotates_refresh_tokens"), &number))
		client->rotates_refresh_tokens = (enum choice)number;
}

outcome client_document_parse(struct text document, struct arena *arena,
			      struct client *client)
{
	CLEANUP(json_document_free) struct json_document *parsed = NULL;
	const struct json *root;

	if (json_parse(document, CLIENT_DOCUMENT_MAX, &parsed, NULL) != DONE)
		return BROKEN;
	root = json_root(parsed);
	if (!json_is(root, JSON_OBJECT))
		return BROKEN;
	read_texts(root, arena, client);
	read_numbers(root, client);
	return DONE;
}
