/* SPDX-License-Identifier: Apache-2.0 */
/* Many at once on one row: one code, one successor. */
#include "oauth/ask.h"

#include <pthread.h>

#define THREAD_COUNT 64

struct racer {
	pthread_t thread;
	pthread_barrier_t *start;
	const struct coded *coded;
	const char *token;
	instant now;
	struct answer answer;
};

static void race(struct racer racers[THREAD_COUNT], struct racer like,
		 void *(*run)(void *))
{
	pthread_barrier_t start;

	assert_int_equal(pthread_barrier_init(&start, NULL, THREAD_COUNT), 0);
	like.start = &start;
	for (size_t i = 0; i < THREAD_COUNT; i++) {
		racers[i] = like;
		assert_int_equal(pthread_create(&racers[i].thread, NULL, run,
						&racers[i]),
				 0);
	}
	for (size_t i = 0; i < THREAD_COUNT; i++)
		assert_int_equal(pthread_join(racers[i].thread, NULL), 0);
	pthread_barrier_destroy(&start);
}

static size_t count(const struct racer racers[THREAD_COUNT], int status,
		    enum reason reason)
{
	size_t found = 0;

	for (size_t i = 0; i < THREAD_COUNT; i++)
		found += racers[i].answer.status == status &&
			 racers[i].answer.reason == reason;
	return found;
}

static void *redeem(void *at)
{
	struct racer *racer = at;

	pthread_barrier_wait(racer->start);
	racer->answer = ask_redeem(racer->coded, &(struct redeem){0});
	return NULL;
}

static void one_code(void **state)
{
	static struct racer racers[THREAD_COUNT];
	struct coded coded = ask_new_code("rfc", NULL);

	race(racers, (struct racer){.coded = &coded}, redeem);
	assert_int_equal(count(racers, 200, REASON_NONE), 1);
	assert_int_equal(count(racers, 400, REASON_CODE_REUSED),
			 THREAD_COUNT - 1);
	assert_string_equal(ask_state(coded.grant_id).revoked_reason,
			    "code_reused");
}

static void one_code_tolerated(void **state)
{
	static struct racer racers[THREAD_COUNT];
	struct coded coded = ask_new_code("auth0", NULL);

	race(racers, (struct racer){.coded = &coded}, redeem);
	assert_int_equal(count(racers, 200, REASON_NONE), 1);
	assert_int_equal(count(racers, 403, REASON_CODE_REUSED_TOLERATED),
			 THREAD_COUNT - 1);
	assert_int_equal(ask_state(coded.grant_id).revoked_at, 0);
}

static void *refresh(void *at)
{
	struct racer *racer = at;
	struct refresh how = {.client = "spa", .now = racer->now};

	pthread_barrier_wait(racer->start);
	racer->answer = ask_refresh("rfc", racer->token, &how);
	return NULL;
}

static void one_successor(void **state)
{
	static struct racer racers[THREAD_COUNT];
	struct coded coded = ask_new_code("rfc", ask_public);
	struct answer first =
		ask_redeem(&coded, &(struct redeem){.client = "spa",
						    .verifier = ASK_VERIFIER});

	race(racers,
	     (struct racer){.token = first.refresh_token,
			    .now = WORLD_NOW + 20 * INSTANT_SECOND},
	     refresh);
	assert_int_equal(count(racers, 200, REASON_NONE) +
				 count(racers, 503, REASON_STORE_BUSY),
			 THREAD_COUNT);
	assert_true(count(racers, 200, REASON_NONE) > 1);
	for (size_t i = 0; i < THREAD_COUNT; i++)
		if (racers[i].answer.status == 200)
			assert_string_not_equal(racers[i].answer.refresh_token,
						first.refresh_token);
	for (size_t i = 1; i < THREAD_COUNT; i++)
		if (racers[i].answer.status == 200 &&
		    racers[0].answer.status == 200)
			assert_string_equal(racers[i].answer.refresh_token,
					    racers[0].answer.refresh_token);
	assert_int_equal(ask_state(coded.grant_id).generation, 2);
	assert_int_equal(ask_state(coded.grant_id).revoked_at, 0);
}

/* The successor presented while predecessors are still being answered. */
static void nobody_is_logged_out(void **state)
{
	static struct racer racers[THREAD_COUNT];
	struct coded coded = ask_new_code("rfc", ask_public);
	struct answer first =
		ask_redeem(&coded, &(struct redeem){.client = "spa",
						    .verifier = ASK_VERIFIER});
	struct answer next = ask_refresh(
		"rfc", first.refresh_token,
		&(struct refresh){.client = "spa",
				  .now = WORLD_NOW + 20 * INSTANT_SECOND});

	race(racers,
	     (struct racer){.token = next.refresh_token,
			    .now = WORLD_NOW + 25 * INSTANT_SECOND},
	     refresh);
	assert_int_equal(count(racers, 200, REASON_NONE), THREAD_COUNT);
	race(racers,
	     (struct racer){.token = first.refresh_token,
			    .now = WORLD_NOW + 26 * INSTANT_SECOND},
	     refresh);
	assert_int_equal(count(racers, 200, REASON_NONE), THREAD_COUNT);
	assert_int_equal(ask_state(coded.grant_id).generation, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("64 exchanges of one code: one gets tokens",
			  one_code),
		test_that("within the tolerance the others revoke nothing",
			  one_code_tolerated),
		test_that("64 refreshes of one token: one successor",
			  one_successor),
		test_that("the overlap logs nobody out", nobody_is_logged_out),
	};

	return cmocka_run_group_tests_name("races", tests, ask_open, ask_close);
}
