/* SPDX-License-Identifier: Apache-2.0 */
/* The profile rfc: RFC 9700, OAuth 2.1 and OpenID Connect to the letter. */
#include "profile/internal.h"

static const struct profile_route routes[] = {
	{"/authorize", ENDPOINT_AUTHORIZE},
	{"/token", ENDPOINT_TOKEN},
	{"/par", ENDPOINT_PAR},
	{"/revoke", ENDPOINT_REVOKE},
	{"/introspect", ENDPOINT_INTROSPECT},
	{"/userinfo", ENDPOINT_USERINFO},
	{"/jwks", ENDPOINT_JWKS},
	{"/.well-known/openid-configuration", ENDPOINT_OPENID_METADATA},
	{"/.well-known/oauth-authorization-server", ENDPOINT_OAUTH_METADATA},
	{"/logout", ENDPOINT_LOGOUT},
	{"/logout/confirm", ENDPOINT_LOGOUT_CONFIRM},
	{"/login", ENDPOINT_LOGIN},
	{"/consent", ENDPOINT_CONSENT},
};

/* OpenID Connect Core 2; what scope asks, userinfo answers (5.4). */
static const struct profile_claim id_token_claims[] = {
	{"iss", CLAIM_ISSUER, CLAIM_ALWAYS, NULL},
	{"sub", CLAIM_SUBJECT, CLAIM_ALWAYS, NULL},
	{"aud", CLAIM_CLIENT_ID, CLAIM_ALWAYS, NULL},
	{"exp", CLAIM_EXPIRES_AT, CLAIM_ALWAYS, NULL},
	{"iat", CLAIM_ISSUED_AT, CLAIM_ALWAYS, NULL},
	{"auth_time", CLAIM_AUTH_TIME, CLAIM_ALWAYS, NULL},
	{"nonce", CLAIM_NONCE, CLAIM_NOT_ON_REFRESH, NULL},
	{"acr", CLAIM_ACR, CLAIM_ALWAYS, NULL},
	{"amr", CLAIM_AMR, CLAIM_ALWAYS, NULL},
	{"at_hash", CLAIM_AT_HASH, CLAIM_ALWAYS, NULL},
	{"sid", CLAIM_SID, CLAIM_ALWAYS, NULL},
	{NULL, CLAIM_USER_BY_PARAMETER, CLAIM_ALWAYS, NULL},
};

/* RFC 9068 section 2.2. */
static const struct profile_claim access_token_claims[] = {
	{"iss", CLAIM_ISSUER, CLAIM_ALWAYS, NULL},
	{"sub", CLAIM_SUBJECT, CLAIM_ALWAYS, NULL},
	{"aud", CLAIM_AUDIENCE, CLAIM_ALWAYS, NULL},
	{"client_id", CLAIM_CLIENT_ID, CLAIM_ALWAYS, NULL},
	{"exp", CLAIM_EXPIRES_AT, CLAIM_ALWAYS, NULL},
	{"iat", CLAIM_ISSUED_AT, CLAIM_ALWAYS, NULL},
	{"jti", CLAIM_REFERENCE, CLAIM_ALWAYS, NULL},
	{"scope", CLAIM_SCOPE, CLAIM_ALWAYS, NULL},
	{"auth_time", CLAIM_AUTH_TIME, CLAIM_ALWAYS, NULL},
	{"acr", CLAIM_ACR, CLAIM_ALWAYS, NULL},
	{"cnf", CLAIM_CONFIRMATION, CLAIM_ALWAYS, NULL},
};

#define METADATA                                                               \
	PROFILE_RESPONSE_MODES                                                 \
	"," PROFILE_OAUTH_METADATA "," PROFILE_OPENID_METADATA

const struct profile profile_rfc = {
	.name = "rfc",
	.issuer_suffix = "",
	.pushed_uri_prefix = "urn:ietf:params:oauth:request_uri:",
	.routes = routes,
	.route_count = COUNT_OF(routes),
	.replies = &profile_rfc_replies,
	.fallback = NULL,
	.id_token_claims = id_token_claims,
	.id_token_claim_count = COUNT_OF(id_token_claims),
	.access_token_claims = access_token_claims,
	.access_token_claim_count = COUNT_OF(access_token_claims),
	.access_token_type = "at+jwt",
	.password_method = "pwd",
	.lifetimes =
		{
			.code_for = 60,
			.access_token_for = 300,
			.id_token_for = 3600,
			.refresh_for = 30 * 86400,
			.refresh_idle_for = 14 * 86400,
			.overlap_for = 10,
			.code_replay_tolerance_for = 0,
			.session_for = 12 * 3600,
			.pushed_for = 60,
		},
	.flags =
		{
			.jwt_by_default = true,
			.type_header = true,
		},
	.refresh_condition = REFRESH_BY_OPENID,
	.rotation_rule = ROTATE_PUBLIC,
	.audience_rule = AUDIENCE_RESOURCES,
	.assertion_audiences = ASSERTION_AUDIENCE_ENDPOINTS,
	.openid_metadata_constants = METADATA,
	.oauth_metadata_constants = METADATA,
	.signing_algs = "RS256 ES256",
	.scopes_supported = PROFILE_SCOPES,
	.claims_supported =
		"iss sub aud exp iat auth_time nonce acr amr at_hash sid " PROFILE_USER_CLAIMS,
	.fapi2 = &profile_fapi2,
};
