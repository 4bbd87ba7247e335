/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes from the kernel: no state of ours that a fork could copy. */
#include "crypto/random.h"

#include <errno.h>
#include <sys/random.h>

#include "base/encoding.h"

/* A multiple of three, so that pieces join without unused bits. */
#define PIECE_SIZE 48

void random_fill(void *at, size_t size)
{
	unsigned char *next = at;

	while (size > 0) {
		ssize_t filled = getrandom(next, size, 0);

		MUST(filled > 0 || (filled < 0 && errno == EINTR));
		if (filled > 0) {
			next += filled;
			size -= (size_t)filled;
		}
	}
}

void random_token(struct buf *buf, size_t size)
{
	unsigned char piece[PIECE_SIZE];

	while (size > 0) {
		size_t now = size < sizeof(piece) ? size : sizeof(piece);

		random_fill(piece, now);
		base64url_encode(buf, text_of(piece, now));
		size -= now;
	}
	explicit_bzero(piece, sizeof(piece));
}
