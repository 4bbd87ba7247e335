/* SPDX-License-Identifier: Apache-2.0 */
/* How rfc refuses (RFC 6749 4.1.2.1 and 5.2, 6750 3, 7009, 7662, 8707). */
#include "profile/internal.h"

#define ANY ENDPOINT_COUNT

/*
 * The same words for a client that is unknown, disabled, or fails to prove
 * itself: nobody may learn which clients there are. RFC 6749 section 5.2.
 */
#define CLIENT_FAILS(reason)                                                   \
	{reason,                                                               \
	 ANY,                                                                  \
	 401,                                                                  \
	 "invalid_client",                                                     \
	 "Client authentication failed.",                                      \
	 REPLY_CHALLENGES_AUTHORIZATION}

/* Said on a page, because no redirect may be trusted. */
#define CLIENT_PAGE(reason, endpoint)                                          \
	{reason,                                                               \
	 endpoint,                                                             \
	 400,                                                                  \
	 "invalid_request",                                                    \
	 "client_id names no client that may be used here.",                   \
	 REPLY_PAGE}

/* A code is right or it is not: more would help who tries stolen ones. */
#define CODE_FAILS(reason)                                                     \
	{reason,                                                               \
	 ANY,                                                                  \
	 400,                                                                  \
	 "invalid_grant",                                                      \
	 "The authorization code is not valid.",                               \
	 0}

#define REFRESH_FAILS(reason)                                                  \
	{reason, ANY, 400, "invalid_grant", "The refresh token is not valid.", \
	 0}

/* RFC 9101 section 7; on a page for the same reason as below. */
#define OBJECT_FAILS(reason, text)                                             \
	{reason,                                                               \
	 ANY,                                                                  \
	 400,                                                                  \
	 "invalid_request_object",                                             \
	 "The request object " text,                                           \
	 REPLY_PAGE}

/* RFC 9101 section 7; on a page: the redirect URI lies in the request itself. */
#define PUSHED_FAILS(reason, text)                                             \
	{reason,    ANY, 400, "invalid_request_uri", "The request_uri " text,  \
	 REPLY_PAGE}

/* RFC 6750 section 3.1. */
#define BEARER_FAILS(reason, endpoint)                                         \
	{reason,                                                               \
	 endpoint,                                                             \
	 401,                                                                  \
	 "invalid_token",                                                      \
	 "The access token is not valid.",                                     \
	 REPLY_CHALLENGES_BEARER}

#define BEARER_MALFORMED(reason, status, text)                                 \
	{reason, ENDPOINT_USERINFO,	 status, "invalid_request",            \
	 text,	 REPLY_CHALLENGES_BEARER}

/* RFC 9449 section 5; at a resource: section 7.1. */
#define DPOP_FAILS(reason, text)                                               \
	{reason, ANY, 400, "invalid_dpop_proof", text, 0}
#define PROOF_FAILS(reason, text)                                              \
	DPOP_FAILS(reason, text),                                              \
	{                                                                      \
		reason, ENDPOINT_USERINFO, 401, "invalid_dpop_proof", text,    \
			REPLY_CHALLENGES_DPOP                                  \
	}

/* RFC 7662 section 2.2, RFC 7009 section 2.2. */
#define SILENT(reason)                                                         \
	{reason, ENDPOINT_INTROSPECT, 200, NULL, NULL, REPLY_SILENT},          \
	{                                                                      \
		reason, ENDPOINT_REVOKE, 200, NULL, NULL, REPLY_SILENT         \
	}

