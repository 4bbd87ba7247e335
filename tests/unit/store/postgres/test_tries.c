/* SPDX-License-Identifier: Apache-2.0 */
/* What one try of a change left behind does not speak for the next. */
#include <pthread.h>
#include <stdio.h>

#include "loop/clock.h"
#include "store/internal.h"
#include "store/postgres/place.h"

#define HOUR (3600 * INSTANT_SECOND)

static struct store_once one_jti(void)
{
	return (struct store_once){
		.jtis = {{.hash = "proof", .expires_at = clock_now() + HOUR}},
		.count = 1,
	};
}

/* An exchange with a proof, on a thread of its own. */
struct exchange {
	struct store *store;
	int64_t id;
	pthread_t thread;
	enum store_outcome result;
	size_t already_at;
};

static void *run_exchange(void *context)
{
	struct exchange *exchange = context;
	struct arena *arena = arena_new((size_t)64 * 1024);
	struct store_once once = one_jti();
	struct store_redeem redeem = {
		.grant_id = exchange->id,
		.now = clock_now(),
		.purge_at = clock_now() + HOUR,
		.once = &once,
	};
	struct store_change *change =
		store_submit_redeem(exchange->store, arena, &redeem);

	exchange->result = store_wait(change);
	if (exchange->result == STORE_ALREADY)
		exchange->already_at = store_already_at(change);
	arena_free(&arena);
	return NULL;
}

/* The exchange has put its jti in when it waits for the row; lock_timeout undoes
 * that, and the other who waits for the jti comes before its second try. */
static void a_jti_taken_between_two_tries_is_the_one_that_was(void **state)
{
	struct store *store = place_open_fresh();
	struct exchange exchange = {.store = store, .already_at = SIZE_MAX};
	struct store_once once = one_jti();
	PGconn *lock;
	size_t at = 0;

	exchange.id = place_insert_code(store);
	lock = place_lock_row(exchange.id);
	assert_int_equal(pthread_create(&exchange.thread, NULL, run_exchange,
					&exchange),
			 0);
	place_wait("SELECT count(*) FROM pg_stat_activity"
		   " WHERE wait_event_type = 'Lock'",
		   "1");
	assert_int_equal(store_spend(store, &once, &at), STORE_DONE);
	assert_int_equal(pthread_join(exchange.thread, NULL), 0);
	PQfinish(lock);
	assert_int_equal(exchange.result, STORE_ALREADY);
	assert_int_equal(exchange.already_at, 0);
	store_close(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("a jti taken between two tries is the one that was",
			  a_jti_taken_between_two_tries_is_the_one_that_was),
	};

	return cmocka_run_group_tests_name("store postgres tries", tests,
					   place_start, place_stop);
}
