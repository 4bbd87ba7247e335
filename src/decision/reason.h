/* SPDX-License-Identifier: Apache-2.0 */
/* Why something was declined: the one enum, and each reason in words. */
#pragma once

#include "base/text.h"

/*
 * REASON(symbol, check, explanation). The wire name ("code_reused") is the
 * symbol in lower case; `check` names the step that failed; `explanation` tells
 * the operator what it means and what to look at.
 */
#define REASON_LIST(REASON)                                                                                                       \
	REASON(NONE, "", "nothing was declined")                                                                                  \
	/* the request as such */                                                                                                 \
	REASON(HOST_UNKNOWN, "host",                                                                                              \
	       "no tenant has this host: is the proxy passing Host on, is the tenant's url right?")                               \
	REASON(ROUTE_UNKNOWN, "route",                                                                                            \
	       "the tenant's profile has no such path; paths are compared byte for byte")                                         \
	REASON(METHOD_NOT_ALLOWED, "method",                                                                                      \
	       "the endpoint does not take this HTTP method")                                                                     \
	REASON(MEDIA_TYPE_WRONG, "content type",                                                                                  \
	       "the body's Content-Type is missing or not one that the endpoint reads")                                           \
	REASON(BODY_MALFORMED, "body",                                                                                            \
	       "the body is not well-formed for its Content-Type")                                                                \
	REASON(PARAMETER_MISSING, "parameters",                                                                                   \
	       "a parameter that the request needs is missing")                                                                   \
	REASON(PARAMETER_REPEATED, "parameters",                                                                                  \
	       "a parameter stands there more than once (RFC 6749 section 3.2)")                                                  \
	REASON(PARAMETER_MALFORMED, "parameters",                                                                                 \
	       "a parameter's value is not of the form that its specification asks")                                              \
	REASON(PARAMETER_TYPE, "parameters", "a JSON member is not a string")                                                     \
	REASON(SECRET_IN_QUERY, "query",                                                                                          \
	       "a credential stood in the URL's query, where logs and histories keep it")                                         \
	REASON(PARAMETER_IN_QUERY, "query",                                                                                       \
	       "parameters of this endpoint belong into the body (RFC 6749 section 3.2)")                                         \
	/* who the client is */                                                                                                   \
	REASON(CLIENT_ID_MISSING, "client",                                                                                       \
	       "the request does not say which client it is from")                                                                \
	REASON(CLIENT_UNKNOWN, "client",                                                                                          \
	       "the tenant has no client of this id")                                                                             \
	REASON(CLIENT_DISABLED, "client", "the client is disabled")                                                               \
	REASON(CLIENT_UNFIT, "client",                                                                                            \
	       "the client's metadata breaks a rule of its tenant: fapi2 was set, or is off, since the client was imported")      \
	REASON(CLIENT_SECRET_MISSING, "client authentication",                                                                    \
	       "the client is confidential and sent no credential")                                                               \
	REASON(CLIENT_SECRET_WRONG, "client authentication",                                                                      \
	       "the client secret is not the registered one")                                                                     \
	REASON(CLIENT_METHOD_WRONG, "client authentication",                                                                      \
	       "the client is registered for another authentication method")                                                      \
	REASON(CLIENT_TWO_METHODS, "client authentication",                                                                       \
	       "the request carries more than one client authentication (RFC 6749 section 2.3)")                                  \
	REASON(CLIENT_HEADER_MALFORMED, "client authentication",                                                                  \
	       "the Authorization header is not well-formed HTTP Basic")                                                          \
	REASON(CLIENT_ID_CONFLICT, "client authentication",                                                                       \
	       "client_id in the body names another client than the credential")                                                  \
	REASON(CLIENT_CERTIFICATE_MISSING, "client certificate",                                                                  \
	       "the client proves itself by a certificate, and the request came without one")                                     \
	REASON(CLIENT_CERTIFICATE_MALFORMED, "client certificate",                                                                \
	       "the certificate, or the trusted proxy's headers about it, cannot be read")                                        \
	REASON(CLIENT_CERTIFICATE_UNTRUSTED, "client certificate",                                                                \
	       "the certificate's chain or time is not good (RFC 5280 section 6)")                                                \
	REASON(CLIENT_CERTIFICATE_WRONG, "client certificate",                                                                    \
	       "the certificate is not the one that the client is registered with")                                               \
	REASON(CLIENT_RATE_LIMITED, "client authentication",                                                                      \
	       "too many failed authentications for this client from this address: wait")                                         \
	/* its assertion */                                                                                                       \
	REASON(ASSERTION_MALFORMED, "client assertion",                                                                           \
	       "the assertion is not a compact JWS with claims of the right types, or client_assertion_type is another")          \
	REASON(ASSERTION_ALGORITHM, "client assertion",                                                                           \
	       "the assertion's alg is not one that is taken, or not the one that the client is registered for")                  \
	REASON(ASSERTION_KEY_UNKNOWN, "client assertion",                                                                         \
	       "none of the client's keys has the assertion's kid and fits its alg")                                              \
	REASON(ASSERTION_KEYS_UNREACHABLE, "client assertion",                                                                    \
	       "the keys at the client's jwks_uri cannot be fetched")                                                             \
	REASON(ASSERTION_SIGNATURE, "client assertion",                                                                           \
	       "the assertion's signature is not by any of the client's keys")                                                    \
	REASON(ASSERTION_CLAIM_MISSING, "client assertion",                                                                       \
	       "the assertion lacks a claim that it must have: iss, sub, aud, exp, jti (RFC 7523 section 3)")                     \
	REASON(ASSERTION_ISSUER, "client assertion",                                                                              \
	       "iss and sub of the assertion must both be the client_id")                                                         \
	REASON(ASSERTION_AUDIENCE, "client assertion",                                                                            \
	       "the assertion is meant for somebody else: its aud is none of this tenant's")                                      \
	REASON(ASSERTION_EXPIRED, "client assertion",                                                                             \
	       "the assertion's exp has passed")                                                                                  \
	REASON(ASSERTION_TOO_EARLY, "client assertion",                                                                           \
	       "the assertion's nbf or iat lies in the future")                                                                   \
	REASON(ASSERTION_TOO_LONG, "client assertion",                                                                            \
	       "the assertion lives for more than five minutes")                                                                  \
	REASON(ASSERTION_REPLAYED, "client assertion",                                                                            \
	       "an assertion with this jti has been used before")                                                                 \
	/* what it may do */                                                                                                      \
	REASON(GRANT_TYPE_MISSING, "grant type", "grant_type is missing")                                                         \
	REASON(GRANT_TYPE_UNKNOWN, "grant type", "no such grant_type here")                                                       \
	REASON(GRANT_TYPE_NOT_ALLOWED, "grant type",                                                                              \
	       "the client is not registered for this grant_type")                                                                \
	/* codes */                                                                                                               \
	REASON(CODE_UNKNOWN, "code",                                                                                              \
	       "not a code of this tenant: mangled, cut, forged, or its grant has been purged")                                   \
	REASON(CODE_WRONG_KIND, "code", "a genuine reference, but not a code")                                                    \
	REASON(CODE_OTHER_CLIENT, "code",                                                                                         \
	       "the code was issued to another client")                                                                           \
	REASON(CODE_REUSED, "code",                                                                                               \
	       "the code had been redeemed before; presented again with full proof, so the grant is revoked")                     \
	REASON(CODE_REUSED_UNPROVEN, "code",                                                                                      \
	       "the code had been redeemed before; presented without its proof, so nothing is revoked")                           \
	REASON(CODE_REUSED_TOLERATED, "code",                                                                                     \
	       "the code had been redeemed moments before with the same proof: refused, nothing revoked (code_replay_tolerance)") \
	REASON(CODE_EXPIRED, "code", "the code's life was over")                                                                  \
	REASON(CODE_REVOKED, "code",                                                                                              \
	       "the grant behind the code was revoked or burned before")                                                          \
	REASON(REDIRECT_URI_MISSING, "redirect_uri",                                                                              \
	       "redirect_uri was in the authorization request and must be repeated here (RFC 6749 section 4.1.3)")                \
	REASON(REDIRECT_URI_MISMATCH, "redirect_uri",                                                                             \
	       "redirect_uri is not the one that the code was issued for, byte for byte")                                         \
	REASON(REQUEST_URI_MISMATCH, "request_uri",                                                                               \
	       "the code came from another pushed request")                                                                       \
	REASON(VERIFIER_MISSING, "code_verifier",                                                                                 \
	       "the authorization request carried a code_challenge, the exchange no code_verifier")                               \
	REASON(VERIFIER_MALFORMED, "code_verifier",                                                                               \
	       "a code_verifier has 43 to 128 characters of A-Z a-z 0-9 - . _ ~ (RFC 7636 section 4.1)")                          \
	REASON(VERIFIER_WRONG, "code_verifier",                                                                                   \
	       "the code_verifier does not belong to the code_challenge")                                                         \
	REASON(VERIFIER_UNEXPECTED, "code_verifier",                                                                              \
	       "a code_verifier, but the authorization request carried no code_challenge (RFC 9700 section 2.1.1)")               \
	/* refresh tokens */                                                                                                      \
	REASON(REFRESH_UNKNOWN, "refresh_token",                                                                                  \
	       "not a refresh token of this tenant: mangled, cut, forged, or its grant has been purged")                          \
	REASON(REFRESH_WRONG_KIND, "refresh_token",                                                                               \
	       "a genuine reference, but not a refresh token")                                                                    \
	REASON(REFRESH_OTHER_CLIENT, "refresh_token",                                                                             \
	       "the refresh token was issued to another client")                                                                  \
	REASON(REFRESH_EXPIRED, "refresh_token",                                                                                  \
	       "the refresh token's absolute life was over")                                                                      \
	REASON(REFRESH_IDLE, "refresh_token",                                                                                     \
	       "the refresh token was not used for longer than its idle life")                                                    \
	REASON(REFRESH_REVOKED, "refresh_token",                                                                                  \
	       "the grant was revoked before")                                                                                    \
	REASON(REFRESH_REUSED, "refresh_token",                                                                                   \
	       "a refresh token older than the overlap allows: the grant is revoked (RFC 9700 section 4.14.2)")                   \
	REASON(REFRESH_AHEAD, "refresh_token",                                                                                    \
	       "newer than the store knows: was the store restored from a backup?")                                               \
	REASON(REFRESH_CERTIFICATE_WRONG, "refresh_token",                                                                        \
	       "the refresh token is bound to another certificate than the one that came (RFC 8705 section 4)")                   \
	REASON(REFRESH_NOT_ALLOWED, "refresh_token",                                                                              \
	       "client or scope no longer allow refresh tokens")                                                                  \
	REASON(EPOCH_OLD, "epoch", "from before the store was restored")                                                          \
	/* scopes, audiences, people */                                                                                           \
	REASON(SCOPE_MALFORMED, "scope",                                                                                          \
	       "scope holds characters that RFC 6749 section 3.3 does not allow")                                                 \
	REASON(SCOPE_NOT_ALLOWED, "scope", "more scope than was granted")                                                         \
	REASON(AUDIENCE_UNKNOWN, "audience",                                                                                      \
	       "the tenant has no such resource")                                                                                 \
	REASON(AUDIENCE_NOT_ALLOWED, "audience",                                                                                  \
	       "the client may not ask for this resource")                                                                        \
	REASON(USER_GONE, "user", "the person no longer exists")                                                                  \
	REASON(USER_DISABLED, "user", "the person is disabled")                                                                   \
	/* access tokens presented to us */                                                                                       \
	REASON(TOKEN_MISSING, "access token",                                                                                     \
	       "no access token in the request")                                                                                  \
	REASON(TOKEN_TWO_PLACES, "access token",                                                                                  \
	       "the access token stands in more than one place (RFC 6750 section 2)")                                             \
	REASON(TOKEN_IN_QUERY, "access token",                                                                                    \
	       "the access token stood in the URL's query (RFC 9700 section 4.3.2)")                                              \
	REASON(TOKEN_UNKNOWN, "access token",                                                                                     \
	       "not an access token of this tenant, or its grant has been purged")                                                \
	REASON(TOKEN_EXPIRED, "access token",                                                                                     \
	       "the access token's life was over")                                                                                \
	REASON(TOKEN_REVOKED, "access token",                                                                                     \
	       "the access token or its grant was revoked")                                                                       \
	REASON(TOKEN_CERTIFICATE_WRONG, "access token",                                                                           \
	       "the access token is bound to another certificate than the one that came (RFC 8705 section 3)")                    \
	REASON(TOKEN_SCOPE_INSUFFICIENT, "access token",                                                                          \
	       "the access token lacks a scope that the endpoint needs")                                                          \
	REASON(TOKEN_FOREIGN, "token",                                                                                            \
	       "the token is not one that this client may ask about")                                                             \
	/* DPoP (RFC 9449) */                                                                                                     \
	REASON(DPOP_REQUIRED, "DPoP proof",                                                                                       \
	       "client or grant need a DPoP proof, and none came")                                                                \
	REASON(DPOP_REPEATED, "DPoP proof",                                                                                       \
	       "more than one DPoP header (RFC 9449 section 4.3)")                                                                \
	REASON(DPOP_MALFORMED, "DPoP proof",                                                                                      \
	       "the DPoP header is no proof: form, typ, alg, jwk or a claim is wrong or missing")                                 \
	REASON(DPOP_SIGNATURE_WRONG, "DPoP proof",                                                                                \
	       "the proof's signature is not one by the key in its header")                                                       \
	REASON(DPOP_METHOD_MISMATCH, "DPoP proof",                                                                                \
	       "the proof's htm is another HTTP method than the request's")                                                       \
	REASON(DPOP_URL_MISMATCH, "DPoP proof",                                                                                   \
	       "the proof's htu is not the URL of this endpoint")                                                                 \
	REASON(DPOP_EXPIRED, "DPoP proof",                                                                                        \
	       "the proof's iat is too old, or in the future: is the client's clock right?")                                      \
	REASON(DPOP_NONCE_REQUIRED, "DPoP nonce",                                                                                 \
	       "the proof needs a nonce of this server that is fresh; the reply's DPoP-Nonce header has one")                     \
	REASON(DPOP_TOKEN_MISMATCH, "DPoP proof",                                                                                 \
	       "the proof's ath is missing or not the hash of the access token")                                                  \
	REASON(DPOP_KEY_MISMATCH, "DPoP key",                                                                                     \
	       "what was presented is bound to another key than the proof's")                                                     \
	REASON(DPOP_REUSED, "DPoP proof",                                                                                         \
	       "the proof has been used before: each request needs one of its own")                                               \
	REASON(TOKEN_UNBOUND, "binding",                                                                                          \
	       "fapi2 binds every token, and the request shows no key: neither a DPoP proof nor a client certificate came")       \
	REASON(TOKEN_PROOF_MISSING, "access token",                                                                               \
	       "the access token is bound to a key and came without its proof, or as Bearer (RFC 9449 section 7.2)")              \
	REASON(TOKEN_KEY_MISMATCH, "access token",                                                                                \
	       "the access token is not bound to the key that the request proves")                                                \
	/* authorization requests */                                                                                              \
	REASON(RESPONSE_TYPE_MISSING, "response_type",                                                                            \
	       "response_type is missing")                                                                                        \
	REASON(RESPONSE_TYPE_UNSUPPORTED, "response_type",                                                                        \
	       "no such response_type here, or not registered for the client")                                                    \
	REASON(RESPONSE_MODE_UNSUPPORTED, "response_mode",                                                                        \
	       "no such response_mode here, or not registered for the client")                                                    \
	REASON(REDIRECT_URI_ABSENT, "redirect_uri",                                                                               \
	       "the authorization request names no redirect_uri")                                                                 \
	REASON(REDIRECT_URI_UNREGISTERED, "redirect_uri",                                                                         \
	       "redirect_uri is not one of the client's, byte for byte")                                                          \
	REASON(CHALLENGE_MISSING, "code_challenge",                                                                               \
	       "the client must use PKCE (RFC 7636)")                                                                             \
	REASON(CHALLENGE_MALFORMED, "code_challenge",                                                                             \
	       "code_challenge is not 43 to 128 unreserved characters, or for S256 not 43 of base64url")                          \
	REASON(CHALLENGE_METHOD_UNSUPPORTED, "code_challenge_method",                                                             \
	       "code_challenge_method is not S256 (plain only where the client's metadata allows it)")                            \
	REASON(PROMPT_MALFORMED, "prompt",                                                                                        \
	       "prompt has an unknown word, or none beside another")                                                              \
	REASON(LOGIN_REQUIRED, "prompt",                                                                                          \
	       "prompt=none, but nobody suitable is signed in")                                                                   \
	REASON(CONSENT_REQUIRED, "prompt",                                                                                        \
	       "prompt=none, but the person has not allowed this client all it asks")                                             \
	REASON(INTERACTION_REQUIRED, "prompt",                                                                                    \
	       "prompt=none, but the person must be shown a page")                                                                \
	REASON(ACCESS_DENIED, "consent", "the person declined")                                                                   \
	REASON(HINT_INVALID, "id_token_hint",                                                                                     \
	       "id_token_hint is not an ID token that this tenant issued to this client")                                         \
	REASON(HINT_OTHER_USER, "id_token_hint",                                                                                  \
	       "another person is signed in than the request names")                                                              \
	REASON(REQUEST_UNSUPPORTED, "request",                                                                                    \
	       "request objects are not taken here")                                                                              \
	REASON(REQUEST_URI_UNSUPPORTED, "request_uri",                                                                            \
	       "request_uri is not taken here")                                                                                   \
	REASON(REQUEST_URI_UNREGISTERED, "request_uri",                                                                           \
	       "request_uri is not one of the client's request_uris, byte for byte: nothing was fetched")                         \
	REASON(REQUEST_URI_UNREACHABLE, "request_uri",                                                                            \
	       "the request object at request_uri cannot be fetched")                                                             \
	REASON(REQUEST_OBJECT_MALFORMED, "request",                                                                               \
	       "the request object is not a signed JWT as RFC 9101 has it")                                                       \
	REASON(REQUEST_OBJECT_ENCRYPTION, "request",                                                                              \
	       "the request object cannot be decrypted by a key of this tenant")                                                  \
	REASON(REQUEST_OBJECT_ALGORITHM, "request",                                                                               \
	       "the request object's alg is not the registered one, or not one of a key pair")                                    \
	REASON(REQUEST_OBJECT_SIGNATURE, "request",                                                                               \
	       "the request object is signed by no registered key of the client")                                                 \
	REASON(REQUEST_OBJECT_CLAIMS, "request",                                                                                  \
	       "the request object's iss, aud, exp, nbf or sub is not right")                                                     \
	REASON(REQUEST_OBJECT_CONFLICT, "request",                                                                                \
	       "the request object and what stands beside it disagree")                                                           \
	REASON(REQUEST_OBJECT_REQUIRED, "request",                                                                                \
	       "the client must send its requests as signed objects")                                                             \
	REASON(PUSHED_UNKNOWN, "request_uri",                                                                                     \
	       "not a pushed request of this tenant: mangled, cut, forged, or purged since")                                      \
	REASON(PUSHED_OTHER_CLIENT, "request_uri",                                                                                \
	       "the request was pushed by another client")                                                                        \
	REASON(PUSHED_EXPIRED, "request_uri",                                                                                     \
	       "the pushed request arrived after its expires_in")                                                                 \
	REASON(PUSHED_CONSUMED, "request_uri",                                                                                    \
	       "the pushed request has been completed before")                                                                    \
	REASON(PUSHED_REQUIRED, "request_uri",                                                                                    \
	       "client or tenant take pushed requests alone (RFC 9126 section 4)")                                                \
	REASON(PUSHED_NESTED, "request_uri",                                                                                      \
	       "request_uri inside a pushed request (RFC 9126 section 2.1)")                                                      \
	REASON(PUSHED_BY_PUBLIC, "client",                                                                                        \
	       "the profile lets confidential clients alone push requests")                                                       \
	REASON(PUSHED_TOO_MANY, "load",                                                                                           \
	       "the client pushed more requests than its quota: wait")                                                            \
	REASON(REGISTRATION_UNSUPPORTED, "registration",                                                                          \
	       "the registration parameter is not taken here")                                                                    \
	/* pages */                                                                                                               \
	REASON(SEAL_INVALID, "form",                                                                                              \
	       "the form's sealed request is not ours: mangled, or of another tenant")                                            \
	REASON(SEAL_EXPIRED, "form", "the page stood open for too long")                                                          \
	REASON(BROWSER_MISMATCH, "form",                                                                                          \
	       "the form was not given to this browser (its cookie is missing or another)")                                       \
	REASON(ORIGIN_WRONG, "origin",                                                                                            \
	       "the form was posted from another site")                                                                           \
	REASON(SESSION_MISSING, "session",                                                                                        \
	       "nobody is signed in in this browser any more")                                                                    \
	REASON(STEP_CONSUMED, "form",                                                                                             \
	       "this step has been completed or has expired")                                                                     \
	REASON(PASSWORD_WRONG, "password",                                                                                        \
	       "user name and password do not belong together")                                                                   \
	REASON(LOGIN_RATE_LIMITED, "password",                                                                                    \
	       "too many failed sign-ins for this name or from this address: wait")                                               \
	REASON(LOGOUT_URI_UNREGISTERED, "post_logout_redirect_uri",                                                               \
	       "not a registered post_logout_redirect_uri of the client")                                                         \
	REASON(LOGOUT_HINT_INVALID, "id_token_hint",                                                                              \
	       "id_token_hint is not an ID token that this tenant issued")                                                        \
	/* ourselves */                                                                                                           \
	REASON(RATE_LIMITED, "load",                                                                                              \
	       "too many requests from this address: wait")                                                                       \
	REASON(STORE_BUSY, "store",                                                                                               \
	       "the store could not take the change in time")                                                                     \
	REASON(STORE_UNCERTAIN, "store",                                                                                          \
	       "the store did not say whether the change is durable: nothing was issued")                                         \
	REASON(SHARD_AWAY, "shard",                                                                                               \
	       "the shard that holds this is away, or store.shards does not list it")                                             \
	REASON(SERVER_BUSY, "load", "no capacity at the moment")                                                                  \
	REASON(SERVER_ERROR, "server",                                                                                            \
	       "our fault: the event log has the cause under the same request id")

enum reason {
#define REASON_SYMBOL(symbol, check, explanation) REASON_##symbol,
	REASON_LIST(REASON_SYMBOL)
#undef REASON_SYMBOL
		REASON_COUNT
};

/* "code_reused". */
const char *reason_name(enum reason reason);
/* "code": the check that failed. */
const char *reason_check(enum reason reason);
/* A sentence for the operator. */
const char *reason_explanation(enum reason reason);
/* REASON_COUNT when there is none of that name. */
enum reason reason_find(struct text name);
