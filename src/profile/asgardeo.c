/* SPDX-License-Identifier: Apache-2.0 */
/* The profile asgardeo: a tenant that looks like an Asgardeo organization. */
#include "profile/internal.h"

/*
 * The second well-known path of a document is the vendor's alias, the third what
 * RFC 8414 section 3.1 makes of the issuer.
 */
static const struct profile_route routes[] = {
	{"/oauth2/authorize", ENDPOINT_AUTHORIZE},
	{"/oauth2/token", ENDPOINT_TOKEN},
	{"/oauth2/par", ENDPOINT_PAR},
	{"/oauth2/revoke", ENDPOINT_REVOKE},
	{"/oauth2/introspect", ENDPOINT_INTROSPECT},
	{"/oauth2/userinfo", ENDPOINT_USERINFO},
	{"/oauth2/jwks", ENDPOINT_JWKS},
	{"/oauth2/token/.well-known/openid-configuration",
	 ENDPOINT_OPENID_METADATA},
	{"/oauth2/oidcdiscovery/.well-known/openid-configuration",
	 ENDPOINT_OPENID_METADATA},
	{"/.well-known/openid-configuration/oauth2/token",
	 ENDPOINT_OPENID_METADATA},
	{"/.well-known/oauth-authorization-server/oauth2/token",
	 ENDPOINT_OAUTH_METADATA},
	{"/oidc/logout", ENDPOINT_LOGOUT},
	{"/u/logout/confirm", ENDPOINT_LOGOUT_CONFIRM},
	{"/u/login", ENDPOINT_LOGIN},
	{"/u/consent", ENDPOINT_CONSENT},
};

/* The vendor's page decoded, but c_hash is right. */
static const struct profile_claim id_token_claims[] = {
	{"isk", CLAIM_SESSION_KEY, CLAIM_ALWAYS, NULL},
	{"at_hash", CLAIM_AT_HASH, CLAIM_ALWAYS, NULL},
	{"aud", CLAIM_CLIENT_ID, CLAIM_ALWAYS, NULL},
	{"c_hash", CLAIM_C_HASH, CLAIM_WITH_CODE, NULL},
	{"sub", CLAIM_SUBJECT, CLAIM_ALWAYS, NULL},
	{"nbf", CLAIM_NOT_BEFORE, CLAIM_ALWAYS, NULL},
	{"azp", CLAIM_CLIENT_ID, CLAIM_ALWAYS, NULL},
	{"amr", CLAIM_AMR, CLAIM_ALWAYS, NULL},
	{"acr", CLAIM_ACR, CLAIM_ALWAYS, NULL},
	{"iss", CLAIM_ISSUER, CLAIM_ALWAYS, NULL},
	{"exp", CLAIM_EXPIRES_AT, CLAIM_ALWAYS, NULL},
	{"iat", CLAIM_ISSUED_AT, CLAIM_ALWAYS, NULL},
	{"auth_time", CLAIM_AUTH_TIME, CLAIM_IF_ASKED, NULL},
	{"nonce", CLAIM_NONCE, CLAIM_NOT_ON_REFRESH, NULL},
	{"jti", CLAIM_RANDOM_ID, CLAIM_ALWAYS, NULL},
	{"sid", CLAIM_SID, CLAIM_ALWAYS, NULL},
	{NULL, CLAIM_USER, CLAIM_ALWAYS, NULL},
};

static const struct profile_claim access_token_claims[] = {
	{"sub", CLAIM_SUBJECT, CLAIM_ALWAYS, NULL},
	{"aut", CLAIM_CONSTANT, CLAIM_ALWAYS, "APPLICATION_USER"},
	{"iss", CLAIM_ISSUER, CLAIM_ALWAYS, NULL},
	{"client_id", CLAIM_CLIENT_ID, CLAIM_ALWAYS, NULL},
	{"aud", CLAIM_AUDIENCE, CLAIM_ALWAYS, NULL},
	{"nbf", CLAIM_NOT_BEFORE, CLAIM_ALWAYS, NULL},
	{"azp", CLAIM_CLIENT_ID, CLAIM_ALWAYS, NULL},
	{"scope", CLAIM_SCOPE, CLAIM_ALWAYS, NULL},
	{"exp", CLAIM_EXPIRES_AT, CLAIM_ALWAYS, NULL},
	{"iat", CLAIM_ISSUED_AT, CLAIM_ALWAYS, NULL},
	{"jti", CLAIM_REFERENCE, CLAIM_ALWAYS, NULL},
	{"cnf", CLAIM_CONFIRMATION, CLAIM_ALWAYS, NULL},
};

/* The vendor's RFC 8414 document leaves OpenID Connect's own members out. */
#define OAUTH_METADATA PROFILE_RESPONSE_MODES "," PROFILE_OAUTH_METADATA

const struct profile profile_asgardeo = {
	.name = "asgardeo",
	.issuer_suffix = "/oauth2/token",
	.pushed_uri_prefix = "urn:ietf:params:oauth:par:request_uri:",
	.routes = routes,
	.route_count = COUNT_OF(routes),
	.replies = &profile_asgardeo_replies,
	.fallback = &profile_rfc,
	.id_token_claims = id_token_claims,
	.id_token_claim_count = COUNT_OF(id_token_claims),
	.access_token_claims = access_token_claims,
	.access_token_claim_count = COUNT_OF(access_token_claims),
	.access_token_type = "at+jwt",
	.password_method = "BasicAuthenticator",
	/* The vendor's day of a refresh token begins anew with each use. */
	.lifetimes =
		{
			.code_for = 300,
			.access_token_for = 3600,
			.id_token_for = 3600,
			.refresh_for = 30 * 86400,
			.refresh_idle_for = 86400,
			.overlap_for = 30,
			.code_replay_tolerance_for = 0,
			.session_for = 12 * 3600,
			.pushed_for = 60,
		},
	.flags =
		{
			.redirect_uri_required_at_token = true,
			.redirect_uri_defaults = true,
			.burns_code_on_failure = true,
			.session_state = true,
			.revoke_replies_empty = true,
			.oauth_metadata_without_openid = true,
			.logout_by_client_id = true,
			.dpop_where_required_alone = true,
		},
	.refresh_condition = REFRESH_WITH_GRANT_TYPE,
	.rotation_rule = ROTATE_ALWAYS,
	.audience_rule = AUDIENCE_WITH_CLIENT,
	.assertion_audiences = ASSERTION_AUDIENCE_ENDPOINTS,
	.openid_metadata_constants = OAUTH_METADATA "," PROFILE_OPENID_METADATA,
	.oauth_metadata_constants = OAUTH_METADATA,
	.signing_algs = "RS256",
	.scopes_supported = PROFILE_SCOPES,
	.claims_supported =
		"iss sub aud exp iat nbf auth_time nonce acr amr azp jti isk sid at_hash c_hash " PROFILE_USER_CLAIMS,
	.fapi2 = &profile_fapi2,
};
