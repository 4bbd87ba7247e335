/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a change is told honestly, whatever the server does meanwhile. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "loop/clock.h"
#include "loop/task.h"
#include "store/internal.h"
#include "store/postgres/place.h"

static bool is_redeemed(struct store *store, int64_t id)
{
	struct arena *arena = arena_new((size_t)64 * 1024);
	struct grant grant;
	bool is;

	assert_int_equal(store_load_grant(store, arena, id, &grant),
			 STORE_DONE);
	is = grant.redeemed_at != 0;
	arena_free(&arena);
	return is;
}

/* An exchange on a thread of its own, in a task of a loop or outside. */
struct exchange {
	struct store *store;
	int64_t id;
	bool is_in_task;
	struct loop *loop;
	struct loop_message start;
	pthread_t thread;
	enum store_outcome result;
	int64_t took_ms;
};

static void run_exchange(void *context)
{
	struct exchange *exchange = context;
	int64_t from = clock_monotonic_ms();

	exchange->result = place_redeem(exchange->store, exchange->id);
	exchange->took_ms = clock_monotonic_ms() - from;
	if (exchange->loop != NULL)
		loop_stop(exchange->loop);
}

static void start_task(struct loop_message *message)
{
	struct exchange *exchange = HOLDER_OF(message, struct exchange, start);

	MUST(task_start(exchange->loop, run_exchange, exchange) != NULL);
}

static void *run_thread(void *context)
{
	struct exchange *exchange = context;

	if (!exchange->is_in_task) {
		run_exchange(exchange);
		return NULL;
	}
	exchange->loop = loop_new();
	exchange->start.run = start_task;
	loop_post(exchange->loop, &exchange->start);
	loop_run(exchange->loop);
	loop_free(&exchange->loop);
	return NULL;
}

static void exchange_begin(struct exchange *exchange, struct store *store,
			   bool is_in_task)
{
	*exchange = (struct exchange){
		.store = store,
		.id = place_insert_code(store),
		.is_in_task = is_in_task,
	};
}

static void exchange_start(struct exchange *exchange)
{
	assert_int_equal(pthread_create(&exchange->thread, NULL, run_thread,
					exchange),
			 0);
}

static enum store_outcome exchange_end(struct exchange *exchange)
{
	assert_int_equal(pthread_join(exchange->thread, NULL), 0);
	return exchange->result;
}

/* --- Standbys that do not confirm ----------------------------------------- */

static void set_standbys(const char *names)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql),
		       "ALTER SYSTEM SET synchronous_standby_names = '%s'",
		       names);
	cluster_run(&place_cluster, sql);
	cluster_run(&place_cluster, "SELECT pg_reload_conf()");
	place_wait("SHOW synchronous_standby_names", names);
	/* The running sessions hear of it a moment later. */
	(void)usleep(50000);
}

#define WAITING "SELECT %s FROM pg_stat_activity WHERE wait_event = 'SyncRep'"

static void wait_for_a_wait(void)
{
	char question[128];

	(void)snprintf(question, sizeof(question), WAITING, "count(*)");
	place_wait(question, "1");
}

static void end_the_wait(const char *by)
{
	char sql[128];
	char call[64];

	(void)snprintf(call, sizeof(call), "%s(pid)", by);
	(void)snprintf(sql, sizeof(sql), WAITING, call);
	cluster_run(&place_cluster, sql);
}

static void assert_uncertain_when(const char *by, bool is_in_task)
{
	struct store *store = place_open_fresh();
	struct exchange exchange;

	exchange_begin(&exchange, store, is_in_task);
	set_standbys("nobody");
	exchange_start(&exchange);
	wait_for_a_wait();
	end_the_wait(by);
	assert_int_equal(exchange_end(&exchange), STORE_UNCERTAIN);
	set_standbys("");
	/* It did come to pass: the code is burned, and nobody had tokens. */
	assert_true(is_redeemed(store, exchange.id));
	assert_int_equal(place_redeem(store, exchange.id), STORE_CONFLICT);
	store_close(&store);
}

static void a_cancelled_synchronous_wait_is_uncertain(void **state)
{
	assert_uncertain_when("pg_cancel_backend", false);
	assert_uncertain_when("pg_cancel_backend", true);
}

static void a_session_ended_in_its_synchronous_wait_is_uncertain(void **state)
{
	assert_uncertain_when("pg_terminate_backend", false);
	assert_uncertain_when("pg_terminate_backend", true);
}

