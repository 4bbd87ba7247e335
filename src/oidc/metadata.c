/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata documents (RFC 8414, OpenID Connect Discovery 1.0 section 3). */
#include "oauth/reply.h"
#include "oidc/oidc.h"

/* As the keys: short enough that a change is seen in time. */
#define CACHE_CONTROL TEXT("public, max-age=300")

struct member {
	const char *name;
	enum endpoint endpoint;
	bool is_openid; /* OpenID Connect's own */
	bool shows_certificates; /* called by clients, not by browsers */
};

static const struct member members[] = {
	{"authorization_endpoint", ENDPOINT_AUTHORIZE, false, false},
	{"token_endpoint", ENDPOINT_TOKEN, false, true},
	{"pushed_authorization_request_endpoint", ENDPOINT_PAR, false, true},
	{"jwks_uri", ENDPOINT_JWKS, false, false},
	{"revocation_endpoint", ENDPOINT_REVOKE, false, true},
	{"introspection_endpoint", ENDPOINT_INTROSPECT, false, true},
	{"userinfo_endpoint", ENDPOINT_USERINFO, true, true},
	{"end_session_endpoint", ENDPOINT_LOGOUT, true, false},
};

/* Below the tenant's own url, whatever Host the request came with (S11). */
static void write_endpoint(struct oauth_request *request, struct text base,
			   const struct member *member,
			   struct json_writer *writer)
{
	const struct tenant *tenant = request->tenant;
	const char *path = profile_path(tenant->profile, member->endpoint);

	if (path != NULL)
		json_member_text(writer, member->name,
				 arena_format(request->decision->arena,
					      "%.*s%s", TEXT_ARG(base), path));
}

static void write_constants(const char *constants, struct json_writer *writer)
{
	if (writer->needs_comma)
		buf_add_byte(writer->buf, ',');
	buf_add_string(writer->buf, constants);
	writer->needs_comma = true;
}

/* What the tenant has keys for. */
static void write_signing_algorithms(struct oauth_request *request,
				     const char *name,
				     struct json_writer *writer)
{
	struct text rest = TEXT(SIGNING_KEY_ALGORITHMS);
	struct text algorithm;

	json_name(writer, name);
	json_open_array(writer);
	while (text_next_word(&rest, &algorithm))
		if (profile_allows_algorithm(request->tenant->profile,
					     algorithm) &&
		    keys_can_sign(request->oauth->keys, request->tenant->id,
				  algorithm, request->decision->now))
			json_write_text(writer, algorithm);
	json_close_array(writer);
}

/* Of what the tenant has keys to decrypt with; nothing without one. */
static void write_encryption(struct oauth_request *request,
			     struct json_writer *writer)
{
	struct text rest = TEXT(ENCRYPTION_KEY_ALGORITHMS);
	struct buf had = buf_init_arena(request->decision->arena, 64);
	struct text algorithm;

	while (text_next_word(&rest, &algorithm))
		if (keys_can_decrypt(request->oauth->keys, request->tenant->id,
				     algorithm, request->decision->now))
			buf_format(&had, "%s%.*s", had.size > 0 ? " " : "",
				   TEXT_ARG(algorithm));
	if (had.size == 0)
		return;
	json_member_words(writer,
			  "request_object_encryption_alg_values_supported",
			  buf_text(&had));
	json_member_words(writer,
			  "request_object_encryption_enc_values_supported",
			  TEXT(JWE_ENCRYPTIONS));
}

static bool is_allowed(const struct profile *profile,
		       const struct client_auth_method *method)
{
	const char *allowed = profile->limits.auth_methods;

	return allowed == NULL ||
	       text_has_word(text_from(allowed), text_from(method->name));
}

/* What the program has, and for certificates what the tenant has set up. */
static void write_auth_methods(struct oauth_request *request, const char *name,
			       struct text without, struct json_writer *writer)
{
	const struct oauth *oauth = request->oauth;
	bool has_mtls = text_is_present(request->tenant->mtls_url);

