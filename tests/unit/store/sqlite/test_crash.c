/* SPDX-License-Identifier: Apache-2.0 */
/* What the embedded store promises when processes share it or die, and when the
 * disk does not do its part. Each other process is this program run again. */
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loop/clock.h"
#include "store/sqlite/sqlite.h"
#include "suite.h"

#define NOW ((instant)1800000000 * INSTANT_SECOND)
#define CODES 1000
#define KILLS 12

static char folder[64];

/* --- A folder, a store, a code -------------------------------------------- */

static int make_folder(void **state)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/licet-crash-XXXXXX");
	return mkdtemp(folder) == NULL;
}

static int remove_one(const char *path, const struct stat *about, int kind,
		      struct FTW *place)
{
	return remove(path);
}

static int remove_folder(void **state)
{
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* In other processes too, where no test can fail: they end. */
static struct store *open_store(const char *in)
{
	struct store *store = NULL;
	char why[256];

	if (store_sqlite_open(in, &store, why, sizeof(why)) != DONE ||
	    store_migrate(store) != STORE_DONE) {
		(void)fprintf(stderr, "%s\n", why);
		exit(9);
	}
	return store;
}

static enum store_outcome insert(struct store *store, int64_t id)
{
	struct grant grant = {
		.id = id,
		.tenant_id = 1,
		.user_id = 2,
		.client_id = TEXT("web"),
		.created_at = NOW,
		.code_expires_at = NOW + 60 * INSTANT_SECOND,
		.purge_at = NOW + 60 * INSTANT_SECOND,
	};

	return store_insert_grant(store, &grant, 0);
}

static enum store_outcome redeem(struct store *store, int64_t id)
{
	struct arena *arena = arena_new((size_t)64 * 1024);
	struct store_redeem redeem = {
		.grant_id = id,
		.now = NOW + 1,
		.purge_at = NOW + 900 * INSTANT_SECOND,
	};
	enum store_outcome result =
		store_wait(store_submit_redeem(store, arena, &redeem));

	arena_free(&arena);
	return result;
}

static instant redeemed_at(struct store *store, int64_t id)
{
	struct arena *arena = arena_new((size_t)64 * 1024);
	struct grant grant = {.redeemed_at = -1};

	if (store_load_grant(store, arena, id, &grant) != STORE_DONE)
		grant.redeemed_at = -1;
	arena_free(&arena);
	return grant.redeemed_at;
}

/* --- Other processes ------------------------------------------------------ */

extern char **environ;

/* Runs `part` of this program in `folder`; it writes to *out. */
static pid_t start(const char *part, int *out)
{
	char *arguments[] = {(char *)"crash", (char *)part, folder, NULL};
	posix_spawn_file_actions_t actions;
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	assert_int_equal(posix_spawn_file_actions_adddup2(&actions, ends[1], 1),
			 0);
	assert_int_equal(posix_spawn_file_actions_addclose(&actions, ends[0]),
			 0);
	assert_int_equal(posix_spawn(&pid, "/proc/self/exe", &actions, NULL,
				     arguments, environ),
			 0);
	(void)posix_spawn_file_actions_destroy(&actions);
	assert_int_equal(close(ends[1]), 0);
	*out = ends[0];
	return pid;
}

static void say(const void *what, size_t size)
{
	if (write(1, what, size) != (ssize_t)size)
		exit(8);
}

static bool hear(int fd, void *what, size_t size)
{
	size_t heard = 0;

	while (heard < size) {
		ssize_t more = read(fd, (char *)what + heard, size - heard);

		if (more <= 0)
			return false;
		heard += (size_t)more;
	}
	return true;
}

static int status_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* --- Two processes, one store --------------------------------------------- */

struct redeemer {
	char outcomes[CODES];
	int64_t waits[CODES]; /* microseconds */
};

static void part_redeem_all(const char *in)
{
	static struct redeemer all;
	struct store *store = open_store(in);

	for (int i = 0; i < CODES; i++) {
		int64_t from = clock_monotonic_us();

		all.outcomes[i] = (char)redeem(store, i + 1);
		all.waits[i] = clock_monotonic_us() - from;
	}
	say(&all, sizeof(all));
	store_close(&store);
}

static int compare(const void *a, const void *b)
{
	const int64_t *one = a;
	const int64_t *other = b;

	return (*one > *other) - (*one < *other);
}

static void report_waits(const char *who, struct redeemer *all)
{
	qsort(all->waits, CODES, sizeof(all->waits[0]), compare);
	print_message("%s: half under %lld us, 99 of 100 under %lld us\n", who,
		      (long long)all->waits[CODES / 2],
		      (long long)all->waits[CODES * 99 / 100]);
}

static void two_processes_redeem_each_code_once(void **state)
{
	static struct redeemer parts[2];
	struct store *store = open_store(folder);
	pid_t pids[2];
	int fds[2];
	int won[2] = {0};

	for (int i = 0; i < CODES; i++)
		assert_int_equal(insert(store, i + 1), STORE_DONE);
	for (int i = 0; i < 2; i++)
		pids[i] = start("redeem-all", &fds[i]);
	for (int i = 0; i < 2; i++) {
		assert_true(hear(fds[i], &parts[i], sizeof(parts[i])));
		assert_int_equal(status_of(pids[i]), 0);
		assert_int_equal(close(fds[i]), 0);
	}
	for (int i = 0; i < CODES; i++) {
		int winner = parts[0].outcomes[i] == STORE_DONE ? 0 : 1;

		assert_int_equal(parts[winner].outcomes[i], STORE_DONE);
		assert_int_equal(parts[1 - winner].outcomes[i], STORE_CONFLICT);
		won[winner]++;
	}
	report_waits("one process", &parts[0]);
	report_waits("the other", &parts[1]);
	print_message("they won %d and %d\n", won[0], won[1]);
	store_close(&store);
}

/* --- kill -9 -------------------------------------------------------------- */

/* Inserts and redeems until it is killed, and tells of each when it is done. */
static void part_write_on(const char *in)
{
	struct store *store = open_store(in);
	int64_t id = getpid();

	for (id <<= 32;; id++) {
		if (insert(store, id) != STORE_DONE ||
		    redeem(store, id) != STORE_DONE)
			exit(7);
		say(&id, sizeof(id));
	}
}

static int64_t kill_a_writer(int64_t after_us, int64_t *last_out)
{
	int fd;
	pid_t pid = start("write-on", &fd);
	int64_t id = 0;
	int64_t count = 0;
	int64_t end = 0;
	bool is_killed = false;

	while (hear(fd, &id, sizeof(id))) {
		if (count++ == 0)
			end = clock_monotonic_us() + after_us;
		*last_out = id;
		if (!is_killed && clock_monotonic_us() >= end) {
			assert_int_equal(kill(pid, SIGKILL), 0);
			is_killed = true;
		}
	}
	assert_int_equal(close(fd), 0);
	assert_true(WIFSIGNALED(status_of(pid)));
	return count;
}

static void what_a_killed_process_acknowledged_is_there(void **state)
{
	int64_t all = 0;

	for (int i = 0; i < KILLS; i++) {
		int64_t last = 0;
		int64_t count = kill_a_writer(1000 + 3700 * i, &last);
		struct store *store = open_store(folder);

		assert_true(count > 0);
		for (int64_t id = last - count + 1; id <= last; id++)
			assert_int_equal(redeemed_at(store, id), NOW + 1);
		assert_int_equal(redeem(store, last), STORE_CONFLICT);
		store_close(&store);
		all += count;
	}
	print_message("%lld acknowledged by %d killed processes\n",
		      (long long)all, KILLS);
}

/* The other process is killed while it may have the turn. */
static void a_killed_process_leaves_the_turn_to_others(void **state)
{
	struct store *store = open_store(folder);

	for (int i = 0; i < KILLS; i++) {
		int64_t last;

		assert_true(kill_a_writer(500 + 400 * i, &last) > 0);
		assert_int_equal(insert(store, i + 1), STORE_DONE);
	}
	store_close(&store);
}

/* --- A disk that does not do its part ------------------------------------- */

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
	struct store *store = open_store(in);
	struct fullness fullness = {0};

	(void)signal(SIGXFSZ, SIG_IGN);
	limit_files((rlim_t)512 * 1024);
	do
		fullness.failed = insert(store, ++fullness.done);
	while (fullness.failed == STORE_DONE);
	fullness.done--;
	limit_files(RLIM_INFINITY);
	fullness.again = insert(store, fullness.done + 1);
	say(&fullness, sizeof(fullness));
	_exit(0);
}

