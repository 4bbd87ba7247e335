/* SPDX-License-Identifier: Apache-2.0 */
/* Leads a checked request past sign-in and consent to its code. */
#include "oauth/interaction.h"

#include "oauth/extension.h"
#include "oauth/issue.h"
#include "oauth/reply.h"
#include "oauth/scope.h"
#include "oauth/session.h"
#include "oauth/step.h"

static outcome find_person(struct authorization *authorization)
{
	if (authorization->has_session)
		return DONE;
	/* Who may be asked can sign in anew, in a shard that is there. */
	if ((authorization->prompt & PROMPT_NONE) == 0)
		return session_find_there(authorization->base,
					  &authorization->session,
					  &authorization->user,
					  &authorization->has_session);
	return session_find(authorization->base, &authorization->session,
			    &authorization->user, &authorization->has_session);
}

static bool is_too_long_ago(const struct authorization *authorization)
{
	instant latest;

	if (authorization->max_age_for == MAX_AGE_ABSENT)
		return false;
	/* Beyond a century it is no bound, and must not overflow. */
	if (authorization->max_age_for > (int64_t)100 * 366 * 24 * 3600)
		return false;
	latest = instant_after(authorization->session.authenticated_at,
			       authorization->max_age_for);
	return authorization->decision->now > latest;
}

static bool is_other_person(const struct authorization *authorization)
{
	return text_is_present(authorization->hinted_subject) &&
	       !text_equal(authorization->hinted_subject,
			   authorization->user.subject);
}

static bool must_sign_in(const struct authorization *authorization)
{
	if (!authorization->has_session)
		return true;
	if (authorization->has_signed_in)
		return false;
	return (authorization->prompt &
		(PROMPT_LOGIN | PROMPT_SELECT_ACCOUNT)) != 0 ||
	       is_too_long_ago(authorization) || is_other_person(authorization);
}

/* The scopes asked, and those that stand for claims asked one by one. */
static outcome name_scope(struct authorization *authorization,
			  struct text *scope_out)
{
	const struct oauth_extension *extension =
		authorization->oauth->extension;
	struct text of_claims;

	*scope_out = authorization->scope;
	if (extension == NULL || !text_is_present(authorization->claims))
		return DONE;
	TRY(extension->name_claims_scope(authorization->decision,
					 authorization->client,
					 authorization->claims, &of_claims));
	*scope_out = scope_union(authorization->decision->arena,
				 authorization->scope, of_claims);
	return DONE;
}

static struct store *shard_of(struct authorization *authorization)
{
	return tenant_shard(authorization->decision,
			    authorization->oauth->store,
			    authorization->session.shard);
}

static outcome must_consent(struct authorization *authorization, bool *must_out)
{
	struct decision *decision = authorization->decision;
	struct consent consent;
	struct text scope;
	enum store_outcome loaded;

	*must_out = false;
	if (authorization->has_consented)
		return DONE;
	*must_out = (authorization->prompt & PROMPT_CONSENT) != 0;
	if (*must_out || authorization->client->skips_consent)
		return DONE;
	loaded = store_load_consent(shard_of(authorization), decision->arena,
				    authorization->base->tenant->id,
				    authorization->user.id,
				    authorization->client->id, &consent);
	*must_out = loaded == STORE_NOT_FOUND;
	if (*must_out)
		return DONE;
	TRY(tenant_store_outcome(decision, loaded));
	TRY(name_scope(authorization, &scope));
	*must_out =
		text_is_present(scope_first_missing(scope, consent.scope)) ||
		text_is_present(scope_first_missing(authorization->resources,
						    consent.audience));
	return DONE;
}

static outcome show_sign_in(struct authorization *authorization,
			    struct text username, struct text message)
{
	struct sign_in_page page = {
		.client = authorization->client,
		.username = username,
		.message = message,
	};

	TRY(step_seal(authorization, &page.sealed));
	authorization->oauth->pages->sign_in(authorization->base, &page);
	return DONE;
}

void interaction_ask_again(struct authorization *authorization,
			   struct text username, struct text message)
{
	if (show_sign_in(authorization, username, message) != DONE)
		authorization_answer_refusal(authorization);
}

