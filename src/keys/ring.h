/* SPDX-License-Identifier: Apache-2.0 */
/* One tenant's keys as read from the store: immutable, counted. */
#pragma once

#include "jose/jws.h"
#include "keys/keys.h"

#define RING_KEY_COUNT_MAX 32

/* What is made of a key when it is first needed. */
struct ring_slot {
	_Atomic(struct pkey *) pair;
	_Atomic(char *) jwk; /* as it is published: terminated, owned */
};

struct ring_key {
	struct text id;
	struct text algorithm; /* its name */
	const struct jws_algorithm *signs_by; /* NULL: it decrypts */
	enum signing_key_state state;
	instant retires_at;
	struct text public_der;
	struct text private_sealed; /* absent: it is not to be used yet, or ever
				     * again */
	struct ring_slot *slot;
};

/* In one piece of memory. */
struct ring {
	_Atomic int references;
	_Atomic bool is_used; /* since it was last looked at for that */
	const struct master *master; /* borrowed */
	int64_t tenant_id;
	size_t size; /* bytes, without what is made of the keys */
	size_t index; /* for rings.h alone */
	size_t count;
	struct ring_key keys[]; /* behind them their slots and their bytes */
};

/* Reads all of a tenant's published keys; opens none of them. */
outcome ring_load(struct store *store, const struct master *master,
		  int64_t tenant_id, instant now, struct ring **ring_out)
	MUST_USE;
/*
 * The pair of one of its keys, opened on first use: most tenants of a large
 * server sign nothing for hours, and opening takes longer than all else. Of a
 * signing key that is not CURRENT the public half alone. Borrowed from the ring. BROKEN, with an
 * event, when it was sealed under another master key. Thread-safe.
 */
outcome ring_open_key(const struct ring *ring, const struct ring_key *key,
		      struct pkey **pair_out) MUST_USE;
struct ring *ring_ref(struct ring *ring);
void ring_unref(struct ring **ring);

/* The key in that state; NULL when there is none. */
const struct ring_key *ring_find(const struct ring *ring, struct text algorithm,
				 enum signing_key_state state);
const struct ring_key *ring_find_id(const struct ring *ring, struct text id,
				    instant now);

/* The tenant's ring, read or kept from before; to be ended with ring_unref. */
outcome keys_load_ring(struct keys *keys, int64_t tenant_id, instant now,
		       struct ring **ring_out) MUST_USE;

/* The owner that a private key is sealed for: "tenant kid". */
struct text ring_owner(struct arena *arena, int64_t tenant_id, struct text id);
#define RING_SEAL_LABEL "signing key"