static void a_full_disk_is_told_and_loses_nothing(void **state)
{
	struct fullness fullness;
	struct store *store;
	int fd;
	pid_t pid = start("fill-up", &fd);

	assert_true(hear(fd, &fullness, sizeof(fullness)));
	assert_int_equal(close(fd), 0);
	assert_int_equal(status_of(pid), 0);
	assert_true(fullness.failed == STORE_UNCERTAIN ||
		    fullness.failed == STORE_BROKEN);
	assert_int_equal(fullness.again, STORE_DONE);
	assert_true(fullness.done > 10);
	store = open_store(folder);
	for (int64_t id = 1; id <= fullness.done + 1; id++)
		assert_int_equal(redeemed_at(store, id), 0);
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
	struct store *store = open_store(in);
	struct fullness fullness = {0};

	(void)signal(SIGXFSZ, SIG_IGN);
	limit_files((rlim_t)512 * 1024);
	fullness.failed = insert_large(store);
	limit_files(RLIM_INFINITY);
	fullness.again = insert_large(store);
	say(&fullness, sizeof(fullness));
	store_close(&store);
}

static void a_disk_full_before_the_commit_changes_nothing(void **state)
{
	struct fullness fullness;
	int fd;
	pid_t pid = start("overflow", &fd);

	assert_true(hear(fd, &fullness, sizeof(fullness)));
	assert_int_equal(close(fd), 0);
	assert_int_equal(status_of(pid), 0);
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

	(void)snprintf(path, sizeof(path), "%s/licet.db", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < 1000; i++)
		(void)fputs("This is a letter, not a database. ", file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(store_sqlite_open(folder, &store, why, sizeof(why)),
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
	struct store *store = open_store(folder);

	assert_int_equal(insert(store, 1), STORE_DONE);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct stat about;
		char path[128];

		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
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

	(void)snprintf(path, sizeof(path), "%s/licet.db-shm", folder);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
	return fd;
}

static void a_database_that_another_holds_is_busy(void **state)
{
	struct store *store = open_store(folder);
	int fd = hold_database();

	assert_int_equal(insert(store, 1), STORE_BUSY);
	assert_int_equal(close(fd), 0); /* lets go */
	assert_int_equal(redeemed_at(store, 1), -1);
	assert_int_equal(insert(store, 1), STORE_DONE);
	store_close(&store);
}

/* --- Too much at once ----------------------------------------------------- */

#define QUEUE_MAX 16384
#define MORE 10

static void more_than_can_wait_is_busy_at_once(void **state)
{
	static struct store_change *changes[QUEUE_MAX + MORE];
	struct arena *arena = arena_new((size_t)256 * 1024 * 1024);
	struct store *store = open_store(folder);
	struct store_redeem redeem = {.grant_id = 1, .now = NOW + 1};
	int outcomes[STORE_BROKEN + 1] = {0};
	int fd;

	assert_int_equal(insert(store, 1), STORE_DONE);
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

#define test_in_folder(sentence, function)                                     \
	test_that_with(sentence, function, make_folder, remove_folder)

static int run_part(const char *part, const char *in)
{
	if (strcmp(part, "redeem-all") == 0)
		part_redeem_all(in);
	else if (strcmp(part, "write-on") == 0)
		part_write_on(in);
	else if (strcmp(part, "fill-up") == 0)
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
		test_in_folder("two processes redeem each code once",
			       two_processes_redeem_each_code_once),
		test_in_folder("what a killed process acknowledged is there",
			       what_a_killed_process_acknowledged_is_there),
		test_in_folder("a killed process leaves the turn to others",
			       a_killed_process_leaves_the_turn_to_others),
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
	return cmocka_run_group_tests_name("store crash", tests, NULL, NULL);
}
