/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes, from the kernel alone (getrandom(2), per call: attack K04). */
#pragma once

#include "base/buf.h"

/* Fills; aborts when the kernel gives none. */
void random_fill(void *at, size_t size);
/* Appends `size` random bytes spelled in base64url: 24 bytes make 32
 * characters. */
void random_token(struct buf *buf, size_t size);
