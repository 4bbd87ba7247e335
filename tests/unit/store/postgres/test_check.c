/* SPDX-License-Identifier: Apache-2.0 */
/* A database that can lose what it has acknowledged is told from one that cannot,
 * by its settings. */
#include <signal.h>
#include <stdio.h>

#include "loop/clock.h"
#include "store/postgres/internal.h"
#include "store/postgres/place.h"

#define STANDBYS "synchronous_standby_names=FIRST 1 (one, two)"

/* Safe, as far as settings go; reads and checks commit nothing. */
static const char *const safe[] = {STANDBYS, NULL};

static void restart(const char *const *with)
{
	cluster_stop(&place_cluster, SIGINT);
	cluster_start(&place_cluster, with);
}

static int create(void **state)
{
	cluster_create(&place_cluster, safe);
	return 0;
}

static int remove_cluster(void **state)
{
	cluster_remove(&place_cluster);
	return 0;
}

static void check(const char *more, char *why, size_t size, outcome wanted)
{
	struct store *store;
	struct postgres_options options = {
		.connection_count = 1,
		.prepares = true,
		.timeout_ms = 1000,
	};
	char dsn[256];

	(void)snprintf(dsn, sizeof(dsn),
		       "host=%s user=licet dbname=postgres %s",
		       place_cluster.folder, more);
	options.dsn = dsn;
	why[0] = '\0';
	assert_int_equal(store_postgres_open(&options, &store, why, size),
			 DONE);
	assert_int_equal(store_postgres_check(store, why, size), wanted);
	store_close(&store);
}

static void assert_refused(const char *more, const char *words)
{
	char why[512];

	check(more, why, sizeof(why), REFUSED);
	if (strstr(why, words) == NULL)
		fail_msg("%s", why);
}

static void a_database_that_keeps_what_it_acknowledges_is_taken(void **state)
{
	char why[512];

	restart(safe);
	check("", why, sizeof(why), DONE);
}

static void one_that_loses_commits_in_a_crash_is_refused(void **state)
{
	static const char *const without_fsync[] = {STANDBYS, "fsync=off",
						    NULL};
	static const char *const torn[] = {STANDBYS, "full_page_writes=off",
					   NULL};
	static const char *const early[] = {STANDBYS, "synchronous_commit=off",
					    NULL};

	restart(without_fsync);
	assert_refused("", "set fsync = on");
	restart(torn);
	assert_refused("", "set full_page_writes = on");
	restart(early);
	assert_refused("", "set synchronous_commit = on");
	restart(safe);
	assert_refused("options='-c synchronous_commit=local'",
		       "set synchronous_commit = on");
}

static void one_without_named_standbys_is_refused(void **state)
{
	static const char *const alone[] = {NULL};
	static const char *const any[] = {"synchronous_standby_names=*", NULL};

	restart(alone);
	assert_refused("", "set synchronous_standby_names");
	restart(any);
	assert_refused("", "name them");
}

/* Patroni starts its server with --cluster_name. */
static void standbys_set_behind_a_managers_back_are_refused(void **state)
{
	static const char *const managed[] = {"cluster_name=managed", NULL};

	restart(managed);
	cluster_run(&place_cluster, "ALTER SYSTEM SET synchronous_standby_names"
				    " = 'ANY 1 (one, two)'");
	restart(managed);
	assert_refused("", "set by ALTER SYSTEM");
	cluster_run(&place_cluster, "ALTER SYSTEM RESET ALL");
}

static void ours_follows_the_databases_clock(void **state)
{
	struct postgres_clock clock;
	uint64_t era;
	instant now;

	postgres_clock_init(&clock);
	now = postgres_clock_read(&clock, &era);
	postgres_clock_note(&clock, now, era, now);
	assert_int_equal(postgres_clock_offset(&clock), 0);
	/* Theirs is 40 s ahead: ours is moved there, and no further. */
	postgres_clock_note(&clock, now, era, now + 40 * INSTANT_SECOND);
	assert_in_range(postgres_clock_offset(&clock), 39 * INSTANT_SECOND,
			40 * INSTANT_SECOND);
	assert_true(postgres_clock_is_far(&clock));
	/* What was asked before the move has been heeded. */
	postgres_clock_note(&clock, now, era, now + 40 * INSTANT_SECOND);
	assert_in_range(postgres_clock_offset(&clock), 39 * INSTANT_SECOND,
			40 * INSTANT_SECOND);
	/* Theirs is set back: so is ours, at once and not again and again. */
	for (int i = 0; i < 3; i++) {
		now = postgres_clock_read(&clock, &era);
		postgres_clock_note(&clock, now, era,
				    clock_monotonic_us() + clock.base);
	}
	assert_in_range(postgres_clock_offset(&clock) + INSTANT_SECOND, 0,
			2 * INSTANT_SECOND);
	assert_false(postgres_clock_is_far(&clock));
	pthread_mutex_destroy(&clock.lock);
}

/* Of a shard's store: which shard's clock would it be? */
static void a_shards_clock_moves_nothing(void **state)
{
	struct postgres_clock clock;
	uint64_t era;
	instant now;
	instant before = clock_now();

	postgres_clock_init(&clock);
	clock.moves_nothing = true;
	for (int i = 0; i < 3; i++) {
		now = postgres_clock_read(&clock, &era);
		postgres_clock_note(&clock, now, era,
				    now + 40 * INSTANT_SECOND);
	}
	assert_in_range(postgres_clock_offset(&clock), 39 * INSTANT_SECOND,
			40 * INSTANT_SECOND);
	assert_true(postgres_clock_is_far(&clock));
	assert_in_range(clock_now() - before, 0, 10 * INSTANT_SECOND);
	now = postgres_clock_read(&clock, &era);
	postgres_clock_note(&clock, now, era, now);
	assert_false(postgres_clock_is_far(&clock));
	pthread_mutex_destroy(&clock.lock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("a database that keeps what it acknowledges is taken",
			  a_database_that_keeps_what_it_acknowledges_is_taken),
		test_that("one that loses commits in a crash is refused",
			  one_that_loses_commits_in_a_crash_is_refused),
		test_that("one without named standbys is refused",
			  one_without_named_standbys_is_refused),
		test_that("standbys set behind a manager's back are refused",
			  standbys_set_behind_a_managers_back_are_refused),
		test_that("ours follows the database's clock and no further",
			  ours_follows_the_databases_clock),
		test_that("a shard's clock moves nothing, and is far or near",
			  a_shards_clock_moves_nothing),
	};

	return cmocka_run_group_tests_name("store postgres check", tests,
					   create, remove_cluster);
}
