/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes spelled in hexadecimal, for vectors. */
#pragma once

#include "suite.h"

#include "base/encoding.h"

#define BYTES_MAX 1024

/* What `hex` spells; to be ended with buf_wipe. */
static inline struct buf bytes_of(const char *hex)
{
	struct buf bytes = buf_init(BYTES_MAX);

	assert_true(hex_decode(text_from(hex), &bytes));
	return bytes;
}

static inline void assert_bytes(const void *at, size_t size, const char *hex)
{
	struct buf expected = bytes_of(hex);

	assert_int_equal(size, expected.size);
	if (size > 0)
		assert_memory_equal(at, expected.at, size);
	buf_wipe(&expected);
}
