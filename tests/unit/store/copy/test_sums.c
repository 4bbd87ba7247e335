/* SPDX-License-Identifier: Apache-2.0 */
/* Rows as bytes, and their sums. */
#include "crypto/crypto.h"
#include "store/copy/internal.h"
#include "suite.h"

static const struct copy_table *spent(void)
{
	const struct copy_table *table = copy_tables;

	while (strcmp(table->name, "spent") != 0)
		table++;
	return table;
}

static struct store_value bytes_of(const char *at, size_t size)
{
	return (struct store_value){.type = STORE_BYTES,
				    .text = text_of(at, size)};
}

static struct store_value integer_of(int64_t integer)
{
	return (struct store_value){.type = STORE_INTEGER, .integer = integer};
}

static void values_come_back_from_their_bytes(void **state)
{
	struct buf bytes = buf_init(4096);
	struct store_value wanted[] = {
		integer_of(INT64_MIN), integer_of(-1),
		{.type = STORE_NULL},  {.type = STORE_TEXT, .text = TEXT("")},
		bytes_of("\0\1\2", 3),
	};
	struct store_value got[COUNT_OF(wanted)];

	for (size_t i = 0; i < COUNT_OF(wanted); i++)
		copy_bytes_add(&bytes, &wanted[i]);
	assert_true(copy_bytes_read(buf_text(&bytes), got, COUNT_OF(got)));
	for (size_t i = 0; i < COUNT_OF(wanted); i++)
		assert_int_equal(got[i].type, wanted[i].type);
	assert_int_equal(got[0].integer, INT64_MIN);
	assert_int_equal(got[1].integer, -1);
	assert_int_equal(got[3].text.size, 0);
	assert_non_null(got[3].text.at);
	assert_true(text_equal(got[4].text, wanted[4].text));
	buf_wipe(&bytes);
}

static void bytes_that_no_value_has_are_not_read(void **state)
{
	static const struct text wrong[] = {
		{"", 0},
		{"1\0\0", 3},
		{"9", 1},
		{"3\0\0\0\0\0\0\0\5ab", 11},
		{"3\xff\xff\xff\xff\xff\xff\xff\xff", 9},
		{"00", 2},
	};
	struct store_value value;

	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_false(copy_bytes_read(wrong[i], &value, 1));
}

static void a_sum_needs_no_order_and_sees_each_value(void **state)
{
	struct store_value one[] = {bytes_of("a", 1), integer_of(1)};
	struct store_value two[] = {bytes_of("b", 1), integer_of(2)};
	struct store_value other[] = {bytes_of("b", 1), integer_of(3)};
	struct store_row rows[] = {{one}, {two}};
	struct store_row turned[] = {{two}, {one}};
	struct store_row changed[] = {{one}, {other}};
	struct copy_sum sum =
		copy_sum_rows(spent(), &(struct store_rows){rows, 2});
	struct copy_sum less = sum;

	assert_true(copy_sum_equal(
		sum, copy_sum_rows(spent(), &(struct store_rows){turned, 2})));
	assert_false(copy_sum_equal(
		sum, copy_sum_rows(spent(), &(struct store_rows){changed, 2})));
	copy_sum_subtract(&less, copy_sum_row(spent(), &rows[1]));
	assert_true(copy_sum_equal(less, copy_sum_row(spent(), &rows[0])));
}

static void neighbours_do_not_run_into_each_other(void **state)
{
	struct copy_table two = {"two", "a, b", 2, "c"};
	struct store_value first[] = {bytes_of("ab", 2), bytes_of("c", 1)};
	struct store_value second[] = {bytes_of("a", 1), bytes_of("bc", 2)};

	assert_false(copy_sum_equal(
		copy_sum_row(&two, &(struct store_row){first}),
		copy_sum_row(&two, &(struct store_row){second})));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("values come back from their bytes",
			  values_come_back_from_their_bytes),
		test_that("bytes that no value has are not read",
			  bytes_that_no_value_has_are_not_read),
		test_that("a sum needs no order and sees each value",
			  a_sum_needs_no_order_and_sees_each_value),
		test_that("neighbours do not run into each other",
			  neighbours_do_not_run_into_each_other),
	};

	if (crypto_open() != DONE)
		return 1;
	return cmocka_run_group_tests_name("sums of rows", tests, NULL, NULL);
}
