/* SPDX-License-Identifier: Apache-2.0 */
/* What the embedded store promises when processes share it, or die. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loop/clock.h"
#include "store/sqlite/process.h"

#define CODES 1000
#define KILLS 12

/* --- Two processes, one store --------------------------------------------- */

struct redeemer {
	char outcomes[CODES];
	int64_t waits[CODES]; /* microseconds */
};

static void part_redeem_all(const char *in)
{
	static struct redeemer all;
	struct store *store = process_open_store(in);

	for (int i = 0; i < CODES; i++) {
		int64_t from = clock_monotonic_us();

		all.outcomes[i] = (char)process_redeem(store, i + 1);
		all.waits[i] = clock_monotonic_us() - from;
	}
	process_say(&all, sizeof(all));
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
	struct store *store = process_open_store(process_folder);
	pid_t pids[2];
	int fds[2];
	int won[2] = {0};

	for (int i = 0; i < CODES; i++)
		assert_int_equal(process_insert(store, i + 1), STORE_DONE);
	for (int i = 0; i < 2; i++)
		pids[i] = process_start("redeem-all", &fds[i]);
	for (int i = 0; i < 2; i++) {
		assert_true(process_hear(fds[i], &parts[i], sizeof(parts[i])));
		assert_int_equal(process_status_of(pids[i]), 0);
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
	struct store *store = process_open_store(in);
	int64_t id = getpid();

	for (id <<= 32;; id++) {
		if (process_insert(store, id) != STORE_DONE ||
		    process_redeem(store, id) != STORE_DONE)
			exit(7);
		process_say(&id, sizeof(id));
	}
}

static int64_t kill_a_writer(int64_t after_us, int64_t *last_out)
{
	int fd;
	pid_t pid = process_start("write-on", &fd);
	int64_t id = 0;
	int64_t count = 0;
	int64_t end = 0;
	bool is_killed = false;

	while (process_hear(fd, &id, sizeof(id))) {
		if (count++ == 0)
			end = clock_monotonic_us() + after_us;
		*last_out = id;
		if (!is_killed && clock_monotonic_us() >= end) {
			assert_int_equal(kill(pid, SIGKILL), 0);
			is_killed = true;
		}
	}
	assert_int_equal(close(fd), 0);
	assert_true(WIFSIGNALED(process_status_of(pid)));
	return count;
}

static void what_a_killed_process_acknowledged_is_there(void **state)
{
	int64_t all = 0;

	for (int i = 0; i < KILLS; i++) {
		int64_t last = 0;
		int64_t count = kill_a_writer(1000 + 3700 * i, &last);
		struct store *store = process_open_store(process_folder);

		assert_true(count > 0);
		for (int64_t id = last - count + 1; id <= last; id++)
			assert_int_equal(process_redeemed_at(store, id),
					 NOW + 1);
		assert_int_equal(process_redeem(store, last), STORE_CONFLICT);
		store_close(&store);
		all += count;
	}
	print_message("%lld acknowledged by %d killed processes\n",
		      (long long)all, KILLS);
}

/* The other process is killed while it may have the turn. */
static void a_killed_process_leaves_the_turn_to_others(void **state)
{
	struct store *store = process_open_store(process_folder);

	for (int i = 0; i < KILLS; i++) {
		int64_t last;

		assert_true(kill_a_writer(500 + 400 * i, &last) > 0);
		assert_int_equal(process_insert(store, i + 1), STORE_DONE);
	}
	store_close(&store);
}

static int run_part(const char *part, const char *in)
{
	if (strcmp(part, "redeem-all") == 0)
		part_redeem_all(in);
	else if (strcmp(part, "write-on") == 0)
		part_write_on(in);
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
	};

	if (count == 3)
		return run_part(arguments[1], arguments[2]);
	return cmocka_run_group_tests_name("store crash", tests, NULL, NULL);
}
