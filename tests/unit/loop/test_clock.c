/* SPDX-License-Identifier: Apache-2.0 */
/* What the clocks promise. */
#include "loop/clock.h"

#include <pthread.h>
#include <time.h>

#include "loop/loop.h"
#include "suite.h"

static void back_at_the_beginning(void **state)
{
	instant before = clock_now();
	instant after;

	clock_begin(-60 * INSTANT_SECOND);
	after = clock_now();
	assert_true(after < before - 50 * INSTANT_SECOND);
	assert_in_range(clock_own() - before, 0, 10 * INSTANT_SECOND);
	clock_begin(-60 * INSTANT_SECOND);
	assert_true(clock_now() >= after);
	clock_adjust(120 * INSTANT_SECOND);
}

static void near_real_time(void **state)
{
	instant now = clock_now();

	(void)state;
	assert_in_range(instant_to_seconds(now) + 2 - time(NULL), 0, 4);
}

static void forward_moves(void **state)
{
	instant before = clock_now();
	instant after;

	(void)state;
	clock_adjust(3600 * INSTANT_SECOND);
	after = clock_now();
	clock_adjust(-3600 * INSTANT_SECOND);
	assert_true(after - before >= 3600 * INSTANT_SECOND);
	assert_true(after - before < 3610 * INSTANT_SECOND);
}

static void backward_stands_still(void **state)
{
	instant before = clock_now();

	(void)state;
	clock_adjust(-60 * INSTANT_SECOND);
	assert_true(clock_now() >= before);
	assert_true(clock_now() <= clock_now());
	clock_adjust(60 * INSTANT_SECOND);
}

static void monotonic_grows(void **state)
{
	int64_t before_us = clock_monotonic_us();
	int64_t before_ms = clock_monotonic_ms();

	(void)state;
	assert_int_equal(before_ms / 1000, before_us / INSTANT_SECOND);
	clock_adjust(-INSTANT_SECOND);
	assert_true(clock_monotonic_us() >= before_us);
	assert_true(clock_monotonic_us() < before_us + INSTANT_SECOND);
	clock_adjust(INSTANT_SECOND);
}

static void *read_many(void *context)
{
	instant last = 0;
	bool *stepped_back = context;

	for (int i = 0; i < 20000; i++) {
		instant now = clock_now();

		if (now < last)
			*stepped_back = true;
		last = now;
	}
	return NULL;
}

static void threads_and_steps(void **state)
{
	bool stepped_back[4] = {false};
	pthread_t threads[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_many,
						&stepped_back[i]),
				 0);
	for (int i = 0; i < 100; i++) {
		clock_adjust(-1000);
		clock_adjust(1000);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		assert_false(stepped_back[i]);
	}
}

static void fresh_outside(void **state)
{
	instant before = loop_now();

	(void)state;
	nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	assert_true(loop_now() >= before + 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* The first: there is one beginning. */
		test_that("at the beginning the clock goes back, and never "
			  "again",
			  back_at_the_beginning),
		test_that("the clock begins at the machine's time",
			  near_real_time),
		test_that("outside a loop each reading is fresh",
			  fresh_outside),
		test_that("the monotonic clocks agree and know no adjustment",
			  monotonic_grows),
		test_that("an adjustment forward moves the clock",
			  forward_moves),
		test_that("an adjustment backward never steps it back",
			  backward_stands_still),
		test_that("no thread sees a step back while others adjust",
			  threads_and_steps),
	};

	return cmocka_run_group_tests_name("loop_clock", tests, NULL, NULL);
}
