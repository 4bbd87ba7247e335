/* SPDX-License-Identifier: Apache-2.0 */
/* How large the store is, and how large it will be at the pace of today. */
#include "store/internal.h"

#define PACE_FOR 3600

/* The last ones are those that QUERY_COUNT_ROW_SECONDS knows. */
#define TIMED_COUNT 3

static const char *const store_nouns[STORE_NOUN_COUNT] = {
	"tenants",	"clients", "users",  "resources", "consents",
	"signing_keys", "spent",   "grants", "sessions",  "requests",
};

/* One row of integers. */
static enum store_outcome read_counts(struct store *store,
				      const struct store_statement *statement,
				      int64_t *counts, size_t count)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(4096);
	struct store_cursor cursor = {0};
	struct store_rows rows;
	enum store_outcome result =
		store_load_rows(store, arena, statement, &rows);

	if (result != STORE_DONE)
		return result;
	if (rows.count != 1)
		return STORE_BROKEN;
	cursor.at = rows.rows[0].columns;
	for (size_t i = 0; i < count; i++)
		counts[i] = store_take_integer(&cursor);
	return store_cursor_end(&cursor, statement->query);
}

static enum store_outcome count_rows(struct store *store, instant now,
				     struct store_size *size)
{
	struct store_statement statement =
		STORE_STATEMENT(.query = QUERY_COUNT_ROWS, .now = now);
	int64_t counts[STORE_NOUN_COUNT];
	enum store_outcome result =
		read_counts(store, &statement, counts, STORE_NOUN_COUNT);

	for (size_t i = 0; result == STORE_DONE && i < STORE_NOUN_COUNT; i++)
		size->nouns[i] = (struct store_noun){
			.name = store_nouns[i],
			.row_count = counts[i],
			.size = -1,
			.forecast_count = counts[i],
		};
	return result;
}

/* Little's law: what comes in a second, times how long it stays. */
static enum store_outcome forecast(struct store *store, instant now,
				   struct store_size *size)
{
	struct store_statement statement =
		STORE_STATEMENT(.query = QUERY_COUNT_ROW_SECONDS, .now = now);
	struct store_noun *timed = &size->nouns[STORE_NOUN_COUNT - TIMED_COUNT];
	int64_t seconds[TIMED_COUNT];
	enum store_outcome result;

	store_bind_integer(&statement,
			   store_nodes_first_id(instant_after(now, -PACE_FOR)));
	result = read_counts(store, &statement, seconds, TIMED_COUNT);
	for (size_t i = 0; result == STORE_DONE && i < TIMED_COUNT; i++)
		timed[i].forecast_count =
			(seconds[i] + PACE_FOR - 1) / PACE_FOR;
	return result;
}

static enum store_outcome measure_bytes(struct store *store,
					struct store_size *size)
{
	enum store_outcome result = STORE_DONE;

	size->size = -1;
	if (store->driver->measure == NULL)
		return STORE_DONE;
	for (size_t i = 0; result == STORE_DONE && i < STORE_NOUN_COUNT; i++)
		result = store->driver->measure(store, size->nouns[i].name,
						&size->nouns[i].size);
	if (result == STORE_DONE)
		result = store->driver->measure(store, NULL, &size->size);
	return result;
}

enum store_outcome store_measure(struct store *store, instant now,
				 struct store_size *size_out)
{
	enum store_outcome result = count_rows(store, now, size_out);

	if (result == STORE_DONE)
		result = forecast(store, now, size_out);
	if (result == STORE_DONE)
		result = measure_bytes(store, size_out);
	return result;
}
