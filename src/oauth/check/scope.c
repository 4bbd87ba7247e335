/* SPDX-License-Identifier: Apache-2.0 */
/* scope: what is asked, as far as the client may (RFC 6749 section 3.3). */
#include "oauth/scope.h"
#include "oauth/authorization.h"

/* Unknown scopes are dropped, not refused: vendors' SDKs add their own. */
static outcome check(struct authorization *authorization)
{
	struct decision *decision = authorization->decision;
	struct text asked = form_find(&authorization->form, "scope");
	struct text allowed = authorization->client->scope;
	struct text dropped;

	if (!scope_is_well_formed(asked))
		return refuse(decision, REASON_SCOPE_MALFORMED,
			      .argument = TEXT("scope"));
	authorization->scope =
		scope_intersection(decision->arena, asked, allowed);
	dropped = scope_first_missing(asked, allowed);
	decision_note(decision, "scope", "%.*s%s%.*s",
		      TEXT_ARG(authorization->scope),
		      text_is_present(dropped) ? "; dropped: " : "",
		      TEXT_ARG(dropped));
	return DONE;
}

const struct authorization_check check_scope = {"scope", check};
