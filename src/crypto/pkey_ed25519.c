/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 by libsodium, at half of OpenSSL 3.0's cost (RFC 8032, RFC 8037). */
#include <sodium.h>

#include "crypto/internal.h"

/* What the functions below keep: the public key of a verifier; of a signer, its
 * seed and then its public key, as libsodium has them. */
#define POINT_SIZE crypto_sign_PUBLICKEYBYTES
#define SIGNER_SIZE crypto_sign_SECRETKEYBYTES

static void ready_signer(struct pkey *key)
{
	unsigned char seed[crypto_sign_SEEDBYTES];
	unsigned char point[POINT_SIZE];
	size_t size = sizeof(seed);

	key->ed25519 = secret_new(SIGNER_SIZE);
	MUST(EVP_PKEY_get_raw_private_key(key->evp, seed, &size) == 1);
	MUST(size == sizeof(seed));
	MUST(crypto_sign_seed_keypair(point, key->ed25519.at, seed) == 0);
	explicit_bzero(seed, sizeof(seed));
}

void pkey_ready_ed25519(struct pkey *key)
{
	size_t size = POINT_SIZE;

	if (key->is_private) {
		ready_signer(key);
		return;
	}
	key->ed25519 = secret_new(POINT_SIZE);
	MUST(EVP_PKEY_get_raw_public_key(key->evp, key->ed25519.at, &size) ==
	     1);
	MUST(size == POINT_SIZE);
}

/* A signer's public key is the one that its seed makes: with another, two
 * signatures would give the key away. */
void pkey_sign_ed25519(const struct pkey *key, struct text bytes,
		       struct buf *signature)
{
	unsigned char out[crypto_sign_BYTES];

	MUST(crypto_sign_detached(out, NULL, (const unsigned char *)bytes.at,
				  bytes.size, key->ed25519.at) == 0);
	buf_add(signature, text_of(out, sizeof(out)));
}

/* libsodium refuses keys and R of small order, and S that is not reduced. */
bool pkey_verify_ed25519(const struct pkey *key, struct text bytes,
			 struct text signature)
{
	size_t before = key->ed25519.size - POINT_SIZE;

	return signature.size == crypto_sign_BYTES &&
	       crypto_sign_verify_detached((const unsigned char *)signature.at,
					   (const unsigned char *)bytes.at,
					   bytes.size,
					   key->ed25519.at + before) == 0;
}