static const struct profile_reply rows[] = {
	/* the request as such */
	{REASON_HOST_UNKNOWN, ANY, 421, "invalid_request",
	 "There is no such host here.", REPLY_PAGE},
	{REASON_ROUTE_UNKNOWN, ANY, 404, "not_found",
	 "There is no such path here.", REPLY_PAGE},
	{REASON_METHOD_NOT_ALLOWED, ANY, 405, "invalid_request",
	 "The endpoint does not take this method.", REPLY_PAGE | REPLY_ALLOWS},
	{REASON_MEDIA_TYPE_WRONG, ANY, 415, "invalid_request",
	 "The Content-Type is not one that the endpoint reads.", REPLY_PAGE},
	{REASON_BODY_MALFORMED, ANY, 400, "invalid_request",
	 "The request is not well-formed.", REPLY_PAGE},
	{REASON_PARAMETER_MISSING, ANY, 400, "invalid_request",
	 "The parameter %s is missing.", 0},
	{REASON_PARAMETER_REPEATED, ANY, 400, "invalid_request",
	 "The parameter %s is there more than once.", 0},
	{REASON_PARAMETER_MALFORMED, ANY, 400, "invalid_request",
	 "The parameter %s is malformed.", 0},
	{REASON_PARAMETER_TYPE, ANY, 400, "invalid_request",
	 "The parameter %s must be a string.", 0},
	{REASON_SECRET_IN_QUERY, ANY, 400, "invalid_request",
	 "The parameter %s must not stand in the URL.", 0},
	{REASON_PARAMETER_IN_QUERY, ANY, 400, "invalid_request",
	 "Parameters belong into the body, not into the URL.", 0},
	BEARER_MALFORMED(
		REASON_MEDIA_TYPE_WRONG, 415,
		"The Content-Type is not one that the endpoint reads."),
	BEARER_MALFORMED(REASON_BODY_MALFORMED, 400,
			 "The request is not well-formed."),
	BEARER_MALFORMED(REASON_PARAMETER_REPEATED, 400,
			 "A parameter is there more than once."),

	/* who the client is */
	{REASON_CLIENT_ID_MISSING, ANY, 401, "invalid_client",
	 "The request does not say which client it is from.",
	 REPLY_CHALLENGES_AUTHORIZATION},
	CLIENT_FAILS(REASON_CLIENT_UNKNOWN),
	CLIENT_FAILS(REASON_CLIENT_DISABLED),
	CLIENT_FAILS(REASON_CLIENT_UNFIT),
	CLIENT_FAILS(REASON_CLIENT_SECRET_MISSING),
	CLIENT_FAILS(REASON_CLIENT_SECRET_WRONG),
	CLIENT_FAILS(REASON_CLIENT_METHOD_WRONG),
	CLIENT_FAILS(REASON_CLIENT_CERTIFICATE_MISSING),
	CLIENT_FAILS(REASON_CLIENT_CERTIFICATE_UNTRUSTED),
	CLIENT_FAILS(REASON_CLIENT_CERTIFICATE_WRONG),
	{REASON_CLIENT_CERTIFICATE_MALFORMED, ANY, 400, "invalid_request",
	 "The client certificate cannot be read.", 0},
	{REASON_CLIENT_TWO_METHODS, ANY, 400, "invalid_request",
	 "The request uses more than one client authentication.", 0},
	{REASON_CLIENT_HEADER_MALFORMED, ANY, 401, "invalid_client",
	 "The Authorization header is not well-formed.",
	 REPLY_CHALLENGES_AUTHORIZATION},
	{REASON_CLIENT_ID_CONFLICT, ANY, 400, "invalid_request",
	 "client_id names another client than the credential.", 0},
	{REASON_CLIENT_RATE_LIMITED, ANY, 429, "temporarily_unavailable",
	 "Too many failed authentications: wait before the next.",
	 REPLY_RETRY_AFTER},
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
	{REASON_CLIENT_ID_MISSING, ENDPOINT_AUTHORIZE, 400, "invalid_request",
	 "client_id is missing.", REPLY_PAGE},
	CLIENT_PAGE(REASON_CLIENT_UNKNOWN, ENDPOINT_AUTHORIZE),
	CLIENT_PAGE(REASON_CLIENT_DISABLED, ENDPOINT_AUTHORIZE),
	CLIENT_PAGE(REASON_CLIENT_UNFIT, ENDPOINT_AUTHORIZE),
	CLIENT_PAGE(REASON_CLIENT_UNKNOWN, ENDPOINT_LOGOUT),
	CLIENT_PAGE(REASON_CLIENT_DISABLED, ENDPOINT_LOGOUT),
	{REASON_CLIENT_ID_CONFLICT, ENDPOINT_LOGOUT, 400, "invalid_request",
	 "client_id and id_token_hint name different clients.", REPLY_PAGE},
	BEARER_FAILS(REASON_CLIENT_DISABLED, ENDPOINT_USERINFO),
	BEARER_FAILS(REASON_CLIENT_UNFIT, ENDPOINT_USERINFO),

	/* what it may do */
	{REASON_GRANT_TYPE_MISSING, ANY, 400, "invalid_request",
	 "The parameter grant_type is missing.", 0},
	{REASON_GRANT_TYPE_UNKNOWN, ANY, 400, "unsupported_grant_type",
	 "There is no such grant_type here.", 0},
	{REASON_GRANT_TYPE_NOT_ALLOWED, ANY, 400, "unauthorized_client",
	 "The client may not use this grant type.", 0},

	/* codes */
	CODE_FAILS(REASON_CODE_UNKNOWN),
	CODE_FAILS(REASON_CODE_WRONG_KIND),
	CODE_FAILS(REASON_CODE_OTHER_CLIENT),
	CODE_FAILS(REASON_CODE_REUSED),
	CODE_FAILS(REASON_CODE_REUSED_UNPROVEN),
	CODE_FAILS(REASON_CODE_REUSED_TOLERATED),
	CODE_FAILS(REASON_CODE_EXPIRED),
	CODE_FAILS(REASON_CODE_REVOKED),
	{REASON_REDIRECT_URI_MISSING, ANY, 400, "invalid_grant",
	 "redirect_uri must be repeated as in the authorization request.", 0},
	{REASON_REDIRECT_URI_MISMATCH, ANY, 400, "invalid_grant",
	 "redirect_uri is not the one of the authorization request.", 0},
	{REASON_REQUEST_URI_MISMATCH, ANY, 400, "invalid_grant",
	 "request_uri is not the one of the authorization request.", 0},
	{REASON_VERIFIER_MISSING, ANY, 400, "invalid_grant",
	 "code_verifier is missing: the code was asked for with PKCE.", 0},
	{REASON_VERIFIER_MALFORMED, ANY, 400, "invalid_request",
	 "code_verifier must be 43 to 128 unreserved characters.", 0},
	{REASON_VERIFIER_WRONG, ANY, 400, "invalid_grant",
	 "code_verifier does not belong to the code_challenge.", 0},
	{REASON_VERIFIER_UNEXPECTED, ANY, 400, "invalid_grant",
	 "code_verifier came, but no code_challenge before it.", 0},

	/* refresh tokens */
	REFRESH_FAILS(REASON_REFRESH_UNKNOWN),
	REFRESH_FAILS(REASON_REFRESH_WRONG_KIND),
	REFRESH_FAILS(REASON_REFRESH_OTHER_CLIENT),
	REFRESH_FAILS(REASON_REFRESH_EXPIRED),
	REFRESH_FAILS(REASON_REFRESH_IDLE),
	REFRESH_FAILS(REASON_REFRESH_REVOKED),
	REFRESH_FAILS(REASON_REFRESH_REUSED),
	REFRESH_FAILS(REASON_REFRESH_AHEAD),
	REFRESH_FAILS(REASON_REFRESH_CERTIFICATE_WRONG),
	REFRESH_FAILS(REASON_REFRESH_NOT_ALLOWED),
	SILENT(REASON_REFRESH_UNKNOWN),
	SILENT(REASON_REFRESH_WRONG_KIND),
	SILENT(REASON_REFRESH_OTHER_CLIENT),
	SILENT(REASON_REFRESH_EXPIRED),
	SILENT(REASON_REFRESH_IDLE),
	SILENT(REASON_REFRESH_REVOKED),
	SILENT(REASON_REFRESH_REUSED),
	SILENT(REASON_REFRESH_AHEAD),

	/* what was granted, and to whom */
	{REASON_EPOCH_OLD, ANY, 400, "invalid_grant",
	 "What was presented is no longer valid.", 0},
	BEARER_FAILS(REASON_EPOCH_OLD, ENDPOINT_USERINFO),
	SILENT(REASON_EPOCH_OLD),
	{REASON_SCOPE_MALFORMED, ANY, 400, "invalid_scope",
	 "scope holds characters that are not allowed.", 0},
	{REASON_SCOPE_NOT_ALLOWED, ANY, 400, "invalid_scope",
	 "scope exceeds what was granted.", 0},
	{REASON_AUDIENCE_UNKNOWN, ANY, 400, "invalid_target",
	 "There is no such resource here.", 0},
	{REASON_AUDIENCE_NOT_ALLOWED, ANY, 400, "invalid_target",
	 "The client may not ask for this resource.", 0},
	{REASON_USER_GONE, ANY, 400, "invalid_grant",
	 "The account can no longer be used.", 0},
	{REASON_USER_DISABLED, ANY, 400, "invalid_grant",
	 "The account can no longer be used.", 0},
	{REASON_USER_GONE, ENDPOINT_AUTHORIZE, 403, "access_denied",
	 "The account can no longer be used.", REPLY_PAGE},
	{REASON_USER_DISABLED, ENDPOINT_AUTHORIZE, 403, "access_denied",
	 "The account can no longer be used.", REPLY_PAGE},
	BEARER_FAILS(REASON_USER_GONE, ENDPOINT_USERINFO),
	BEARER_FAILS(REASON_USER_DISABLED, ENDPOINT_USERINFO),
	SILENT(REASON_USER_GONE),
	SILENT(REASON_USER_DISABLED),

	/* access tokens */
	{REASON_TOKEN_MISSING, ANY, 401, NULL, NULL,
	 REPLY_CHALLENGES_BEARER_BARE},
	{REASON_TOKEN_TWO_PLACES, ANY, 400, "invalid_request",
	 "The access token is there more than once.", REPLY_CHALLENGES_BEARER},
	{REASON_TOKEN_IN_QUERY, ANY, 400, "invalid_request",
	 "The access token must not stand in the URL.",
	 REPLY_CHALLENGES_BEARER},
	BEARER_FAILS(REASON_TOKEN_UNKNOWN, ANY),
	BEARER_FAILS(REASON_TOKEN_EXPIRED, ANY),
	BEARER_FAILS(REASON_TOKEN_REVOKED, ANY),
	BEARER_FAILS(REASON_TOKEN_FOREIGN, ANY),
	BEARER_FAILS(REASON_TOKEN_CERTIFICATE_WRONG, ANY),
	{REASON_TOKEN_SCOPE_INSUFFICIENT, ANY, 403, "insufficient_scope",
	 "The access token lacks a scope that is needed here.",
	 REPLY_CHALLENGES_BEARER},
	SILENT(REASON_TOKEN_UNKNOWN),
	SILENT(REASON_TOKEN_EXPIRED),
	SILENT(REASON_TOKEN_REVOKED),
	SILENT(REASON_TOKEN_FOREIGN),

	/* DPoP (RFC 9449 sections 5, 7.1, 8 and 9) */
	DPOP_FAILS(REASON_DPOP_REQUIRED, "A DPoP proof is needed."),
	PROOF_FAILS(REASON_DPOP_REPEATED,
		    "There is more than one DPoP header."),
	PROOF_FAILS(REASON_DPOP_MALFORMED, "The DPoP proof is malformed."),
	PROOF_FAILS(REASON_DPOP_SIGNATURE_WRONG,
		    "The DPoP proof's signature is wrong."),
	PROOF_FAILS(REASON_DPOP_METHOD_MISMATCH,
		    "The DPoP proof's htm is not the request's method."),
	PROOF_FAILS(REASON_DPOP_URL_MISMATCH,
		    "The DPoP proof's htu is not this endpoint."),
	PROOF_FAILS(REASON_DPOP_EXPIRED,
		    "The DPoP proof's iat is too old or in the future."),
	PROOF_FAILS(REASON_DPOP_REUSED, "The DPoP proof was used before."),
	{REASON_DPOP_TOKEN_MISMATCH, ANY, 401, "invalid_dpop_proof",
	 "The DPoP proof's ath is not the access token's hash.",
	 REPLY_CHALLENGES_DPOP},
	{REASON_DPOP_NONCE_REQUIRED, ANY, 400, "use_dpop_nonce",
	 "The DPoP proof needs the nonce of the DPoP-Nonce header.",
	 REPLY_OFFERS_NONCE},
	{REASON_DPOP_NONCE_REQUIRED, ENDPOINT_USERINFO, 401, "use_dpop_nonce",
	 "The DPoP proof needs the nonce of the DPoP-Nonce header.",
	 REPLY_CHALLENGES_DPOP | REPLY_OFFERS_NONCE},
	{REASON_DPOP_KEY_MISMATCH, ANY, 400, "invalid_grant",
	 "The DPoP proof shows another key than the one that is bound.", 0},
	{REASON_DPOP_KEY_MISMATCH, ENDPOINT_PAR, 400, "invalid_dpop_proof",
	 "The DPoP proof shows another key than dpop_jkt names.", 0},
	{REASON_TOKEN_UNBOUND, ANY, 400, "invalid_request",
	 "A DPoP proof or a client certificate is needed.", 0},
	BEARER_FAILS(REASON_TOKEN_UNBOUND, ENDPOINT_USERINFO),
	{REASON_TOKEN_PROOF_MISSING, ANY, 401, "invalid_token",
	 "The access token is bound to a key: it needs a DPoP proof.",
	 REPLY_CHALLENGES_DPOP},
	{REASON_TOKEN_KEY_MISMATCH, ANY, 401, "invalid_token",
	 "The access token is not bound to this key.", REPLY_CHALLENGES_DPOP},

	/* authorization requests */
	{REASON_RESPONSE_TYPE_MISSING, ANY, 400, "invalid_request",
	 "The parameter response_type is missing.", 0},
	{REASON_RESPONSE_TYPE_UNSUPPORTED, ANY, 400,
	 "unsupported_response_type",
	 "The client may not use this response_type.", 0},
	{REASON_RESPONSE_MODE_UNSUPPORTED, ANY, 400, "invalid_request",
	 "The client may not use this response_mode.", 0},
	{REASON_REDIRECT_URI_ABSENT, ANY, 400, "invalid_request",
	 "redirect_uri is missing.", REPLY_PAGE},
	{REASON_REDIRECT_URI_UNREGISTERED, ANY, 400, "invalid_request",
	 "redirect_uri is not registered for this client.", REPLY_PAGE},
	{REASON_CHALLENGE_MISSING, ANY, 400, "invalid_request",
	 "code_challenge is missing: the client must use PKCE.", 0},
	{REASON_CHALLENGE_MALFORMED, ANY, 400, "invalid_request",
	 "code_challenge is malformed.", 0},
	{REASON_CHALLENGE_METHOD_UNSUPPORTED, ANY, 400, "invalid_request",
	 "code_challenge_method must be S256.", 0},
	{REASON_PROMPT_MALFORMED, ANY, 400, "invalid_request",
	 "prompt is malformed.", 0},
	{REASON_LOGIN_REQUIRED, ANY, 400, "login_required",
	 "Nobody suitable is signed in.", 0},
	{REASON_CONSENT_REQUIRED, ANY, 400, "consent_required",
	 "The user has not allowed this yet.", 0},
	{REASON_INTERACTION_REQUIRED, ANY, 400, "interaction_required",
	 "The user must be shown a page.", 0},
	{REASON_ACCESS_DENIED, ANY, 403, "access_denied", "The user declined.",
	 0},
	{REASON_HINT_INVALID, ANY, 400, "invalid_request",
	 "id_token_hint is not an ID token that was issued here.", 0},
	{REASON_HINT_OTHER_USER, ANY, 400, "login_required",
	 "Another user is signed in than the request names.", 0},
	{REASON_REQUEST_UNSUPPORTED, ANY, 400, "request_not_supported",
	 "Request objects are not taken here.", 0},
	{REASON_REQUEST_URI_UNSUPPORTED, ANY, 400, "request_uri_not_supported",
	 "request_uri is not taken here.", REPLY_PAGE},
	PUSHED_FAILS(REASON_REQUEST_URI_UNREGISTERED,
		     "is not registered for this client."),
	PUSHED_FAILS(REASON_REQUEST_URI_UNREACHABLE, "cannot be fetched."),
	OBJECT_FAILS(REASON_REQUEST_OBJECT_MALFORMED, "is malformed."),
	OBJECT_FAILS(REASON_REQUEST_OBJECT_ENCRYPTION, "cannot be decrypted."),
	OBJECT_FAILS(REASON_REQUEST_OBJECT_ALGORITHM,
		     "must be signed by the registered algorithm."),
	OBJECT_FAILS(REASON_REQUEST_OBJECT_SIGNATURE,
		     "is not signed by a key of the client."),
	OBJECT_FAILS(REASON_REQUEST_OBJECT_CLAIMS,
		     "is not for this server, or not valid now."),
	OBJECT_FAILS(REASON_REQUEST_OBJECT_CONFLICT,
		     "disagrees with the parameters beside it."),
	{REASON_REQUEST_OBJECT_REQUIRED, ANY, 400, "invalid_request",
	 "The request must be a signed request object.", REPLY_PAGE},
	PUSHED_FAILS(REASON_PUSHED_UNKNOWN, "is not one of this server's."),
	PUSHED_FAILS(REASON_PUSHED_OTHER_CLIENT,
		     "is not one of this client's."),
	PUSHED_FAILS(REASON_PUSHED_EXPIRED, "has expired."),
	PUSHED_FAILS(REASON_PUSHED_CONSUMED, "was used before."),
	{REASON_PUSHED_REQUIRED, ANY, 400, "invalid_request",
	 "The request must be pushed first.", 0},
	{REASON_PUSHED_NESTED, ANY, 400, "invalid_request",
	 "request_uri must not stand in a pushed request.", 0},
	{REASON_PUSHED_BY_PUBLIC, ANY, 401, "invalid_client",
	 "Client authentication failed.", REPLY_CHALLENGES_AUTHORIZATION},
	{REASON_PUSHED_TOO_MANY, ANY, 429, "temporarily_unavailable",
	 "Too many requests: wait before the next.", REPLY_RETRY_AFTER},
	{REASON_REGISTRATION_UNSUPPORTED, ANY, 400,
	 "registration_not_supported", "registration is not taken here.", 0},

	/* pages */
	{REASON_SEAL_INVALID, ANY, 400, "invalid_request",
	 "This page cannot be continued. Go back to the application.",
	 REPLY_PAGE},
	{REASON_SEAL_EXPIRED, ANY, 400, "invalid_request",
	 "This page was open for too long. Go back to the application.",
	 REPLY_PAGE},
	{REASON_BROWSER_MISMATCH, ANY, 403, "invalid_request",
	 "This page was made for another browser, or cookies are blocked.",
	 REPLY_PAGE},
	{REASON_ORIGIN_WRONG, ANY, 403, "invalid_request",
	 "The form came from another site.", REPLY_PAGE},
	{REASON_SESSION_MISSING, ANY, 403, "login_required",
	 "You are no longer signed in. Go back to the application.",
	 REPLY_PAGE},
	{REASON_STEP_CONSUMED, ANY, 400, "invalid_request",
	 "This step was completed before. Go back to the application.",
	 REPLY_PAGE},
	{REASON_PASSWORD_WRONG, ANY, 403, "access_denied",
	 "User name or password is wrong.", REPLY_PAGE},
	{REASON_LOGIN_RATE_LIMITED, ANY, 429, "temporarily_unavailable",
	 "Too many tries to sign in.", REPLY_PAGE | REPLY_RETRY_AFTER},
	{REASON_LOGOUT_URI_UNREGISTERED, ANY, 400, "invalid_request",
	 "post_logout_redirect_uri is not registered for this client.",
	 REPLY_PAGE},
	{REASON_LOGOUT_HINT_INVALID, ANY, 400, "invalid_request",
	 "id_token_hint is not an ID token that was issued here.", REPLY_PAGE},

	/* ourselves */
	{REASON_RATE_LIMITED, ANY, 429, "temporarily_unavailable",
	 "Too many requests: wait before the next.",
	 REPLY_PAGE | REPLY_RETRY_AFTER},
	{REASON_STORE_BUSY, ANY, 503, "temporarily_unavailable",
	 "The server is busy: try again.", REPLY_RETRY_AFTER},
	{REASON_STORE_UNCERTAIN, ANY, 503, "temporarily_unavailable",
	 "The server cannot tell the outcome: try again.", REPLY_RETRY_AFTER},
	{REASON_SHARD_AWAY, ANY, 503, "temporarily_unavailable",
	 "The server cannot reach what it needs: try again.",
	 REPLY_RETRY_AFTER},
	{REASON_SERVER_BUSY, ANY, 503, "temporarily_unavailable",
	 "The server is busy: try again.", REPLY_RETRY_AFTER},
	{REASON_SERVER_ERROR, ANY, 500, "server_error",
	 "The server met an error.", 0},
};

const struct profile_replies profile_rfc_replies = {rows, COUNT_OF(rows)};
