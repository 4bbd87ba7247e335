/* SPDX-License-Identifier: Apache-2.0 */
/* prompt: whether and how the person is asked (OIDC Core 3.1.2.1). */
#include "oauth/authorization.h"

static const struct {
	const char *word;
	enum prompt prompt;
} words[] = {
	{"none", PROMPT_NONE},
	{"login", PROMPT_LOGIN},
	{"consent", PROMPT_CONSENT},
	{"select_account", PROMPT_SELECT_ACCOUNT},
};

static bool take_word(struct authorization *authorization, struct text word)
{
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (text_equal(word, text_from(words[i].word))) {
			authorization->prompt |= words[i].prompt;
			return true;
		}
	return false;
}

static outcome check(struct authorization *authorization)
{
	struct text value = form_find(&authorization->form, "prompt");
	struct text rest = value;
	struct text word;
	bool is_known = true;

	while (text_next_word(&rest, &word))
		is_known = take_word(authorization, word) && is_known;
	if (is_known && ((authorization->prompt & PROMPT_NONE) == 0 ||
			 authorization->prompt == PROMPT_NONE))
		return DONE;
	return refuse(authorization->decision, REASON_PROMPT_MALFORMED,
		      .argument = TEXT("prompt"), .received = value);
}

const struct authorization_check check_prompt = {"prompt", check};
