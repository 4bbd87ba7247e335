/* SPDX-License-Identifier: Apache-2.0 */
/* What all grant types share: the person, revoking, ends of life. */
#include "oauth/grant.h"

/* How long an ended grant is still told apart from one that never was. */
#define KEEP_AFTER_FOR 600

struct store *grant_shard(struct token_request *request)
{
	return tenant_shard(request->decision, request->oauth->store,
			    request->grant.shard);
}

outcome grant_load_user(struct token_request *request)
{
	struct decision *decision = request->decision;
	struct store *shard = grant_shard(request);
	enum store_outcome loaded = store_load_user(
		shard, decision->arena, request->grant.user_id, &request->user);

	request->base->near = shard;
	if (loaded == STORE_NOT_FOUND)
		return refuse(decision, REASON_USER_GONE);
	TRY(tenant_store_outcome(decision, loaded));
	decision->subject = request->user.subject;
	if (request->user.is_disabled)
		return refuse(decision, REASON_USER_DISABLED);
	return DONE;
}

static void tell(const struct token_request *request, enum reason reason)
{
	struct event event;

	event_begin(&event, EVENT_WARNING, "grant.revoked");
	event_text(&event, "request", request->decision->id);
	event_text(&event, "tenant", request->base->tenant->name);
	event_text(&event, "client", request->grant.client_id);
	event_integer(&event, "grant", request->grant.id);
	event_string(&event, "reason", reason_name(reason));
	event_end(&event);
}

outcome grant_revoke(struct token_request *request, enum reason reason)
{
	struct decision *decision = request->decision;
	enum store_outcome revoked;

	TRY(once_spend(request->base));
	revoked = store_revoke_grant(grant_shard(request), request->grant.id,
				     decision->now,
				     text_from(reason_name(reason)));
	if (revoked == STORE_CONFLICT || revoked == STORE_NOT_FOUND)
		return DONE;
	if (revoked != STORE_DONE)
		decision_retract(decision);
	TRY(tenant_store_outcome(decision, revoked));
	tell(request, reason);
	return DONE;
}

instant grant_idle_end(const struct token_request *request)
{
	const struct client *client = request->client;
	int64_t idle_for =
		client->refresh_idle_for != 0
			? client->refresh_idle_for
			: request->base->tenant->lifetimes.refresh_idle_for;
	instant idle_end = instant_after(request->decision->now, idle_for);

	return idle_end < request->grant.expires_at ? idle_end
						    : request->grant.expires_at;
}

instant grant_purge_at(const struct token_request *request)
{
	instant end = instant_after(request->decision->now,
				    request->access_token_for);
	instant idle_end = request->answers_refresh_token
				   ? grant_idle_end(request)
				   : INSTANT_NEVER;

	if (idle_end > end)
		end = idle_end;
	return instant_after(end, KEEP_AFTER_FOR);
}
