/* SPDX-License-Identifier: Apache-2.0 */
/* How Asgardeo refuses; what is not here, rfc answers
 * (docs/profiles/asgardeo.md). */
#include "profile/internal.h"

/* The vendor challenges with every 401 and 500 of its token endpoint. */
#define CLIENT_FAILS(reason, endpoint)                                         \
	{reason,                                                               \
	 endpoint,                                                             \
	 401,                                                                  \
	 "invalid_client",                                                     \
	 "Client credentials are invalid.",                                    \
	 REPLY_CHALLENGES}

#define CLIENT_DISABLED(endpoint)                                              \
	{REASON_CLIENT_DISABLED,     endpoint,	      401, "invalid_client",   \
	 "Application is disabled.", REPLY_CHALLENGES}

#define REQUEST_FAILS(reason, endpoint, text)                                  \
	{reason, endpoint, 400, "invalid_request", text, 0}

#define GRANT_FAILS(reason, text)                                              \
	{reason, ENDPOINT_TOKEN, 400, "invalid_grant", text, 0}

#define DPOP_FAILS(reason, text)                                               \
	{reason, ENDPOINT_TOKEN, 400, "invalid_dpop_proof", text, 0}

#define CODE_INVALID "Invalid authorization code received from token request"
#define CODE_INACTIVE "Inactive authorization code received from token request"
#define CODE_EXPIRED                                                           \
	"Expired or Revoked authorization code received from token request"
#define REFRESH_NOT_FOUND "Persisted access token data not found"
#define CHALLENGE_WRONG                                                        \
	"PKCE is mandatory for this application. PKCE Challenge is not "       \
	"provided or is not upto RFC 7636 specification."

