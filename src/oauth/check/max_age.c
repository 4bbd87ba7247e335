/* SPDX-License-Identifier: Apache-2.0 */
/* max_age: how long ago the person may have signed in (OIDC Core 3.1.2.1). */
#include "oauth/authorization.h"

static outcome check(struct authorization *authorization)
{
	const struct client *client = authorization->client;
	struct text value = form_find(&authorization->form, "max_age");

	authorization->asks_auth_time = client->requires_auth_time;
	authorization->max_age_for = client->default_max_age_for >= 0
					     ? client->default_max_age_for
					     : MAX_AGE_ABSENT;
	if (value.size > 0) {
		if (!text_parse_integer(value, &authorization->max_age_for))
			return refuse(authorization->decision,
				      REASON_PARAMETER_MALFORMED,
				      .argument = TEXT("max_age"),
				      .received = value);
	}
	if (authorization->max_age_for != MAX_AGE_ABSENT)
		authorization->asks_auth_time = true;
	return DONE;
}

const struct authorization_check check_max_age = {"max_age", check};
