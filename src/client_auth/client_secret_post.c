/* SPDX-License-Identifier: Apache-2.0 */
/* client_id and client_secret in the body (RFC 6749 section 2.3.1). */
#include "client_auth/client_auth.h"
#include "client_auth/secret.h"

/* An empty secret is what public clients of some libraries send. */
static bool is_used(const struct client_auth_request *request)
{
	return form_find(request->form, "client_secret").size > 0;
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
	struct decision *decision = request->decision;
	struct text secret = form_find(request->form, "client_secret");

	if (!secret_is_of(request, client, secret))
		return refuse(decision, REASON_CLIENT_SECRET_WRONG,
			      .received = arena_format(decision->arena,
						       "%zu bytes",
						       secret.size));
	decision_note(decision, "client authentication",
		      "client_secret_post of %.*s", TEXT_ARG(client->id));
	return DONE;
}

const struct client_auth_method client_auth_client_secret_post = {
	.name = "client_secret_post",
	.is_used = is_used,
	.identify = identify,
	.prove = prove,
	.is_secret = true,
};
