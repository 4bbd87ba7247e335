/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a tenant's keys, and opens those that are used. */
#include "keys/ring.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/event.h"

#define RING_BUDGET ((size_t)1024 * 1024)
#define OWNER_BUDGET 4096

struct text ring_owner(struct arena *arena, int64_t tenant_id, struct text id)
{
	return arena_format(arena, "%lld %.*s", (long long)tenant_id,
			    TEXT_ARG(id));
}

static outcome unseal(const struct ring *ring, const struct ring_key *key,
		      struct secret *der_out)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(OWNER_BUDGET);
	struct text owner = ring_owner(arena, ring->tenant_id, key->id);

	if (master_open(ring->master, RING_SEAL_LABEL, owner,
			key->private_sealed, der_out))
		return DONE;
	event_fault("key.unreadable",
		    "signing key %.*s was not sealed under this master key",
		    TEXT_ARG(key->id));
	return BROKEN;
}

static bool only_verifies(const struct ring_key *key)
{
	return key->state == SIGNING_KEY_PREVIOUS && key->signs_by != NULL;
}

/* Previous keys that signed only verify: their private half is not even opened.
 */
static outcome open_pair(const struct ring *ring, const struct ring_key *key,
			 struct pkey **pair_out)
{
	CLEANUP(secret_free) struct secret der = {NULL, 0};

	if (only_verifies(key))
		return pkey_import_public(key->public_der, pair_out);
	TRY(unseal(ring, key, &der));
	return pkey_import_private(secret_bytes(&der), pair_out);
}

/* Two threads may open it at once: one of the two stays. */
outcome ring_open_key(const struct ring *ring, const struct ring_key *key,
		      struct pkey **pair_out)
{
	CLEANUP(pkey_unref) struct pkey *opened = NULL;
	struct pkey *kept = atomic_load(&key->slot->pair);

	if (kept == NULL) {
		TRY(open_pair(ring, key, &opened));
		if (atomic_compare_exchange_strong(&key->slot->pair, &kept,
						   opened))
			kept = TAKE(opened);
	}
	*pair_out = kept;
	return DONE;
}

/* That it was sealed under this master key is known from the start, or a server
 * with a wrong one would begin to serve. */
static outcome check_seal(const struct ring *ring, const struct ring_key *key)
{
	CLEANUP(secret_free) struct secret der = {NULL, 0};

	return only_verifies(key) ? DONE : unseal(ring, key, &der);
}

static outcome add_key(struct ring *ring, const struct signing_key *stored)
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
	key->public_der = stored->public_der;
	key->private_sealed = stored->private_sealed;
	TRY(check_seal(ring, key));
	key->slot = ARENA_NEW(ring->arena, struct ring_slot);
	ring->count++;
	return DONE;
}

/* What signs first; of too many previous ones the oldest are left out. They are
 * stored in the order of their making. */
static outcome add_keys(struct ring *ring, const struct signing_key *stored,
			size_t count)
{
	for (size_t i = 0; i < count && ring->count < RING_KEY_COUNT_MAX; i++)
		if (stored[i].state != SIGNING_KEY_PREVIOUS)
			TRY(add_key(ring, &stored[i]));
	for (size_t i = count; i > 0 && ring->count < RING_KEY_COUNT_MAX; i--)
		if (stored[i - 1].state == SIGNING_KEY_PREVIOUS)
			TRY(add_key(ring, &stored[i - 1]));
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
	ring->master = master;
	ring->tenant_id = tenant_id;
	ring->arena = arena_new(RING_BUDGET);
	if (store_load_signing_keys(store, ring->arena, tenant_id, now, &stored,
				    &count) != STORE_DONE)
		return BROKEN;
	TRY(add_keys(ring, stored, count));
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
	for (size_t i = 0; i < old->count; i++) {
		struct ring_slot *slot = old->keys[i].slot;
		struct pkey *pair = atomic_load(&slot->pair);

		pkey_unref(&pair);
		free(atomic_load(&slot->jwk));
	}
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
