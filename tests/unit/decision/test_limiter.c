/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting after failures: it doubles, fades, is bounded, hurts nobody else. */
#include "decision/limiter.h"

#include <pthread.h>
#include <stdio.h>

#include "suite.h"

#define NOW ((instant)1700000000 * INSTANT_SECOND)
#define KEY TEXT("client 1 web 192.0.2.1")
#define OTHER TEXT("client 1 web 192.0.2.2")

static struct limiter *limiter;

static int open_limiter(void **state)
{
	limiter = limiter_new(3, 60);
	return 0;
}

static int close_limiter(void **state)
{
	limiter_free(&limiter);
	assert_null(limiter);
	limiter_free(&limiter);
	return 0;
}

static void fail_times(struct text key, int count, instant now)
{
	for (int i = 0; i < count; i++)
		limiter_failed(limiter, key, now);
}

static void some_are_free(void **state)
{
	assert_int_equal(limiter_wait_for(limiter, KEY, NOW), 0);
	fail_times(KEY, 3, NOW);
	assert_int_equal(limiter_wait_for(limiter, KEY, NOW), 0);
	fail_times(KEY, 1, NOW);
	assert_int_equal(limiter_wait_for(limiter, KEY, NOW), 1);
}

static void doubles(void **state)
{
	static const int64_t waits[] = {1, 2, 4, 8, 16, 32, 60, 60, 60};

	fail_times(KEY, 3, NOW);
	for (size_t i = 0; i < COUNT_OF(waits); i++) {
		fail_times(KEY, 1, NOW);
		assert_int_equal(limiter_wait_for(limiter, KEY, NOW), waits[i]);
	}
	fail_times(KEY, 100000, NOW);
	assert_int_equal(limiter_wait_for(limiter, KEY, NOW), 60);
}

static void passes(void **state)
{
	fail_times(KEY, 5, NOW);
	assert_int_equal(limiter_wait_for(limiter, KEY, NOW), 2);
	assert_int_equal(
		limiter_wait_for(limiter, KEY, NOW + INSTANT_SECOND - 1), 2);
	assert_int_equal(limiter_wait_for(limiter, KEY, NOW + INSTANT_SECOND),
			 1);
	assert_int_equal(limiter_wait_for(limiter, KEY,
					  NOW + 2 * INSTANT_SECOND - 1),
			 1);
	assert_int_equal(
		limiter_wait_for(limiter, KEY, NOW + 2 * INSTANT_SECOND), 0);
}

/* Each minute of quiet gives back the three free ones. */
static void fades(void **state)
{
	fail_times(KEY, 8, NOW);
	fail_times(KEY, 1, NOW + 59 * INSTANT_SECOND);
	assert_int_equal(
		limiter_wait_for(limiter, KEY, NOW + 59 * INSTANT_SECOND), 32);
	fail_times(KEY, 1, NOW + 119 * INSTANT_SECOND);
	assert_int_equal(
		limiter_wait_for(limiter, KEY, NOW + 119 * INSTANT_SECOND), 8);
	fail_times(KEY, 1, NOW + (119 + 120) * INSTANT_SECOND);
	assert_int_equal(limiter_wait_for(limiter, KEY,
					  NOW + (119 + 120) * INSTANT_SECOND),
			 0);
}

/* Who fails as often as is free, and rests, has no more tries than that. */
static void bursts_do_not_pay(void **state)
{
	instant now = NOW;
	int tries = 0;

	for (int minute = 0; minute < 60; minute++) {
		for (int i = 0; i < 100; i++) {
			if (limiter_wait_for(limiter, KEY, now) > 0)
				continue;
			limiter_failed(limiter, KEY, now);
			tries++;
		}
		now += 61 * INSTANT_SECOND;
	}
	assert_true(tries <= 3 * 60 + 1);
}

/* However much was tried. */
static void all_is_forgotten_in_the_end(void **state)
{
	fail_times(KEY, 100000, NOW);
	fail_times(KEY, 3, NOW + 480 * INSTANT_SECOND);
	assert_int_equal(
		limiter_wait_for(limiter, KEY, NOW + 480 * INSTANT_SECOND), 0);
}

static void a_clock_that_is_set_back_holds_nobody_up(void **state)
{
	fail_times(KEY, 9, NOW);
	assert_int_equal(limiter_wait_for(limiter, KEY,
					  NOW - 3600 * INSTANT_SECOND),
			 32);
	assert_int_equal(
		limiter_wait_for(limiter, KEY, NOW - 3567 * INSTANT_SECOND), 0);
}

