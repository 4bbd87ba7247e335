/* SPDX-License-Identifier: Apache-2.0 */
/* Every parameter once (RFC 6749 section 3.1); a redirect tells of all but
 * those that make it safe. */
#include "oauth/authorization.h"
#include "oauth/parameters.h"

static size_t count_of(const struct form *form, struct text name)
{
	size_t count = 0;

	for (size_t i = 0; i < form->count; i++)
		if (text_equal(form->fields[i].name, name))
			count++;
	return count;
}

/* Before they are read: which of two would be meant? */
static outcome check_target(struct authorization *authorization)
{
	static const char *const names[] = {"client_id", "redirect_uri",
					    "request_uri", "request"};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (count_of(&authorization->form, text_from(names[i])) > 1)
			return refuse(authorization->decision,
				      REASON_PARAMETER_REPEATED,
				      .argument = text_from(names[i]));
	return DONE;
}

/* A state that stands twice is not sent back: neither is the right one. */
static outcome check_rest(struct authorization *authorization)
{
	if (count_of(&authorization->form, TEXT("state")) > 1)
		authorization->state = TEXT_ABSENT;
	return parameters_check_once(authorization->decision,
				     &authorization->form);
}

const struct authorization_check check_repeated_target = {"client_id",
							  check_target};
const struct authorization_check check_repeated = {"state", check_rest};
