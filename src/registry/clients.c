/* SPDX-License-Identifier: Apache-2.0 */
/* Clients: RFC 7591 metadata, and what we add, into drafts. */
#include "jose/jwe.h"
#include "registry/member.h"
#include "registry/redirect_uri.h"
#include "json/writer.h"

#define YEAR ((int64_t)366 * 24 * 3600)
#define JWKS_MAX ((size_t)64 * 1024)

#define GRANT_TYPES "authorization_code refresh_token"
#define RESPONSE_TYPES "code"
#define REQUEST_OBJECT_ALGORITHMS                                              \
	"RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA"
#define RESPONSE_MODES                                                         \
	"query fragment form_post web_message query.jwt fragment.jwt "         \
	"form_post.jwt jwt"
#define AUTH_METHODS                                                           \
	"none client_secret_basic client_secret_post private_key_jwt "         \
	"client_secret_jwt tls_client_auth self_signed_tls_client_auth"
#define AUTH_ALGORITHMS                                                        \
	"RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519 " \
	"HS256 HS384 HS512"
#define KEY_COUNT_MAX 32

static outcome check_web(struct text value, const char **why_out)
{
	return redirect_uri_check_web(value, why_out);
}

static outcome check_https(struct text value, const char **why_out)
{
	TRY(redirect_uri_check_web(value, why_out));
	*why_out = "it must begin with https://";
	return text_starts_with(value, TEXT("https:")) ? DONE : REFUSED;
}

/* VSCHAR without space (RFC 6749 appendix A.1). */
static outcome check_client_id(struct text value, const char **why_out)
{
	*why_out = "a client_id has visible ASCII characters alone, without "
		   "spaces";
	for (size_t i = 0; i < value.size; i++)
		if (value.at[i] <= ' ' || value.at[i] >= 0x7f)
			return REFUSED;
	return DONE;
}

static outcome check_scope(struct text value, const char **why_out)
{
	struct text rest = value;
	struct text word;

	*why_out = "a scope has visible ASCII characters, without \" and \\, "
		   "and one space between two (RFC 6749 section 3.3)";
	for (size_t i = 0; i < value.size; i++)
		if (value.at[i] < ' ' || value.at[i] >= 0x7f ||
		    value.at[i] == '"' || value.at[i] == '\\')
			return REFUSED;
	while (text_next_word(&rest, &word)) {
		*why_out = "a scope stands in it twice";
		if (rest.size > 0 && text_has_word(rest, word))
			return REFUSED;
	}
	return DONE;
}

#define DRAFT(member) __builtin_offsetof(struct client_draft, client.member)
#define SPAN(name_, member, least, most)                                       \
	{.name = name_,                                                        \
	 .kind = MEMBER_SPAN,                                                  \
	 .offset = DRAFT(member),                                              \
	 .min = least,                                                         \
	 .max = most}
