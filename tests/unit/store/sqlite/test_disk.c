/* SPDX-License-Identifier: Apache-2.0 */
/* The embedded store on a disk that does not do its part, and too much at once. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/process.h"
#include "store/sqlite/sqlite.h"

struct fullness {
	int64_t done;
	enum store_outcome failed;
	enum store_outcome again;
};

static void limit_files(rlim_t size)
{
	struct rlimit limit;

	(void)getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = size;
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		exit(6);
}

static void part_fill_up(const char *in)
{
	struct store *store = process_open_store(in);
	struct fullness fullness = {0};

	(void)signal(SIGXFSZ, SIG_IGN);
	limit_files((rlim_t)512 * 1024);
	do
		fullness.failed = process_insert(store, ++fullness.done);
	while (fullness.failed == STORE_DONE);
	fullness.done--;
	limit_files(RLIM_INFINITY);
	fullness.again = process_insert(store, fullness.done + 1);
	process_say(&fullness, sizeof(fullness));
	_exit(0);
}

static void a_full_disk_is_told_and_loses_nothing(void **state)
{
	struct fullness fullness;
	struct store *store;
	int fd;
	pid_t pid = process_start("fill-up", &fd);

	assert_true(process_hear(fd, &fullness, sizeof(fullness)));
	assert_int_equal(close(fd), 0);
	assert_int_equal(process_status_of(pid), 0);
	assert_true(fullness.failed == STORE_UNCERTAIN ||
		    fullness.failed == STORE_BROKEN);
	assert_int_equal(fullness.again, STORE_DONE);
	assert_true(fullness.done > 10);
	store = process_open_store(process_folder);
	for (int64_t id = 1; id <= fullness.done + 1; id++)
		assert_int_equal(process_redeemed_at(store, id), 0);
	store_close(&store);
}

/* A document that no page cache holds is written before its commit. */
static enum store_outcome insert_large(struct store *store)
{
	struct arena *arena = arena_new((size_t)16 * 1024 * 1024);
	size_t size = (size_t)8 * 1024 * 1024;
	char *document = arena_alloc(arena, size);
	struct request request = {.id = 1, .kind = REQUEST_PUSHED};
	enum store_outcome result;

	memset(document, ' ', size);
	request.document = text_of(document, size);
	result = store_insert_request(store, &request);
	arena_free(&arena);
	return result;
}

static void part_overflow(const char *in)
{
	struct store *store = process_open_store(in);
	struct fullness fullness = {0};

	(void)signal(SIGXFSZ, SIG_IGN);
	limit_files((rlim_t)512 * 1024);
	fullness.failed = insert_large(store);
	limit_files(RLIM_INFINITY);
	fullness.again = insert_large(store);
	process_say(&fullness, sizeof(fullness));
	store_close(&store);
}

static void a_disk_full_before_the_commit_changes_nothing(void **state)
{
	struct fullness fullness;
	int fd;
	pid_t pid = process_start("overflow", &fd);

	assert_true(process_hear(fd, &fullness, sizeof(fullness)));
	assert_int_equal(close(fd), 0);
	assert_int_equal(process_status_of(pid), 0);
	assert_int_equal(fullness.failed, STORE_BROKEN);
	assert_int_equal(fullness.again, STORE_DONE);
}

static void a_folder_that_is_not_there_is_refused(void **state)
{
	struct store *store = NULL;
	char why[256] = "";

	assert_int_equal(store_sqlite_open("/nonexistent", &store, why,
					   sizeof(why)),
			 REFUSED);
	assert_null(store);
	assert_non_null(strstr(why, "/nonexistent/licet.db"));
	assert_non_null(strstr(why, "No such file or directory"));
}

static void a_file_that_is_no_database_is_refused(void **state)
{
	struct store *store = NULL;
	char path[128];
	char why[256] = "";
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/licet.db", process_folder);
	file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < 1000; i++)
		(void)fputs("This is a letter, not a database. ", file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(store_sqlite_open(process_folder, &store, why,
					   sizeof(why)),
			 REFUSED);
	assert_null(store);
	assert_non_null(strstr(why, "not a database"));
}