/* A try that took long ends with the moment at which it came. */
static void late_ends_shorten_no_wait(void **state)
{
	fail_times(KEY, 6, NOW);
	fail_times(KEY, 1, NOW - 12 * INSTANT_SECOND);
	assert_int_equal(limiter_wait_for(limiter, KEY, NOW), 8);
}

/* Requests are looked at in another order than the one in which they came. */
static void early_ones_do_not_wait(void **state)
{
	fail_times(KEY, 3, NOW + INSTANT_SECOND);
	assert_int_equal(limiter_wait_for(limiter, KEY, NOW), 0);
	fail_times(KEY, 2, NOW + 10 * INSTANT_SECOND);
	assert_int_equal(limiter_wait_for(limiter, KEY, NOW), 2);
}

static void success_forgets(void **state)
{
	fail_times(KEY, 9, NOW);
	limiter_succeeded(limiter, KEY, NOW);
	assert_int_equal(limiter_wait_for(limiter, KEY, NOW), 0);
	fail_times(KEY, 3, NOW);
	assert_int_equal(limiter_wait_for(limiter, KEY, NOW), 0);
	limiter_succeeded(limiter, OTHER, NOW);
}

static void others_are_free(void **state)
{
	fail_times(KEY, 1000, NOW);
	assert_int_equal(limiter_wait_for(limiter, OTHER, NOW), 0);
	assert_int_equal(limiter_wait_for(limiter, TEXT(""), NOW), 0);
}

/* A flood of keys forgets, but never locks out one that did nothing. */
static void flood(void **state)
{
	char key[64];

	for (int i = 0; i < 200000; i++) {
		int size = snprintf(key, sizeof(key), "key %d", i);

		fail_times(text_of(key, (size_t)size), 1, NOW + i);
	}
	for (int i = 200000; i < 300000; i++) {
		int size = snprintf(key, sizeof(key), "key %d", i);

		assert_int_equal(limiter_wait_for(limiter,
						  text_of(key, (size_t)size),
						  NOW + i),
				 0);
	}
	fail_times(KEY, 4, NOW + 300000);
	assert_int_equal(limiter_wait_for(limiter, KEY, NOW + 300000), 1);
}

static void *fail_much(void *at)
{
	for (int i = 0; i < 10000; i++) {
		limiter_failed(limiter, KEY, NOW);
		if (limiter_wait_for(limiter, OTHER, NOW) != 0)
			*(int *)at = 1;
	}
	return NULL;
}

static void threads(void **state)
{
	pthread_t threads[4];
	int wrong[4] = {0};

	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, fail_much,
						&wrong[i]),
				 0);
	for (size_t i = 0; i < COUNT_OF(threads); i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(wrong[i], 0);
	}
	assert_int_equal(limiter_wait_for(limiter, KEY, NOW), 60);
}

static void begin_times(int count, instant now)
{
	for (int i = 0; i < count; i++)
		assert_int_equal(limiter_begin(limiter, KEY, now), 0);
}

static void end_times(int count, enum limiter_end how, instant now)
{
	for (int i = 0; i < count; i++)
		limiter_end(limiter, KEY, how, now);
}

/* As many as one after the other: the free ones, and one more. */
static void line(void **state)
{
	begin_times(4, NOW);
	assert_int_equal(limiter_begin(limiter, KEY, NOW), LIMITER_LINE);
	assert_int_equal(limiter_wait_for(limiter, KEY, NOW), 0);
	assert_int_equal(limiter_begin(limiter, OTHER, NOW), 0);
	end_times(1, LIMITER_SUCCEEDED, NOW);
	begin_times(1, NOW);
	end_times(1, LIMITER_UNDECIDED, NOW);
	begin_times(1, NOW);
	assert_int_equal(limiter_begin(limiter, KEY, NOW), LIMITER_LINE);
	end_times(4, LIMITER_SUCCEEDED, NOW);
}

/* Then one at a time, each after its wait. */
static void line_of_failures(void **state)
{
	begin_times(4, NOW);
	end_times(2, LIMITER_FAILED, NOW);
	assert_int_equal(limiter_begin(limiter, KEY, NOW), LIMITER_LINE);
	end_times(2, LIMITER_FAILED, NOW);
	assert_int_equal(limiter_begin(limiter, KEY, NOW), 1);
	begin_times(1, NOW + INSTANT_SECOND);
	assert_int_equal(limiter_begin(limiter, KEY, NOW + INSTANT_SECOND),
			 LIMITER_LINE);
	end_times(1, LIMITER_FAILED, NOW + INSTANT_SECOND);
	assert_int_equal(limiter_begin(limiter, KEY, NOW + INSTANT_SECOND), 2);
}

