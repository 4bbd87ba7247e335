/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that a directory has read: bounded, never dropped one by one. */
#pragma once

#include "model/client.h"
#include "store/store.h"

struct client_cache;

struct client_cache *cache_new(void);
void cache_free(struct client_cache **cache);
/* What its clients may take, bytes: CACHE_SIZE_DEFAULT until told. Thread-safe. */
void cache_limit(struct client_cache *cache, size_t size_most);
#define CACHE_SIZE_DEFAULT ((size_t)32 * 1024 * 1024)

/* NULL when it is not there. Thread-safe. */
const struct client *cache_find(struct client_cache *cache, int64_t tenant_id,
				struct text client_id);
/*
 * Reads one from the store and keeps it; STORE_DONE puts it into *client_out.
 * When the cache is full, or NULL, it stays in `arena` alone.
 */
STORE_MUST_USE cache_load(struct client_cache *cache, struct store *store,
			  struct arena *arena, int64_t tenant_id,
			  struct text client_id,
			  const struct client **client_out);
