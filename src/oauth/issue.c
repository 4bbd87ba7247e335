/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the grant and sends its code (RFC 6749 section 4.1.2). */
#include "oauth/issue.h"

#include "crypto/random.h"
#include "http/uri.h"
#include "oauth/response.h"
#include "oauth/session.h"
#include "oauth/step.h"
#include "token/lookup.h"

#define ID_ATTEMPT_COUNT_MAX 4
/* How long an expired code is still told apart from one that never was. */
#define KEEP_AFTER_FOR 600

static void fill_request(const struct authorization *authorization,
			 struct grant_request *asked)
{
	*asked = (struct grant_request){
		.redirect_uri = authorization->redirect_uri,
		.redirect_uri_sent = authorization->redirect_uri_sent,
		.challenge = authorization->challenge,
		.challenge_method = authorization->challenge_method,
		.request_uri = authorization->request_uri,
		.nonce = authorization->nonce,
		.claims = authorization->claims,
		.key = authorization->key,
		.asks_auth_time = authorization->asks_auth_time,
	};
}

static void fill_session(const struct authorization *authorization,
			 struct grant *grant)
{
	const struct session *session = &authorization->session;

	grant->session_id = session->id;
	memcpy(grant->sid, session->sid, sizeof(grant->sid));
	grant->acr = session->acr;
	grant->methods = session->methods;
	grant->authenticated_at = session->authenticated_at;
}

static void fill_grant(const struct authorization *authorization,
		       struct grant *grant)
{
	const struct client *client = authorization->client;
	const struct tenant *tenant = authorization->base->tenant;
	instant now = authorization->decision->now;

	*grant = (struct grant){
		.shard = authorization->session.shard,
		.tenant_id = tenant->id,
		.user_id = authorization->user.id,
		.client_id = client->id,
		.scope = authorization->scope,
		.audience = authorization->resources,
		.created_at = now,
	};
	grant->code_expires_at = instant_after(
		now, client->code_for != 0 ? client->code_for
					   : tenant->lifetimes.code_for);
	grant->purge_at = instant_after(grant->code_expires_at, KEEP_AFTER_FOR);
	random_fill(grant->seed, sizeof(grant->seed));
	fill_request(authorization, &grant->request);
	fill_session(authorization, grant);
}

static outcome insert(struct authorization *authorization, struct grant *grant)
{
	struct decision *decision = authorization->decision;
	struct store *store = tenant_shard(
		decision, authorization->oauth->store, grant->shard);
	enum store_outcome inserted = STORE_ALREADY;

	TRY(step_consume_elsewhere(authorization));

	for (int i = 0; i < ID_ATTEMPT_COUNT_MAX && inserted == STORE_ALREADY;
	     i++) {
		grant->id = store_new_id(store, decision->now);
		inserted = store_insert_grant(store, grant,
					      &authorization->completed);
	}
	if (inserted == STORE_CONFLICT)
		return refuse(decision, REASON_STEP_CONSUMED);
	return tenant_store_outcome(decision, inserted);
}

/* `code` first: some clients clean their URL by that. */
void issue_code(struct authorization *authorization, const struct grant *grant)
{
	struct decision *decision = authorization->decision;
	const struct tenant *tenant = authorization->base->tenant;
	struct response response = {.count = 0};

	response_add(&response, "code",
		     token_format_code(authorization->oauth->tokens,
				       decision->arena, decision->now, grant));
	if (tenant->profile->flags.session_state)
		response_add(
			&response, "session_state",
			session_state(decision->arena, &authorization->session,
				      authorization->client->id,
				      uri_origin(authorization->redirect_uri)));
	response_add(&response, "state", authorization->state);
	response_add(&response, "iss", tenant->issuer);
	decision_note(decision, "code", "issued");
	authorization->mode->send(authorization, &response);
}

outcome issue_grant(struct authorization *authorization,
		    struct grant *grant_out)
{
	fill_grant(authorization, grant_out);
	TRY(insert(authorization, grant_out));
	authorization->decision->grant_id = grant_out->id;
	return DONE;
}
