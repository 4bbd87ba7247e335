/* SPDX-License-Identifier: Apache-2.0 */
/* Token revocation (RFC 7009). */
#include "oauth/parameters.h"
#include "oauth/reply.h"
#include "token/access.h"

struct revocation {
	struct oauth_request *base;
	struct decision *decision;
	struct form form;
	const struct client *client;
	struct text token;
};

/* A foreign token is none of the caller's business: 200, nothing changed. */
static bool is_own(struct revocation *revocation, const struct grant *grant)
{
	if (text_equal(grant->client_id, revocation->client->id))
		return true;
	decision_note(revocation->decision, "token",
		      "issued to another client: nothing is changed");
	return false;
}

static outcome revoke_grant(struct revocation *revocation,
			    const struct grant *grant)
{
	struct decision *decision = revocation->decision;
	enum store_outcome revoked;

	if (!is_own(revocation, grant))
		return DONE;
	revoked = store_revoke_grant(
		tenant_shard(decision, revocation->base->oauth->store,
			     grant->shard),
		grant->id, decision->now, TEXT("revoked_by_client"));
	if (revoked == STORE_CONFLICT || revoked == STORE_NOT_FOUND)
		return DONE;
	TRY(tenant_store_outcome(decision, revoked));
	decision_note(decision, "token", "refresh token: its grant is revoked");
	return DONE;
}

/* Unknown, expired or revoked ones are as good as revoked (RFC 7009 2.2). */
static outcome forgive(struct oauth_request *base, outcome tried)
{
	struct decision *decision = base->decision;

	if (tried != REFUSED || !(reply_row(base)->flags & REPLY_SILENT))
		return tried;
	decision_note(decision, "token", "nothing to revoke: %s",
		      reason_name(decision->refusal.reason));
	decision_retract(decision);
	return DONE;
}

static outcome revoke_access_token(struct revocation *revocation)
{
	struct oauth_request *base = revocation->base;
	struct access access;

	TRY(access_read(base->decision, base->oauth->tokens, base->tenant,
			&(struct access_presented){.spelling =
							   revocation->token},
			&access));
	if (!is_own(revocation, &access.grant))
		return DONE;
	TRY(access_revoke(base->decision, base->oauth->tokens, &access));
	decision_note(base->decision, "token", "access token: it alone ends");
	return DONE;
}

/* token_type_hint is not needed: the kind travels inside (RFC 7009 2.1). */
static outcome revoke_token(struct revocation *revocation)
{
	struct oauth_request *base = revocation->base;
	struct reference reference;
	struct grant grant;

	if (!reference_open(base->oauth->tokens, base->decision->arena,
			    base->tenant->id, revocation->token, &reference) ||
	    reference.kind != REFERENCE_REFRESH_TOKEN)
		return revoke_access_token(revocation);
	TRY(token_load_proven(base->decision, base->oauth->tokens, &reference,
			      REASON_REFRESH_UNKNOWN, &grant));
	return revoke_grant(revocation, &grant);
}

static outcome revoke(struct revocation *revocation)
{
	TRY(parameters_read_body(revocation->base, &revocation->form));
	TRY(parameters_prove_client(revocation->base, &revocation->form,
				    &revocation->client));
	TRY(parameters_need(revocation->decision, &revocation->form, "token",
			    &revocation->token));
	/* Whatever the token turns out to be, the answer is 200. */
	TRY(once_spend(revocation->base));
	return forgive(revocation->base, revoke_token(revocation));
}

/* `{}` pleases every client tried; profiles may ask for an empty body. */
static void answer_revoked(struct oauth_request *base)
{
	reply_no_store(base->reply);
	if (base->tenant->profile->flags.revoke_replies_empty) {
		base->reply->status = 200;
		return;
	}
	reply_open_json(base->reply, 200);
	buf_add_string(&base->reply->body, "{}");
}

static void answer(struct oauth_request *base)
{
	struct revocation revocation = {
		.base = base,
		.decision = base->decision,
	};

	if (revoke(&revocation) == DONE)
		answer_revoked(base);
	else
		reply_refusal(base);
}

const struct oauth_endpoint oauth_endpoint_revoke = {
	.endpoint = ENDPOINT_REVOKE,
	.methods = OAUTH_POST,
	.is_cross_origin = true,
	.answer = answer,
};