static void our_own_deadline_ends_a_synchronous_wait(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct store *store = place_open_fresh();
		struct exchange exchange;

		exchange_begin(&exchange, store, i == 1);
		set_standbys("nobody");
		exchange_start(&exchange);
		assert_int_equal(exchange_end(&exchange), STORE_UNCERTAIN);
		assert_in_range(exchange.took_ms, 990, 3000);
		set_standbys("");
		end_the_wait("pg_terminate_backend");
		assert_int_equal(place_redeem(store, place_insert_code(store)),
				 STORE_DONE);
		store_close(&store);
	}
}

/* --- Locks ---------------------------------------------------------------- */

static void a_row_locked_for_a_while_is_tried_again(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct store *store = place_open_fresh();
		struct exchange exchange;
		PGconn *lock;

		exchange_begin(&exchange, store, i == 1);
		lock = place_lock_row(exchange.id);
		exchange_start(&exchange);
		/* Longer than lock_timeout, a quarter of a second. */
		(void)usleep(400000);
		PQfinish(lock);
		assert_int_equal(exchange_end(&exchange), STORE_DONE);
		assert_in_range(exchange.took_ms, 390, 1000);
		store_close(&store);
	}
}

static void a_row_locked_for_long_is_busy_and_unchanged(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct store *store = place_open_fresh();
		struct exchange exchange;
		PGconn *lock;

		exchange_begin(&exchange, store, i == 1);
		lock = place_lock_row(exchange.id);
		exchange_start(&exchange);
		assert_int_equal(exchange_end(&exchange), STORE_BUSY);
		PQfinish(lock);
		assert_false(is_redeemed(store, exchange.id));
		store_close(&store);
	}
}

/* --- Every state ---------------------------------------------------------- */

/* From now on the first `count` updates of a grant end in `code`. */
static void fail_updates(const char *code, int count)
{
	char sql[1024];

	(void)snprintf(
		sql, sizeof(sql),
		"SET search_path = %s; CREATE SEQUENCE tries;"
		"CREATE FUNCTION fail() RETURNS trigger AS $f$ BEGIN"
		" IF nextval('tries') <= %d THEN"
		" RAISE EXCEPTION 'as the test says' USING ERRCODE = '%s';"
		" END IF; RETURN new; END $f$ LANGUAGE plpgsql;"
		"CREATE TRIGGER fail BEFORE UPDATE ON grants"
		" FOR EACH ROW EXECUTE FUNCTION fail()",
		place_schema(), count, code);
	cluster_run(&place_cluster, sql);
}

static void assert_tries(const char *wanted)
{
	char question[128];

	(void)snprintf(question, sizeof(question),
		       "SELECT last_value FROM %s.tries", place_schema());
	place_wait(question, wanted);
}

static void assert_fate(const char *code, int failures,
			enum store_outcome wanted, const char *tries)
{
	for (int i = 0; i < 2; i++) {
		struct store *store = place_open_fresh();
		struct exchange exchange;

		exchange_begin(&exchange, store, i == 1);
		fail_updates(code, failures);
		exchange_start(&exchange);
		if (exchange_end(&exchange) != wanted)
			fail_msg("%s: %d", code, (int)exchange.result);
		assert_tries(tries);
		assert_int_equal(is_redeemed(store, exchange.id),
				 wanted == STORE_DONE);
		store_close(&store);
	}
}

static void conflicts_of_transactions_are_tried_again(void **state)
{
	assert_fate("40001", 2, STORE_DONE, "3");
	assert_fate("40P01", 2, STORE_DONE, "3");
	assert_fate("55P03", 2, STORE_DONE, "3");
}

static void
what_may_have_come_to_pass_is_uncertain_and_not_repeated(void **state)
{
	static const char *const codes[] = {"40003", "08006", "08007", "57P01",
					    "57P02", "57P03", "58030", "XX000"};

	for (size_t i = 0; i < COUNT_OF(codes); i++)
		assert_fate(codes[i], 9, STORE_UNCERTAIN, "1");
}

static void what_was_not_applied_for_lack_of_means_is_busy(void **state)
{
	assert_fate("53100", 9, STORE_BUSY, "1");
	assert_fate("53200", 9, STORE_BUSY, "1");
	assert_fate("57014", 9, STORE_BUSY, "1");
}

static void our_mistake_is_broken(void **state)
{
	assert_fate("42501", 9, STORE_BROKEN, "1");
}

static void a_demoted_server_is_left_for_the_one_that_takes_writes(void **state)
{
	assert_fate("25006", 1, STORE_DONE, "2");
}

