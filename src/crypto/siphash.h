/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash-2-4: short keyed hashes for tables whose keys strangers choose. */
#pragma once

#include "base/text.h"

#define SIPHASH_KEY_SIZE 16

/* Read little-endian, as its authors do. */
MUST_USE uint64_t siphash(const unsigned char key[SIPHASH_KEY_SIZE],
			  struct text text);
