/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-2, HMAC and HKDF (FIPS 180-4, RFC 2104, RFC 5869) on kept contexts. */
#pragma once

#include "base/secret.h"

#define SHA256_SIZE 32

enum digest { DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512 };

#define DIGEST_MAX_SIZE 64

/* Returns the size written: 20, 32, 48 or 64. */
size_t digest_of(enum digest digest, struct text bytes,
		 unsigned char out[DIGEST_MAX_SIZE]);
void digest_sha256(struct text bytes, unsigned char out[SHA256_SIZE]);

/* HMAC with SHA-2; `key` of any size. Returns the size written. */
size_t digest_hmac(enum digest digest, struct text key, struct text bytes,
		   unsigned char out[DIGEST_MAX_SIZE]);
void digest_hmac_sha256(struct text key, struct text bytes,
			unsigned char out[SHA256_SIZE]);
/* Of the one followed by the other. */
void digest_hmac_sha256_joined(struct text key, struct text first,
			       struct text second,
			       unsigned char out[SHA256_SIZE]);

/* HKDF-SHA-256 without salt (RFC 5869); `label` is its info. `size` <= 255*32.
 */
void digest_hkdf(struct text key, struct text label, void *out, size_t size);
