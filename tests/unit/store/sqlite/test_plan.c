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

/* Asked of engines alone whose rows do not lie by their key. */
static const enum store_query not_ours = QUERY_PURGE_SPENT;

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
		if (i != not_ours &&
		    scans(database, store_query_texts[i]) != may_be_whole(i))
			fail_msg("%s", store_query_texts[i]);
	}
	sqlite3_close(database);
	store_close(&store);
}

static int64_t value_of(sqlite3 *database, const char *text)
{
	sqlite3_stmt *statement;
	int64_t value;

	assert_int_equal(sqlite3_prepare_v2(database, text, -1, &statement,
					    NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

/* As the fifth migration left it. */
static void a_store_of_before_loses_the_index_of_what_is_spent(void **state)
{
	struct store *store = process_open_store(process_folder);
	sqlite3 *database;
	char path[512];

	snprintf(path, sizeof(path), "%s/licet.db", process_folder);
	assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(database,
			     "CREATE INDEX spent_purge ON spent (expires_at);"
			     "UPDATE settings SET value = 5"
			     " WHERE name = 'schema'",
			     NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(store_migrate(store), STORE_DONE);
	assert_int_equal(value_of(database, "SELECT COUNT(*) FROM sqlite_schema"
					    " WHERE name = 'spent_purge'"),
			 0);
	assert_int_equal(value_of(database, "SELECT value FROM settings"
					    " WHERE name = 'schema'"),
			 store_schema_number());
	sqlite3_close(database);
	store_close(&store);
}

int main(int count, char **arguments)
{
	const struct CMUnitTest tests[] = {
		test_in_folder("rows are found by a key, whatever others there "
			       "are",
			       rows_are_found_by_a_key),
		test_in_folder(
			"a store of before loses the index of what is "
			"spent",
			a_store_of_before_loses_the_index_of_what_is_spent),
	};

	return cmocka_run_group_tests_name("store plan", tests, NULL, NULL);
}
