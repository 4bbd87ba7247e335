/* SPDX-License-Identifier: Apache-2.0 */
/* The nearest word: what was probably meant, or nothing. */
#include "suite.h"

#include "base/nearest.h"

static struct text best_of(const char *wanted, const char *const *candidates)
{
	struct nearest nearest = nearest_init(text_from(wanted));

	for (; *candidates != NULL; candidates++)
		nearest_offer(&nearest, text_from(*candidates));
	return nearest.best;
}

#define BEST(wanted, ...)                                                      \
	best_of(wanted, (const char *const[]){__VA_ARGS__, NULL})

static void one_slip_is_understood(void **state)
{
	assert_true(text_equal(BEST("listner", "limits", "listeners"),
			       TEXT("listeners")));
	assert_true(text_equal(BEST("prot", "address", "port"), TEXT("port")));
	assert_true(text_equal(BEST("levl", "level", "levels"), TEXT("level")));
	assert_true(text_equal(BEST("xort", "port"), TEXT("port")));
}

static void the_nearer_wins(void **state)
{
	assert_true(text_equal(BEST("tenants", "tenant", "tenants"),
			       TEXT("tenants")));
	assert_true(text_equal(BEST("clientid", "client_uri", "client_id"),
			       TEXT("client_id")));
}

static void a_beginning_is_enough(void **state)
{
	assert_true(text_equal(BEST("tok", "token_endpoint_auth_method"),
			       TEXT("token_endpoint_auth_method")));
	assert_false(text_is_present(BEST("to", "token_endpoint")));
}

static void strangers_are_not_near(void **state)
{
	assert_false(text_is_present(BEST("zebra", "port", "address")));
	assert_false(text_is_present(BEST("ab", "cd")));
	assert_false(text_is_present(BEST("", "port")));
	assert_false(text_is_present(BEST("port", "")));
}

static void long_words_are_not_compared(void **state)
{
	char word[NEAREST_SIZE_MAX + 2];

	memset(word, 'a', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	assert_false(text_is_present(BEST(word, word)));
	word[NEAREST_SIZE_MAX] = '\0';
	assert_true(text_equal(BEST(word, word), text_from(word)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("a letter too many, too few, wrong or swapped is "
			  "understood",
			  one_slip_is_understood),
		test_that("of two the nearer wins", the_nearer_wins),
		test_that("the beginning of a word is enough",
			  a_beginning_is_enough),
		test_that("strangers are not near", strangers_are_not_near),
		test_that("very long words are not compared",
			  long_words_are_not_compared),
	};

	return cmocka_run_group_tests_name("base/nearest", tests, NULL, NULL);
}
