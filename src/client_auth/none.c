/* SPDX-License-Identifier: Apache-2.0 */
/* Public clients: a client_id and nothing to prove it by (RFC 6749 2.1). */
#include "client_auth/client_auth.h"

/* Never by a credential: it is what is left when there is none. */
static bool is_used(const struct client_auth_request *request)
{
	return false;
}

static outcome identify(const struct client_auth_request *request,
			struct text *id_out)
{
	*id_out = form_find(request->form, "client_id");
	return DONE;
}

static outcome prove(const struct client_auth_request *request,
		     const struct client *client)
{
	decision_note(request->decision, "client authentication",
		      "public client %.*s", TEXT_ARG(client->id));
	return DONE;
}

const struct client_auth_method client_auth_none = {
	.name = "none",
	.is_used = is_used,
	.identify = identify,
	.prove = prove,
};
