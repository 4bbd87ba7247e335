/* SPDX-License-Identifier: Apache-2.0 */
/* claims: single claims asked for (OIDC Core 5.5). */
#include "oauth/authorization.h"
#include "oauth/extension.h"

#define CLAIMS_SIZE_MAX 8192

static outcome check(struct authorization *authorization)
{
	const struct oauth_extension *extension =
		authorization->oauth->extension;
	struct text value = form_find(&authorization->form, "claims");
	struct oauth_claims asked = {.subject = TEXT_ABSENT};

	if (value.size == 0 || extension == NULL)
		return DONE;
	if (value.size > CLAIMS_SIZE_MAX)
		return refuse(authorization->decision,
			      REASON_PARAMETER_MALFORMED,
			      .argument = TEXT("claims"));
	TRY(extension->check_claims(authorization->decision, value, &asked));
	if (asked.asks_auth_time)
		authorization->asks_auth_time = true;
	authorization->claims = value;
	authorization->hinted_subject = asked.subject;
	authorization->hinted_by = TEXT("claims");
	return DONE;
}

const struct authorization_check check_claims = {"claims", check};
