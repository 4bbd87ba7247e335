/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that must not be seen: wiped, never printed, never compared here. */
#pragma once

#include "base/text.h"

/*
 * Compared by crypto/equal.h alone. No function prints one; to hand the bytes
 * to a primitive, say secret_bytes where that happens.
 */
struct secret {
	unsigned char *at;
	size_t size;
};

/* A secret of `size` zero bytes on the heap. (Core dumps of the
 * whole process are off: server/privileges.) */
struct secret secret_new(size_t size);
struct secret secret_copy(const void *at, size_t size);
/* Wipes, frees, clears; safe on an empty one. */
void secret_free(struct secret *secret);

static inline struct text secret_bytes(const struct secret *secret)
{
	return (struct text){(const char *)secret->at, secret->size};
}
