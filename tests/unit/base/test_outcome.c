/* SPDX-License-Identifier: Apache-2.0 */
/* The words for what can fail, and secrets. */
#include "aborts.h"
#include "base/outcome.h"
#include "base/secret.h"
#include "suite.h"

#include <stdlib.h>

static outcome pass_on(outcome first, outcome second)
{
	TRY(first);
	TRY(second);
	return DONE;
}

static void tries(void **state)
{
	(void)state;
	assert_int_equal(pass_on(DONE, DONE), DONE);
	assert_int_equal(pass_on(REFUSED, BROKEN), REFUSED);
	assert_int_equal(pass_on(DONE, BROKEN), BROKEN);
}

static void break_promise(void)
{
	MUST(1 + 1 == 3);
}

static void keep_promise(void)
{
	MUST(1 + 1 == 2);
}

static void musts(void **state)
{
	(void)state;
	assert_true(aborts(break_promise));
	assert_false(aborts(keep_promise));
}

static void takes(void **state)
{
	int thing = 7;
	int *pointer = &thing;
	int *taken = TAKE(pointer);

	(void)state;
	assert_ptr_equal(taken, &thing);
	assert_null(pointer);
}

static int freed_count;

static void note_freed(int **pointer)
{
	freed_count += *pointer != NULL;
}

static void cleans_up(void **state)
{
	(void)state;
	freed_count = 0;
	for (int i = 0; i < 2; i++) {
		int thing = i;
		CLEANUP(note_freed) int *kept = &thing;
		CLEANUP(note_freed) int *handed_on = &thing;

		assert_ptr_equal(TAKE(handed_on), &thing);
		(void)kept;
	}
	assert_int_equal(freed_count, 2);
}

static void secrets(void **state)
{
	struct secret secret = secret_copy("key", 3);
	struct secret zeroes = secret_new(2);
	struct secret empty = secret_copy(NULL, 0);

	(void)state;
	assert_memory_equal(secret_bytes(&secret).at, "key", 3);
	assert_int_equal(secret_bytes(&secret).size, 3);
	assert_memory_equal(zeroes.at, "\0\0", 2);
	assert_int_equal(empty.size, 0);
	secret_free(&secret);
	assert_null(secret.at);
	assert_int_equal(secret.size, 0);
	secret_free(&secret);
	secret_free(&zeroes);
	secret_free(&empty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("TRY returns the first outcome that is not DONE",
			  tries),
		test_that("MUST aborts on a broken promise alone", musts),
		test_that("TAKE leaves NULL behind", takes),
		test_that("CLEANUP frees at the end of scope what was not "
			  "handed on",
			  cleans_up),
		test_that("a secret is copied, and cleared when freed",
			  secrets),
	};

	return cmocka_run_group_tests_name("base_outcome", tests, NULL, NULL);
}
