/* SPDX-License-Identifier: Apache-2.0 */
/* Compares secrets without telling by time where they differ. */
#include "crypto/equal.h"

#include <openssl/crypto.h>

bool equal_secret(struct text a, struct text b)
{
	if (a.size != b.size)
		return false;
	return a.size == 0 || CRYPTO_memcmp(a.at, b.at, a.size) == 0;
}
