/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that a directory has read: bounded, never dropped one by one. */
#pragma once

#include "model/client.h"
#include "store/store.h"

/* Ten thousand tenants with a client each; some five kilobytes a client. */
#define CLIENT_CACHE_COUNT_MAX 16384

struct client_cache;

struct client_cache *cache_new(void);
void cache_free(struct client_cache **cache);

/* NULL when it is not there. Thread-safe. */
const struct client *cache_find(struct client_cache *cache, int64_t tenant_id,
				struct text client_id);
/*
 * Reads one from the store and keeps it; STORE_DONE puts it into *client_out.
 * When the cache is full it is read into `arena` and not kept.
 */
STORE_MUST_USE cache_load(struct client_cache *cache, struct store *store,
			  struct arena *arena, int64_t tenant_id,
			  struct text client_id,
			  const struct client **client_out);
