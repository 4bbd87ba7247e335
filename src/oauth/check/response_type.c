/* SPDX-License-Identifier: Apache-2.0 */
/* response_type: the code flow (RFC 6749 section 3.1.1). */
#include "oauth/authorization.h"

static outcome check(struct authorization *authorization)
{
	struct decision *decision = authorization->decision;
	struct text type = form_find(&authorization->form, "response_type");
	struct text registered = authorization->client->response_types;

	if (type.size == 0)
		return refuse(decision, REASON_RESPONSE_TYPE_MISSING,
			      .argument = TEXT("response_type"));
	if (!text_equal(type, TEXT("code")) ||
	    (registered.size > 0 && !text_has_word(registered, type)))
		return refuse(decision, REASON_RESPONSE_TYPE_UNSUPPORTED,
			      .argument = TEXT("response_type"),
			      .expected = TEXT("code"), .received = type);
	if (!text_has_word(authorization->client->grant_types,
			   TEXT("authorization_code")))
		return refuse(decision, REASON_GRANT_TYPE_NOT_ALLOWED,
			      .argument = TEXT("authorization_code"));
	return DONE;
}

const struct authorization_check check_response_type = {"response_type", check};
