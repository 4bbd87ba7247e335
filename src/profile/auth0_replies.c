/* SPDX-License-Identifier: Apache-2.0 */
/* How Auth0 refuses; what is not here, rfc answers (docs/profiles/auth0.md). */
#include "profile/internal.h"

/* Never with a challenge: the vendor's SDKs would lose error and text to it. */
#define CLIENT_FAILS(reason)                                                   \
	{reason, ENDPOINT_TOKEN, 401, "access_denied", "Unauthorized", 0}

#define GRANT_FAILS(reason, text)                                              \
	{reason, ENDPOINT_TOKEN, 403, "invalid_grant", text, 0}

#define CODE_FAILS(reason) GRANT_FAILS(reason, "Invalid authorization code")

/* The SPA SDK looks for "invalid refresh token" in it. */
#define REFRESH_FAILS(reason)                                                  \
	GRANT_FAILS(reason, "Unknown or invalid refresh token.")

/* The vendor goes on to say which it expected: that is for explain alone. */
#define REDIRECT_FAILS(reason)                                                 \
	{reason,                                                               \
	 ENDPOINT_TOKEN,                                                       \
	 403,                                                                  \
	 "unauthorized_client",                                                \
	 "The redirect URI is wrong.",                                         \
	 0}

#define PARAMETER_FAILS(endpoint)                                              \
	{REASON_PARAMETER_MISSING,	   endpoint, 400, "invalid_request",   \
	 "Missing required parameter: %s", 0}

#define TOO_MANY(reason, endpoint)                                             \
	{reason,                                                               \
	 endpoint,                                                             \
	 429,                                                                  \
	 "too_many_requests",                                                  \
	 "Too many requests. Check the X-RateLimit-Limit, "                    \
	 "X-RateLimit-Remaining and X-RateLimit-Reset headers.",               \
	 REPLY_RETRY_AFTER}

#define BEARER_FAILS(reason)                                                   \
	{reason,	  ENDPOINT_USERINFO, 401,                              \
	 "invalid_token", "Unauthorized",    REPLY_CHALLENGES_BEARER}

