/* SPDX-License-Identifier: Apache-2.0 */
/* client_id: which application asks (RFC 6749 section 4.1.1). */
#include "oauth/authorization.h"

static outcome check(struct authorization *authorization)
{
	struct decision *decision = authorization->decision;
	struct text id = form_find(&authorization->form, "client_id");

	if (id.size == 0)
		return refuse(decision, REASON_CLIENT_ID_MISSING,
			      .argument = TEXT("client_id"));
	TRY(tenant_load_client(decision, authorization->oauth->store,
			       authorization->base->tenants,
			       authorization->base->tenant, id,
			       &authorization->client));
	decision->client_id = authorization->client->id;
	TRY(tenant_check_client(decision, authorization->base->tenant,
				authorization->client));
	authorization->base->tenant = tenant_for_client(
		authorization->base->tenant, authorization->client);
	decision_note(decision, "client_id", "client %.*s", TEXT_ARG(id));
	return DONE;
}

const struct authorization_check check_client_id = {"client_id", check};
