/* SPDX-License-Identifier: Apache-2.0 */
/* Authenticated encryption of JWE's content (RFC 7518 sections 5.2, 5.3). */
#pragma once

#include "base/buf.h"

enum aead {
	AEAD_A128CBC_HS256,
	AEAD_A256CBC_HS512,
	AEAD_A128GCM,
	AEAD_A256GCM,
};

#define AEAD_KEY_MAX 64
#define AEAD_IV_MAX 16
#define AEAD_TAG_MAX 32
/* Of a plaintext, and of associated data. */
#define AEAD_SIZE_MAX ((size_t)1 << 20)

size_t aead_key_size(enum aead aead);
size_t aead_iv_size(enum aead aead);
size_t aead_tag_size(enum aead aead);

/* What both sides know; an iv serves one message under one key. */
struct aead_context {
	enum aead aead;
	struct text key; /* aead_key_size */
	struct text iv;
	struct text associated;
};

/* Appends the ciphertext and its tag; key and iv have their sizes. */
void aead_seal(const struct aead_context *context, struct text plain,
	       struct buf *ciphertext, struct buf *tag);
/*
 * Appends the plaintext; false when anything is not as it was sealed, a size
 * included, and nobody can tell what (attack J22): the tag is compared first, in
 * constant time, and nothing is decrypted before.
 */
MUST_USE bool aead_open(const struct aead_context *context,
			struct text ciphertext, struct text tag,
			struct buf *plain);
