/* SPDX-License-Identifier: Apache-2.0 */
/* What client assertions share, however they are signed (RFC 7523 section 3). */
#pragma once

#include "client_auth/client_auth.h"
#include "jose/jws.h"

#define ASSERTION_SIZE_MAX 4096 /* bytes, all three parts */
#define ASSERTION_LIFE_MAX 300 /* seconds, from `iat` (or now) to `exp` */
#define ASSERTION_SKEW 60 /* seconds that a client's clock may be wrong */
#define ASSERTION_ID_MAX 255 /* bytes of `jti` */

/* What several methods ask about, taken apart once. */
struct assertion {
	bool is_read;
	const char *why; /* it is no compact JWS; NULL: it is `jws` */
	struct jws jws;
};

void assertion_wipe(struct assertion *assertion);

/* Whether the request carries one, or claims to. */
bool assertion_is_sent(const struct client_auth_request *request);
/* Whether its header says that a secret keys it (HS256, HS384, HS512): which of
 * the two methods it is. False for what cannot be read. */
bool assertion_has_hmac(const struct client_auth_request *request);

/*
 * client_id of the body, else the unverified `sub`: whose key is to verify it.
 * REFUSED (ASSERTION_MALFORMED): client_assertion_type is another or missing,
 * too long, not a compact JWS, or a typ of another kind of token.
 */
outcome assertion_identify(const struct client_auth_request *request,
			   struct text *id_out) MUST_USE;

/* For the proof; the request keeps *jws_out. REFUSED as above, and
 * (ASSERTION_ALGORITHM) when the client is registered for another algorithm, or
 * the tenant's profile takes it from nobody. */
outcome assertion_parse(const struct client_auth_request *request,
			const struct client *client, const struct jws **jws_out)
	MUST_USE;

/* REFUSED (ASSERTION_ALGORITHM): it is none of this method's. */
outcome assertion_refuse_algorithm(const struct client_auth_request *request,
				   const struct jws *jws) MUST_USE;

/*
 * The rules on the claims, once the signature has been found right; `payload` is
 * what was verified. Its `jti` is told in request->once_out.
 * REFUSED: ASSERTION_MALFORMED, ASSERTION_CLAIM_MISSING, ASSERTION_ISSUER,
 * ASSERTION_AUDIENCE, ASSERTION_EXPIRED, ASSERTION_TOO_EARLY,
 * ASSERTION_TOO_LONG.
 */
outcome assertion_check(const struct client_auth_request *request,
			const struct client *client, struct text payload)
	MUST_USE;
