/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of one request: a chain of blocks that grow twofold. */
#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>

#define FIRST_BLOCK_SIZE 4096
#define LARGEST_BLOCK_SIZE (64 * 1024)
#define ALIGNMENT 16

struct block {
	struct block *before;
	size_t size;
	size_t used;
	_Alignas(ALIGNMENT) char bytes[];
};

struct arena {
	struct block *newest;
	size_t budget;
	size_t used;
	size_t next_block_size;
	size_t taken; /* from the heap */
	size_t *held; /* where that is counted too, or NULL */
};

struct arena *arena_new(size_t budget)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	MUST(arena != NULL);
	arena->budget = budget;
	arena->next_block_size = FIRST_BLOCK_SIZE;
	return arena;
}

static void take(struct arena *arena, size_t size)
{
	arena->taken += size;
	if (arena->held != NULL)
		*arena->held += size;
}

struct arena *arena_new_counted(size_t budget, size_t *held)
{
	struct arena *arena = arena_new(budget);

	arena->held = held;
	take(arena, sizeof(*arena));
	return arena;
}

void arena_free(struct arena **arena)
{
	struct block *block;
	struct block *before;

	if (*arena == NULL)
		return;
	for (block = (*arena)->newest; block != NULL; block = before) {
		before = block->before;
		explicit_bzero(block->bytes, block->used);
		free(block);
	}
	if ((*arena)->held != NULL)
		*(*arena)->held -= (*arena)->taken;
	free(*arena);
	*arena = NULL;
}

static void block_add(struct arena *arena, size_t least_size)
{
	size_t size = arena->next_block_size;
	struct block *block;

	if (size < least_size)
		size = least_size;
	else if (size < LARGEST_BLOCK_SIZE)
		arena->next_block_size = 2 * size;
	block = calloc(1, sizeof(*block) + size);
	MUST(block != NULL);
	take(arena, sizeof(*block) + size);
	block->size = size;
	block->before = arena->newest;
	arena->newest = block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct block *block = arena->newest;
	void *at;

	MUST(size <= arena->budget - arena->used);
	size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	if (block == NULL || size > block->size - block->used) {
		block_add(arena, size);
		block = arena->newest;
	}
	at = block->bytes + block->used;
	block->used += size;
	arena->used += size;
	if (arena->used > arena->budget)
		arena->used = arena->budget;
	return at;
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
	size_t all;

	MUST(!__builtin_mul_overflow(count, size, &all));
	return arena_alloc(arena, all);
}

struct text arena_copy(struct arena *arena, struct text text)
{
	if (!text_is_present(text))
		return text;
	return (struct text){arena_terminated(arena, text), text.size};
}

char *arena_terminated(struct arena *arena, struct text text)
{
	char *copy = arena_alloc(arena, text.size + 1);

	if (text.size > 0)
		memcpy(copy, text.at, text.size);
	return copy;
}

/* Most texts fit into what is left of the block: then one pass does. */
struct text arena_format_v(struct arena *arena, const char *format,
			   va_list arguments)
{
	struct block *block = arena->newest;
	size_t left = block == NULL ? 0 : block->size - block->used;
	va_list again;
	int size;
	char *at;

	va_copy(again, arguments);
	at = left == 0 ? NULL : block->bytes + block->used;
	size = vsnprintf(at, left, format, again);
	va_end(again);
	MUST(size >= 0);
	if ((size_t)size >= left && left > 0)
		explicit_bzero(at, left);
	at = arena_alloc(arena, (size_t)size + 1);
	if ((size_t)size >= left)
		vsnprintf(at, (size_t)size + 1, format, arguments);
	return (struct text){at, (size_t)size};
}

struct text arena_format(struct arena *arena, const char *format, ...)
{
	struct text text;
	va_list arguments;

	va_start(arguments, format);
	text = arena_format_v(arena, format, arguments);
	va_end(arguments);
	return text;
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}
