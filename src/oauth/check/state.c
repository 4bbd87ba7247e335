/* SPDX-License-Identifier: Apache-2.0 */
/* state and nonce: kept as they are, within bounds (RFC 6749 4.1.1). */
#include "oauth/authorization.h"

#define STATE_SIZE_MAX 4096
#define NONCE_SIZE_MAX 1024

static outcome take(struct authorization *authorization, const char *name,
		    size_t size_max, struct text *value_out)
{
	struct text value = form_find(&authorization->form, name);

	if (value.size > size_max)
		return refuse(authorization->decision,
			      REASON_PARAMETER_MALFORMED,
			      .argument = text_from(name),
			      .near_miss = arena_format(
				      authorization->decision->arena,
				      "%zu bytes, at most %zu are kept",
				      value.size, size_max));
	*value_out = value.size > 0 ? value : TEXT_ABSENT;
	return DONE;
}

static outcome check(struct authorization *authorization)
{
	TRY(take(authorization, "state", STATE_SIZE_MAX,
		 &authorization->state));
	return take(authorization, "nonce", NONCE_SIZE_MAX,
		    &authorization->nonce);
}

const struct authorization_check check_state = {"state", check};
