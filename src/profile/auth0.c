/* SPDX-License-Identifier: Apache-2.0 */
/* The profile auth0: a tenant that looks like an Auth0 domain. */
#include "profile/internal.h"

static const struct profile_route routes[] = {
	{"/authorize", ENDPOINT_AUTHORIZE},
	{"/oauth/token", ENDPOINT_TOKEN},
	{"/oauth/par", ENDPOINT_PAR},
	{"/oauth/revoke", ENDPOINT_REVOKE},
	{"/oauth/introspect", ENDPOINT_INTROSPECT}, /* ours */
	{"/userinfo", ENDPOINT_USERINFO},
	{"/.well-known/jwks.json", ENDPOINT_JWKS},
	{"/.well-known/openid-configuration", ENDPOINT_OPENID_METADATA},
	{"/.well-known/oauth-authorization-server", ENDPOINT_OAUTH_METADATA},
	{"/oidc/logout", ENDPOINT_LOGOUT},
	{"/v2/logout", ENDPOINT_LOGOUT_RETURN},
	{"/u/logout/confirm", ENDPOINT_LOGOUT_CONFIRM},
	{"/u/login", ENDPOINT_LOGIN},
	{"/u/consent", ENDPOINT_CONSENT},
};

/* Profile claims ride inside; amr and acr come with a second factor only. */
static const struct profile_claim id_token_claims[] = {
	{NULL, CLAIM_USER, CLAIM_ALWAYS, NULL},
	{"iss", CLAIM_ISSUER, CLAIM_ALWAYS, NULL},
	{"aud", CLAIM_CLIENT_ID, CLAIM_ALWAYS, NULL},
	{"sub", CLAIM_SUBJECT, CLAIM_ALWAYS, NULL},
	{"iat", CLAIM_ISSUED_AT, CLAIM_ALWAYS, NULL},
	{"exp", CLAIM_EXPIRES_AT, CLAIM_ALWAYS, NULL},
	{"auth_time", CLAIM_AUTH_TIME, CLAIM_IF_ASKED, NULL},
	{"at_hash", CLAIM_AT_HASH, CLAIM_ALWAYS, NULL},
	{"sid", CLAIM_SID, CLAIM_ALWAYS, NULL},
	{"nonce", CLAIM_NONCE, CLAIM_NOT_ON_REFRESH, NULL},
};

/* The vendor's own shape, not RFC 9068; jti is ours: it finds the grant. */
static const struct profile_claim access_token_claims[] = {
	{"iss", CLAIM_ISSUER, CLAIM_ALWAYS, NULL},
	{"sub", CLAIM_SUBJECT, CLAIM_ALWAYS, NULL},
	{"aud", CLAIM_AUDIENCE, CLAIM_ALWAYS, NULL},
	{"iat", CLAIM_ISSUED_AT, CLAIM_ALWAYS, NULL},
	{"exp", CLAIM_EXPIRES_AT, CLAIM_ALWAYS, NULL},
	{"scope", CLAIM_SCOPE, CLAIM_ALWAYS, NULL},
	{"gty", CLAIM_CONSTANT, CLAIM_ON_REFRESH, "refresh_token"},
	{"azp", CLAIM_CLIENT_ID, CLAIM_ALWAYS, NULL},
	{"jti", CLAIM_REFERENCE, CLAIM_ALWAYS, NULL},
	{"cnf", CLAIM_CONFIRMATION, CLAIM_ALWAYS, NULL},
};

/* clang-format off */
#define METADATA \
	PROFILE_JSON("response_modes_supported": \
		["query", "fragment", "form_post", "web_message", \
		"query.jwt", "fragment.jwt", "form_post.jwt", "jwt"]) \
	"," PROFILE_OAUTH_METADATA "," PROFILE_OPENID_METADATA
/* clang-format on */

const struct profile profile_auth0 = {
	.name = "auth0",
	.issuer_suffix = "/",
	.pushed_uri_prefix = "urn:ietf:params:oauth:request_uri:",
	.routes = routes,
	.route_count = COUNT_OF(routes),
	.replies = &profile_auth0_replies,
	.fallback = &profile_rfc,
	.id_token_claims = id_token_claims,
	.id_token_claim_count = COUNT_OF(id_token_claims),
	.access_token_claims = access_token_claims,
	.access_token_claim_count = COUNT_OF(access_token_claims),
	.access_token_type = "JWT",
	.password_method = "pwd",
	.lifetimes =
		{
			.code_for = 120,
			.access_token_for = 86400,
			.id_token_for = 36000,
			.refresh_for = 30 * 86400,
			.refresh_idle_for = 30 * 86400,
			.overlap_for = 10,
			.code_replay_tolerance_for = 5,
			.session_for = 3 * 86400,
			.pushed_for = 30,
		},
	.flags =
		{
			.redirect_uri_optional_with_s256 = true,
			.redirect_uri_defaults = true,
			.web_message = true,
			.pushed_by_confidential_alone = true,
			.token_in_query_at_userinfo = true,
			.audience_parameter = true,
			.updated_at_is_text = true,
			.jwt_by_default = true,
			.opaque_without_audience = true,
			.type_header = true,
			.dpop_nonce_of_public = true,
		},
	.refresh_condition = REFRESH_WITH_OFFLINE_ACCESS,
	.rotation_rule = ROTATE_PUBLIC,
	.audience_rule = AUDIENCE_WITH_USERINFO,
	.assertion_audiences = ASSERTION_AUDIENCE_EITHER_SLASH |
			       ASSERTION_AUDIENCE_ENDPOINTS,
	.openid_metadata_constants = METADATA,
	.oauth_metadata_constants = METADATA,
	.signing_algs = "RS256",
	.scopes_supported = PROFILE_SCOPES,
	.claims_supported =
		"iss sub aud exp iat auth_time nonce at_hash sid " PROFILE_USER_CLAIMS,
	.fapi2 = &profile_fapi2,
};
