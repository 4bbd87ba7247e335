/* SPDX-License-Identifier: Apache-2.0 */
/* docs/reasons.md and docs/endpoints.md list what there is, and nothing else. */
#include "golden.h"

/* Takes the `word` in backquotes off the front of a table's row. */
static bool first_cell(struct text line, struct text *word_out)
{
	if (!text_starts_with(line, TEXT("| `")))
		return false;
	*word_out = text_from_byte(line, 3);
	*word_out = text_first(*word_out, text_find_byte(*word_out, '`'));
	return true;
}

static void every_reason_is_documented(void **state)
{
	struct text file = golden_read("docs/reasons.md");
	struct text rest = file, line, word;
	bool is_listed[REASON_COUNT] = {[REASON_NONE] = true};

	while (text_cut(&rest, '\n', &line)) {
		enum reason reason;

		if (!first_cell(line, &word))
			continue;
		reason = reason_find(word);
		if (reason == REASON_COUNT || is_listed[reason])
			fail_msg("docs/reasons.md: %.*s is no reason or is "
				 "there twice",
				 TEXT_ARG(word));
		is_listed[reason] = true;
	}
	for (size_t i = 0; i < REASON_COUNT; i++)
		if (!is_listed[i])
			fail_msg("docs/reasons.md lacks %s",
				 reason_name((enum reason)i));
	free((void *)file.at);
}

/* Every path of every profile stands in backquotes somewhere. */
static void every_path_is_documented(void **state)
{
	struct text file = golden_read("docs/endpoints.md");
	char quoted[128];

	for (size_t i = 0; i < COUNT_OF(profiles); i++) {
		for (size_t k = 0; k < profiles[i]->route_count; k++) {
			snprintf(quoted, sizeof(quoted), "`%s`",
				 profiles[i]->routes[k].path);
			if (text_find(file, text_from(quoted)) == file.size)
				fail_msg("docs/endpoints.md lacks %s", quoted);
		}
	}
	free((void *)file.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("docs/reasons.md lists every reason and no other",
			  every_reason_is_documented),
		test_that("docs/endpoints.md names every path",
			  every_path_is_documented),
	};

	return cmocka_run_group_tests_name("profile_documents", tests, NULL,
					   NULL);
}