static outcome ask_to_sign_in(struct authorization *authorization)
{
	struct decision *decision = authorization->decision;

	if ((authorization->prompt & PROMPT_NONE) == 0) {
		decision_note(decision, "session", "the person must sign in");
		return show_sign_in(authorization,
				    form_find(&authorization->form,
					      "login_hint"),
				    TEXT_ABSENT);
	}
	if (authorization->has_session && is_other_person(authorization))
		return refuse(decision, REASON_HINT_OTHER_USER,
			      .argument = authorization->hinted_by,
			      .expected = authorization->hinted_subject,
			      .received = authorization->user.subject);
	return refuse(decision, REASON_LOGIN_REQUIRED,
		      .near_miss = authorization->has_session
					   ? TEXT("signed in, but longer ago "
						  "than max_age allows")
					   : TEXT_ABSENT);
}

static outcome ask_for_consent(struct authorization *authorization)
{
	struct consent_page page = {
		.client = authorization->client,
		.user = &authorization->user,
		.resources = authorization->resources,
	};

	if ((authorization->prompt & PROMPT_NONE) != 0)
		return refuse(authorization->decision, REASON_CONSENT_REQUIRED,
			      .expected = authorization->scope);
	TRY(name_scope(authorization, &page.scope));
	TRY(step_store(authorization, &page.reference));
	decision_note(authorization->decision, "consent",
		      "the person is asked");
	authorization->oauth->pages->consent(authorization->base, &page);
	return DONE;
}

/* A stored hint names one person; another must not be answered in their place.
 */
static outcome check_hinted(struct authorization *authorization)
{
	if (!is_other_person(authorization))
		return DONE;
	return refuse(authorization->decision, REASON_HINT_OTHER_USER,
		      .argument = authorization->hinted_by,
		      .expected = authorization->hinted_subject,
		      .received = authorization->user.subject);
}

static outcome go_on(struct authorization *authorization)
{
	struct grant grant;
	bool is_asked;

	TRY(find_person(authorization));
	if (must_sign_in(authorization))
		return ask_to_sign_in(authorization);
	decision_note(authorization->decision, "session", "%s is signed in",
		      arena_terminated(authorization->decision->arena,
				       authorization->user.subject));
	TRY(check_hinted(authorization));
	TRY(must_consent(authorization, &is_asked));
	if (is_asked)
		return ask_for_consent(authorization);
	TRY(issue_grant(authorization, &grant));
	issue_code(authorization, &grant);
	return DONE;
}

void interaction_continue(struct authorization *authorization)
{
	if (go_on(authorization) != DONE)
		authorization_answer_refusal(authorization);
}

void interaction_signed_in(struct authorization *authorization,
			   const struct user *user)
{
	if (session_begin(authorization->base, user, &authorization->session) !=
	    DONE) {
		authorization_answer_refusal(authorization);
		return;
	}
	authorization->user = *user;
	authorization->has_session = true;
	authorization->has_signed_in = true;
	interaction_continue(authorization);
}

/* What was allowed before stays allowed. */
static outcome remember(struct authorization *authorization)
{
	struct decision *decision = authorization->decision;
	struct store *store = shard_of(authorization);
	struct consent consent = {
		.tenant_id = authorization->base->tenant->id,
		.user_id = authorization->user.id,
		.client_id = authorization->client->id,
	};
	struct consent before = {.scope = TEXT_ABSENT};
	struct text scope;
	enum store_outcome loaded =
		store_load_consent(store, decision->arena, consent.tenant_id,
				   consent.user_id, consent.client_id, &before);

	if (loaded != STORE_NOT_FOUND)
		TRY(tenant_store_outcome(decision, loaded));
	TRY(name_scope(authorization, &scope));
	consent.scope = scope_union(decision->arena, before.scope, scope);
	consent.audience = scope_union(decision->arena, before.audience,
				       authorization->resources);
	consent.granted_at = decision->now;
	return tenant_store_outcome(decision,
				    store_save_consent(store, &consent));
}

/* The step is consumed first: of an Allow and a Deny at the same moment the
 * loser leaves nothing behind. */
static outcome approve(struct authorization *authorization)
{
	struct grant grant;

	authorization->has_consented = true;
	TRY(issue_grant(authorization, &grant));
	TRY(remember(authorization));
	issue_code(authorization, &grant);
	return DONE;
}

void interaction_approve(struct authorization *authorization)
{
	if (approve(authorization) != DONE)
		authorization_answer_refusal(authorization);
}

void interaction_deny(struct authorization *authorization)
{
	struct decision *decision = authorization->decision;
	outcome consumed = step_consume(authorization);

	if (consumed == DONE)
		consumed = refuse(decision, REASON_ACCESS_DENIED);
	MUST(consumed != DONE);
	authorization_answer_refusal(authorization);
}
