/* SPDX-License-Identifier: Apache-2.0 */
/* What timers promise. */
#include "loop/clock.h"
#include "loop/loop.h"
#include "suite.h"

#include <stdlib.h>

struct alarm {
	struct loop_timer timer;
	int name;
	bool is_quiet; /* not among the fired names */
	int64_t fired_us;
	int64_t fired_count;
	void (*then)(struct alarm *alarm);
	struct alarm *other;
};

static struct loop *loop;
static int fired_names[4096];
static size_t fired_count;

static void fired(struct loop_timer *timer)
{
	struct alarm *alarm = HOLDER_OF(timer, struct alarm, timer);

	alarm->fired_us = clock_monotonic_us();
	alarm->fired_count++;
	if (!alarm->is_quiet)
		fired_names[fired_count++] = alarm->name;
	if (alarm->then != NULL)
		alarm->then(alarm);
}

static void stop(struct alarm *alarm)
{
	(void)alarm;
	loop_stop(loop);
}

static struct alarm alarm_named(int name)
{
	return (struct alarm){.timer.fired = fired, .name = name};
}

static int open_loop(void **state)
{
	(void)state;
	fired_count = 0;
	loop = loop_new();
	return loop == NULL;
}

static int close_loop(void **state)
{
	(void)state;
	loop_free(&loop);
	return 0;
}

static void run_for(int64_t ms)
{
	struct alarm last = alarm_named(-1);

	last.then = stop;
	loop_timer_set(loop, &last.timer, ms);
	loop_run(loop);
}

static void by_due_time(void **state)
{
	static const int64_t after_ms[] = {7, 3, 11, 1, 9, 5};
	static const int order[] = {3, 1, 5, 0, 4, 2, -1};
	struct alarm alarms[6];

	(void)state;
	for (int i = 0; i < 6; i++) {
		alarms[i] = alarm_named(i);
		loop_timer_set(loop, &alarms[i].timer, after_ms[i]);
	}
	run_for(20);
	assert_int_equal(fired_count, 7);
	assert_memory_equal(fired_names, order, sizeof(order));
}

static void equal_keep_order(void **state)
{
	struct alarm alarms[100];

	(void)state;
	for (int i = 0; i < 100; i++) {
		alarms[i] = alarm_named(i);
		loop_timer_set(loop, &alarms[i].timer, 0);
	}
	run_for(3);
	assert_int_equal(fired_count, 101);
	for (int i = 1; i < 100; i++)
		assert_true(alarms[i].timer.due_ms !=
				    alarms[i - 1].timer.due_ms ||
			    fired_names[i] == fired_names[i - 1] + 1);
}

static void set_again(struct alarm *alarm)
{
	loop_timer_set(loop, &alarm->timer, 0);
}

/* While the loop never waits: epoll's rounding up would hide it. */
static void never_early(void **state)
{
	struct alarm spinner = alarm_named(-1);

	(void)state;
	spinner.then = set_again;
	spinner.is_quiet = true;
	loop_timer_set(loop, &spinner.timer, 0);
	for (int64_t ms = 1; ms < 12; ms++) {
		struct alarm alarm = alarm_named(0);
		int64_t set_us = clock_monotonic_us();

		alarm.then = stop;
		loop_timer_set(loop, &alarm.timer, ms);
		loop_run(loop);
		assert_true(alarm.fired_us - set_us >= ms * 1000);
	}
	loop_timer_cancel(loop, &spinner.timer);
}

/* Heap order and every `place` hold through thousands of random moves. */
static void many_moves(void **state)
{
	static struct alarm alarms[1000];
	unsigned int random = 1;
	int64_t last_due_ms = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		alarms[i] = alarm_named(i);
	for (int i = 0; i < 20000; i++) {
		random = random * 1103515245 + 12345;
		if (random >> 16 & 1)
			loop_timer_set(loop, &alarms[random % 1000].timer,
				       random >> 20 & 31);
		else
			loop_timer_cancel(loop, &alarms[random % 1000].timer);
	}
	run_for(60);
	assert_true(fired_count > 100);
	for (size_t i = 0; i + 1 < fired_count; i++) {
		assert_true(alarms[fired_names[i]].timer.due_ms >= last_due_ms);
		last_due_ms = alarms[fired_names[i]].timer.due_ms;
		assert_int_equal(alarms[fired_names[i]].fired_count, 1);
		assert_int_equal(alarms[fired_names[i]].timer.place, 0);
	}
}

static void cancel_other(struct alarm *alarm)
{
	loop_timer_cancel(loop, &alarm->other->timer);
}

static void cancel_in_callback(void **state)
{
	struct alarm first = alarm_named(1);
	struct alarm second = alarm_named(2);

	(void)state;
	first.then = cancel_other;
	first.other = &second;
	loop_timer_set(loop, &first.timer, 0);
	loop_timer_set(loop, &second.timer, 0);
	run_for(3);
	assert_int_equal(first.fired_count, 1);
	assert_int_equal(second.fired_count, 0);
}

static void free_itself(struct alarm *alarm)
{
	free(alarm);
}

static void freed_in_callback(void **state)
{
	struct alarm *alarm = malloc(sizeof(*alarm));

	(void)state;
	*alarm = alarm_named(1);
	alarm->then = free_itself;
	loop_timer_set(loop, &alarm->timer, 0);
	run_for(2);
	assert_int_equal(fired_count, 2);
}

static void again_at_once(void **state)
{
	struct alarm alarm = alarm_named(1);

	(void)state;
	alarm.then = set_again;
	loop_timer_set(loop, &alarm.timer, 0);
	loop_stop(loop);
	loop_run(loop);
	assert_int_equal(alarm.fired_count, 1);
	assert_int_not_equal(alarm.timer.place, 0);
	loop_timer_cancel(loop, &alarm.timer);
}

static void moved(void **state)
{
	struct alarm alarm = alarm_named(1);

	(void)state;
	loop_timer_set(loop, &alarm.timer, 3600 * 1000);
	loop_timer_set(loop, &alarm.timer, 1);
	run_for(5);
	assert_int_equal(alarm.fired_count, 1);
	loop_timer_cancel(loop, &alarm.timer);
	loop_timer_cancel(loop, &alarm.timer);
}

#define test_on_loop(sentence, function)                                       \
	test_that_with(sentence, function, open_loop, close_loop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_on_loop("timers fire in the order in which they are due",
			     by_due_time),
		test_on_loop("timers of one moment fire in the order set",
			     equal_keep_order),
		test_on_loop("no timer fires early", never_early),
		test_on_loop("thousands of moves leave the order intact",
			     many_moves),
		test_on_loop("a timer cancelled by another that fires in the "
			     "same round does not fire",
			     cancel_in_callback),
		test_on_loop("a timer may be freed by its own callback",
			     freed_in_callback),
		test_on_loop("a timer that sets itself to now does not hold "
			     "the round",
			     again_at_once),
		test_on_loop("setting a set timer moves it, and cancelling "
			     "twice is harmless",
			     moved),
	};

	return cmocka_run_group_tests_name("loop_timer", tests, NULL, NULL);
}
