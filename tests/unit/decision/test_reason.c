/* SPDX-License-Identifier: Apache-2.0 */
/* Reasons: each has one name, and words for the operator. */
#include "decision/reason.h"

#include "suite.h"

static void names_are_unique(void **state)
{
	for (int i = 0; i < REASON_COUNT; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(reason_name((enum reason)i),
						reason_name((enum reason)k));
}

static void names_are_plain(void **state)
{
	for (int i = 0; i < REASON_COUNT; i++) {
		const char *name = reason_name((enum reason)i);

		assert_true(strlen(name) >= 4);
		assert_int_equal(
			strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789"),
			strlen(name));
	}
	assert_string_equal(reason_name(REASON_CODE_REUSED), "code_reused");
}

static void found_by_name(void **state)
{
	for (int i = 0; i < REASON_COUNT; i++)
		assert_int_equal(
			reason_find(text_from(reason_name((enum reason)i))), i);
	assert_int_equal(reason_find(TEXT("no_such_reason")), REASON_COUNT);
	assert_int_equal(reason_find(TEXT("CODE_REUSED")), REASON_COUNT);
	assert_int_equal(reason_find(TEXT_ABSENT), REASON_COUNT);
}

static void all_explained(void **state)
{
	for (int i = 1; i < REASON_COUNT; i++) {
		assert_true(strlen(reason_check((enum reason)i)) > 0);
		assert_true(strlen(reason_explanation((enum reason)i)) > 10);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("no two reasons have one name", names_are_unique),
		test_that("names are lower case", names_are_plain),
		test_that("a reason is found by its name alone", found_by_name),
		test_that("every reason is explained", all_explained),
	};

	return cmocka_run_group_tests_name("reason", tests, NULL, NULL);
}
