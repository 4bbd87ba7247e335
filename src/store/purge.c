/* SPDX-License-Identifier: Apache-2.0 */
/* Housekeeping: rows whose time has passed, a bounded number at once. */
#include "store/internal.h"

/* --- Spent entries, by key ------------------------------------------------ */

/*
 * An index by time costs as much as the entry itself, when it is made and when it
 * goes; and in the order of time each entry that goes lies on another page. Where
 * rows lie by their key, pages of them are looked at in turn, another one only when
 * more than an eighth of this one was over; then what is over in them goes at
 * once. So about an eighth of all is over at most, and a look a second is all that
 * the others cost.
 */
#define PAGE_ROWS 1024
#define PAGE_PART 8
#define PAGE_BUDGET ((size_t)512 * 1024)

/* Rows from one place to another, and how many of them are over. */
struct stretch {
	struct store_spent_place from; /* behind it */
	struct store_spent_place to;
	bool is_last;
	int64_t over_count;
};

static struct text text_of_place(const struct store_spent_place *place)
{
	return text_of(place->hash, place->size);
}

static enum store_outcome take_row(const struct store_row *row,
				   struct store_spent_place *to,
				   instant *expires_at_out)
{
	struct store_cursor cursor = {.at = row->columns};

	store_take_fixed(&cursor, to->hash, STORE_SPENT_SIZE);
	to->size = STORE_SPENT_SIZE;
	*expires_at_out = store_take_integer(&cursor);
	return store_cursor_end(&cursor, QUERY_PAGE_SPENT);
}

/* Ends behind the last row, or the `most`-th that is over. Whether there was enough
 * to look at another page. */
static enum store_outcome add_page(struct store *store, instant now,
				   int64_t most, struct stretch *stretch,
				   bool *is_worth_another_out)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(PAGE_BUDGET);
	struct store_statement load =
		STORE_STATEMENT(.query = QUERY_PAGE_SPENT);
	int64_t over_before = stretch->over_count;
	struct store_rows rows;
	size_t seen = 0;

	store_bind_bytes(&load, text_of_place(&stretch->to));
	store_bind_integer(&load, PAGE_ROWS);
	TRY_STORE(store_load_rows(store, arena, &load, &rows));
	while (seen < rows.count && stretch->over_count < most) {
		instant expires_at;

		TRY_STORE(take_row(&rows.rows[seen++], &stretch->to,
				   &expires_at));
		if (expires_at <= now)
			stretch->over_count++;
	}
	stretch->is_last = seen < PAGE_ROWS && seen == rows.count;
	*is_worth_another_out =
		!stretch->is_last && stretch->over_count < most &&
		(size_t)(stretch->over_count - over_before) * PAGE_PART > seen;
	return STORE_DONE;
}

static enum store_outcome purge_stretch(struct store *store, instant now,
					const struct stretch *stretch,
					int64_t *count_out)
{
	struct store_change change = {0};
	struct store_statement *purge;
	enum store_outcome result;

	if (stretch->over_count == 0)
		return STORE_DONE;
	purge = store_step_add(&change, QUERY_PURGE_SPENT_PAGE, now,
			       STORE_DONE);
	store_bind_bytes(purge, text_of_place(&stretch->from));
	store_bind_bytes(purge, text_of_place(&stretch->to));
	result = store_apply(store, &change);
	if (result == STORE_DONE)
		*count_out += change.steps[0].changed_count;
	return result;
}

static enum store_outcome purge_spent(struct store *store, instant now,
				      int64_t most, int64_t *count_out)
{
	struct stretch stretch = {.from = store->purged, .to = store->purged};
	bool is_worth_another;

	do {
		TRY_STORE(add_page(store, now, most - *count_out, &stretch,
				   &is_worth_another));
	} while (is_worth_another);
	TRY_STORE(purge_stretch(store, now, &stretch, count_out));
	store->purged = stretch.is_last ? (struct store_spent_place){0}
					: stretch.to;
	return STORE_DONE;
}

/* --- All ------------------------------------------------------------------ */

static enum store_outcome purge_by_time(struct store *store,
					enum store_query query, instant now,
					int64_t most, int64_t *count_out)
{
	struct store_change change = {0};
	enum store_outcome result;

	store_bind_integer(store_step_add(&change, query, now, STORE_DONE),
			   most - *count_out);
	result = store_apply(store, &change);
	if (result == STORE_DONE)
		*count_out += change.steps[0].changed_count;
	return result;
}

static bool lies_by_key(const struct store *store)
{
	return store->driver->lies_by_key != NULL &&
	       store->driver->lies_by_key(store);
}

static const enum store_query queries[] = {
	QUERY_PURGE_GRANTS,   QUERY_PURGE_SPENT,	QUERY_PURGE_REQUESTS,
	QUERY_PURGE_SESSIONS, QUERY_PURGE_SIGNING_KEYS, QUERY_PURGE_SERVERS,
	QUERY_PURGE_GOSSIP,
};

/* A table that takes all of a step does not keep the others from theirs: the next
 * step begins behind it. */
enum store_outcome store_purge(struct store *store, instant now, int64_t most,
			       int64_t *count_out)
{
	*count_out = 0;
	for (size_t i = 0; i < COUNT_OF(queries) && *count_out < most; i++) {
		enum store_query query = queries[store->purge_turn];

		store->purge_turn = (store->purge_turn + 1) % COUNT_OF(queries);
		if (query == QUERY_PURGE_SPENT && lies_by_key(store))
			TRY_STORE(purge_spent(store, now, most, count_out));
		else
			TRY_STORE(purge_by_time(store, query, now, most,
						count_out));
	}
	return STORE_DONE;
}
