/* SPDX-License-Identifier: Apache-2.0 */
/* Refreshes an access token (RFC 6749 section 6, RFC 9700 section 4.14.2). */
#include "oauth/grant.h"
#include "oauth/parameters.h"
#include "oauth/resources.h"
#include "oauth/scope.h"
#include "token/lookup.h"
#include "token/refresh.h"

static outcome load(struct token_request *request,
		    struct reference *reference_out)
{
	struct token_lookup lookup = {
		.kind = REFERENCE_REFRESH_TOKEN,
		.unknown = REASON_REFRESH_UNKNOWN,
		.wrong_kind = REASON_REFRESH_WRONG_KIND,
	};

	TRY(parameters_need(request->decision, &request->form, "refresh_token",
			    &lookup.spelling));
	request->refresh_token = lookup.spelling;
	return token_load_grant(request->decision, request->oauth->tokens,
				request->base->tenant, &lookup, reference_out,
				&request->grant);
}

static outcome refuse_late(struct decision *decision, enum reason reason,
			   instant ended_at)
{
	return refuse(decision, reason,
		      .near_miss =
			      arena_format(decision->arena, "ended %lld s ago",
					   (long long)instant_to_seconds(
						   decision->now - ended_at)));
}

/* What the token is by itself; reuse is judged after all of it. */
static outcome check_state(struct token_request *request,
			   const struct reference *reference)
{
	const struct grant *grant = &request->grant;
	struct decision *decision = request->decision;
	instant end = instant_from_seconds(reference->expires_at);

	if (!text_equal(grant->client_id, request->client->id))
		return refuse(decision, REASON_REFRESH_OTHER_CLIENT,
			      .expected = grant->client_id,
			      .received = request->client->id);
	if (grant->revoked_at != INSTANT_NEVER)
		return refuse(decision, REASON_REFRESH_REVOKED,
			      .near_miss = grant->revoked_reason);
	if (end <= decision->now)
		return refuse_late(decision, REASON_REFRESH_EXPIRED, end);
	return proof_check_key(decision, &request->proof, grant->confirmation);
}

/* Who replays the whole request has proven nothing by it. */
static outcome revoke_reused(struct token_request *request)
{
	struct refusal reuse = request->decision->refusal;

	decision_retract(request->decision);
	TRY(grant_revoke(request, REASON_REFRESH_REUSED));
	return decision_refuse(request->decision, &reuse);
}

static outcome make_plan(struct token_request *request, int64_t presented,
			 struct refresh_plan *plan_out)
{
	struct refresh_policy policy = refresh_policy_of(
		request->base->tenant, request->client, &request->grant);
	outcome planned = refresh_plan_make(request->decision, &request->grant,
					    presented, &policy, plan_out);

	if (planned == REFUSED &&
	    request->decision->refusal.reason == REASON_REFRESH_REUSED)
		TRY(revoke_reused(request));
	return planned;
}

static outcome check_idle(struct token_request *request)
{
	instant end = request->grant.idle_expires_at;

	if (end <= request->decision->now)
		return refuse_late(request->decision, REASON_REFRESH_IDLE, end);
	return DONE;
}

/* Attacks T05, T20: what the grant rests on may have been taken away. */
static outcome check_still_allowed(struct token_request *request,
				   struct text allowed)
{
	struct decision *decision = request->decision;

	TRY(grant_load_user(request));
	if (request->user.password_changed_at >
	    request->grant.authenticated_at) {
		TRY(grant_revoke(request, REASON_REFRESH_REVOKED));
		return refuse(decision, REASON_REFRESH_REVOKED,
			      .near_miss = TEXT("the password was changed "
						"after the sign-in"));
	}
	if (!refresh_is_due(request->base->tenant, request->client, allowed))
		return refuse(decision, REASON_REFRESH_NOT_ALLOWED);
	return DONE;
}

/* A subset of the grant's that the client may still ask for; the grant keeps
 * its own (RFC 6749 section 6). */
static outcome narrow_scope(struct token_request *request, struct text allowed)
{
	struct decision *decision = request->decision;
	struct text asked = form_find(&request->form, "scope");
	struct text missing;

	request->scope = allowed;
	if (asked.size == 0)
		return DONE;
	if (!scope_is_well_formed(asked))
		return refuse(decision, REASON_SCOPE_MALFORMED,
			      .argument = TEXT("scope"));
	missing = scope_first_missing(asked, allowed);
	if (text_is_present(missing))
		return refuse(decision, REASON_SCOPE_NOT_ALLOWED,
			      .argument = missing, .expected = allowed,
			      .received = asked);
	request->scope = scope_normalize(decision->arena, asked);
	return DONE;
}

static void foresee(struct token_request *request,
		    const struct refresh_plan *plan)
{
	bool is_repeated = plan->step == STORE_REFRESH_KEEP;

	request->is_refresh = true;
	request->refresh_step = plan->step;
	request->answers_refresh_token = true;
	request->refresh_generation = plan->generation;
	if (!is_repeated)
		request->refresh_token = TEXT_ABSENT;
}

/* What of the grant's scope the client may still have. */
static struct text allowed_scope(const struct token_request *request)
{
	return scope_intersection(request->decision->arena,
				  request->grant.scope, request->client->scope);
}

static outcome prove(struct token_request *request)
{
	struct reference reference;
	struct refresh_plan plan;
	struct text allowed;

	TRY(load(request, &reference));
	TRY(check_state(request, &reference));
	TRY(make_plan(request, reference.generation, &plan));
	TRY(check_idle(request));
	allowed = allowed_scope(request);
	TRY(check_still_allowed(request, allowed));
	TRY(narrow_scope(request, allowed));
	TRY(resources_narrow(request->base, &request->form,
			     &(struct resources_bounds){
				     .granted = request->grant.audience,
				     .beyond = request->client->audiences},
			     &request->resources));
	foresee(request, &plan);
	return DONE;
}

static struct store_change *decide(struct token_request *request)
{
	const struct grant *grant = &request->grant;
	struct store_refresh refresh = {
		.grant_id = grant->id,
		.generation = grant->generation,
		.is_presented = grant->is_presented,
		.step = request->refresh_step,
		.now = request->decision->now,
		.idle_expires_at = grant_idle_end(request),
		.purge_at = grant_purge_at(request),
		.once = once_unspent(request->base),
	};

	return store_submit_refresh(grant_shard(request),
				    request->decision->arena, &refresh);
}

const struct grant_type grant_refresh_token = {
	.name = "refresh_token",
	.prove = prove,
	.decide = decide,
};