	json_name(writer, name);
	json_open_array(writer);
	for (size_t i = 0; i < oauth->client_auth_method_count; i++) {
		const struct client_auth_method *method =
			oauth->client_auth_methods[i];

		if ((has_mtls || !method->is_by_certificate) &&
		    is_allowed(request->tenant->profile, method) &&
		    !text_equal(text_from(method->name), without))
			json_write_text(writer, text_from(method->name));
	}
	json_close_array(writer);
}

/* RFC 8705 section 5. */
static void write_aliases(struct oauth_request *request,
			  struct json_writer *writer)
{
	const struct tenant *tenant = request->tenant;

	if (!text_is_present(tenant->mtls_url) ||
	    text_equal(tenant->mtls_url, tenant->url))
		return;
	json_name(writer, "mtls_endpoint_aliases");
	json_open_object(writer);
	for (size_t i = 0; i < COUNT_OF(members); i++)
		if (members[i].shows_certificates)
			write_endpoint(request, tenant->mtls_url, &members[i],
				       writer);
	json_close_object(writer);
}

static void write_document(struct oauth_request *request, bool is_openid,
			   struct json_writer *writer)
{
	const struct profile *profile = request->tenant->profile;
	bool has_openid = is_openid ||
			  !profile->flags.oauth_metadata_without_openid;

	json_open_object(writer);
	json_member_text(writer, "issuer", request->tenant->issuer);
	for (size_t i = 0; i < COUNT_OF(members); i++)
		if (has_openid || !members[i].is_openid)
			write_endpoint(request, request->tenant->url,
				       &members[i], writer);
	write_auth_methods(request, "token_endpoint_auth_methods_supported",
			   TEXT(""), writer);
	write_auth_methods(request,
			   "revocation_endpoint_auth_methods_supported",
			   TEXT(""), writer);
	/* Who has nothing to prove itself by may not ask (RFC 7662 2.1). */
	write_auth_methods(request,
			   "introspection_endpoint_auth_methods_supported",
			   TEXT("none"), writer);
	if (text_is_present(request->tenant->mtls_url))
		json_member_boolean(
			writer, "tls_client_certificate_bound_access_tokens",
			true);
	write_aliases(request, writer);
	json_member_boolean(writer, "require_pushed_authorization_requests",
			    request->tenant->requires_pushed);
	json_member_words(writer, "scopes_supported",
			  text_from(profile->scopes_supported));
	if (has_openid) {
		json_member_words(writer, "claims_supported",
				  text_from(profile->claims_supported));
		write_signing_algorithms(
			request, "id_token_signing_alg_values_supported",
			writer);
		write_encryption(request, writer);
		/* Left out it would mean true (OpenID Connect Discovery 3). */
		json_member_boolean(writer, "request_uri_parameter_supported",
				    request->tenant->fetches_request_uris);
		if (request->tenant->fetches_request_uris)
			json_member_boolean(writer,
					    "require_request_uri_registration",
					    true);
	}
	write_signing_algorithms(
		request, "authorization_signing_alg_values_supported", writer);
	write_constants(is_openid ? profile->openid_metadata_constants
				  : profile->oauth_metadata_constants,
			writer);
	json_close_object(writer);
}

static void answer(struct oauth_request *request)
{
	struct json_writer writer = reply_open_json(request->reply, 200);

	http_reply_header(request->reply, "Cache-Control", CACHE_CONTROL);
	write_document(request, request->endpoint == ENDPOINT_OPENID_METADATA,
		       &writer);
}

const struct oauth_endpoint oidc_endpoint_openid_metadata = {
	.endpoint = ENDPOINT_OPENID_METADATA,
	.methods = OAUTH_GET,
	.is_cross_origin = true,
	.answer = answer,
};

const struct oauth_endpoint oidc_endpoint_oauth_metadata = {
	.endpoint = ENDPOINT_OAUTH_METADATA,
	.methods = OAUTH_GET,
	.is_cross_origin = true,
	.answer = answer,
};
