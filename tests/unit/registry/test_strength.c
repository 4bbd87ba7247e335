/* SPDX-License-Identifier: Apache-2.0 */
/* How strong a machine's secret can be at most. */
#include "suite.h"

#include "registry/strength.h"

static unsigned int bits(const char *secret)
{
	return strength_bits(text_from(secret));
}

static void random_ones_of_128_bits_pass(void **state)
{
	assert_int_equal(bits("9f86d081884c7d659a2feaa0c55ad015"), 128);
	assert_int_equal(bits("9F86D081884C7D659A2FEAA0C55AD015"), 128);
	assert_true(bits("vGh3kT9pQx2LmZ7aWc5RbY") >= 128);
	assert_true(bits("demo-web-secret-0123456789abcdef") >= 128);
	assert_true(bits("5f6b8c1e-7d2a-4c39-9e10-3b6a7f2d8c45") >= 128);
	assert_true(bits("314159265358979323846264338327950288419") >= 128);
}

static void short_ones_do_not(void **state)
{
	assert_int_equal(bits(""), 0);
	assert_true(bits("secret") < 128);
	assert_true(bits("9f86d081884c7d659a2feaa0c55ad01") < 128);
	assert_true(bits("vGh3kT9pQx2LmZ7aWc5Rb") < 128);
	assert_true(bits("31415926535897932384626433832795028841") < 128);
}

static void repeated_characters_count_for_nothing(void **state)
{
	assert_int_equal(bits("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), 0);
	assert_int_equal(bits("abcabcabcabcabcabcabcabcabcabcabcabcabca"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("random secrets of 128 bits pass",
			  random_ones_of_128_bits_pass),
		test_that("shorter ones do not", short_ones_do_not),
		test_that("a few characters repeated count for nothing",
			  repeated_characters_count_for_nothing),
	};

	return cmocka_run_group_tests_name("registry/strength", tests, NULL,
					   NULL);
}
