/* SPDX-License-Identifier: Apache-2.0 */
/* The signature algorithms (RFC 7518 section 3.1, RFC 8037 section 3.1). */
#include "crypto/digest.h"
#include "jose/jws.h"

/* Neither "none" nor HS*: a key that a client may see signs nothing here. */
static const struct jws_algorithm algorithms[] = {
	{"RS256", PKEY_RS256, DIGEST_SHA256},
	{"RS384", PKEY_RS384, DIGEST_SHA384},
	{"RS512", PKEY_RS512, DIGEST_SHA512},
	{"PS256", PKEY_PS256, DIGEST_SHA256},
	{"PS384", PKEY_PS384, DIGEST_SHA384},
	{"PS512", PKEY_PS512, DIGEST_SHA512},
	{"ES256", PKEY_ES256, DIGEST_SHA256},
	{"ES384", PKEY_ES384, DIGEST_SHA384},
	{"ES512", PKEY_ES512, DIGEST_SHA512},
	{"EdDSA", PKEY_EDDSA, DIGEST_SHA512},
	/* the same by its fully specified name (RFC 9864 section 2.2) */
	{"Ed25519", PKEY_EDDSA, DIGEST_SHA512},
};

const struct jws_algorithm *jws_algorithm_at(size_t index)
{
	return index < COUNT_OF(algorithms) ? &algorithms[index] : NULL;
}

const struct jws_algorithm *jws_algorithm_find(struct text name)
{
	for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
		if (text_equal(text_from(algorithms[i].name), name))
			return &algorithms[i];
	}
	return NULL;
}
