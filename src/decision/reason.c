/* SPDX-License-Identifier: Apache-2.0 */
/* The reasons in words. */
#include "decision/reason.h"

#include "base/outcome.h"

#define NAME_MAX_SIZE 40

struct words {
	const char *symbol;
	const char *check;
	const char *explanation;
};

static const struct words words[] = {
#define REASON_WORDS(symbol, check, explanation) {#symbol, check, explanation},
	REASON_LIST(REASON_WORDS)
#undef REASON_WORDS
};

static char names[REASON_COUNT][NAME_MAX_SIZE];

/* Lower case is the only difference between symbol and wire name. */
__attribute__((constructor)) static void fill_names(void)
{
	for (size_t i = 0; i < REASON_COUNT; i++) {
		const char *symbol = words[i].symbol;

		MUST(strlen(symbol) < NAME_MAX_SIZE);
		for (size_t k = 0; symbol[k] != '\0'; k++)
			names[i][k] = symbol[k] == '_'
					      ? '_'
					      : (char)(symbol[k] + 'a' - 'A');
	}
}

const char *reason_name(enum reason reason)
{
	MUST(reason < REASON_COUNT);
	return names[reason];
}

const char *reason_check(enum reason reason)
{
	MUST(reason < REASON_COUNT);
	return words[reason].check;
}

const char *reason_explanation(enum reason reason)
{
	MUST(reason < REASON_COUNT);
	return words[reason].explanation;
}

enum reason reason_find(struct text name)
{
	for (size_t i = 0; i < REASON_COUNT; i++)
		if (text_equal(name, text_from(names[i])))
			return (enum reason)i;
	return REASON_COUNT;
}
