/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of one request: a chain of growing blocks. */
#include "base/arena.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* Each is four times the one before. */
#define FIRST_BLOCK_SIZE 4096
#define LARGEST_BLOCK_SIZE (64 * 1024)
#define ALIGNMENT 16

struct block {
	struct block *before;
	size_t size;
	size_t used;
	_Alignas(ALIGNMENT) char bytes[];
};

/* Itself in its first block. */
struct arena {
	struct block *newest;
	size_t budget;
	size_t used;
	size_t next_block_size;
	size_t taken;
	size_t *held; /* where that is counted too, or NULL */
};

/* --- Blocks --------------------------------------------------------------- */

/*
 * What ended arenas leave is kept by the thread for its next ones, wiped: so it is
 * all zero again, as a new one is. The heap would take it apart, put it together
 * and clear all of it each time: 2 us of an exchange. Not for AddressSanitizer,
 * which is to see who uses what has ended.
 */
#if defined(__SANITIZE_ADDRESS__)
#define KEPT_COUNT_MAX 0
#else
#define KEPT_COUNT_MAX 64
#endif

static const size_t kept_sizes[] = {FIRST_BLOCK_SIZE, 4 * FIRST_BLOCK_SIZE};

struct kept {
	struct block *newest;
	size_t count;
};

static _Thread_local struct kept kept[COUNT_OF(kept_sizes)];
static pthread_key_t kept_key;

static void kept_free(void *context)
{
	(void)context;
	for (size_t i = 0; i < COUNT_OF(kept); i++) {
		struct block *before;

		for (struct block *block = kept[i].newest; block != NULL;
		     block = before) {
			before = block->before;
			free(block);
		}
		kept[i] = (struct kept){0};
	}
}

__attribute__((constructor)) static void kept_open(void)
{
	MUST(pthread_key_create(&kept_key, kept_free) == 0);
}

/* Where blocks of the size are kept, or NULL. */
static struct kept *kept_of(size_t size)
{
	for (size_t i = 0; i < COUNT_OF(kept_sizes); i++)
		if (kept_sizes[i] == size)
			return &kept[i];
	return NULL;
}

static struct block *block_new(size_t size)
{
	struct kept *from = kept_of(size);
	struct block *block;

	if (from != NULL && from->newest != NULL) {
		block = from->newest;
		from->newest = block->before;
		from->count--;
		block->used = 0;
		return block;
	}
	block = calloc(1, sizeof(*block) + size);
	MUST(block != NULL);
	block->size = size;
	return block;
}

static void block_end(struct block *block)
{
	struct kept *to = kept_of(block->size);

	explicit_bzero(block->bytes, block->used);
	if (to == NULL || to->count == KEPT_COUNT_MAX) {
		free(block);
		return;
	}
	/* Any value but NULL has the thread's end call kept_free. */
	if (to->count == 0)
		MUST(pthread_setspecific(kept_key, kept) == 0);
	block->before = to->newest;
	to->newest = block;
	to->count++;
}

static size_t aligned(size_t size)
{
	return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

/* --- Arenas --------------------------------------------------------------- */

struct arena *arena_new(size_t budget)
{
	struct block *block = block_new(FIRST_BLOCK_SIZE);
	struct arena *arena = (struct arena *)block->bytes;

	block->before = NULL;
	block->used = aligned(sizeof(*arena));
	*arena = (struct arena){
		.newest = block,
		.budget = budget,
		.next_block_size = 4 * FIRST_BLOCK_SIZE,
		.taken = sizeof(*block) + FIRST_BLOCK_SIZE,
	};
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
	*held += arena->taken;
	return arena;
}

void arena_free(struct arena **arena)
{
	struct block *block;
	struct block *before;

	if (*arena == NULL)
		return;
	if ((*arena)->held != NULL)
		*(*arena)->held -= (*arena)->taken;
	for (block = (*arena)->newest; block != NULL; block = before) {
		before = block->before;
		block_end(block);
	}
	*arena = NULL;
}

static void block_add(struct arena *arena, size_t least_size)
{
	size_t size = arena->next_block_size;
	struct block *block;

	if (size < least_size)
		size = least_size;
	else if (size < LARGEST_BLOCK_SIZE)
		arena->next_block_size = 4 * size;
	block = block_new(size);
	take(arena, sizeof(*block) + size);
	block->before = arena->newest;
	arena->newest = block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct block *block = arena->newest;
	void *at;

	MUST(size <= arena->budget - arena->used);
	size = aligned(size);
	if (size > block->size - block->used) {
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

struct text arena_join(struct arena *arena, const struct text *parts,
		       size_t count)
{
	size_t size = 0;
	char *at;
	char *next;

	for (size_t i = 0; i < count; i++)
		MUST(!__builtin_add_overflow(size, parts[i].size, &size));
	at = arena_alloc(arena, size + 1);
	next = at;
	for (size_t i = 0; i < count; i++) {
		if (parts[i].size > 0)
			memcpy(next, parts[i].at, parts[i].size);
		next += parts[i].size;
	}
	return text_of(at, size);
}

/* Most texts fit into what is left of the block: then one pass does. */
struct text arena_format_v(struct arena *arena, const char *format,
			   va_list arguments)
{
	struct block *block = arena->newest;
	size_t left = block->size - block->used;
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
