/* SPDX-License-Identifier: Apache-2.0 */
/* Who gets how much of `limits.memory`. */
#include <stdio.h>
#include <stdlib.h>

#include "server/memory.h"
#include "suite.h"

#define MIB ((size_t)1024 * 1024)

static struct server_options *options;
static struct buf why;

static int set_up(void **state)
{
	(void)state;
	options = calloc(1, sizeof(*options));
	options->limits = http_limits_default;
	options->memory = 256 * MIB;
	options->loop_count = 2;
	options->password_threads = 2;
	options->fetch.thread_count = 8;
	why = buf_init(4096);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(options);
	buf_wipe(&why);
	return 0;
}

static struct memory_plan plan_with(size_t in_use)
{
	struct memory_plan plan;

	if (memory_plan(options, in_use, &plan, &why) != DONE)
		fail_msg("%.*s", TEXT_ARG(buf_text(&why)));
	return plan;
}

static size_t given_away(const struct memory_plan *plan)
{
	return plan->loop_count * plan->loop_share +
	       plan->password_threads * 19 * MIB + plan->decision_size +
	       plan->keys_size + plan->client_size;
}

static void never_more_than_there_is(void **state)
{
	(void)state;
	for (size_t mib = 96; mib <= 65536; mib *= 2) {
		struct memory_plan plan;

		options->memory = mib * MIB;
		plan = plan_with(0);
		assert_int_equal(plan.budget, mib * MIB);
		assert_true(given_away(&plan) < plan.budget);
		assert_true(plan.loop_share >= plan.loop_least);
	}
}

static void names_the_least(void **state)
{
	struct memory_plan plan;
	size_t mib = 16;
	char named[64];

	(void)state;
	options->memory = mib * MIB;
	assert_int_equal(memory_plan(options, 0, &plan, &why), REFUSED);
	while (memory_plan(options, 0, &plan, &why) != DONE)
		options->memory = ++mib * MIB;
	/* The first sentence named it. */
	snprintf(named, sizeof(named), "limits.memory: 16MiB are too little");
	assert_true(text_starts_with(buf_text(&why), text_from(named)));
	snprintf(named, sizeof(named), "it takes %zuMiB at least", mib);
	if (text_find(buf_text(&why), text_from(named)) == why.size)
		fail_msg("%zu MiB suffice, but: %.*s", mib,
			 TEXT_ARG(buf_text(&why)));
}

static void larger_settings_take_more(void **state)
{
	struct memory_plan plan = plan_with(0);

	(void)state;
	options->password_threads = 6;
	assert_true(plan_with(0).loop_share < plan.loop_share);
	options->password_threads = 13;
	assert_int_equal(memory_plan(options, 0, &plan, &why), REFUSED);
	options->password_threads = 2;
	options->limits.body_size = 16 * MIB;
	assert_int_equal(memory_plan(options, 0, &plan, &why), REFUSED);
}

static void counts_what_is_in_use(void **state)
{
	struct memory_plan plan = plan_with(0);

	(void)state;
	assert_true(plan_with(100 * MIB).loop_share < plan.loop_share);
	assert_int_equal(memory_plan(options, 250 * MIB, &plan, &why), REFUSED);
}

static void sizes_what_is_left_open(void **state)
{
	struct memory_plan plan;

	(void)state;
	options->password_threads = 0;
	options->loop_count = 0;
	options->memory = 96 * MIB;
	plan = plan_with(0);
	assert_int_equal(plan.password_threads, 1);
	assert_true(plan.loop_count >= 1);
	options->memory = 0;
	plan = plan_with(0);
	assert_true(plan.budget >= 64 * MIB);
	assert_true(plan.password_threads >= 1);
}

static void shrinks_when_too_much_is_held(void **state)
{
	struct memory_plan plan = plan_with(0);

	(void)state;
	assert_int_equal(memory_share_now(&plan, 0), plan.loop_share);
	assert_int_equal(memory_share_now(&plan, plan.budget), plan.loop_share);
	assert_int_equal(memory_share_now(&plan, plan.budget + 20 * MIB),
			 plan.loop_share - 10 * MIB);
	assert_int_equal(memory_share_now(&plan, 10 * plan.budget),
			 plan.loop_least);
	assert_in_range(memory_resident(), MIB, 65536 * MIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that_with("no more is given away than there is",
			       never_more_than_there_is, set_up, tear_down),
		test_that_with("too little is refused by naming the least",
			       names_the_least, set_up, tear_down),
		test_that_with("threads and large requests take their part",
			       larger_settings_take_more, set_up, tear_down),
		test_that_with("what is in use already is not given away",
			       counts_what_is_in_use, set_up, tear_down),
		test_that_with("what is left open follows the memory",
			       sizes_what_is_left_open, set_up, tear_down),
		test_that_with("loops get less while too much is held",
			       shrinks_when_too_much_is_held, set_up,
			       tear_down),
	};

	return cmocka_run_group_tests_name("server memory", tests, NULL, NULL);
}
