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
};

static const struct member members[] = {
	{"authorization_endpoint", ENDPOINT_AUTHORIZE, false},
	{"token_endpoint", ENDPOINT_TOKEN, false},
	{"jwks_uri", ENDPOINT_JWKS, false},
	{"revocation_endpoint", ENDPOINT_REVOKE, false},
	{"introspection_endpoint", ENDPOINT_INTROSPECT, false},
	{"userinfo_endpoint", ENDPOINT_USERINFO, true},
	{"end_session_endpoint", ENDPOINT_LOGOUT, true},
};

/* Below the tenant's own url, whatever Host the request came with (S11). */
static void write_endpoint(struct oauth_request *request,
			   const struct member *member,
			   struct json_writer *writer)
{
	const struct tenant *tenant = request->tenant;
	const char *path = profile_path(tenant->profile, member->endpoint);

	if (path != NULL)
		json_member_text(writer, member->name,
				 arena_format(request->decision->arena,
					      "%.*s%s", TEXT_ARG(tenant->url),
					      path));
}

static void write_constants(const char *constants, struct json_writer *writer)
{
	if (writer->needs_comma)
		buf_add_byte(writer->buf, ',');
	buf_add_string(writer->buf, constants);
	writer->needs_comma = true;
}

static void write_openid_lists(const struct tenant *tenant,
			       struct json_writer *writer)
{
	json_member_words(writer, "claims_supported",
			  text_from(tenant->profile->claims_supported));
	json_member_words(writer, "id_token_signing_alg_values_supported",
			  tenant->signing_algs);
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
			write_endpoint(request, &members[i], writer);
	json_member_words(writer, "scopes_supported",
			  text_from(profile->scopes_supported));
	if (has_openid)
		write_openid_lists(request->tenant, writer);
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
