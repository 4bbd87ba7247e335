/* SPDX-License-Identifier: Apache-2.0 */
/* Clients and origins of a tenant, from the directory's cache or the store. */
#include "tenant/cache.h"
#include "tenant/internal.h"

outcome tenant_store_outcome(struct decision *decision,
			     enum store_outcome answer)
{
	switch (answer) {
	case STORE_DONE:
		return DONE;
	case STORE_BUSY:
		return refuse(decision, REASON_STORE_BUSY);
	case STORE_UNCERTAIN:
		return refuse(decision, REASON_STORE_UNCERTAIN);
	case STORE_AWAY:
		return refuse(decision, REASON_SHARD_AWAY);
	case STORE_NOT_FOUND:
	case STORE_ALREADY:
	case STORE_CONFLICT:
		return decision_broken(decision,
				       "the store answered %d where that "
				       "cannot be",
				       (int)answer);
	case STORE_BROKEN:
		return decision_broken(decision, "the store failed");
	}
	MUST(!"an outcome of the store that does not exist");
}

struct store *tenant_shard(struct decision *decision, struct store *home,
			   uint16_t number)
{
	struct store *shard = store_shard(home, number);

	if (store_is_away(shard))
		decision_note(decision, "shard",
			      "%u is away, or store.shards does not list it",
			      number);
	return shard;
}

/* Kept is what the home said. A copy's word is as good for this request, but an
 * import that comes while the home cannot be asked would not end it. The home's
 * BUSY is not waited out: until it is known to be away, each exchange of a client
 * that is not in memory would end with it, in whatever shard its grant is. */
static enum store_outcome
load_client(struct decision *decision, struct store *home,
	    struct client_cache *cache, const struct tenant *tenant,
	    struct text client_id, const struct client **client_out)
{
	struct store *book = store_book(home);
	struct store *other = store_book_else(home);
	enum store_outcome loaded =
		cache_load(book == home ? cache : NULL, book, decision->arena,
			   tenant->id, client_id, client_out);

	if (loaded != STORE_BUSY || book != home || store_is_away(other))
		return loaded;
	return cache_load(NULL, other, decision->arena, tenant->id, client_id,
			  client_out);
}

outcome tenant_load_client(struct decision *decision, struct store *store,
			   const struct tenants *tenants,
			   const struct tenant *tenant, struct text client_id,
			   const struct client **client_out)
{
	enum store_outcome loaded;

	*client_out = NULL;
	if (client_id.size == 0 || client_id.size > CLIENT_ID_MAX)
		return refuse(decision, REASON_CLIENT_UNKNOWN,
			      .received = decision_redact(decision, client_id));
	*client_out = cache_find(tenants->cache, tenant->id, client_id);
	if (*client_out != NULL)
		return DONE;
	loaded = load_client(decision, store, tenants->cache, tenant, client_id,
			     client_out);
	if (loaded == STORE_NOT_FOUND)
		return refuse(decision, REASON_CLIENT_UNKNOWN,
			      .received = decision_redact(decision, client_id));
	return tenant_store_outcome(decision, loaded);
}

/* The lock covers the entry's origins and the directory's arena. */
static struct text find_origins(struct tenants *directory,
				const struct tenant_entry *entry)
{
	struct text origins;

	pthread_mutex_lock(&directory->origins_lock);
	origins = entry->origins;
	pthread_mutex_unlock(&directory->origins_lock);
	return origins;
}

/* Another may have been faster. */
static struct text keep_origins(struct tenants *directory,
				struct tenant_entry *entry, struct text loaded)
{
	struct text origins;

	pthread_mutex_lock(&directory->origins_lock);
	if (!text_is_present(entry->origins))
		entry->origins = arena_copy(directory->arena, loaded);
	origins = entry->origins;
	pthread_mutex_unlock(&directory->origins_lock);
	return origins;
}

/* Not locked while it is read: that may park the task, and another of its loop
 * would wait for the lock. */
outcome tenant_load_origins(struct decision *decision, struct store *store,
			    const struct tenants *tenants,
			    const struct tenant *tenant,
			    struct text *origins_out)
{
	CLEANUP(arena_free) struct arena *arena = NULL;
	struct tenants *directory = (struct tenants *)tenants;
	struct tenant_entry *entry = (struct tenant_entry *)tenant;
	struct store *book = store_book(store);
	struct text loaded;

	*origins_out = find_origins(directory, entry);
	if (text_is_present(*origins_out))
		return DONE;
	arena = arena_new(DIRECTORY_BUDGET);
	TRY(tenant_store_outcome(decision,
				 store_load_web_origins(book, arena, tenant->id,
							&loaded)));
	*origins_out = book == store ? keep_origins(directory, entry, loaded)
				     : arena_copy(decision->arena, loaded);
	return DONE;
}
