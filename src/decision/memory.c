/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of the last decisions, each one line of the event log. */
#include "decision/memory.h"

#include <pthread.h>
#include <stdlib.h>

struct remembered {
	char *bytes; /* id, then line */
	size_t id_size;
	size_t size;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct remembered ring[DECISION_MEMORY_COUNT];
static size_t next_at;

void decision_memory_add(struct text id, struct text line)
{
	struct remembered entry = {
		.bytes = malloc(id.size + line.size),
		.id_size = id.size,
		.size = id.size + line.size,
	};
	char *oldest;

	if (entry.bytes == NULL)
		return;
	memcpy(entry.bytes, id.at, id.size);
	memcpy(entry.bytes + id.size, line.at, line.size);
	pthread_mutex_lock(&lock);
	oldest = ring[next_at].bytes;
	ring[next_at] = entry;
	next_at = (next_at + 1) % DECISION_MEMORY_COUNT;
	pthread_mutex_unlock(&lock);
	free(oldest);
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
	for (size_t i = 0; i < DECISION_MEMORY_COUNT; i++) {
		free(ring[i].bytes);
		ring[i] = (struct remembered){0};
	}
	pthread_mutex_unlock(&lock);
}
