/* SPDX-License-Identifier: Apache-2.0 */
/* request, request_uri, registration: not taken here yet (OIDC Core 3.1.2.6).
 */
#include "oauth/authorization.h"

static const struct {
	const char *parameter;
	enum reason reason;
} unsupported[] = {
	{"request", REASON_REQUEST_UNSUPPORTED},
	{"request_uri", REASON_REQUEST_URI_UNSUPPORTED},
	{"registration", REASON_REGISTRATION_UNSUPPORTED},
};

static outcome check(struct authorization *authorization)
{
	for (size_t i = 0; i < COUNT_OF(unsupported); i++) {
		const char *name = unsupported[i].parameter;

		if (form_find(&authorization->form, name).size > 0)
			return refuse(authorization->decision,
				      unsupported[i].reason,
				      .argument = text_from(name));
	}
	return DONE;
}

const struct authorization_check check_request = {"request", check};