static const struct profile_reply rows[] = {
	REQUEST_FAILS(REASON_PARAMETER_MISSING, ENDPOINT_TOKEN,
		      "Missing parameters: %s"),
	REQUEST_FAILS(REASON_PARAMETER_MISSING, ENDPOINT_REVOKE,
		      "Invalid revocation request"),
	REQUEST_FAILS(REASON_PARAMETER_REPEATED, ENDPOINT_TOKEN,
		      "Invalid request with repeated parameters."),
	REQUEST_FAILS(REASON_SECRET_IN_QUERY, ENDPOINT_TOKEN,
		      "Invalid request with sensitive data in the URL."),

	{REASON_CLIENT_ID_MISSING, ENDPOINT_TOKEN, 401, "invalid_client",
	 "Client ID not found in the request.", REPLY_CHALLENGES},
	CLIENT_FAILS(REASON_CLIENT_UNKNOWN, ENDPOINT_TOKEN),
	CLIENT_FAILS(REASON_CLIENT_UNKNOWN, ENDPOINT_REVOKE),
	CLIENT_FAILS(REASON_CLIENT_SECRET_MISSING, ENDPOINT_TOKEN),
	CLIENT_FAILS(REASON_CLIENT_SECRET_MISSING, ENDPOINT_REVOKE),
	CLIENT_FAILS(REASON_CLIENT_SECRET_WRONG, ENDPOINT_TOKEN),
	CLIENT_FAILS(REASON_CLIENT_SECRET_WRONG, ENDPOINT_REVOKE),
	CLIENT_FAILS(REASON_CLIENT_CERTIFICATE_MISSING, ENDPOINT_TOKEN),
	CLIENT_FAILS(REASON_CLIENT_CERTIFICATE_MISSING, ENDPOINT_REVOKE),
	CLIENT_FAILS(REASON_CLIENT_CERTIFICATE_UNTRUSTED, ENDPOINT_TOKEN),
	CLIENT_FAILS(REASON_CLIENT_CERTIFICATE_UNTRUSTED, ENDPOINT_REVOKE),
	CLIENT_FAILS(REASON_CLIENT_CERTIFICATE_WRONG, ENDPOINT_TOKEN),
	CLIENT_FAILS(REASON_CLIENT_CERTIFICATE_WRONG, ENDPOINT_REVOKE),
	CLIENT_FAILS(REASON_CLIENT_UNFIT, ENDPOINT_TOKEN),
	CLIENT_FAILS(REASON_CLIENT_UNFIT, ENDPOINT_REVOKE),
	CLIENT_DISABLED(ENDPOINT_TOKEN),
	CLIENT_DISABLED(ENDPOINT_REVOKE),
	REQUEST_FAILS(REASON_CLIENT_METHOD_WRONG, ENDPOINT_TOKEN,
		      "No valid authenticators found for the application."),
	REQUEST_FAILS(
		REASON_CLIENT_TWO_METHODS, ENDPOINT_TOKEN,
		"Request body and headers contain authorization information"),

	REQUEST_FAILS(REASON_ASSERTION_MALFORMED, ENDPOINT_TOKEN,
		      "The client assertion is not well-formed."),
	CLIENT_FAILS(REASON_ASSERTION_ALGORITHM, ENDPOINT_TOKEN),
	CLIENT_FAILS(REASON_ASSERTION_KEY_UNKNOWN, ENDPOINT_TOKEN),
	CLIENT_FAILS(REASON_ASSERTION_KEYS_UNREACHABLE, ENDPOINT_TOKEN),
	CLIENT_FAILS(REASON_ASSERTION_SIGNATURE, ENDPOINT_TOKEN),
	REQUEST_FAILS(REASON_ASSERTION_CLAIM_MISSING, ENDPOINT_TOKEN,
		      "Mandatory field :%s is missing in the JWT assertion."),
	REQUEST_FAILS(REASON_ASSERTION_ISSUER, ENDPOINT_TOKEN,
		      "Invalid Subject: %s is found in the JWT"),
	REQUEST_FAILS(REASON_ASSERTION_AUDIENCE, ENDPOINT_TOKEN,
		      "Failed to match audience values."),
	REQUEST_FAILS(REASON_ASSERTION_EXPIRED, ENDPOINT_TOKEN,
		      "JWT Token is expired."),
	REQUEST_FAILS(REASON_ASSERTION_TOO_EARLY, ENDPOINT_TOKEN,
		      "The token is used before the nbf claim value."),
	REQUEST_FAILS(REASON_ASSERTION_TOO_LONG, ENDPOINT_TOKEN,
		      "The client assertion lives for too long."),
	REQUEST_FAILS(REASON_ASSERTION_REPLAYED, ENDPOINT_TOKEN,
		      "JWT Token with JTI: %s has been replayed."),

	REQUEST_FAILS(REASON_GRANT_TYPE_MISSING, ENDPOINT_TOKEN,
		      "Missing grant_type parameter value"),
	{REASON_GRANT_TYPE_UNKNOWN, ENDPOINT_TOKEN, 400,
	 "unsupported_grant_type", "Unsupported grant_type value", 0},
	{REASON_GRANT_TYPE_NOT_ALLOWED, ENDPOINT_TOKEN, 400,
	 "unauthorized_client",
	 "The authenticated client is not authorized to use this "
	 "authorization grant type",
	 0},

	GRANT_FAILS(REASON_CODE_UNKNOWN, CODE_INVALID),
	GRANT_FAILS(REASON_CODE_WRONG_KIND, CODE_INVALID),
	GRANT_FAILS(REASON_CODE_OTHER_CLIENT, CODE_INVALID),
	GRANT_FAILS(REASON_CODE_REUSED, CODE_INACTIVE),
	GRANT_FAILS(REASON_CODE_REUSED_UNPROVEN, CODE_INACTIVE),
	GRANT_FAILS(REASON_CODE_REUSED_TOLERATED, CODE_INACTIVE),
	GRANT_FAILS(REASON_CODE_EXPIRED, CODE_EXPIRED),
	GRANT_FAILS(REASON_CODE_REVOKED, CODE_EXPIRED),
	REQUEST_FAILS(REASON_REDIRECT_URI_MISSING, ENDPOINT_TOKEN,
		      "Missing parameters: redirect_uri"),
	GRANT_FAILS(REASON_REDIRECT_URI_MISMATCH, "Callback url mismatch"),
	GRANT_FAILS(REASON_VERIFIER_MISSING,
		    "Empty PKCE code_verifier sent. This authorization code "
		    "requires a PKCE verification to obtain an access token."),
	GRANT_FAILS(REASON_VERIFIER_MALFORMED,
		    "Code verifier used is not up to RFC 7636 specifications."),
	GRANT_FAILS(REASON_VERIFIER_WRONG, "PKCE validation failed"),

	GRANT_FAILS(REASON_REFRESH_UNKNOWN, REFRESH_NOT_FOUND),
	GRANT_FAILS(REASON_REFRESH_OTHER_CLIENT, REFRESH_NOT_FOUND),
	GRANT_FAILS(REASON_REFRESH_AHEAD, REFRESH_NOT_FOUND),
	GRANT_FAILS(REASON_REFRESH_WRONG_KIND,
		    "Invalid refresh token value in the request"),
	GRANT_FAILS(REASON_REFRESH_EXPIRED, "Refresh token is expired."),
	GRANT_FAILS(REASON_REFRESH_IDLE, "Refresh token is expired."),
	GRANT_FAILS(REASON_REFRESH_REVOKED, "Invalid refresh token state"),
	GRANT_FAILS(REASON_REFRESH_REUSED, "Invalid refresh token state"),

	DPOP_FAILS(REASON_DPOP_REQUIRED, "DPoP header is required."),
	DPOP_FAILS(REASON_DPOP_REPEATED, "Invalid DPoP Proof"),
	DPOP_FAILS(REASON_DPOP_MALFORMED, "Invalid DPoP Proof"),
	DPOP_FAILS(REASON_DPOP_SIGNATURE_WRONG, "Invalid DPoP Proof"),
	DPOP_FAILS(REASON_DPOP_METHOD_MISMATCH, "Invalid DPoP Proof"),
	DPOP_FAILS(REASON_DPOP_URL_MISMATCH, "Invalid DPoP Proof"),
	DPOP_FAILS(REASON_DPOP_EXPIRED, "Expired DPoP Proof"),
	DPOP_FAILS(REASON_DPOP_REUSED, "Invalid DPoP Proof"),
	DPOP_FAILS(REASON_DPOP_KEY_MISMATCH,
		   "dpop_jkt does not match the thumbprint"),

	REQUEST_FAILS(REASON_CHALLENGE_MISSING, ENDPOINT_AUTHORIZE,
		      CHALLENGE_WRONG),
	REQUEST_FAILS(REASON_CHALLENGE_MALFORMED, ENDPOINT_AUTHORIZE,
		      CHALLENGE_WRONG),
	REQUEST_FAILS(REASON_CHALLENGE_METHOD_UNSUPPORTED, ENDPOINT_AUTHORIZE,
		      "Unsupported PKCE Challenge Method"),

	{REASON_PUSHED_NESTED, ENDPOINT_PAR, 400, "invalid_request",
	 "Request with request_uri not allowed.", 0},
	{REASON_SERVER_ERROR, ENDPOINT_TOKEN, 500, "server_error",
	 "Internal Server Error.", REPLY_CHALLENGES},
};

const struct profile_replies profile_asgardeo_replies = {rows, COUNT_OF(rows)};
