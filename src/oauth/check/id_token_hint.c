/* SPDX-License-Identifier: Apache-2.0 */
/* id_token_hint: whom the client expects (OIDC Core 3.1.2.1). */
#include "oauth/authorization.h"
#include "oauth/extension.h"

static outcome check(struct authorization *authorization)
{
	const struct oauth_extension *extension =
		authorization->oauth->extension;
	struct text value = form_find(&authorization->form, "id_token_hint");
	struct oauth_hint hint = {{NULL, 0}, {NULL, 0}, {NULL, 0}};

	if (value.size == 0 || extension == NULL)
		return DONE;
	TRY(extension->read_hint(authorization->oauth, authorization->decision,
				 authorization->base->tenant, value, &hint));
	if (!text_equal(hint.client_id, authorization->client->id))
		return refuse(authorization->decision, REASON_HINT_INVALID,
			      .argument = TEXT("id_token_hint"),
			      .expected = authorization->client->id,
			      .received = hint.client_id);
	/* `claims` has been read before: two people cannot both be meant. */
	if (text_is_present(authorization->hinted_subject) &&
	    !text_equal(authorization->hinted_subject, hint.subject))
		return refuse(authorization->decision, REASON_HINT_OTHER_USER,
			      .argument = TEXT("claims"),
			      .expected = hint.subject,
			      .received = authorization->hinted_subject,
			      .near_miss = TEXT("claims and id_token_hint name "
						"two people"));
	authorization->hinted_subject = hint.subject;
	authorization->hinted_by = TEXT("id_token_hint");
	return DONE;
}

const struct authorization_check check_id_token_hint = {"id_token_hint", check};
