/* SPDX-License-Identifier: Apache-2.0 */
/* What the two directions of JWE share: names, and the agreed key. */
#pragma once

#include "base/secret.h"
#include "jose/jwe.h"

#define JWE_RSA "RSA-OAEP-256"
#define JWE_EC "ECDH-ES"

/* NULL when it is not one of ours. */
const char *jwe_encryption_name(enum aead encryption);
bool jwe_encryption_find(struct text name, enum aead *encryption_out);

/* What both sides of an agreement know. */
struct jwe_agreement {
	enum aead encryption;
	struct text producer; /* apu's bytes */
	struct text consumer; /* apv's bytes */
};

/* The content's key out of the shared secret: Concat KDF with SHA-256 (RFC 7518
 * section 4.6.2). */
void jwe_agree(const struct jwe_agreement *agreement,
	       const struct secret *shared, unsigned char out[AEAD_KEY_MAX]);
