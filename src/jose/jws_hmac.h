/* SPDX-License-Identifier: Apache-2.0 */
/* JWS with HMAC (RFC 7518 section 3.2): keyed by a shared secret, never a key. */
#pragma once

#include "crypto/digest.h"
#include "jose/jws.h"

/* Apart from jws_algorithm: no public key ever reaches these (RFC 8725
 * section 3.1, attack J02). */
struct jws_hmac {
	const char *name; /* "HS256" */
	enum digest digest;
	size_t secret_min; /* bytes: as long as the digest */
};

/* NULL when there is none of that name; names are case-sensitive. */
const struct jws_hmac *jws_hmac_find(struct text name);
/* All of them, from 0; NULL past the end. */
const struct jws_hmac *jws_hmac_at(size_t index);

/*
 * The payload's bytes, only after the MAC has been found right with this secret
 * and exactly this algorithm; constant time. REFUSED otherwise, and for a secret
 * under `secret_min` (attack J25).
 */
outcome jws_hmac_verify(const struct jws *jws, struct text secret,
			const struct jws_hmac *algorithm,
			struct text *payload_out) MUST_USE;

/* Appends a compact JWS with this header and payload. REFUSED for a secret under
 * `secret_min`. */
outcome jws_hmac_sign(struct text secret, const struct jws_hmac *algorithm,
		      struct text header, struct text payload,
		      struct buf *compact) MUST_USE;
