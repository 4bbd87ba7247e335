/* SPDX-License-Identifier: Apache-2.0 */
/* The hash table, against a plain list of what ought to be in it. */
#include "suite.h"

#include "base/table.h"

#define COUNT 500

static int items[COUNT];
static struct table table;

static int set_up(void **state)
{
	for (int i = 0; i < COUNT; i++)
		items[i] = i;
	return 0;
}

static int tear_down(void **state)
{
	table_wipe(&table);
	return 0;
}

static bool is_number(const void *item, const void *key)
{
	return *(const int *)item == *(const int *)key;
}

/* Few homes: most places are taken by items of another. */
static uint64_t crowded(int number)
{
	return (uint64_t)number % 7 + 10;
}

static void *find(int number)
{
	return table_find(&table, crowded(number), is_number, &number);
}

static void what_was_added_is_found(void **state)
{
	int absent = COUNT;

	assert_null(find(0));
	for (int i = 0; i < COUNT; i++)
		table_add(&table, crowded(i), &items[i]);
	for (int i = 0; i < COUNT; i++)
		assert_ptr_equal(find(i), &items[i]);
	assert_null(find(absent));
	assert_int_equal(table.count, COUNT);
}

static void what_was_removed_is_gone_and_nothing_else(void **state)
{
	bool is_there[COUNT] = {false};
	uint64_t random = 1;

	for (int turn = 0; turn < 20000; turn++) {
		int i;

		random = random * 6364136223846793005u + 1442695040888963407u;
		i = (int)(random >> 33) % COUNT;
		if (is_there[i])
			table_remove(&table, crowded(i), &items[i]);
		else
			table_add(&table, crowded(i), &items[i]);
		is_there[i] = !is_there[i];
		if (turn % 100 == 0)
			for (int j = 0; j < COUNT; j++)
				assert_ptr_equal(find(j), is_there[j]
								  ? &items[j]
								  : NULL);
	}
}

static void the_first_of_two_with_one_key_is_found(void **state)
{
	int twin = 1;

	table_add(&table, 1, &items[1]);
	table_add(&table, 1, &twin);
	assert_ptr_equal(table_find(&table, 1, is_number, &twin), &items[1]);
	table_remove(&table, 1, &items[1]);
	assert_ptr_equal(table_find(&table, 1, is_number, &twin), &twin);
}

static void hashes_tell_keys_apart(void **state)
{
	assert_true(table_hash(1, TEXT("a")) != table_hash(2, TEXT("a")));
	assert_true(table_hash(1, TEXT("a")) != table_hash(1, TEXT("A")));
	assert_true(table_hash(1, TEXT("a")) != table_hash(1, TEXT("aa")));
	assert_true(table_hash_nocase(1, TEXT("Host:1")) ==
		    table_hash_nocase(1, TEXT("hOST:1")));
	assert_true(table_hash_nocase(1, TEXT("host:1")) !=
		    table_hash_nocase(1, TEXT("host:2")));
}

#define test_table(sentence, function)                                         \
	test_that_with(sentence, function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_table("what was added is found", what_was_added_is_found),
		test_table("what was removed is gone, and nothing else",
			   what_was_removed_is_gone_and_nothing_else),
		test_table("the first of two with one key is found",
			   the_first_of_two_with_one_key_is_found),
		test_table("hashes tell keys apart", hashes_tell_keys_apart),
	};

	return cmocka_run_group_tests_name("base table", tests, NULL, NULL);
}
