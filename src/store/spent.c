/* SPDX-License-Identifier: Apache-2.0 */
/* What may be used once: jtis, and access tokens revoked one by one. */
#include "store/internal.h"

void store_spend_add(struct store_change *change,
		     const unsigned char hash[STORE_SPENT_SIZE],
		     instant expires_at)
{
	struct store_statement *insert =
		store_step_add(change, QUERY_INSERT_SPENT, 0, STORE_ALREADY);

	store_bind_bytes(insert, text_of(hash, STORE_SPENT_SIZE));
	store_bind_integer(insert, expires_at);
}

void store_spend_add_once(struct store_change *change,
			  const struct store_once *once)
{
	for (size_t i = 0; i < once->count; i++)
		store_spend_add(change, once->jtis[i].hash,
				once->jtis[i].expires_at);
}

size_t store_already_at(const struct store_change *change)
{
	size_t at = 0;

	MUST(change->outcome == STORE_ALREADY);
	while (at + 1 < change->step_count &&
	       change->steps[at].changed_count != 0)
		at++;
	return at;
}

enum store_outcome store_spend(struct store *store,
			       const struct store_once *once, size_t *at_out)
{
	struct store_change change = {0};
	enum store_outcome result;

	store_spend_add_once(&change, once);
	result = store_apply(store, &change);
	if (result == STORE_ALREADY)
		*at_out = store_already_at(&change);
	return result;
}

enum store_outcome store_find_spent(struct store *store,
				    const unsigned char hash[STORE_SPENT_SIZE])
{
	CLEANUP(arena_free) struct arena *arena = arena_new(4096);
	struct store_statement find =
		STORE_STATEMENT(.query = QUERY_FIND_SPENT);
	struct store_cursor cursor;

	store_bind_bytes(&find, text_of(hash, STORE_SPENT_SIZE));
	return store_load_row(store, arena, &find, &cursor);
}

/* The mark first: an entry that no mark points to would not be looked for. */
enum store_outcome
store_spend_access_token(struct store *store, int64_t grant_id,
			 const unsigned char hash[STORE_SPENT_SIZE],
			 instant expires_at)
{
	struct store_change change = {0};

	store_bind_integer(store_step_add(&change, QUERY_MARK_GRANT, 0,
					  STORE_NOT_FOUND),
			   grant_id);
	store_spend_add(&change, hash, expires_at);
	return store_apply(store, &change);
}
