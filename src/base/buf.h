/* SPDX-License-Identifier: Apache-2.0 */
/* A growing run of bytes with its maximum stated at birth: all output. */
#pragma once

#include <stdarg.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * Appends latch: after one that would pass `max`, `is_over` stays true and
 * nothing more is added, so that a writer checks once at the end.
 */
struct buf {
	char *at;
	size_t size;
	size_t max;
	bool is_over;
	size_t capacity;
	struct arena *arena; /* NULL: the heap */
};

/* An empty one on the heap; to be ended with buf_wipe. */
struct buf buf_init(size_t max);
/* An empty one in an arena; needs no end. */
struct buf buf_init_arena(struct arena *arena, size_t max);
/* Wipes and frees the bytes (heap), leaves an empty buffer of the same max. */
void buf_wipe(struct buf *buf);

void buf_add(struct buf *buf, struct text text);
void buf_add_byte(struct buf *buf, char byte);
void buf_add_string(struct buf *buf, const char *terminated);
void buf_add_integer(struct buf *buf, int64_t value);
void buf_format(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

/* Room for `size` more bytes at the end, NULL (and over) past the maximum;
 * what was written there is counted by buf_advance. */
char *buf_reserve(struct buf *buf, size_t size);
void buf_advance(struct buf *buf, size_t size);
/* Drops the first `size` bytes. */
void buf_consume(struct buf *buf, size_t size);

static inline struct text buf_text(const struct buf *buf)
{
	return (struct text){buf->at ? buf->at : "", buf->size};
}
