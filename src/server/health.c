/* SPDX-License-Identifier: Apache-2.0 */
/* /healthz: the process lives. /readyz: it can answer requests. */
#include "oauth/reply.h"
#include "server/internal.h"

static void answer_state(struct http_reply *reply, int status,
			 const char *state, const char *why)
{
	struct json_writer writer = reply_open_json(reply, status);

	reply_no_store(reply);
	json_open_object(&writer);
	json_member_string(&writer, "status", state);
	if (why != NULL)
		json_member_string(&writer, "why", why);
	json_close_object(&writer);
}

static bool is_any_shard_there(const struct store *home)
{
	for (size_t i = 0; i < store_shard_count(home); i++)
		if (!store_shard_at(home, i).is_away)
			return true;
	return false;
}

static const char *find_fault(struct server *server)
{
	if (server->is_draining)
		return "draining";
	if (server->is_outdated)
		return "the store is no longer this server's";
	/* What is away answers 503 by itself, here as on any other Licet. */
	if (is_any_shard_there(server->store))
		return store_find_fault(server->store);
	if (server->is_store_behind)
		return "the store did not answer the last poll";
	if (store_ping(server->store) != STORE_DONE)
		return "the store does not answer";
	return store_find_fault(server->store);
}

static void answer_ready(struct server *server, struct http_reply *reply)
{
	const char *fault = find_fault(server);

	if (fault == NULL)
		answer_state(reply, 200, "ready", NULL);
	else
		answer_state(reply, 503, "not ready", fault);
}

static bool is_read(const struct http_request *request)
{
	return request->method == HTTP_GET || request->method == HTTP_HEAD;
}

bool health_answer(struct server *server, const struct http_request *request,
		   struct http_reply *reply)
{
	bool is_health = text_equal(request->path, TEXT("/healthz"));

	if (!is_health && !text_equal(request->path, TEXT("/readyz")))
		return false;
	if (!is_read(request)) {
		http_reply_header(reply, "Allow", TEXT("GET, HEAD"));
		answer_state(reply, 405, "error", "only GET and HEAD");
	} else if (is_health) {
		answer_state(reply, 200, "ok", NULL);
	} else {
		answer_ready(server, reply);
	}
	return true;
}
