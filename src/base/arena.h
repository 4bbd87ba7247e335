/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of one request: taken piece by piece, given back all at once. */
#pragma once

#include <stdarg.h>

#include "base/text.h"

struct arena;

/*
 * An empty arena that may grow to `budget` bytes. The budget is set above the
 * sum of what a request may bring (every input has a maximum), so that passing
 * it is our own bug and aborts, as does the lack of memory: nothing below ever
 * returns NULL.
 */
struct arena *arena_new(size_t budget);
/* As arena_new; while it has them, the bytes that it takes from the heap are
 * added to *held, which must outlive it. For one thread. */
struct arena *arena_new_counted(size_t budget, size_t *held);
/* NULL-safe; wipes all that was handed out, then frees it; clears *arena. */
void arena_free(struct arena **arena);

/* Zeroed memory, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);
#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count)                                        \
	((type *)arena_alloc_array((arena), (count), sizeof(type)))
void *arena_alloc_array(struct arena *arena, size_t count, size_t size);

/* A copy with a NUL behind it, which its size does not count. Absent stays
 * absent. */
struct text arena_copy(struct arena *arena, struct text text);
/* The same as a NUL-terminated string for a library's door. */
char *arena_terminated(struct arena *arena, struct text text);
/* The parts one after the other; ends with NUL, not counted. As arena_format, at a
 * tenth of its price:
 *   ARENA_JOIN(arena, TEXT("client "), id) */
struct text arena_join(struct arena *arena, const struct text *parts,
		       size_t count);
#define ARENA_JOIN(arena, ...)                                                 \
	arena_join((arena), (const struct text[]){__VA_ARGS__},                \
		   sizeof((const struct text[]){__VA_ARGS__}) /                \
			   sizeof(struct text))
/* The pieces one after the other; ends with NUL, not counted. */
struct text arena_format(struct arena *arena, const char *format, ...)
	PRINTF_LIKE(2, 3);
struct text arena_format_v(struct arena *arena, const char *format,
			   va_list arguments);

/* Bytes handed out so far. */
size_t arena_used(const struct arena *arena);