#define STRING(name_, member, ...)                                             \
	{.name = name_,                                                        \
	 .kind = MEMBER_STRING,                                                \
	 .offset = DRAFT(member),                                              \
	 ##__VA_ARGS__}
#define WORDS(name_, member, ...)                                              \
	{.name = name_,                                                        \
	 .kind = MEMBER_WORDS,                                                 \
	 .offset = DRAFT(member),                                              \
	 ##__VA_ARGS__}
#define FLAG(name_, member)                                                    \
	{.name = name_, .kind = MEMBER_FLAG, .offset = DRAFT(member)}
#define ELSEWHERE(name_) {.name = name_, .kind = MEMBER_ELSEWHERE}

static const struct member rows[] = {
	/* RFC 7591 section 2, OpenID Connect Registration section 2 */
	STRING("client_id", id, .check = check_client_id, .max = CLIENT_ID_MAX),
	{.name = "client_secret",
	 .kind = MEMBER_STRING,
	 .offset = __builtin_offsetof(struct client_draft, secret),
	 .max = 512},
	{.name = "application_type",
	 .kind = MEMBER_STRING,
	 .offset = __builtin_offsetof(struct client_draft, application_type),
	 .among = "web native"},
	STRING("client_name", name),
	STRING("client_uri", uri, .check = check_web, .max = REDIRECT_URI_MAX),
	STRING("logo_uri", logo_uri, .check = check_web,
	       .max = REDIRECT_URI_MAX),
	STRING("policy_uri", policy_uri, .check = check_web,
	       .max = REDIRECT_URI_MAX),
	STRING("tos_uri", tos_uri, .check = check_web, .max = REDIRECT_URI_MAX),
	STRING("initiate_login_uri", initiate_login_uri, .check = check_https,
	       .max = REDIRECT_URI_MAX),
	WORDS("redirect_uris", redirect_uris),
	WORDS("post_logout_redirect_uris", post_logout_redirect_uris),
	WORDS("request_uris", request_uris, .check = check_https),
	WORDS("grant_types", grant_types, .among = GRANT_TYPES),
	WORDS("response_types", response_types, .among = RESPONSE_TYPES),
	STRING("token_endpoint_auth_method", auth_method,
	       .among = AUTH_METHODS),
	STRING("token_endpoint_auth_signing_alg", auth_signing_alg,
	       .among = AUTH_ALGORITHMS),
	STRING("scope", scope, .check = check_scope, .max = 4096),
	STRING("id_token_signed_response_alg", id_token_alg,
	       .among = SIGNING_KEY_ALGORITHMS),
	STRING("authorization_signed_response_alg", response_alg,
	       .among = SIGNING_KEY_ALGORITHMS),
	STRING("request_object_signing_alg", request_object_alg,
	       .among = REQUEST_OBJECT_ALGORITHMS),
	STRING("request_object_encryption_alg", request_object_encryption_alg,
	       .among = ENCRYPTION_KEY_ALGORITHMS),
	STRING("request_object_encryption_enc", request_object_encryption_enc,
	       .among = JWE_ENCRYPTIONS),
	WORDS("default_acr_values", default_acr_values),
	SPAN("default_max_age", default_max_age_for, 0, YEAR),
	FLAG("require_auth_time", requires_auth_time),
	FLAG("require_pushed_authorization_requests", requires_pushed),
	FLAG("require_signed_request_object", requires_request_object),
	FLAG("dpop_bound_access_tokens", requires_dpop),
	STRING("jwks_uri", jwks_uri, .check = check_https,
	       .max = REDIRECT_URI_MAX),
	ELSEWHERE("jwks"),
	/* RFC 8705 section 2.1.2 */
	STRING("tls_client_auth_subject_dn", tls_subject_dn, .max = 1024),
	STRING("tls_client_auth_san_dns", tls_san_dns),
	STRING("tls_client_auth_san_uri", tls_san_uri, .max = 1024),
	STRING("tls_client_auth_san_ip", tls_san_ip),
	STRING("tls_client_auth_san_email", tls_san_email),
	FLAG("tls_client_certificate_bound_access_tokens", binds_certificate),
	/* ours */
	WORDS("web_origins", web_origins),
	WORDS("response_modes", response_modes, .among = RESPONSE_MODES),
	WORDS("audiences", audiences),
	{.name = "access_token_format",
	 .kind = MEMBER_FORMAT,
	 .offset = DRAFT(access_token_format)},
	{.name = "rotate_refresh_tokens",
	 .kind = MEMBER_CHOICE,
	 .offset = DRAFT(rotates_refresh_tokens)},
	FLAG("disabled", is_disabled),
	FLAG("skip_consent", skips_consent),
	FLAG("allow_plain_pkce", allows_plain_pkce),
	FLAG("require_pkce", requires_pkce),
	FLAG("fapi2", asks_fapi2),
	SPAN("code_for", code_for, 1, 600),
	SPAN("access_token_for", access_token_for, 1, YEAR),
	SPAN("id_token_for", id_token_for, 1, YEAR),
	SPAN("refresh_token_for", refresh_token_for, 1, YEAR),
	SPAN("refresh_idle_for", refresh_idle_for, 1, YEAR),
	ELSEWHERE("tenant"),
};

static const struct member_table table = {rows, COUNT_OF(rows)};

/* Keys that can be used to verify, none that could sign (RFC 7517). */
static bool is_public_jwks(const struct json *jwks)
{
	const struct json *keys = json_find(jwks, "keys");

	if (!json_is(keys, JSON_ARRAY) || json_count(keys) > KEY_COUNT_MAX)
		return false;
	for (size_t i = 0; i < json_count(keys); i++)
		if (!json_is(json_at(keys, i), JSON_OBJECT) ||
		    json_find(json_at(keys, i), "d") != NULL ||
		    json_find(json_at(keys, i), "k") != NULL)
			return false;
	return true;
}

static void read_jwks(struct reading *reading, struct place *place,
		      const struct json *entry, struct client_draft *draft)
{
	const struct json *jwks = member_find(entry, "jwks");
	struct buf text = buf_init_arena(reading->arena, JWKS_MAX);
	struct json_writer writer = {.buf = &text};

	if (jwks == NULL)
		return;
	place->member = "jwks";
	json_write_value(&writer, jwks);
	if (!is_public_jwks(jwks) || text.is_over)
		registry_mistake(reading, place,
				 "must be {\"keys\": […]} with public keys "
				 "alone, at most 32 in 64 KiB");
	else
		draft->client.jwks = buf_text(&text);
	place->member = NULL;
}

/* Registered for nothing: told, not refused, for the setting may follow. */
static void warn_of_request_uris(struct reading *reading, struct place *place,
				 const struct tenant_draft *tenant,
				 const struct client *client)
{
	struct tenant scratch = {0};
	struct text why;

	if (client->request_uris.size == 0 ||
	    tenant_settings_apply(reading->arena, tenant->record.settings,
				  &scratch, &why) != DONE ||
	    scratch.fetches_request_uris)
		return;
	place->member = "request_uris";
	registry_warn(reading, place,
		      "are not used: the tenant's settings do not have "
		      "\"fetch_request_uris\": true");
	place->member = NULL;
}

static void read_entry(struct reading *reading, size_t index,
		       const struct json *entry)
{
	struct client_draft *draft = &reading->clients[reading->client_count];
	struct place place = {"clients", index, NULL, -1};
	size_t mistakes = reading->report->mistake_count;
	const struct tenant_draft *tenant;

	*draft = (struct client_draft){.index = index};
	draft->client.default_max_age_for = -1;
	if (!member_read(reading, &place, &table, entry, draft))
		return;
	tenant = registry_tenant_of(reading, &place, entry);
	read_jwks(reading, &place, entry, draft);
	if (tenant != NULL)
		draft->client.tenant_id = tenant->record.id;
	/* What follows from a member that was refused would only confuse. */
	if (mistakes != reading->report->mistake_count)
		return;
	registry_check_client(reading, &place, draft);
	if (tenant != NULL)
		warn_of_request_uris(reading, &place, tenant, &draft->client);
	if (tenant != NULL)
		registry_check_client_fapi2(reading, &place, tenant,
					    &draft->client);
	reading->client_count++;
}

void registry_read_clients(struct reading *reading, const struct json *list)
{
	reading->clients = ARENA_ARRAY(reading->arena, struct client_draft,
				       json_count(list) + 1);
	for (size_t i = 0; i < json_count(list); i++)
		read_entry(reading, i, json_at(list, i));
}
