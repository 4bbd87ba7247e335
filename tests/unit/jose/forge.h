/* SPDX-License-Identifier: Apache-2.0 */
/* Makes keys and tokens for tests, well-formed and otherwise. */
#pragma once

#include "suite.h"

#include "jose/jwk.h"
#include "jose/jws.h"

/* The public key that the JWK `json` is; fails the test when it is none. */
struct pkey *forge_key(const char *json);
/* The private key that PKCS #8 in base64 is. */
struct pkey *forge_private_key(const char *base64);

/* A compact JWS with exactly this header and payload; ends with buf_wipe. */
struct buf forge_jws(struct pkey *key, enum pkey_scheme scheme,
		     const char *header, struct text payload);
/* The parts encoded and joined; `signature` are its bytes. */
struct buf forge_parts(const char *header, struct text payload,
		       struct text signature);

/* Parses and verifies, as one who expects this key and algorithm. DONE only when
 * both do; *payload_out may be NULL. */
outcome forge_accepts(struct arena *arena, struct text compact,
		      struct pkey *key, const char *algorithm,
		      struct text *payload_out) MUST_USE;
