/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of the last decisions. */
#include "decision/memory.h"

#include <pthread.h>
#include <stdio.h>

#include "suite.h"

static int forget(void **state)
{
	decision_memory_clear();
	return 0;
}

static void add(int number)
{
	char id[32];
	char line[64];

	(void)snprintf(id, sizeof(id), "id-%d", number);
	(void)snprintf(line, sizeof(line), "{\"n\":%d}", number);
	decision_memory_add(text_from(id), text_from(line));
}

static bool remembers(int number)
{
	CLEANUP(buf_wipe) struct buf line = buf_init(128);
	char id[32];
	char wanted[64];

	(void)snprintf(id, sizeof(id), "id-%d", number);
	(void)snprintf(wanted, sizeof(wanted), "{\"n\":%d}", number);
	if (!decision_memory_find(text_from(id), &line)) {
		assert_int_equal(line.size, 0);
		return false;
	}
	assert_true(text_equal(buf_text(&line), text_from(wanted)));
	return true;
}

static void finds(void **state)
{
	add(1);
	add(2);
	assert_true(remembers(1));
	assert_true(remembers(2));
	assert_false(remembers(3));
}

static void keeps_ten_thousand(void **state)
{
	for (int i = 0; i < DECISION_MEMORY_COUNT + 7; i++)
		add(i);
	assert_false(remembers(6));
	assert_true(remembers(7));
	assert_true(remembers(DECISION_MEMORY_COUNT + 6));
	/* Shorter ones, in the places of longer ones. */
	for (int i = 0; i < 4; i++)
		add(i);
	assert_true(remembers(0));
	assert_true(remembers(3));
	assert_false(remembers(10));
	assert_true(remembers(11));
}

static void keeps_to_its_size(void **state)
{
	for (int i = 0; i < 100; i++)
		add(i);
	/* Ten of two digits. */
	decision_memory_limit(10 * (sizeof("id-99{\"n\":99}") - 1));
	assert_false(remembers(89));
	assert_true(remembers(90));
	add(10);
	assert_false(remembers(90));
	assert_true(remembers(91));
	assert_true(remembers(10));
	decision_memory_limit(0);
	add(11);
	assert_false(remembers(10));
	assert_false(remembers(11));
	decision_memory_limit(SIZE_MAX);
	for (int i = 0; i < DECISION_MEMORY_COUNT + 7; i++)
		add(i);
	assert_false(remembers(6));
	assert_true(remembers(7));
}

static void part_of_an_id(void **state)
{
	struct buf line = buf_init(128);

	add(12);
	assert_false(decision_memory_find(TEXT("id-1"), &line));
	assert_false(decision_memory_find(TEXT("id-123"), &line));
	assert_false(decision_memory_find(TEXT(""), &line));
	assert_false(decision_memory_find(TEXT_ABSENT, &line));
	buf_wipe(&line);
}

static void clears(void **state)
{
	add(1);
	decision_memory_clear();
	assert_false(remembers(1));
	add(2);
	assert_true(remembers(2));
}

static void *add_much(void *at)
{
	for (int i = 0; i < 3000; i++)
		add(*(int *)at + i);
	return NULL;
}

static void threads(void **state)
{
	pthread_t threads[3];
	int starts[3] = {0, 10000, 20000};

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, add_much,
						&starts[i]),
				 0);
	for (int i = 0; i < 100; i++)
		(void)remembers(i);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_true(remembers(0) && remembers(12999) && remembers(22999));
}

#define test_here(sentence, function)                                          \
	test_that_with(sentence, function, NULL, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_here("a line is found by its id", finds),
		test_here("the last ten thousand are kept", keeps_ten_thousand),
		test_here("no more bytes are kept than allowed",
			  keeps_to_its_size),
		test_here("a part of an id finds nothing", part_of_an_id),
		test_here("cleared, it starts anew", clears),
		test_here("threads add and find", threads),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
