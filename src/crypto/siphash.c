/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash-2-4 by libsodium. */
#include "crypto/siphash.h"

#include <endian.h>
#include <sodium.h>
#include <string.h>

_Static_assert(crypto_shorthash_siphash24_KEYBYTES == SIPHASH_KEY_SIZE &&
		       crypto_shorthash_siphash24_BYTES == sizeof(uint64_t),
	       "libsodium's sizes");

uint64_t siphash(const unsigned char key[SIPHASH_KEY_SIZE], struct text text)
{
	unsigned char bytes[sizeof(uint64_t)];
	uint64_t hash;

	MUST(crypto_shorthash_siphash24(bytes, (const unsigned char *)text.at,
					text.size, key) == 0);
	memcpy(&hash, bytes, sizeof(hash));
	return le64toh(hash);
}