static void right_ones_do_not_add_up(void **state)
{
	for (instant now = NOW; now < NOW + 1000; now++) {
		begin_times(2, now);
		end_times(2, LIMITER_SUCCEEDED, now);
		begin_times(1, now);
		end_times(1, LIMITER_UNDECIDED, now);
		assert_int_equal(limiter_wait_for(limiter, KEY, NOW), 0);
	}
	fail_times(KEY, 3, NOW);
	begin_times(1, NOW);
	end_times(1, LIMITER_SUCCEEDED, NOW);
	begin_times(3, NOW);
	end_times(3, LIMITER_UNDECIDED, NOW);
}

/* A flood of other keys makes the table forget tries that are under way. */
static void ends_of_the_forgotten(void **state)
{
	char key[64];

	begin_times(3, NOW);
	for (int i = 0; i < 200000; i++) {
		int size = snprintf(key, sizeof(key), "key %d", i);

		fail_times(text_of(key, (size_t)size), 1, NOW + 1 + i);
	}
	begin_times(1, NOW + 300000);
	end_times(4, LIMITER_FAILED, NOW + 300000);
	assert_int_equal(limiter_wait_for(limiter, KEY, NOW + 300000), 1);
	assert_int_equal(limiter_begin(limiter, KEY, NOW + 300000), 1);
}

/* Two limiters of one secret, as of two servers. */
struct pair {
	struct limiter *here;
	struct limiter *there;
};

static struct pair pair_new(void)
{
	static const unsigned char secret[LIMITER_SECRET_SIZE] =
		"sixteen bytes!!";
	struct pair pair = {limiter_new(3, 60), limiter_new(3, 60)};

	limiter_share(pair.here, secret);
	limiter_share(pair.there, secret);
	return pair;
}

static void pair_free(struct pair *pair)
{
	limiter_free(&pair->here);
	limiter_free(&pair->there);
}

static size_t pair_tell(struct pair *pair, instant now)
{
	struct limiter_news news[LIMITER_NEWS_MAX];
	size_t count = limiter_take_news(pair->here, news);

	for (size_t i = 0; i < count; i++)
		limiter_hear_failed(pair->there, &news[i], now);
	return count;
}

static void news_of_failures(void **state)
{
	struct pair pair = pair_new();

	for (int i = 0; i < 3; i++) {
		limiter_failed(pair.here, KEY, NOW);
		limiter_failed(pair.there, KEY, NOW);
	}
	limiter_failed(pair.here, OTHER, NOW);
	assert_int_equal(pair_tell(&pair, NOW), 2);
	assert_int_equal(limiter_wait_for(pair.there, KEY, NOW), 4);
	assert_int_equal(limiter_wait_for(pair.there, OTHER, NOW), 0);
	assert_int_equal(limiter_wait_for(pair.here, KEY, NOW), 0);
	assert_int_equal(pair_tell(&pair, NOW), 0);
	pair_free(&pair);
}

static void news_of_tries(void **state)
{
	struct pair pair = pair_new();

	for (int i = 0; i < 4; i++)
		assert_int_equal(limiter_begin(pair.here, KEY, NOW), 0);
	assert_int_equal(pair_tell(&pair, NOW), 0);
	limiter_end(pair.here, KEY, LIMITER_UNDECIDED, NOW);
	assert_int_equal(pair_tell(&pair, NOW), 0);
	for (int i = 0; i < 3; i++)
		limiter_end(pair.here, KEY, LIMITER_FAILED, NOW);
	limiter_failed(pair.there, KEY, NOW);
	assert_int_equal(pair_tell(&pair, NOW), 1);
	assert_int_equal(limiter_begin(pair.there, KEY, NOW), 1);
	pair_free(&pair);
}

