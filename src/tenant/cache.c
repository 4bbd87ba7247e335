/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that a directory has read, sorted by tenant and id. */
#include "tenant/cache.h"

#include <pthread.h>
#include <stdlib.h>

#define CLIENT_BUDGET ((size_t)1024 * 1024)

struct cached {
	struct arena *arena;
	struct client client;
};

struct client_cache {
	pthread_rwlock_t lock;
	struct cached *entries[CLIENT_CACHE_COUNT_MAX];
	size_t count;
};

struct client_cache *cache_new(void)
{
	struct client_cache *cache = calloc(1, sizeof(*cache));

	MUST(cache != NULL);
	pthread_rwlock_init(&cache->lock, NULL);
	return cache;
}

static void cached_free(struct cached **entry)
{
	struct cached *old = TAKE(*entry);

	if (old == NULL)
		return;
	arena_free(&old->arena);
	free(old);
}

void cache_free(struct client_cache **cache)
{
	struct client_cache *old = TAKE(*cache);

	if (old == NULL)
		return;
	for (size_t i = 0; i < old->count; i++)
		cached_free(&old->entries[i]);
	pthread_rwlock_destroy(&old->lock);
	free(old);
}

static int order(const struct client *client, int64_t tenant_id,
		 struct text client_id)
{
	if (client->tenant_id != tenant_id)
		return client->tenant_id < tenant_id ? -1 : 1;
	return text_compare(client->id, client_id);
}

/* The place of the first entry that is not before the key. */
static size_t place_of(const struct client_cache *cache, int64_t tenant_id,
		       struct text client_id)
{
	size_t low = 0;
	size_t high = cache->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (order(&cache->entries[middle]->client, tenant_id,
			  client_id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct client *find_at(const struct client_cache *cache,
				    size_t place, int64_t tenant_id,
				    struct text client_id)
{
	const struct client *client;

	if (place == cache->count)
		return NULL;
	client = &cache->entries[place]->client;
	return order(client, tenant_id, client_id) == 0 ? client : NULL;
}

const struct client *cache_find(struct client_cache *cache, int64_t tenant_id,
				struct text client_id)
{
	const struct client *client;

	pthread_rwlock_rdlock(&cache->lock);
	client = find_at(cache, place_of(cache, tenant_id, client_id),
			 tenant_id, client_id);
	pthread_rwlock_unlock(&cache->lock);
	return client;
}

/* Takes the entry over, or leaves it when another was faster or all is full. */
static const struct client *keep(struct client_cache *cache,
				 struct cached **entry)
{
	const struct client *mine = &(*entry)->client;
	const struct client *kept;
	size_t place;

	pthread_rwlock_wrlock(&cache->lock);
	place = place_of(cache, mine->tenant_id, mine->id);
	kept = find_at(cache, place, mine->tenant_id, mine->id);
	if (kept == NULL && cache->count < CLIENT_CACHE_COUNT_MAX) {
		memmove(&cache->entries[place + 1], &cache->entries[place],
			(cache->count - place) * sizeof(cache->entries[0]));
		cache->entries[place] = TAKE(*entry);
		cache->count++;
		kept = mine;
	}
	pthread_rwlock_unlock(&cache->lock);
	return kept;
}

static bool is_full(struct client_cache *cache)
{
	bool is;

	pthread_rwlock_rdlock(&cache->lock);
	is = cache->count == CLIENT_CACHE_COUNT_MAX;
	pthread_rwlock_unlock(&cache->lock);
	return is;
}

static enum store_outcome load_unkept(struct store *store, struct arena *arena,
				      int64_t tenant_id, struct text client_id,
				      const struct client **client_out)
{
	struct client *copy = ARENA_NEW(arena, struct client);

	*client_out = copy;
	return store_load_client(store, arena, tenant_id, client_id, copy);
}

enum store_outcome cache_load(struct client_cache *cache, struct store *store,
			      struct arena *arena, int64_t tenant_id,
			      struct text client_id,
			      const struct client **client_out)
{
	CLEANUP(cached_free) struct cached *entry = NULL;
	enum store_outcome loaded;

	if (is_full(cache))
		return load_unkept(store, arena, tenant_id, client_id,
				   client_out);
	entry = calloc(1, sizeof(*entry));
	MUST(entry != NULL);
	entry->arena = arena_new(CLIENT_BUDGET);
	loaded = store_load_client(store, entry->arena, tenant_id, client_id,
				   &entry->client);
	if (loaded != STORE_DONE)
		return loaded;
	*client_out = keep(cache, &entry);
	if (*client_out != NULL)
		return STORE_DONE;
	return load_unkept(store, arena, tenant_id, client_id, client_out);
}