static void files_are_for_their_owner_alone(void **state)
{
	static const char *const names[] = {
		"licet.db",
		"licet.db-wal",
		"licet.db-shm",
		"licet.db-turn",
	};
	mode_t before = umask(0);
	struct store *store = process_open_store(process_folder);

	assert_int_equal(process_insert(store, 1), STORE_DONE);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct stat about;
		char path[128];

		(void)snprintf(path, sizeof(path), "%s/%s", process_folder,
			       names[i]);
		assert_int_equal(stat(path, &about), 0);
		assert_int_equal(about.st_mode & 0777, 0600);
	}
	(void)umask(before);
	store_close(&store);
}

/* --- Another's hand on the database --------------------------------------- */

/* SQLite's own write lock: byte 120 of the shared memory's file. */
static int hold_database(void)
{
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = 120,
		.l_len = 1,
	};
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/licet.db-shm", process_folder);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
	return fd;
}

static void a_database_that_another_holds_is_busy(void **state)
{
	struct store *store = process_open_store(process_folder);
	int fd = hold_database();

	assert_int_equal(process_insert(store, 1), STORE_BUSY);
	assert_int_equal(close(fd), 0); /* lets go */
	assert_int_equal(process_redeemed_at(store, 1), -1);
	assert_int_equal(process_insert(store, 1), STORE_DONE);
	store_close(&store);
}

/* --- Too much at once ----------------------------------------------------- */

#define QUEUE_MAX 16384
#define MORE 10

static void more_than_can_wait_is_busy_at_once(void **state)
{
	static struct store_change *changes[QUEUE_MAX + MORE];
	struct arena *arena = arena_new((size_t)256 * 1024 * 1024);
	struct store *store = process_open_store(process_folder);
	struct store_redeem redeem = {.grant_id = 1, .now = NOW + 1};
	int outcomes[STORE_BROKEN + 1] = {0};
	int fd;

	assert_int_equal(process_insert(store, 1), STORE_DONE);
	fd = hold_database();
	for (size_t i = 0; i < COUNT_OF(changes); i++)
		changes[i] = store_submit_redeem(store, arena, &redeem);
	for (size_t i = QUEUE_MAX; i < COUNT_OF(changes); i++)
		outcomes[store_wait(changes[i])]++;
	assert_int_equal(outcomes[STORE_BUSY], MORE);
	assert_int_equal(close(fd), 0); /* lets go */
	for (size_t i = 0; i < QUEUE_MAX; i++)
		outcomes[store_wait(changes[i])]++;
	assert_int_equal(outcomes[STORE_DONE], 1);
	assert_int_equal(outcomes[STORE_CONFLICT], QUEUE_MAX - 1);
	arena_free(&arena);
	store_close(&store);
}

static int run_part(const char *part, const char *in)
{
	if (strcmp(part, "fill-up") == 0)
		part_fill_up(in);
	else if (strcmp(part, "overflow") == 0)
		part_overflow(in);
	else
		return 5;
	return 0;
}

int main(int count, char **arguments)
{
	const struct CMUnitTest tests[] = {
		test_in_folder("a full disk is told and loses nothing",
			       a_full_disk_is_told_and_loses_nothing),
		test_in_folder("a disk full before the commit changes nothing",
			       a_disk_full_before_the_commit_changes_nothing),
		test_that("a folder that is not there is refused",
			  a_folder_that_is_not_there_is_refused),
		test_in_folder("a file that is no database is refused",
			       a_file_that_is_no_database_is_refused),
		test_in_folder("files are for their owner alone",
			       files_are_for_their_owner_alone),
		test_in_folder("a database that another holds is busy",
			       a_database_that_another_holds_is_busy),
		test_in_folder("more than can wait is busy at once",
			       more_than_can_wait_is_busy_at_once),
	};

	if (count == 3)
		return run_part(arguments[1], arguments[2]);
	return cmocka_run_group_tests_name("store disk", tests, NULL, NULL);
}
