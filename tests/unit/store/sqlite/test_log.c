/* SPDX-License-Identifier: Apache-2.0 */
/* What goes to SQLite's write-ahead log, and when. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/sqlite/process.h"

#define GRANTS 300

/* System calls of this process that write. */
static int64_t writes_so_far(void)
{
	char line[64];
	long long count = -1;
	FILE *file = fopen("/proc/self/io", "r");

	assert_non_null(file);
	while (count < 0 && fgets(line, sizeof(line), file) != NULL)
		(void)sscanf(line, "syscw: %lld", &count);
	assert_int_equal(fclose(file), 0);
	assert_true(count >= 0);
	return count;
}

static void insert_all(struct store *store, int64_t first)
{
	for (int64_t id = first; id < first + GRANTS; id++)
		assert_int_equal(process_insert(store, id), STORE_DONE);
}

/* As another program reads it, by SQLite's own means. */
static int64_t count_of(const char *what)
{
	sqlite3 *database;
	sqlite3_stmt *statement;
	char path[512];
	int64_t count;

	(void)snprintf(path, sizeof(path), "%s/licet.db", process_folder);
	assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(database, what, -1, &statement,
					    NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	count = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(database);
	return count;
}

static void assert_whole(int64_t grants)
{
	assert_int_equal(count_of("SELECT COUNT(*) FROM grants"), grants);
	assert_int_equal(count_of("SELECT integrity_check = 'ok'"
				  " FROM pragma_integrity_check"),
			 1);
}

/* By itself SQLite takes two for each of its pages, of which there are forty. */
static void a_commit_is_written_in_a_few_calls(void **state)
{
	struct store *store = process_open_store(process_folder);
	int64_t before;

	assert_int_equal(store_begin(store), STORE_DONE);
	insert_all(store, 1);
	before = writes_so_far();
	assert_int_equal(store_commit(store), STORE_DONE);
	assert_in_range(writes_so_far() - before, 1, 8);
	assert_whole(GRANTS);
	store_close(&store);
}

/* More than the connection keeps in memory, so that it is written and read
 * again before the end. */
static void insert_much(struct store *store, int64_t id)
{
	struct arena *arena = arena_new((size_t)8 * 1024 * 1024);
	size_t size = (size_t)3 * 1024 * 1024;
	char *document = arena_alloc(arena, size);
	struct request request = {.id = id, .kind = REQUEST_PUSHED};

	memset(document, 'x', size);
	request.document = text_of(document, size);
	assert_int_equal(store_insert_request(store, &request), STORE_DONE);
	arena_free(&arena);
}

static void a_transaction_larger_than_memory_is_whole(void **state)
{
	struct store *store = process_open_store(process_folder);

	assert_int_equal(store_begin(store), STORE_DONE);
	insert_all(store, 1);
	insert_much(store, 1);
	insert_all(store, GRANTS + 1);
	assert_int_equal(process_redeemed_at(store, 1), 0);
	assert_int_equal(store_commit(store), STORE_DONE);
	assert_whole(2 * GRANTS);
	store_close(&store);
	assert_whole(2 * GRANTS);
}

static void what_was_rolled_back_is_written_over(void **state)
{
	struct store *store = process_open_store(process_folder);

	assert_int_equal(store_begin(store), STORE_DONE);
	insert_all(store, 1);
	insert_much(store, 1);
	insert_all(store, GRANTS + 1);
	store_roll_back(store);
	assert_whole(0);
	insert_all(store, 1);
	insert_much(store, 1);
	assert_whole(GRANTS);
	store_close(&store);
	assert_whole(GRANTS);
}

int main(int count, char **arguments)
{
	const struct CMUnitTest tests[] = {
		test_in_folder("a commit is written in a few calls",
			       a_commit_is_written_in_a_few_calls),
		test_in_folder("a transaction larger than memory is whole",
			       a_transaction_larger_than_memory_is_whole),
		test_in_folder("what was rolled back is written over",
			       what_was_rolled_back_is_written_over),
	};

	return cmocka_run_group_tests_name("store log", tests, NULL, NULL);
}