static void news_of_success(void **state)
{
	struct pair pair = pair_new();

	limiter_succeeded(pair.here, KEY, NOW);
	assert_int_equal(pair_tell(&pair, NOW), 0);
	for (int i = 0; i < 9; i++)
		limiter_failed(pair.here, KEY, NOW);
	assert_int_equal(pair_tell(&pair, NOW), 1);
	assert_int_equal(limiter_wait_for(pair.there, KEY, NOW), 32);
	limiter_failed(pair.here, KEY, NOW);
	limiter_succeeded(pair.here, KEY, NOW);
	limiter_failed(pair.here, KEY, NOW);
	assert_int_equal(pair_tell(&pair, NOW), 1);
	assert_int_equal(limiter_wait_for(pair.there, KEY, NOW), 0);
	for (int i = 0; i < 3; i++)
		limiter_failed(pair.there, KEY, NOW);
	assert_int_equal(limiter_wait_for(pair.there, KEY, NOW), 1);
	pair_free(&pair);
}

/* What another server says has bounds here too. */
static void news_that_cannot_be(void **state)
{
	struct pair pair = pair_new();
	struct limiter_news news[LIMITER_NEWS_MAX];

	limiter_failed(pair.here, KEY, NOW);
	assert_int_equal(limiter_take_news(pair.here, news), 1);
	news[0].count = UINT32_MAX;
	news[0].at = INT64_MIN;
	limiter_hear_failed(pair.there, &news[0], NOW);
	assert_int_equal(limiter_wait_for(pair.there, KEY, NOW), 0);
	news[0].at = INT64_MAX;
	for (int i = 0; i < 3; i++)
		limiter_hear_failed(pair.there, &news[0], NOW);
	assert_int_equal(limiter_wait_for(pair.there, KEY, NOW), 60);
	assert_int_equal(limiter_wait_for(pair.there, KEY,
					  NOW + 60 * INSTANT_SECOND),
			 0);
	pair_free(&pair);
}

static void news_that_is_old(void **state)
{
	struct pair pair = pair_new();
	struct limiter_news news[LIMITER_NEWS_MAX];

	for (int i = 0; i < 2; i++)
		limiter_failed(pair.here, KEY, NOW);
	limiter_succeeded(pair.here, KEY, NOW);
	limiter_failed(pair.here, KEY, NOW);
	assert_int_equal(limiter_take_news(pair.here, news), 1);
	assert_true(news[0].is_forgotten);
	for (int i = 0; i < 9; i++)
		limiter_failed(pair.there, KEY, NOW + 1);
	limiter_hear_failed(pair.there, &news[0], NOW + 2);
	assert_true(limiter_wait_for(pair.there, KEY, NOW + 2) > 0);
	limiter_hear_failed(pair.there, &news[0], NOW + 61 * INSTANT_SECOND);
	limiter_failed(pair.there, KEY, NOW + 61 * INSTANT_SECOND);
	assert_int_equal(limiter_wait_for(pair.there, KEY,
					  NOW + 61 * INSTANT_SECOND),
			 16);
	pair_free(&pair);
}

/* Those that matter most are told first, and the others later. */
static void news_of_a_flood(void **state)
{
	struct pair pair = pair_new();
	char key[64];
	int count = 0;

	for (int i = 0; i < 5; i++)
		limiter_failed(pair.here, KEY, NOW);
	for (int i = 0; i < 1000; i++) {
		int size = snprintf(key, sizeof(key), "key %d", i);

		limiter_failed(pair.here, text_of(key, (size_t)size), NOW + 1);
	}
	assert_int_equal(pair_tell(&pair, NOW), LIMITER_NEWS_MAX);
	assert_int_equal(limiter_wait_for(pair.there, KEY, NOW), 2);
	while (pair_tell(&pair, NOW) > 0)
		count++;
	assert_int_equal(count, 1001 / LIMITER_NEWS_MAX);
	pair_free(&pair);
}

/* An eighth of the free ones is not worth it. */
static void small_news_is_not_told(void **state)
{
	static const unsigned int free_count = 80;
	CLEANUP(limiter_free)
	struct limiter *here = limiter_new(free_count, 60);
	struct limiter_news news[LIMITER_NEWS_MAX];

	for (unsigned int i = 0; i < free_count / 8; i++)
		limiter_failed(here, KEY, NOW);
	assert_int_equal(limiter_take_news(here, news), 0);
	limiter_failed(here, KEY, NOW);
	assert_int_equal(limiter_take_news(here, news), 1);
	assert_int_equal(news[0].count, free_count / 8 + 1);
}

