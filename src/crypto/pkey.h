/* SPDX-License-Identifier: Apache-2.0 */
/* Asymmetric keys and their signatures, over OpenSSL's EVP. */
#pragma once

#include "base/buf.h"
#include "base/secret.h"

struct pkey; /* counted; immutable; usable from any thread */

enum pkey_type { PKEY_RSA, PKEY_P256, PKEY_P384, PKEY_P521, PKEY_ED25519 };

/* The signature schemes of JWA (RFC 7518 section 3, RFC 8037). */
enum pkey_scheme {
	PKEY_RS256,
	PKEY_RS384,
	PKEY_RS512,
	PKEY_PS256,
	PKEY_PS384,
	PKEY_PS512,
	PKEY_ES256,
	PKEY_ES384,
	PKEY_ES512,
	PKEY_EDDSA,
};

#define PKEY_SIGNATURE_MAX 512 /* RSA-4096 */

/* A new key; `rsa_bits` (2048 to 4096) for RSA alone. Takes up to seconds of
 * CPU for RSA: in a worker. */
outcome pkey_generate(enum pkey_type type, unsigned int rsa_bits,
		      struct pkey **key_out) MUST_USE;
struct pkey *pkey_ref(struct pkey *key);
void pkey_unref(struct pkey **key);

enum pkey_type pkey_type(const struct pkey *key);
/* RSA: modulus size in bits; else the curve's. */
unsigned int pkey_bits(const struct pkey *key);
bool pkey_is_private(const struct pkey *key);
/* The type of key that makes signatures of the scheme. */
enum pkey_type pkey_type_for(enum pkey_scheme scheme);
/* Whether the key's type can make signatures of the scheme. */
bool pkey_fits(const struct pkey *key, enum pkey_scheme scheme);

/* PKCS #8 DER of a private key; SubjectPublicKeyInfo DER of its public half. */
outcome pkey_export_private(const struct pkey *key, struct secret *der_out)
	MUST_USE;
outcome pkey_import_private(struct text der, struct pkey **key_out) MUST_USE;
outcome pkey_export_public(const struct pkey *key, struct buf *der) MUST_USE;
outcome pkey_import_public(struct text der, struct pkey **key_out) MUST_USE;

/*
 * Public components as JWK has them (RFC 7518 section 6, RFC 8037): big-endian,
 * RSA without leading zeros, EC coordinates of the field's full size.
 * RSA: a = n, b = e. EC: a = x, b = y. Ed25519: a = x, b empty.
 * Import refuses points off the curve, RSA under 2048 or over 4096 bits, even or
 * tiny exponents (RFC 8725 section 3.4).
 */
outcome pkey_public_parts(const struct pkey *key, struct buf *a, struct buf *b)
	MUST_USE;
outcome pkey_from_public_parts(enum pkey_type type, struct text a,
			       struct text b, struct pkey **key_out) MUST_USE;

/* Appends the signature in JWS form (ECDSA: R | S, RFC 7518 section 3.4). */
outcome pkey_sign(struct pkey *key, enum pkey_scheme scheme, struct text bytes,
		  struct buf *signature) MUST_USE;
/* Whether the signature is right; false too when it is of a wrong size or form,
 * or key and scheme do not fit. */
MUST_USE bool pkey_verify(struct pkey *key, enum pkey_scheme scheme,
			  struct text bytes, struct text signature);

/* Longest secret to be encrypted: a content encryption key. */
#define PKEY_SECRET_MAX 64

/* Appends the secret encrypted to an RSA key by RSAES-OAEP with SHA-256 (RFC
 * 7518 section 4.3). */
outcome pkey_encrypt(const struct pkey *key, struct text secret,
		     struct buf *encrypted) MUST_USE;
/* With the private key; false when it was not encrypted to it. Whoever lets a
 * stranger see which opens an oracle: go on with a random secret instead. */
MUST_USE bool pkey_decrypt(const struct pkey *key, struct text encrypted,
			   struct secret *secret_out);
/* What an EC key's private half and a peer's public one agree on (the x
 * coordinate, SP 800-56A section 5.7.1.2); false when they are of two curves. */
MUST_USE bool pkey_derive(const struct pkey *key, const struct pkey *peer,
			  struct secret *secret_out);
