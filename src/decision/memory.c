/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of the last decisions, each one line of the event log. */
#include "decision/memory.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/event.h"

struct remembered {
	char *bytes; /* id, then line */
	size_t capacity;
	size_t id_size;
	size_t size;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct remembered ring[DECISION_MEMORY_COUNT];
static size_t next_at; /* the oldest, when the ring is full */
static size_t oldest_at;
static size_t held; /* of capacity */
static size_t most = (size_t)DECISION_MEMORY_COUNT * EVENT_LINE_MAX;

static void drop(size_t at)
{
	held -= ring[at].capacity;
	free(ring[at].bytes);
	ring[at] = (struct remembered){0};
}

/* Under the lock. */
static void drop_oldest(void)
{
	drop(oldest_at);
	oldest_at = (oldest_at + 1) % DECISION_MEMORY_COUNT;
}

/* The oldest's memory serves the newest where it fits: to free what was written ten
 * thousand decisions ago misses every cache. */
static bool make_room(struct remembered *entry, size_t size)
{
	if (entry->bytes != NULL && entry->capacity >= size) {
		oldest_at = (oldest_at + 1) % DECISION_MEMORY_COUNT;
		return true;
	}
	if (entry->bytes != NULL)
		drop_oldest();
	entry->bytes = malloc(size);
	if (entry->bytes == NULL)
		return false;
	entry->capacity = size;
	held += size;
	return true;
}

static void put(struct text id, struct text line)
{
	struct remembered *entry = &ring[next_at];

	if (!make_room(entry, id.size + line.size))
		return;
	memcpy(entry->bytes, id.at, id.size);
	memcpy(entry->bytes + id.size, line.at, line.size);
	entry->id_size = id.size;
	entry->size = id.size + line.size;
	next_at = (next_at + 1) % DECISION_MEMORY_COUNT;
	while (held > most)
		drop_oldest();
}

void decision_memory_limit(size_t size)
{
	pthread_mutex_lock(&lock);
	most = size;
	while (held > most)
		drop_oldest();
	pthread_mutex_unlock(&lock);
}

void decision_memory_add(struct text id, struct text line)
{
	pthread_mutex_lock(&lock);
	put(id, line);
	pthread_mutex_unlock(&lock);
}

bool decision_memory_find(struct text id, struct buf *line)
{
	bool is_found = false;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < DECISION_MEMORY_COUNT && !is_found; i++) {
		const struct remembered *entry = &ring[i];

		if (entry->bytes == NULL ||
		    !text_equal(text_of(entry->bytes, entry->id_size), id))
			continue;
		buf_add(line, text_of(entry->bytes + entry->id_size,
				      entry->size - entry->id_size));
		is_found = true;
	}
	pthread_mutex_unlock(&lock);
	return is_found;
}

void decision_memory_clear(void)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < DECISION_MEMORY_COUNT; i++)
		drop(i);
	next_at = 0;
	oldest_at = 0;
	pthread_mutex_unlock(&lock);
}