static void news_of_a_quota(void **state)
{
	struct pair pair = pair_new();
	struct limiter_news news[LIMITER_NEWS_MAX];

	for (int i = 0; i < 2; i++)
		assert_int_equal(limiter_take(pair.here, KEY, NOW), 0);
	assert_int_equal(limiter_take_news(pair.here, news), 1);
	limiter_hear_taken(pair.there, &news[0], NOW);
	assert_int_equal(limiter_take(pair.there, KEY, NOW), 0);
	assert_int_equal(limiter_take(pair.there, KEY, NOW), 20);
	limiter_hear_taken(pair.there, &news[0], NOW);
	assert_int_equal(limiter_take(pair.there, KEY, NOW), 20);
	assert_int_equal(
		limiter_take(pair.there, KEY, NOW + 20 * INSTANT_SECOND), 0);
	pair_free(&pair);
}

static void quota(void **state)
{
	static const unsigned int most = 10; /* in 60 s: one every 6 s */
	CLEANUP(limiter_free) struct limiter *quota = limiter_new(most, 60);
	instant half_a_piece = 3 * INSTANT_SECOND;

	for (unsigned int i = 0; i < most; i++) {
		assert_int_equal(limiter_look(quota, KEY, NOW), 0);
		assert_int_equal(limiter_take(quota, KEY, NOW), 0);
	}
	assert_int_equal(limiter_look(quota, KEY, NOW), 6);
	assert_int_equal(limiter_take(quota, KEY, NOW), 6);
	assert_int_equal(limiter_take(quota, TEXT("another"), NOW), 0);
	assert_int_equal(limiter_take(quota, KEY, NOW + half_a_piece), 3);
	assert_int_equal(limiter_take(quota, KEY, NOW + 2 * half_a_piece), 0);
	assert_int_equal(limiter_take(quota, KEY, NOW + 3 * half_a_piece), 3);
	assert_int_equal(limiter_take(quota, KEY, NOW + 4 * half_a_piece), 0);
}

/* One who keeps to the rate never waits, however long it goes on. */
static void quota_refills(void **state)
{
	CLEANUP(limiter_free) struct limiter *quota = limiter_new(10, 60);
	instant now = NOW;

	for (int i = 0; i < 1000; i++, now += 6 * INSTANT_SECOND)
		assert_int_equal(limiter_take(quota, KEY, now), 0);
	now += 3600 * INSTANT_SECOND;
	for (int i = 0; i < 10; i++)
		assert_int_equal(limiter_take(quota, KEY, now), 0);
	assert_true(limiter_take(quota, KEY, now) > 0);
}

#define test_here(sentence, function)                                          \
	test_that_with(sentence, function, open_limiter, close_limiter)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_here("the first failures cost nothing", some_are_free),
		test_here("each further one doubles the wait, to a maximum",
			  doubles),
		test_here("the wait passes with time", passes),
		test_here("failures fade", fades),
		test_here("bursts with rests do not pay", bursts_do_not_pay),
		test_here("all is forgotten in the end",
			  all_is_forgotten_in_the_end),
		test_here("a clock that is set back holds nobody up for long",
			  a_clock_that_is_set_back_holds_nobody_up),
		test_here("late ends shorten no wait",
			  late_ends_shorten_no_wait),
		test_here("who came before the last failure waits no longer",
			  early_ones_do_not_wait),
		test_here("a success forgets", success_forgets),
		test_here("tries at once stand in line behind the free ones",
			  line),
		test_here("at most one try at a time follows the free ones",
			  line_of_failures),
		test_here("right tries do not add up",
			  right_ones_do_not_add_up),
		test_here("a try may end after its key was forgotten",
			  ends_of_the_forgotten),
		test_here("other keys do not wait", others_are_free),
		test_here("a flood of keys locks nobody out", flood),
		test_here("threads count together", threads),
		test_here("failures at another server count here",
			  news_of_failures),
		test_here("of tries, those that failed are told",
			  news_of_tries),
		test_here("a success at another server forgets here",
			  news_of_success),
		test_here("what another server says has bounds",
			  news_that_cannot_be),
		test_here("what another server says late is nothing new",
			  news_that_is_old),
		test_here("of a flood of keys the worst are told first",
			  news_of_a_flood),
		test_here("a few failures are not told",
			  small_news_is_not_told),
		test_here("what is taken of a quota at another server counts",
			  news_of_a_quota),
		test_here("a quota is taken up, and flows back evenly", quota),
		test_here("who keeps to the rate of a quota never waits",
			  quota_refills),
	};

	return cmocka_run_group_tests_name("limiter", tests, NULL, NULL);
}
