/* SPDX-License-Identifier: Apache-2.0 */
/* Rotation, overlap and reuse of refresh tokens, by the row's generation. */
#include "token/refresh.h"

struct refresh_policy refresh_policy_of(const struct tenant *tenant,
					const struct client *client,
					const struct grant *grant)
{
	bool is_bound = text_is_present(grant->confirmation);
	bool is_public = client_is_public(client);
	bool must_rotate = is_public && !is_bound;
	bool by_profile = tenant->profile->rotation_rule == ROTATE_ALWAYS;

	if (client->rotates_refresh_tokens != CHOICE_BY_PROFILE)
		by_profile = client->rotates_refresh_tokens == CHOICE_YES;
	return (struct refresh_policy){
		.rotates = must_rotate || by_profile,
		.overlap_for = tenant->lifetimes.overlap_for,
		.lasts_until_presented = !is_public || is_bound,
	};
}

static bool is_within(instant since, int64_t for_seconds, instant now)
{
	/* `since` may be another's clock, a moment ahead of ours. */
	return for_seconds > 0 && now < instant_after(since, for_seconds);
}

static bool is_in_overlap(const struct grant *grant, instant now,
			  const struct refresh_policy *policy)
{
	if (is_within(grant->rotated_at, policy->overlap_for, now))
		return true;
	return policy->overlap_for > 0 && policy->lasts_until_presented &&
	       !grant->is_presented &&
	       is_within(grant->rotated_at, REFRESH_OVERLAP_MAX_FOR, now);
}

/* At most one rotation per overlap, so that tabs never run from each other. The
 * first token was minted by the exchange, not by a rotation: it rotates at once.
 */
static struct refresh_plan plan_current(const struct decision *decision,
					const struct grant *grant,
					const struct refresh_policy *policy)
{
	bool was_just_rotated = grant->generation > 1 &&
				is_within(grant->rotated_at,
					  policy->overlap_for, decision->now);

	if (!policy->rotates || was_just_rotated)
		return (struct refresh_plan){STORE_REFRESH_KEEP,
					     grant->generation};
	return (struct refresh_plan){STORE_REFRESH_ROTATE,
				     grant->generation + 1};
}

static outcome refuse_reuse(struct decision *decision,
			    const struct grant *grant, int64_t presented)
{
	struct arena *arena = decision->arena;
	double ago = (double)(decision->now - grant->rotated_at) /
		     (double)INSTANT_SECOND;

	return refuse(decision, REASON_REFRESH_REUSED,
		      .expected = arena_format(arena, "generation %lld",
					       (long long)grant->generation),
		      .received = arena_format(arena, "generation %lld",
					       (long long)presented),
		      .near_miss = arena_format(
			      arena,
			      "the current one was minted %.1f s ago and has "
			      "%sbeen used since",
			      ago, grant->is_presented ? "" : "not "));
}

outcome refresh_plan_make(struct decision *decision, const struct grant *grant,
			  int64_t presented,
			  const struct refresh_policy *policy,
			  struct refresh_plan *plan_out)
{
	if (presented > grant->generation)
		return refuse(decision, REASON_REFRESH_AHEAD);
	if (presented == grant->generation) {
		*plan_out = plan_current(decision, grant, policy);
		return DONE;
	}
	if (presented + 1 != grant->generation ||
	    !is_in_overlap(grant, decision->now, policy))
		return refuse_reuse(decision, grant, presented);
	*plan_out =
		(struct refresh_plan){STORE_REFRESH_OVERLAP, grant->generation};
	decision_note(decision, "refresh_token",
		      "the predecessor, within the overlap: answered with the "
		      "same successor");
	return DONE;
}

bool refresh_is_due(const struct tenant *tenant, const struct client *client,
		    struct text scope)
{
	bool has_offline = text_has_word(scope, TEXT("offline_access"));

	if (!text_has_word(client->grant_types, TEXT("refresh_token")))
		return false;
	switch (tenant->profile->refresh_condition) {
	case REFRESH_WITH_OFFLINE_ACCESS:
		return has_offline;
	case REFRESH_WITH_GRANT_TYPE:
		return true;
	case REFRESH_BY_OPENID:
		return has_offline || !text_has_word(scope, TEXT("openid"));
	}
	return false;
}
