/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of the last decisions, each one line of the event log. */
#include "decision/memory.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/event.h"

struct remembered {
	char *bytes; /* id, then line */
	size_t id_size;
	size_t size;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct remembered ring[DECISION_MEMORY_COUNT];
static size_t next_at; /* the oldest, when the ring is full */
static size_t oldest_at;
static size_t held;
static size_t most = (size_t)DECISION_MEMORY_COUNT * EVENT_LINE_MAX;

static void drop(size_t at)
{
	held -= ring[at].size;
	free(ring[at].bytes);
	ring[at] = (struct remembered){0};
}

/* Under the lock. */
static void drop_oldest(void)
{
	drop(oldest_at);
	oldest_at = (oldest_at + 1) % DECISION_MEMORY_COUNT;
}

static void put(const struct remembered *entry)
{
	if (ring[next_at].bytes != NULL)
		drop_oldest();
	ring[next_at] = *entry;
	held += entry->size;
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
	struct remembered entry = {
		.bytes = malloc(id.size + line.size),
		.id_size = id.size,
		.size = id.size + line.size,
	};

	if (entry.bytes == NULL)
		return;
	memcpy(entry.bytes, id.at, id.size);
	memcpy(entry.bytes + id.size, line.at, line.size);
	pthread_mutex_lock(&lock);
	put(&entry);
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
