/* SPDX-License-Identifier: Apache-2.0 */
/* From a request to its tenant, its endpoint and its answer. */
#include "base/encoding.h"
#include "crypto/random.h"
#include "loop/clock.h"
#include "oauth/interaction.h"
#include "oauth/reply.h"
#include "profile/profile.h"
#include "server/internal.h"

#define ID_BYTES 16
#define IDS_AHEAD 32

/* An id is no secret: the kernel is asked for some at once. */
static struct text next_bytes(void)
{
	static _Thread_local char ahead[IDS_AHEAD * ID_BYTES];
	static _Thread_local size_t left;

	if (left == 0) {
		random_fill(ahead, sizeof(ahead));
		left = sizeof(ahead);
	}
	left -= ID_BYTES;
	return text_of(ahead + left, ID_BYTES);
}

/* Never with a dash in front: `licet explain` would take it for an option. */
static struct text new_id(struct arena *arena)
{
	struct buf id = buf_init_arena(arena, DECISION_ID_SIZE);

	do {
		id.size = 0;
		base64url_encode(&id, next_bytes());
	} while (id.at[0] == '-');
	return buf_text(&id);
}

static void begin(const struct http_request *http, struct decision *decision)
{
	*decision = (struct decision){
		.arena = http->arena,
		.id = new_id(http->arena),
		.now = clock_now(),
		.endpoint = "none",
		.tenant = TEXT("none"),
		.peer = http->peer,
	};
}

/* Endpoints that a person looks at are refused by a page. */
static bool is_seen_by_people(enum endpoint endpoint)
{
	enum endpoint class = endpoint_class(endpoint);

	return class == ENDPOINT_AUTHORIZE || class == ENDPOINT_LOGOUT;
}

static void answer_refusal(struct oauth_request *request)
{
	if (is_seen_by_people(request->endpoint)) {
		request->oauth->pages->error(request);
		reply_row_headers(request, reply_row(request));
	} else {
		reply_refusal(request);
	}
}

static bool allows_method(const struct oauth_endpoint *endpoint,
			  enum http_method method)
{
	if (method == HTTP_POST)
		return (endpoint->methods & OAUTH_POST) != 0;
	return (method == HTTP_GET || method == HTTP_HEAD) &&
	       (endpoint->methods & OAUTH_GET) != 0;
}

static const char *allowed_methods(const struct oauth_endpoint *endpoint)
{
	if ((endpoint->methods & OAUTH_GET) == 0)
		return "POST";
	if ((endpoint->methods & OAUTH_POST) == 0)
		return "GET, HEAD";
	return "GET, HEAD, POST";
}

static void refuse_method(struct oauth_request *request,
			  const struct oauth_endpoint *endpoint)
{
	if (refuse(request->decision, REASON_METHOD_NOT_ALLOWED,
		   .expected = text_from(allowed_methods(endpoint)),
		   .received = request->http->method_name) == REFUSED)
		answer_refusal(request);
	http_reply_header(request->reply, "Allow",
			  text_from(allowed_methods(endpoint)));
}

static void answer_endpoint(struct oauth_request *request,
			    const struct oauth_endpoint *endpoint)
{
	request->decision->endpoint = endpoint_name(endpoint->endpoint);
	if (reach_answer_preflight(request, endpoint))
		return;
	if (allows_method(endpoint, request->http->method))
		endpoint->answer(request);
	else
		refuse_method(request, endpoint);
	reach_add(request, endpoint);
}

static void answer_route(struct oauth_request *request, struct text rest)
{
	const struct profile_route *route =
		profile_find_route(request->tenant->profile, rest);
	const struct oauth_endpoint *endpoint =
		route == NULL ? NULL : server_find_endpoint(route->endpoint);

	if (endpoint != NULL) {
		request->endpoint = route->endpoint;
		answer_endpoint(request, endpoint);
		return;
	}
	if (refuse(request->decision, REASON_ROUTE_UNKNOWN,
		   .received = request->http->path) == REFUSED)
		reply_refusal(request);
}

/* No tenant, no profile: profile rfc's words (RFC 9110 section 15.5.20). */
static void answer_no_tenant(struct oauth_request *request)
{
	static const struct tenant nobody = {
		.name = {"none", 4},
		.profile = &profile_rfc,
	};

	request->tenant = &nobody;
	if (refuse(request->decision, REASON_HOST_UNKNOWN,
		   .received = request->http->host) == REFUSED)
		reply_refusal(request);
}

static void answer_tenant(struct oauth_request *request)
{
	struct text rest = TEXT_ABSENT;

	request->tenant = tenants_find(request->tenants, request->http->host,
				       request->http->path,
				       request->decision->arena, &rest);
	if (request->tenant == NULL) {
		answer_no_tenant(request);
		return;
	}
	request->decision->tenant = request->tenant->name;
	answer_route(request, rest);
}

void dispatch_answer(struct http_service *service,
		     const struct http_request *http, struct http_reply *reply)
{
	struct server *server = HOLDER_OF(service, struct server, service);
	CLEANUP(tenants_unref) struct tenants *tenants = NULL;
	struct decision decision;
	struct oauth_request request = {
		.oauth = &server->oauth,
		.decision = &decision,
		.endpoint = ENDPOINT_COUNT,
		.http = http,
		.reply = reply,
	};

	if (health_answer(server, http, reply))
		return;
	begin(http, &decision);
	http_reply_header(reply, "X-Request-Id", decision.id);
	tenants = tenancy_ref(server);
	request.tenants = tenants;
	answer_tenant(&request);
	decision_finish(&decision, reply->status);
}
