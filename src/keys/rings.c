/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps rings, found by their tenant; those that are not used give way. */
#include "keys/rings.h"

#include <stdatomic.h>
#include <stdlib.h>

void rings_init(struct rings *rings)
{
	*rings = (struct rings){.size_most = KEYS_SIZE_DEFAULT};
	pthread_rwlock_init(&rings->lock, NULL);
}

void rings_wipe(struct rings *rings)
{
	rings_forget(rings);
	pthread_rwlock_destroy(&rings->lock);
	table_wipe(&rings->table);
	free(rings->all);
}

static uint64_t hash_of(int64_t tenant_id)
{
	return table_hash((uint64_t)tenant_id, TEXT_ABSENT);
}

static bool is_of(const void *item, const void *tenant_id)
{
	return ((const struct ring *)item)->tenant_id ==
	       *(const int64_t *)tenant_id;
}

static struct ring *find(const struct rings *rings, int64_t tenant_id)
{
	return table_find(&rings->table, hash_of(tenant_id), is_of, &tenant_id);
}

static size_t size_of(const struct ring *ring)
{
	return ring->size + RINGS_OPENED_SIZE;
}

/* The last one takes its place. */
static void drop(struct rings *rings, struct ring *ring)
{
	struct ring *last = rings->all[--rings->count];

	rings->all[ring->index] = last;
	last->index = ring->index;
	table_remove(&rings->table, hash_of(ring->tenant_id), ring);
	rings->size -= size_of(ring);
	ring_unref(&ring);
}

/* Each that was used since the hand passed last stays for one more round. */
static void make_room(struct rings *rings, size_t wanted)
{
	while (rings->count > 0 && rings->size + wanted > rings->size_most) {
		struct ring *ring;

		rings->hand = (rings->hand + 1) % rings->count;
		ring = rings->all[rings->hand];
		if (!atomic_exchange(&ring->is_used, false))
			drop(rings, ring);
	}
}

void rings_limit(struct rings *rings, size_t size_most)
{
	pthread_rwlock_wrlock(&rings->lock);
	rings->size_most = size_most;
	make_room(rings, 0);
	pthread_rwlock_unlock(&rings->lock);
}

void rings_forget(struct rings *rings)
{
	pthread_rwlock_wrlock(&rings->lock);
	while (rings->count > 0)
		drop(rings, rings->all[0]);
	rings->era++;
	pthread_rwlock_unlock(&rings->lock);
}

void rings_forget_one(struct rings *rings, int64_t tenant_id)
{
	struct ring *ring;

	pthread_rwlock_wrlock(&rings->lock);
	ring = find(rings, tenant_id);
	if (ring != NULL)
		drop(rings, ring);
	rings->era++;
	pthread_rwlock_unlock(&rings->lock);
}

/* A flag that is set already is not written: its line would wander between the
 * loops' CPUs. */
struct ring *rings_find(struct rings *rings, int64_t tenant_id,
			uint64_t *era_out)
{
	struct ring *ring;

	pthread_rwlock_rdlock(&rings->lock);
	*era_out = rings->era;
	ring = find(rings, tenant_id);
	if (ring != NULL) {
		ring_ref(ring);
		if (!atomic_load_explicit(&ring->is_used, memory_order_relaxed))
			atomic_store(&ring->is_used, true);
	}
	pthread_rwlock_unlock(&rings->lock);
	return ring;
}

static void add(struct rings *rings, struct ring *ring)
{
	if (rings->count == rings->capacity) {
		rings->capacity = rings->capacity == 0 ? 16
						       : 2 * rings->capacity;
		rings->all = reallocarray(rings->all, rings->capacity,
					  sizeof(rings->all[0]));
		MUST(rings->all != NULL);
	}
	ring->index = rings->count;
	rings->all[rings->count++] = ring_ref(ring);
	table_add(&rings->table, hash_of(ring->tenant_id), ring);
	rings->size += size_of(ring);
}

void rings_keep(struct rings *rings, struct ring *ring, uint64_t era)
{
	pthread_rwlock_wrlock(&rings->lock);
	if (rings->era == era && size_of(ring) <= rings->size_most &&
	    find(rings, ring->tenant_id) == NULL) {
		make_room(rings, size_of(ring));
		add(rings, ring);
	}
	pthread_rwlock_unlock(&rings->lock);
}
