/* SPDX-License-Identifier: Apache-2.0 */
/* Row ids, and the leased node numbers that keep them apart. */
#include "store/internal.h"

#include "base/event.h"

/*
 * An id lies before the end of its number's lease, and a number is leased only
 * when the lease before has ended: so ids of one number never step back, not
 * even when clocks do. Leasing happens where an id is needed and the lease is
 * half gone: an idle process writes nothing, and neither does one that reads.
 */
#define LEASE_FOR 300
#define NODE_COUNT 1024
#define SEQUENCE_COUNT 4096
#define TRIES 64
/* Milliseconds are counted from 2025-01-01T00:00:00Z: 41 bits last to 2094. */
#define FIRST_MS ((int64_t)1735689600 * 1000)
#define MS_MASK (((int64_t)1 << 41) - 1)

static instant lease_end(instant now)
{
	return instant_after(now, LEASE_FOR);
}

/* CONFLICT when the number's lease no longer ends at `seen`. */
static enum store_outcome take_number(struct store *store, int64_t number,
				      instant seen, instant until)
{
	struct store_change change = {0};
	struct store_statement *lease =
		store_step_add(&change, QUERY_LEASE_NODE, 0, STORE_CONFLICT);

	store_bind_integer(lease, until);
	store_bind_integer(lease, number);
	store_bind_integer(lease, seen);
	return store_apply(store, &change);
}

/* The next number that has no row yet; CONFLICT when another was quicker. */
static enum store_outcome add_number(struct store *store, struct arena *arena,
				     instant until, int64_t *number_out)
{
	struct store_statement last = STORE_STATEMENT(.query = QUERY_LAST_NODE);
	struct store_change change = {0};
	struct store_statement *insert;
	struct store_cursor cursor;
	enum store_outcome result =
		store_load_row(store, arena, &last, &cursor);

	if (result != STORE_DONE)
		return result;
	*number_out = store_take_integer(&cursor) + 1;
	if (*number_out >= NODE_COUNT)
		return STORE_BUSY;
	insert = store_step_add(&change, QUERY_INSERT_NODE, 0, STORE_CONFLICT);
	store_bind_integer(insert, *number_out);
	store_bind_integer(insert, until);
	return store_apply(store, &change);
}

/* A number that nobody holds; CONFLICT when another was quicker. */
static enum store_outcome lease_any(struct store *store, instant now,
				    int64_t *number_out)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(4096);
	struct store_statement find =
		STORE_STATEMENT(.query = QUERY_FIND_NODE, .now = now);
	struct store_cursor cursor;
	enum store_outcome result =
		store_load_row(store, arena, &find, &cursor);

	if (result == STORE_NOT_FOUND)
		return add_number(store, arena, lease_end(now), number_out);
	if (result != STORE_DONE)
		return result;
	*number_out = store_take_integer(&cursor);
	return take_number(store, *number_out, store_take_integer(&cursor),
			   lease_end(now));
}

struct lease {
	int64_t number;
	instant until;
};

static enum store_outcome lease(struct store *store, instant now,
				struct lease held, struct lease *lease_out)
{
	enum store_outcome result = STORE_CONFLICT;

	*lease_out = (struct lease){held.number, lease_end(now)};
	if (held.until > 0)
		result = take_number(store, held.number, held.until,
				     lease_out->until);
	for (int i = 0; i < TRIES && result == STORE_CONFLICT; i++)
		result = lease_any(store, now, &lease_out->number);
	return result;
}

/* Renews the lease or takes another number. When that fails the old number
 * goes on: two rows of one id are still impossible (the primary key). */
static void renew(struct store *store, instant now, struct lease held)
{
	struct lease renewed;
	enum store_outcome result = lease(store, now, held, &renewed);

	if (result != STORE_DONE)
		event_fault("store.node.not_leased",
			    "no node number could be leased (outcome %d)",
			    (int)result);
	pthread_mutex_lock(&store->ids_lock);
	store->is_leasing = false;
	if (result == STORE_DONE && renewed.until > store->lease_until) {
		store->node = renewed.number;
		store->lease_until = renewed.until;
	}
	pthread_mutex_unlock(&store->ids_lock);
}

/* Whether the caller is to lease now. One does; while the old lease lasts the
 * others need not wait for it. */
static bool must_lease(struct store *store, instant now, bool *must_wait_out)
{
	*must_wait_out = false;
	if (instant_after(now, LEASE_FOR / 2) <= store->lease_until)
		return false;
	if (!store->is_leasing) {
		store->is_leasing = true;
		return true;
	}
	*must_wait_out = store->lease_until <= now;
	return false;
}

/* A change of no steps: until the writer has been through its queue. In an
 * import nobody can be waited for, since all wait for the import. */
static bool wait_for_writer(struct store *store)
{
	struct store_change nothing = {0};

	return !store_is_in_transaction(store) &&
	       store_apply(store, &nothing) == STORE_DONE;
}

static void ensure_lease(struct store *store, instant now)
{
	bool must_wait;
	bool must;
	struct lease held;

	do {
		pthread_mutex_lock(&store->ids_lock);
		must = must_lease(store, now, &must_wait);
		held = (struct lease){store->node, store->lease_until};
		pthread_mutex_unlock(&store->ids_lock);
	} while (must_wait && wait_for_writer(store));
	if (must)
		renew(store, now, held);
}

/* The lease now ends behind the last id, and so before any that the next holder
 * can make. Whether it comes to pass is all the same. */
void store_nodes_release(struct store *store)
{
	if (store->lease_until != 0)
		(void)!take_number(store, store->node, store->lease_until,
				   (store->last_ms + 1) * 1000);
	store->lease_until = 0;
}

int64_t store_nodes_first_id(instant at)
{
	int64_t ms = at / 1000 - FIRST_MS;

	return ms > 0 ? (ms & MS_MASK) << 22 : 0;
}

static int64_t next_id(struct store *store, instant now)
{
	int64_t ms = now / 1000;

	if (ms > store->last_ms) {
		store->last_ms = ms;
		store->last_sequence = 0;
	} else if (++store->last_sequence == SEQUENCE_COUNT) {
		store->last_ms++;
		store->last_sequence = 0;
	}
	return ((store->last_ms - FIRST_MS) & MS_MASK) << 22 |
	       store->node << 12 | store->last_sequence;
}

int64_t store_new_id(struct store *store, instant now)
{
	int64_t id;

	ensure_lease(store, now);
	pthread_mutex_lock(&store->ids_lock);
	id = next_id(store, now);
	pthread_mutex_unlock(&store->ids_lock);
	return id;
}
