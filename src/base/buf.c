/* SPDX-License-Identifier: Apache-2.0 */
/* A growing run of bytes that latches its first overflow. */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

#define LEAST_CAPACITY 256

struct buf buf_init(size_t max)
{
	return (struct buf){.max = max};
}

struct buf buf_init_arena(struct arena *arena, size_t max)
{
	return (struct buf){.max = max, .arena = arena};
}

void buf_wipe(struct buf *buf)
{
	if (buf->at != NULL)
		explicit_bzero(buf->at, buf->capacity);
	if (buf->arena == NULL)
		free(buf->at);
	*buf = (struct buf){.max = buf->max, .arena = buf->arena};
}

/* Never realloc: it would leave a copy of a secret behind. */
static void move_to(struct buf *buf, size_t capacity)
{
	char *at = buf->arena != NULL ? arena_alloc(buf->arena, capacity)
				      : malloc(capacity);

	MUST(at != NULL);
	if (buf->size > 0)
		memcpy(at, buf->at, buf->size);
	if (buf->arena == NULL && buf->at != NULL) {
		explicit_bzero(buf->at, buf->capacity);
		free(buf->at);
	}
	buf->at = at;
	buf->capacity = capacity;
}

/* `spare` bytes more than count: what a terminating NUL takes. */
static __attribute__((noinline)) char *grow(struct buf *buf, size_t size,
					    size_t spare)
{
	size_t capacity = buf->capacity;

	if (buf->is_over || size > buf->max - buf->size) {
		buf->is_over = true;
		return NULL;
	}
	if (buf->at == NULL || size + spare > capacity - buf->size) {
		if (capacity < LEAST_CAPACITY)
			capacity = LEAST_CAPACITY;
		while (size + spare > capacity - buf->size)
			capacity *= 2;
		/* `size` fits into the maximum, as was seen above. */
		if (buf->max > 0 && capacity - spare > buf->max)
			capacity = buf->max + spare;
		move_to(buf, capacity);
	}
	return buf->at + buf->size;
}

/* Most appends fit as it is; there are hundreds in an exchange. */
static inline char *make_room(struct buf *buf, size_t size, size_t spare)
{
	if (buf->at == NULL || buf->is_over || size > buf->max - buf->size ||
	    size + spare > buf->capacity - buf->size)
		return grow(buf, size, spare);
	return buf->at + buf->size;
}

char *buf_reserve(struct buf *buf, size_t size)
{
	return make_room(buf, size, 0);
}

void buf_advance(struct buf *buf, size_t size)
{
	MUST(size <= buf->capacity - buf->size);
	buf->size += size;
}

void buf_consume(struct buf *buf, size_t size)
{
	MUST(size <= buf->size);
	if (size == 0)
		return;
	memmove(buf->at, buf->at + size, buf->size - size);
	buf->size -= size;
}

void buf_add(struct buf *buf, struct text text)
{
	char *at = make_room(buf, text.size, 0);

	if (at == NULL || text.size == 0)
		return;
	memcpy(at, text.at, text.size);
	buf->size += text.size;
}

void buf_add_byte(struct buf *buf, char byte)
{
	char *at = make_room(buf, 1, 0);

	if (at != NULL) {
		*at = byte;
		buf->size++;
	}
}

void buf_add_string(struct buf *buf, const char *terminated)
{
	buf_add(buf, text_from(terminated));
}

void buf_add_integer(struct buf *buf, int64_t value)
{
	char digits[TEXT_INTEGER_MAX];

	buf_add(buf, text_format_integer(value, digits));
}

void buf_format(struct buf *buf, const char *format, ...)
{
	va_list arguments;
	va_list again;
	int size;
	char *at;

	va_start(arguments, format);
	va_copy(again, arguments);
	size = vsnprintf(NULL, 0, format, again);
	va_end(again);
	MUST(size >= 0);
	at = make_room(buf, (size_t)size, 1);
	if (at != NULL) {
		vsnprintf(at, (size_t)size + 1, format, arguments);
		buf->size += (size_t)size;
	}
	va_end(arguments);
}
