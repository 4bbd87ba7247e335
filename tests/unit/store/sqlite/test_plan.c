/* SPDX-License-Identifier: Apache-2.0 */
/* How SQLite finds the rows of each statement. */
#include <sqlite3.h>
#include <stdio.h>

#include "store/query.h"
#include "store/sqlite/process.h"

/* Tables that have a few rows, whatever is served, or that are read whole. */
static const enum store_query whole[] = {
	QUERY_COUNT_ROWS,      QUERY_LOAD_SETTINGS, QUERY_LOAD_SERVERS,
	QUERY_PURGE_SERVERS,   QUERY_FIND_NODE,	    QUERY_LOAD_SERVER_SECRETS,
	QUERY_LOAD_KEY_STATES, QUERY_LOAD_TENANTS,  QUERY_LOAD_GOSSIP,
	QUERY_PURGE_GOSSIP,
};

static bool may_be_whole(enum store_query query)
{
	for (size_t i = 0; i < COUNT_OF(whole); i++)
		if (whole[i] == query)
			return true;
	return false;
}

/* Whether a step of the plan looks at every row of a table. */
static bool scans(sqlite3 *database, const char *text)
{
	char explain[4096];
	sqlite3_stmt *plan;
	bool does = false;

	snprintf(explain, sizeof(explain), "EXPLAIN QUERY PLAN %s", text);
	assert_int_equal(sqlite3_prepare_v2(database, explain, -1, &plan, NULL),
			 SQLITE_OK);
	while (sqlite3_step(plan) == SQLITE_ROW) {
		const char *step = (const char *)sqlite3_column_text(plan, 3);

		if (strncmp(step, "SCAN ", 5) == 0 &&
		    strcmp(step, "SCAN CONSTANT ROW") != 0)
			does = true;
	}
	sqlite3_finalize(plan);
	return does;
}

static void rows_are_found_by_a_key(void **state)
{
	struct store *store = process_open_store(process_folder);
	sqlite3 *database;
	char path[512];

	snprintf(path, sizeof(path), "%s/licet.db", process_folder);
	assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
	for (enum store_query i = 0; i < STORE_QUERY_COUNT; i++) {
		if (scans(database, store_query_texts[i]) != may_be_whole(i))
			fail_msg("%s", store_query_texts[i]);
	}
	sqlite3_close(database);
	store_close(&store);
}

int main(int count, char **arguments)
{
	const struct CMUnitTest tests[] = {
		test_in_folder("rows are found by a key, whatever others there "
			       "are",
			       rows_are_found_by_a_key),
	};

	return cmocka_run_group_tests_name("store plan", tests, NULL, NULL);
}
