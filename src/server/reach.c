/* SPDX-License-Identifier: Apache-2.0 */
/* CORS: a preflight, which knows no client, for all of the tenant's origins;
 * the request itself for its client's. */
#include "http/cors.h"
#include "server/internal.h"

struct allowed {
	struct text origins;
	bool is_public;
};

static bool allows_origin(void *context, struct text origin)
{
	const struct allowed *allowed = context;

	return allowed->is_public || text_has_word(allowed->origins, origin);
}

/* A lookup of its own must not change what was decided. */
static struct decision scratch(const struct oauth_request *request)
{
	return (struct decision){
		.arena = request->decision->arena,
		.id = request->decision->id,
		.now = request->decision->now,
	};
}

static struct text tenant_origins(struct oauth_request *request)
{
	struct decision decision = scratch(request);
	struct text origins = TEXT_ABSENT;

	if (tenant_load_origins(&decision, request->oauth->store,
				request->tenants, request->tenant,
				&origins) != DONE)
		return TEXT_ABSENT;
	return origins;
}

static struct text client_origins(struct oauth_request *request)
{
	struct decision decision = scratch(request);
	const struct client *client;

	if (!text_is_present(request->decision->client_id) ||
	    tenant_load_client(&decision, request->oauth->store,
			       request->tenants, request->tenant,
			       request->decision->client_id, &client) != DONE)
		return tenant_origins(request);
	return client->web_origins;
}

static struct cors rules(const struct oauth_request *request,
			 const struct oauth_endpoint *endpoint,
			 struct allowed *allowed)
{
	struct text origin = http_header_find(request->http, "origin");

	allowed->is_public = endpoint->is_public;
	return (struct cors){
		.allows_origin = allows_origin,
		.context = allowed,
		.methods = (endpoint->methods & OAUTH_GET) == 0 ? "POST"
			   : (endpoint->methods & OAUTH_POST) == 0
				   ? "GET, HEAD"
				   : "GET, HEAD, POST",
		.allows_credentials = text_has_word(allowed->origins, origin),
	};
}

bool reach_answer_preflight(struct oauth_request *request,
			    const struct oauth_endpoint *endpoint)
{
	struct allowed allowed;
	struct cors cors;

	if (!endpoint->is_cross_origin || !cors_is_preflight(request->http))
		return false;
	allowed.origins = tenant_origins(request);
	cors = rules(request, endpoint, &allowed);
	cors_answer_preflight(&cors, request->http, request->reply);
	return true;
}

void reach_add(struct oauth_request *request,
	       const struct oauth_endpoint *endpoint)
{
	struct allowed allowed;
	struct cors cors;

	if (!endpoint->is_cross_origin)
		return;
	/* Also of a reply that a cache may give to a script later. */
	if (http_header_count(request->http, "origin") == 0) {
		http_reply_header(request->reply, "Vary", TEXT("Origin"));
		return;
	}
	allowed.origins = client_origins(request);
	cors = rules(request, endpoint, &allowed);
	cors_add(&cors, request->http, request->reply);
}