static const struct profile_reply rows[] = {
	{REASON_METHOD_NOT_ALLOWED, ENDPOINT_COUNT, 405, "method_not_allowed",
	 "The endpoint does not take this method.", REPLY_PAGE | REPLY_ALLOWS},
	PARAMETER_FAILS(ENDPOINT_TOKEN),
	PARAMETER_FAILS(ENDPOINT_REVOKE),

	{REASON_CLIENT_ID_MISSING, ENDPOINT_TOKEN, 401, "invalid_client",
	 "Missing client_id", 0},
	CLIENT_FAILS(REASON_CLIENT_UNKNOWN),
	CLIENT_FAILS(REASON_CLIENT_DISABLED),
	CLIENT_FAILS(REASON_CLIENT_UNFIT),
	CLIENT_FAILS(REASON_CLIENT_SECRET_MISSING),
	CLIENT_FAILS(REASON_CLIENT_SECRET_WRONG),
	CLIENT_FAILS(REASON_CLIENT_METHOD_WRONG),
	CLIENT_FAILS(REASON_CLIENT_CERTIFICATE_MISSING),
	CLIENT_FAILS(REASON_CLIENT_CERTIFICATE_UNTRUSTED),
	CLIENT_FAILS(REASON_CLIENT_CERTIFICATE_WRONG),
	CLIENT_FAILS(REASON_ASSERTION_MALFORMED),
	CLIENT_FAILS(REASON_ASSERTION_ALGORITHM),
	CLIENT_FAILS(REASON_ASSERTION_KEY_UNKNOWN),
	CLIENT_FAILS(REASON_ASSERTION_KEYS_UNREACHABLE),
	CLIENT_FAILS(REASON_ASSERTION_SIGNATURE),
	CLIENT_FAILS(REASON_ASSERTION_CLAIM_MISSING),
	CLIENT_FAILS(REASON_ASSERTION_ISSUER),
	CLIENT_FAILS(REASON_ASSERTION_AUDIENCE),
	CLIENT_FAILS(REASON_ASSERTION_EXPIRED),
	CLIENT_FAILS(REASON_ASSERTION_TOO_EARLY),
	CLIENT_FAILS(REASON_ASSERTION_TOO_LONG),
	CLIENT_FAILS(REASON_ASSERTION_REPLAYED),
	{REASON_CLIENT_HEADER_MALFORMED, ENDPOINT_TOKEN, 401, "invalid_client",
	 "The Authorization header is not well-formed.", 0},

	{REASON_PUSHED_BY_PUBLIC, ENDPOINT_COUNT, 401, "invalid_client",
	 "Client authentication failed.", 0},

	{REASON_GRANT_TYPE_MISSING, ENDPOINT_TOKEN, 400, "invalid_request",
	 "Missing required parameter: grant_type", 0},
	{REASON_GRANT_TYPE_NOT_ALLOWED, ENDPOINT_TOKEN, 403,
	 "unauthorized_client", "Grant type '%s' not allowed for the client.",
	 0},

	CODE_FAILS(REASON_CODE_UNKNOWN),
	CODE_FAILS(REASON_CODE_WRONG_KIND),
	CODE_FAILS(REASON_CODE_OTHER_CLIENT),
	CODE_FAILS(REASON_CODE_REUSED),
	CODE_FAILS(REASON_CODE_REUSED_UNPROVEN),
	CODE_FAILS(REASON_CODE_REUSED_TOLERATED),
	CODE_FAILS(REASON_CODE_EXPIRED),
	CODE_FAILS(REASON_CODE_REVOKED),
	REDIRECT_FAILS(REASON_REDIRECT_URI_MISSING),
	REDIRECT_FAILS(REASON_REDIRECT_URI_MISMATCH),
	GRANT_FAILS(REASON_REQUEST_URI_MISMATCH,
		    "request_uri is not the one of the authorization request."),
	GRANT_FAILS(REASON_VERIFIER_MISSING, "Failed to verify code verifier"),
	GRANT_FAILS(REASON_VERIFIER_WRONG, "Failed to verify code verifier"),
	GRANT_FAILS(REASON_VERIFIER_UNEXPECTED,
		    "code_verifier came, but no code_challenge before it."),

	REFRESH_FAILS(REASON_REFRESH_UNKNOWN),
	REFRESH_FAILS(REASON_REFRESH_WRONG_KIND),
	REFRESH_FAILS(REASON_REFRESH_OTHER_CLIENT),
	REFRESH_FAILS(REASON_REFRESH_EXPIRED),
	REFRESH_FAILS(REASON_REFRESH_IDLE),
	REFRESH_FAILS(REASON_REFRESH_REVOKED),
	REFRESH_FAILS(REASON_REFRESH_REUSED),
	REFRESH_FAILS(REASON_REFRESH_AHEAD),
	REFRESH_FAILS(REASON_REFRESH_NOT_ALLOWED),
	REFRESH_FAILS(REASON_EPOCH_OLD),

	/* the vendor quotes by ", which RFC 6749 section 5.2 does not allow */
	{REASON_AUDIENCE_UNKNOWN, ENDPOINT_COUNT, 403, "access_denied",
	 "Service not found: %s", 0},
	{REASON_AUDIENCE_NOT_ALLOWED, ENDPOINT_COUNT, 403, "access_denied",
	 "Client is not authorized to access '%s'. You need to create a "
	 "'client-grant' associated to this API.",
	 0},
	GRANT_FAILS(REASON_USER_GONE, "The refresh_token was generated for a "
				      "user who doesn't exist anymore."),
	GRANT_FAILS(REASON_USER_DISABLED, "user is blocked"),

	{REASON_DPOP_NONCE_REQUIRED, ENDPOINT_TOKEN, 400, "use_dpop_nonce",
	 "Authorization server requires nonce in DPoP proof",
	 REPLY_OFFERS_NONCE},

	BEARER_FAILS(REASON_TOKEN_UNKNOWN),
	BEARER_FAILS(REASON_TOKEN_CERTIFICATE_WRONG),
	BEARER_FAILS(REASON_TOKEN_EXPIRED),
	BEARER_FAILS(REASON_TOKEN_REVOKED),
	BEARER_FAILS(REASON_TOKEN_FOREIGN),
	BEARER_FAILS(REASON_EPOCH_OLD),
	BEARER_FAILS(REASON_USER_GONE),
	BEARER_FAILS(REASON_USER_DISABLED),
	BEARER_FAILS(REASON_CLIENT_DISABLED),
	BEARER_FAILS(REASON_CLIENT_UNFIT),

	/* the SPA SDK's silent renewal reads these */
	{REASON_LOGIN_REQUIRED, ENDPOINT_AUTHORIZE, 400, "login_required",
	 "Login required", 0},
	{REASON_CONSENT_REQUIRED, ENDPOINT_AUTHORIZE, 400, "consent_required",
	 "Consent required", 0},
	{REASON_INTERACTION_REQUIRED, ENDPOINT_AUTHORIZE, 400,
	 "interaction_required", "Interaction required", 0},
	{REASON_REDIRECT_URI_UNREGISTERED, ENDPOINT_AUTHORIZE, 400,
	 "invalid_request",
	 "Callback URL mismatch: redirect_uri is not registered for this "
	 "client.",
	 REPLY_PAGE},

	TOO_MANY(REASON_RATE_LIMITED, ENDPOINT_TOKEN),
	TOO_MANY(REASON_RATE_LIMITED, ENDPOINT_REVOKE),
	TOO_MANY(REASON_RATE_LIMITED, ENDPOINT_USERINFO),
	TOO_MANY(REASON_CLIENT_RATE_LIMITED, ENDPOINT_TOKEN),
	TOO_MANY(REASON_CLIENT_RATE_LIMITED, ENDPOINT_REVOKE),
};

const struct profile_replies profile_auth0_replies = {rows, COUNT_OF(rows)};
