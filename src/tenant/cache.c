/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that a directory has read, each in one piece of memory. */
#include "tenant/cache.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/list.h"
#include "base/table.h"

#define CLIENT_BUDGET ((size_t)1024 * 1024)
/* What heap and table take for one: measured 0.1 KiB. */
#define ENTRY_SIZE 128

struct cached {
	struct list link;
	struct client client; /* its texts are in `bytes` */
	char bytes[];
};

struct client_cache {
	pthread_rwlock_t lock;
	struct table table; /* of struct cached */
	struct list all;
	size_t size;
	size_t size_most;
};

struct key {
	int64_t tenant_id;
	struct text client_id;
};

struct client_cache *cache_new(void)
{
	struct client_cache *cache = calloc(1, sizeof(*cache));

	MUST(cache != NULL);
	pthread_rwlock_init(&cache->lock, NULL);
	list_init(&cache->all);
	cache->size_most = CACHE_SIZE_DEFAULT;
	return cache;
}

void cache_free(struct client_cache **cache)
{
	struct client_cache *old = TAKE(*cache);
	struct list *link;

	if (old == NULL)
		return;
	while ((link = list_take_first(&old->all)) != NULL)
		free(HOLDER_OF(link, struct cached, link));
	table_wipe(&old->table);
	pthread_rwlock_destroy(&old->lock);
	free(old);
}

void cache_limit(struct client_cache *cache, size_t size_most)
{
	pthread_rwlock_wrlock(&cache->lock);
	cache->size_most = size_most;
	pthread_rwlock_unlock(&cache->lock);
}

/* --- One client ----------------------------------------------------------- */

/* All of its texts lie side by side (model/client.h). */
static struct text *texts_of(struct client *client)
{
	return (struct text *)((char *)client + CLIENT_TEXTS_AT);
}

static size_t packed_size(struct client *client)
{
	const struct text *texts = texts_of(client);
	size_t size = sizeof(struct cached);

	for (size_t i = 0; i < CLIENT_TEXT_COUNT; i++)
		if (text_is_present(texts[i]))
			size += texts[i].size + 1;
	return size;
}

/* Into zeroed memory of packed_size. */
static void pack(const struct client *client, struct cached *entry)
{
	struct text *texts = texts_of(&entry->client);
	char *at = entry->bytes;

	list_init(&entry->link);
	entry->client = *client;
	for (size_t i = 0; i < CLIENT_TEXT_COUNT; i++) {
		if (!text_is_present(texts[i]))
			continue;
		memcpy(at, texts[i].at, texts[i].size);
		texts[i].at = at;
		at += texts[i].size + 1;
	}
}

/* --- All of them ---------------------------------------------------------- */

static uint64_t hash_of(const struct key *key)
{
	return table_hash((uint64_t)key->tenant_id, key->client_id);
}

static bool has_key(const void *item, const void *wanted)
{
	const struct client *client = &((const struct cached *)item)->client;
	const struct key *key = wanted;

	return client->tenant_id == key->tenant_id &&
	       text_equal(client->id, key->client_id);
}

static const struct client *find_kept(const struct client_cache *cache,
				      uint64_t hash, const struct key *key)
{
	const struct cached *entry =
		table_find(&cache->table, hash, has_key, key);

	return entry == NULL ? NULL : &entry->client;
}

const struct client *cache_find(struct client_cache *cache, int64_t tenant_id,
				struct text client_id)
{
	struct key key = {tenant_id, client_id};
	uint64_t hash = hash_of(&key);
	const struct client *client;

	pthread_rwlock_rdlock(&cache->lock);
	client = find_kept(cache, hash, &key);
	pthread_rwlock_unlock(&cache->lock);
	return client;
}

static void add(struct client_cache *cache, uint64_t hash, struct cached *entry,
		size_t size)
{
	table_add(&cache->table, hash, entry);
	list_append(&cache->all, &entry->link);
	cache->size += size + ENTRY_SIZE;
}

/* NULL when all is full; another may have been faster. */
static const struct client *keep(struct client_cache *cache,
				 struct client *loaded)
{
	struct key key = {loaded->tenant_id, loaded->id};
	uint64_t hash = hash_of(&key);
	size_t size = packed_size(loaded);
	const struct client *kept;

	pthread_rwlock_wrlock(&cache->lock);
	kept = find_kept(cache, hash, &key);
	if (kept == NULL &&
	    cache->size + size + ENTRY_SIZE <= cache->size_most) {
		struct cached *entry = calloc(1, size);

		MUST(entry != NULL);
		pack(loaded, entry);
		add(cache, hash, entry, size);
		kept = &entry->client;
	}
	pthread_rwlock_unlock(&cache->lock);
	return kept;
}

enum store_outcome cache_load(struct client_cache *cache, struct store *store,
			      struct arena *arena, int64_t tenant_id,
			      struct text client_id,
			      const struct client **client_out)
{
	CLEANUP(arena_free) struct arena *rows = arena_new(CLIENT_BUDGET);
	struct client loaded;
	enum store_outcome result =
		store_load_client(store, rows, tenant_id, client_id, &loaded);

	if (result != STORE_DONE)
		return result;
	*client_out = cache == NULL ? NULL : keep(cache, &loaded);
	if (*client_out == NULL) {
		struct cached *entry = arena_alloc(arena, packed_size(&loaded));

		pack(&loaded, entry);
		*client_out = &entry->client;
	}
	return STORE_DONE;
}