/* --- Lost connections ----------------------------------------------------- */

/* Many times: its last words and its end come one after the other. */
static void an_idle_connection_that_was_closed_costs_nothing(void **state)
{
	struct store *store = place_open_fresh();

	for (int i = 0; i < 30; i++) {
		int64_t id = place_insert_code(store);

		cluster_run(&place_cluster,
			    "SELECT pg_terminate_backend(pid) FROM"
			    " pg_stat_activity WHERE application_name ="
			    " 'licet'");
		place_wait("SELECT count(*) FROM pg_stat_activity"
			   " WHERE application_name = 'licet'",
			   "0");
		assert_int_equal(place_redeem(store, id), STORE_DONE);
	}
	store_close(&store);
}

static void a_crash_under_way_is_uncertain_and_then_it_goes_on(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct store *store = place_open_fresh();
		struct exchange exchange;

		exchange_begin(&exchange, store, i == 1);
		set_standbys("nobody");
		exchange_start(&exchange);
		wait_for_a_wait();
		cluster_stop(&place_cluster, SIGQUIT);
		assert_int_equal(exchange_end(&exchange), STORE_UNCERTAIN);
		cluster_start(&place_cluster, place_settings);
		set_standbys("");
		assert_true(is_redeemed(store, exchange.id));
		assert_int_equal(place_redeem(store, place_insert_code(store)),
				 STORE_DONE);
		store_close(&store);
	}
}

static void without_a_server_changes_are_busy_and_not_sent(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct store *store = place_open_fresh();
		struct exchange exchange;

		exchange_begin(&exchange, store, i == 1);
		cluster_stop(&place_cluster, SIGINT);
		exchange_start(&exchange);
		assert_int_equal(exchange_end(&exchange), STORE_BUSY);
		assert_in_range(exchange.took_ms, 900, 3000);
		assert_int_equal(store_ping(store), STORE_BUSY);
		cluster_start(&place_cluster, place_settings);
		assert_false(is_redeemed(store, exchange.id));
		store_close(&store);
	}
}

/* --- Several hosts -------------------------------------------------------- */

static void of_several_hosts_the_one_that_takes_writes_is_found(void **state)
{
	static const char *const read_only[] = {
		"fsync=off", "default_transaction_read_only=on", NULL};
	struct cluster other;
	struct store *store;
	char hosts[256];

	cluster_create(&other, read_only);
	store = place_open_fresh();
	store_close(&store);
	(void)snprintf(hosts, sizeof(hosts), "host=/nowhere,%s,%s",
		       other.folder, place_cluster.folder);
	store = place_open(hosts);
	assert_int_equal(place_redeem(store, place_insert_code(store)),
			 STORE_DONE);
	store_close(&store);
	cluster_remove(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("E04 a cancelled synchronous wait is uncertain",
			  a_cancelled_synchronous_wait_is_uncertain),
		test_that("E04 a session ended in its synchronous wait is "
			  "uncertain",
			  a_session_ended_in_its_synchronous_wait_is_uncertain),
		test_that("E05 our own deadline ends a synchronous wait",
			  our_own_deadline_ends_a_synchronous_wait),
		test_that("a row locked for a while is tried again",
			  a_row_locked_for_a_while_is_tried_again),
		test_that("a row locked for long is busy and unchanged",
			  a_row_locked_for_long_is_busy_and_unchanged),
		test_that("conflicts of transactions are tried again",
			  conflicts_of_transactions_are_tried_again),
		test_that(
			"what may have come to pass is uncertain and not "
			"repeated",
			what_may_have_come_to_pass_is_uncertain_and_not_repeated),
		test_that("what was not applied for lack of means is busy",
			  what_was_not_applied_for_lack_of_means_is_busy),
		test_that("a mistake of ours is broken", our_mistake_is_broken),
		test_that(
			"a demoted server is left for the one that takes "
			"writes",
			a_demoted_server_is_left_for_the_one_that_takes_writes),
		test_that("an idle connection that was closed costs nothing",
			  an_idle_connection_that_was_closed_costs_nothing),
		test_that("a crash under way is uncertain, and then it goes on",
			  a_crash_under_way_is_uncertain_and_then_it_goes_on),
		test_that("without a server changes are busy and not sent",
			  without_a_server_changes_are_busy_and_not_sent),
		test_that("of several hosts the one that takes writes is found",
			  of_several_hosts_the_one_that_takes_writes_is_found),
	};

	return cmocka_run_group_tests_name("store postgres outcomes", tests,
					   place_start, place_stop);
}
