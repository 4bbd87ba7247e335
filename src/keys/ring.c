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

static outcome unseal(const struct master *master, int64_t tenant_id,
		      struct text id, struct text sealed,
		      struct secret *der_out)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(OWNER_BUDGET);

	if (master_open(master, RING_SEAL_LABEL,
			ring_owner(arena, tenant_id, id), sealed, der_out))
		return DONE;
	event_fault("key.unreadable",
		    "signing key %.*s was not sealed under this master key",
		    TEXT_ARG(id));
	return BROKEN;
}

/* Whether its private half has work: what signs, and what decrypts. */
static bool is_opened(const struct signing_key *stored)
{
	return stored->state == SIGNING_KEY_CURRENT ||
	       jws_algorithm_find(stored->algorithm) == NULL;
}

static outcome open_pair(const struct ring *ring, const struct ring_key *key,
			 struct pkey **pair_out)
{
	CLEANUP(secret_free) struct secret der = {NULL, 0};

	if (!text_is_present(key->private_sealed))
		return pkey_import_public(key->public_der, pair_out);
	TRY(unseal(ring->master, ring->tenant_id, key->id, key->private_sealed,
		   &der));
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

/* --- Loading -------------------------------------------------------------- */

/* What will be in a ring. */
struct choice_of_keys {
	const struct signing_key *keys[RING_KEY_COUNT_MAX];
	size_t count;
	size_t byte_count;
};

/* That it was sealed under this master key is known before it is needed. */
static outcome check_seal(const struct master *master,
			  const struct signing_key *stored)
{
	CLEANUP(secret_free) struct secret der = {NULL, 0};

	if (stored->state == SIGNING_KEY_PREVIOUS && !is_opened(stored))
		return DONE;
	return unseal(master, stored->tenant_id, stored->id,
		      stored->private_sealed, &der);
}

static bool is_known(const struct signing_key *stored)
{
	if (keys_algorithm_name(stored->algorithm) != NULL)
		return true;
	event_fault("key.unreadable",
		    "signing key %.*s is for \"%.*s\", which this "
		    "version does not have",
		    TEXT_ARG(stored->id), TEXT_ARG(stored->algorithm));
	return false;
}

static outcome choose(struct choice_of_keys *chosen,
		      const struct master *master,
		      const struct signing_key *stored)
{
	if (chosen->count == RING_KEY_COUNT_MAX || !is_known(stored))
		return DONE;
	TRY(check_seal(master, stored));
	chosen->keys[chosen->count++] = stored;
	chosen->byte_count += stored->id.size + stored->public_der.size;
	if (is_opened(stored))
		chosen->byte_count += stored->private_sealed.size;
	return DONE;
}

/* What signs first; of too many previous ones the oldest are left out. They are
 * stored in the order of their making. */
static outcome choose_all(struct choice_of_keys *chosen,
			  const struct master *master,
			  const struct signing_key *stored, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (stored[i].state != SIGNING_KEY_PREVIOUS)
			TRY(choose(chosen, master, &stored[i]));
	for (size_t i = count; i > 0; i--)
		if (stored[i - 1].state == SIGNING_KEY_PREVIOUS)
			TRY(choose(chosen, master, &stored[i - 1]));
	return DONE;
}

static struct text take_bytes(char **at, struct text from)
{
	struct text copy = {*at, from.size};

	memcpy(*at, from.at, from.size);
	*at += from.size;
	return copy;
}

static struct ring *make(const struct choice_of_keys *chosen)
{
	size_t size = sizeof(struct ring) + chosen->byte_count +
		      chosen->count * (sizeof(struct ring_key) +
				       sizeof(struct ring_slot));
	struct ring *ring = calloc(1, size);
	struct ring_slot *slots;
	char *bytes;

	MUST(ring != NULL);
	slots = (struct ring_slot *)&ring->keys[chosen->count];
	bytes = (char *)&slots[chosen->count];
	for (; ring->count < chosen->count; ring->count++) {
		const struct signing_key *stored = chosen->keys[ring->count];
		struct ring_key *key = &ring->keys[ring->count];

		key->algorithm =
			text_from(keys_algorithm_name(stored->algorithm));
		key->signs_by = jws_algorithm_find(stored->algorithm);
		key->state = stored->state;
		key->retires_at = stored->retires_at;
		key->slot = &slots[ring->count];
		key->id = take_bytes(&bytes, stored->id);
		key->public_der = take_bytes(&bytes, stored->public_der);
		if (is_opened(stored))
			key->private_sealed =
				take_bytes(&bytes, stored->private_sealed);
	}
	ring->size = size;
	return ring;
}

outcome ring_load(struct store *store, const struct master *master,
		  int64_t tenant_id, instant now, struct ring **ring_out)
{
	CLEANUP(arena_free) struct arena *rows = arena_new(RING_BUDGET);
	struct choice_of_keys chosen = {.count = 0};
	struct signing_key *stored;
	struct ring *ring;
	size_t count;

	if (store_load_signing_keys(store, rows, tenant_id, now, &stored,
				    &count) != STORE_DONE)
		return BROKEN;
	TRY(choose_all(&chosen, master, stored, count));
	ring = make(&chosen);
	ring->references = 1;
	ring->master = master;
	ring->tenant_id = tenant_id;
	*ring_out = ring;
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
