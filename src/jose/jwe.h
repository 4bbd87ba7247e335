/* SPDX-License-Identifier: Apache-2.0 */
/* Compact JSON Web Encryption (RFC 7516): taken apart, decrypted, encrypted. */
#pragma once

#include "base/arena.h"
#include "crypto/aead.h"
#include "crypto/pkey.h"
#include "json/json.h"

/*
 * The key's type decides how the content's key is come by: RSA-OAEP-256 for an
 * RSA key, ECDH-ES in direct agreement for an EC one. Not had, on purpose:
 * RSA1_5 (a padding oracle, attack J19), RSA-OAEP (SHA-1), PBES2 (whose work the
 * sender chooses, J16), `dir` and key wrapping, and `zip` (J17).
 */
#define JWE_ALGORITHMS "RSA-OAEP-256 ECDH-ES"
#define JWE_ENCRYPTIONS "A128CBC-HS256 A256CBC-HS512 A128GCM A256GCM"

/* "RSA-OAEP-256" or "ECDH-ES"; NULL when the key is good for neither. */
const char *jwe_algorithm_for(const struct pkey *key);

/* Room for a signed JWT of the largest size inside. */
#define JWE_SIZE_MAX 32768

/* A compact JWE taken apart; nothing in it is authenticated yet. */
struct jwe {
	struct text associated; /* the encoded header */
	struct text encrypted_key; /* bytes, as those that follow */
	struct text iv;
	struct text ciphertext;
	struct text tag;
	struct json_document *header;
	struct text algorithm; /* "alg" */
	enum aead encryption; /* "enc" */
	struct text key_id; /* absent when there is none */
	struct text content_type; /* "cty", absent when there is none */
};

/*
 * Takes apart exactly five canonical base64url parts, at most JWE_SIZE_MAX in
 * all. REFUSED with a sentence (static) in *why_out: malformed parts, header not
 * an object, alg or enc that we do not have, `zip`, `crit`, an iv or tag of a
 * wrong size. Borrows `compact`; takes at most JWE_SIZE_MAX of the arena; to be
 * ended with jwe_wipe.
 */
outcome jwe_parse(struct arena *arena, struct text compact, struct jwe *jwe_out,
		  const char **why_out) MUST_USE;
void jwe_wipe(struct jwe *jwe);

/*
 * The plaintext, in the arena (at most JWE_SIZE_MAX of it). REFUSED for every
 * cause alike, whichever step failed (RFC 7516 section 11.5): another key or
 * algorithm, an ephemeral key that is not on the curve, a wrong tag.
 */
outcome jwe_decrypt(struct arena *arena, const struct jwe *jwe,
		    const struct pkey *key, struct text *plain_out) MUST_USE;

/* A JWE to be made, to the public half of `key`. */
struct jwe_request {
	const struct pkey *key;
	struct text encryption; /* of JWE_ENCRYPTIONS */
	struct text key_id; /* absent: none */
	struct text
		content_type; /* "JWT" for a signed one inside; absent: none */
	struct text plain;
};

/* Appends the compact JWE. REFUSED when the key is good for no algorithm, or
 * the encryption is not one of ours. BROKEN when it does not fit. */
outcome jwe_encrypt(const struct jwe_request *request, struct buf *compact)
	MUST_USE;
