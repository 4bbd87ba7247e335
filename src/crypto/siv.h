/* SPDX-License-Identifier: Apache-2.0 */
/* AES-SIV, deterministic authenticated encryption (RFC 5297), AES-256 halves.
 */
#pragma once

#include "base/buf.h"
#include "base/secret.h"

#define SIV_KEY_SIZE 64
#define SIV_TAG_SIZE 16
/* Of a plaintext, and of associated data. */
#define SIV_SIZE_MAX ((size_t)1 << 20)

struct siv_key;

/* A key ready for use from any thread; `bytes` is copied. */
struct siv_key *siv_key_new(const unsigned char bytes[SIV_KEY_SIZE]);
void siv_key_free(struct siv_key **key);

/* Appends tag | ciphertext (SIV_TAG_SIZE + plain.size bytes). `plain` is not
 * empty. */
void siv_seal(const struct siv_key *key, struct text associated,
	      struct text plain, struct buf *sealed);
/* Appends the plaintext; false, with nothing appended, when `sealed` is not
 * exactly what siv_seal made for this key and associated data. */
MUST_USE bool siv_open(const struct siv_key *key, struct text associated,
		       struct text sealed, struct buf *plain);
