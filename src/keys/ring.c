/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a tenant's keys and opens their private halves. */
#include "keys/ring.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/event.h"

#define RING_BUDGET ((size_t)1024 * 1024)

struct text ring_owner(struct arena *arena, int64_t tenant_id, struct text id)
{
	return arena_format(arena, "%lld %.*s", (long long)tenant_id,
			    TEXT_ARG(id));
}

static outcome open_private(struct ring *ring, const struct master *master,
			    const struct signing_key *stored,
			    struct pkey **key_out)
{
	CLEANUP(secret_free) struct secret der = {NULL, 0};
	struct text owner =
		ring_owner(ring->arena, ring->tenant_id, stored->id);

	if (!master_open(master, RING_SEAL_LABEL, owner, stored->private_sealed,
			 &der)) {
		event_fault("key.unreadable",
			    "signing key %.*s was not sealed under this master "
			    "key",
			    TEXT_ARG(stored->id));
		return BROKEN;
	}
	return pkey_import_private(secret_bytes(&der), key_out);
}

/* Previous keys that signed only verify: their private half is not even opened.
 */
static outcome add_key(struct ring *ring, const struct master *master,
		       const struct signing_key *stored)
{
	struct ring_key *key = &ring->keys[ring->count];

	key->algorithm = stored->algorithm;
	key->signs_by = jws_algorithm_find(stored->algorithm);
	if (key->signs_by == NULL &&
	    !text_has_word(TEXT(ENCRYPTION_KEY_ALGORITHMS), key->algorithm)) {
		event_fault("key.unreadable",
			    "signing key %.*s is for \"%.*s\", which this "
			    "version does not have",
			    TEXT_ARG(stored->id), TEXT_ARG(stored->algorithm));
		return DONE;
	}
	key->id = stored->id;
	key->state = stored->state;
	key->retires_at = stored->retires_at;
	if (stored->state == SIGNING_KEY_PREVIOUS && key->signs_by != NULL)
		TRY(pkey_import_public(stored->public_der, &key->key));
	else
		TRY(open_private(ring, master, stored, &key->key));
	ring->count++;
	return DONE;
}

/* What signs first; of too many previous ones the oldest are left out. They are
 * stored in the order of their making. */
static outcome add_keys(struct ring *ring, const struct master *master,
			const struct signing_key *stored, size_t count)
{
	for (size_t i = 0; i < count && ring->count < RING_KEY_COUNT_MAX; i++)
		if (stored[i].state != SIGNING_KEY_PREVIOUS)
			TRY(add_key(ring, master, &stored[i]));
	for (size_t i = count; i > 0 && ring->count < RING_KEY_COUNT_MAX; i--)
		if (stored[i - 1].state == SIGNING_KEY_PREVIOUS)
			TRY(add_key(ring, master, &stored[i - 1]));
	return DONE;
}

outcome ring_load(struct store *store, const struct master *master,
		  int64_t tenant_id, instant now, struct ring **ring_out)
{
	CLEANUP(ring_unref) struct ring *ring = calloc(1, sizeof(*ring));
	struct signing_key *stored;
	size_t count;

	MUST(ring != NULL);
	ring->references = 1;
	ring->tenant_id = tenant_id;
	ring->arena = arena_new(RING_BUDGET);
	if (store_load_signing_keys(store, ring->arena, tenant_id, now, &stored,
				    &count) != STORE_DONE)
		return BROKEN;
	TRY(add_keys(ring, master, stored, count));
	*ring_out = TAKE(ring);
	return DONE;
}

struct ring *ring_ref(struct ring *ring)
{
	atomic_fetch_add(&ring->references, 1);
	return ring;
}

void ring_unref(struct ring **ring)
{
	struct ring *old = TAKE(*ring);

	if (old == NULL || atomic_fetch_sub(&old->references, 1) > 1)
		return;
	for (size_t i = 0; i < old->count; i++)
		pkey_unref(&old->keys[i].key);
	arena_free(&old->arena);
	free(old);
}

const struct ring_key *ring_find(const struct ring *ring, struct text algorithm,
				 enum signing_key_state state)
{
	for (size_t i = 0; i < ring->count; i++)
		if (ring->keys[i].state == state &&
		    text_equal(ring->keys[i].algorithm, algorithm))
			return &ring->keys[i];
	return NULL;
}

const struct ring_key *ring_find_id(const struct ring *ring, struct text id,
				    instant now)
{
	for (size_t i = 0; i < ring->count; i++) {
		const struct ring_key *key = &ring->keys[i];

		if (!text_equal(key->id, id))
			continue;
		if (key->retires_at != INSTANT_NEVER && key->retires_at <= now)
			return NULL;
		return key;
	}
	return NULL;
}
