/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets on the heap, wiped when they end. */
#include "base/secret.h"

#include <stdlib.h>

struct secret secret_new(size_t size)
{
	struct secret secret = {calloc(1, size ? size : 1), size};

	MUST(secret.at != NULL);
	return secret;
}

struct secret secret_copy(const void *at, size_t size)
{
	struct secret secret = secret_new(size);

	if (size > 0)
		memcpy(secret.at, at, size);
	return secret;
}

void secret_free(struct secret *secret)
{
	if (secret->at != NULL)
		explicit_bzero(secret->at, secret->size);
	free(secret->at);
	*secret = (struct secret){NULL, 0};
}
