/* SPDX-License-Identifier: Apache-2.0 */
/* The texts keep to what all engines share; migrations stand in order. */
#include <stdlib.h>

#include "base/text.h"
#include "store/query.h"
#include "suite.h"

/* Words that one engine or another lacks, or reads in its own way. */
static const char *const foreign[] = {
	"AUTOINCREMENT", "SERIAL",    "REFERENCES", "FOREIGN",	 "TRIGGER",
	"REPLACE INTO",	 "INSERT OR", "UPDATE OR",  "ROWID",	 "PRAGMA",
	" LIKE ",	 " GLOB ",    "BOOLEAN",    "TIMESTAMP", "DATETIME",
	"NOTIFY",	 "ADVISORY",  "FOR UPDATE", "WITH ",	 "?",
	"BLOB",		 "::",
};

static void assert_portable(const char *text)
{
	for (size_t i = 0; i < COUNT_OF(foreign); i++)
		if (strcasestr(text, foreign[i]) != NULL)
			fail_msg("\"%s\" is in: %s", foreign[i], text);
}

/* The number behind the next dollar sign; 0 for $now, -1 at the end. */
static long next_parameter(const char **at)
{
	const char *dollar = strchr(*at, '$');

	if (dollar == NULL)
		return -1;
	*at = dollar + 1;
	if (strncmp(*at, "now", 3) == 0)
		return 0;
	return strtol(*at, NULL, 10);
}

static void every_query_has_a_text(void **state)
{
	for (int i = 0; i < STORE_QUERY_COUNT; i++)
		if (store_query_texts[i] == NULL)
			fail_msg("query %d has no text", i);
}

static void parameters_are_numbered_in_order_of_first_use(void **state)
{
	for (int i = 0; i < STORE_QUERY_COUNT; i++) {
		const char *at = store_query_texts[i];
		long seen = 0;
		long number;

		while ((number = next_parameter(&at)) >= 0) {
			if (number > seen + 1)
				fail_msg("$%ld comes too early in: %s", number,
					 store_query_texts[i]);
			if (number > seen)
				seen = number;
		}
	}
}

static void texts_keep_to_the_portable_subset(void **state)
{
	for (int i = 0; i < STORE_QUERY_COUNT; i++)
		assert_portable(store_query_texts[i]);
	for (int64_t i = 0; i < store_migration_count; i++)
		assert_portable(store_migration_texts[i]);
	assert_portable(store_migration_start);
}

static void each_text_is_one_statement(void **state)
{
	for (int i = 0; i < STORE_QUERY_COUNT; i++)
		assert_null(strchr(store_query_texts[i], ';'));
}

/* The conditional updates of a grant's life: by primary key, nothing else. */
static void hot_updates_touch_one_row_by_its_key(void **state)
{
	static const enum store_query hot[] = {
		QUERY_REDEEM_GRANT,  QUERY_ROTATE_GRANT,    QUERY_KEEP_GRANT,
		QUERY_OVERLAP_GRANT, QUERY_REVOKE_GRANT,    QUERY_BURN_GRANT,
		QUERY_MARK_GRANT,    QUERY_CONSUME_REQUEST,
	};

	for (size_t i = 0; i < COUNT_OF(hot); i++)
		assert_non_null(
			strstr(store_query_texts[hot[i]], " WHERE id = $"));
}

static void migrations_may_run_again(void **state)
{
	for (int64_t i = 0; i < store_migration_count; i++) {
		const char *at = store_migration_texts[i];

		while ((at = strstr(at, "CREATE ")) != NULL) {
			const char *end = strchr(at, '(');
			const char *guard = strstr(at, "IF NOT EXISTS");

			assert_non_null(end);
			assert_true(guard != NULL && guard < end);
			at = end;
		}
	}
}

static void grants_have_two_secondary_indexes(void **state)
{
	int count = 0;

	for (int64_t i = 0; i < store_migration_count; i++) {
		const char *at = store_migration_texts[i];

		while ((at = strstr(at, " ON grants (")) != NULL) {
			count++;
			at++;
		}
	}
	assert_int_equal(count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("every query has a text", every_query_has_a_text),
		test_that("parameters are numbered in order of first use",
			  parameters_are_numbered_in_order_of_first_use),
		test_that("texts keep to the portable subset",
			  texts_keep_to_the_portable_subset),
		test_that("each text is one statement",
			  each_text_is_one_statement),
		test_that("hot updates touch one row by its key",
			  hot_updates_touch_one_row_by_its_key),
		test_that("migrations may run again", migrations_may_run_again),
		test_that("grants have two secondary indexes",
			  grants_have_two_secondary_indexes),
	};

	return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
