/* SPDX-License-Identifier: Apache-2.0 */
/* Token introspection (RFC 7662). */
#include "oauth/parameters.h"
#include "oauth/proof.h"
#include "oauth/reply.h"
#include "token/access.h"
#include "token/refresh.h"

struct introspection {
	struct oauth_request *base;
	struct decision *decision;
	const struct tenant *tenant; /* before the caller's own rules */
	struct form form;
	const struct client *client;
	struct text token;
	bool is_access_token;
	struct access access; /* of an access token */
	struct grant grant; /* of a refresh token */
	struct reference reference; /* the same */
};

/* Only clients that can prove themselves may ask (RFC 7662 section 2.1). */
static outcome prove_client(struct introspection *introspection)
{
	struct oauth_request *base = introspection->base;
	TRY(parameters_prove_client(base, &introspection->form,
				    &introspection->client));
	if (client_is_public(introspection->client))
		return refuse(base->decision, REASON_CLIENT_SECRET_MISSING,
			      .near_miss = TEXT("a public client may not "
						"introspect"));
	return DONE;
}

/* Its own tokens, and those that name it as audience (attack T10). */
static outcome check_may_ask(struct introspection *introspection,
			     const struct grant *grant, struct text audience)
{
	const struct client *client = introspection->client;

	if (text_equal(grant->client_id, client->id) ||
	    text_has_word(audience, client->id))
		return DONE;
	return refuse(introspection->decision, REASON_TOKEN_FOREIGN,
		      .expected = grant->client_id, .received = client->id);
}

/* As the token endpoint would judge it, but asking revokes nothing. */
static outcome check_generation(struct introspection *introspection)
{
	struct oauth_request *base = introspection->base;
	const struct grant *grant = &introspection->grant;
	struct refresh_policy policy =
		refresh_policy_of(base->tenant, introspection->client, grant);
	struct refresh_plan plan;

	return refresh_plan_make(base->decision, grant,
				 introspection->reference.generation, &policy,
				 &plan);
}

static outcome check_refresh_token(struct introspection *introspection)
{
	struct oauth_request *base = introspection->base;
	const struct reference *reference = &introspection->reference;
	const struct grant *grant = &introspection->grant;
	instant now = base->decision->now;

	if (tokens_is_void(base->oauth->tokens, reference->shard,
			   reference->epoch))
		return refuse(base->decision, REASON_EPOCH_OLD);
	if (grant->revoked_at != INSTANT_NEVER)
		return refuse(base->decision, REASON_REFRESH_REVOKED,
			      .near_miss = grant->revoked_reason);
	if (instant_from_seconds(reference->expires_at) <= now)
		return refuse(base->decision, REASON_REFRESH_EXPIRED);
	if (grant->idle_expires_at <= now)
		return refuse(base->decision, REASON_REFRESH_IDLE);
	return check_generation(introspection);
}

static outcome read_refresh_token(struct introspection *introspection)
{
	struct oauth_request *base = introspection->base;
	struct grant *grant = &introspection->grant;

	TRY(token_load_proven(base->decision, base->oauth->tokens,
			      &introspection->reference, REASON_REFRESH_UNKNOWN,
			      grant));
	TRY(check_may_ask(introspection, grant, TEXT_ABSENT));
	return check_refresh_token(introspection);
}

static outcome read_token(struct introspection *introspection)
{
	struct oauth_request *base = introspection->base;
	struct access_presented presented = {.spelling = introspection->token};

	if (reference_open(base->oauth->tokens, base->decision->arena,
			   base->tenant->id, introspection->token,
			   &introspection->reference))
		presented.opened = &introspection->reference;
	if (presented.opened != NULL &&
	    presented.opened->kind == REFERENCE_REFRESH_TOKEN)
		return read_refresh_token(introspection);
	introspection->is_access_token = true;
	TRY(access_read(base->decision, base->oauth->tokens, base->tenant,
			&presented, &introspection->access));
	introspection->grant = introspection->access.grant;
	return check_may_ask(introspection, &introspection->grant,
			     introspection->access.audience);
}

static outcome load_user(struct introspection *introspection,
			 struct user *user_out)
{
	struct decision *decision = introspection->decision;
	enum store_outcome loaded = store_load_user(
		tenant_shard(decision, introspection->base->oauth->store,
			     introspection->grant.shard),
		decision->arena, introspection->grant.user_id, user_out);

	if (loaded == STORE_NOT_FOUND)
		return refuse(decision, REASON_USER_GONE);
	TRY(tenant_store_outcome(decision, loaded));
	if (user_out->is_disabled)
		return refuse(decision, REASON_USER_DISABLED);
	return DONE;
}

static bool is_of_client(enum reason reason)
{
	return reason == REASON_CLIENT_UNKNOWN ||
	       reason == REASON_CLIENT_DISABLED ||
	       reason == REASON_CLIENT_UNFIT;
}

/* As at userinfo: it may be older than the rule. */
static outcome check_binding(struct introspection *introspection,
			     const struct client *client)
{
	const struct tenant *tenant =
		tenant_for_client(introspection->tenant, client);

	if (!introspection->is_access_token ||
	    !tenant->profile->limits.binds_always ||
	    text_is_present(introspection->access.confirmation))
		return DONE;
	return refuse(introspection->decision, REASON_TOKEN_REVOKED,
		      .near_miss = TEXT("it is bound to nothing, and older "
					"than fapi2 here"));
}

/* What a client was given ends with it, also where resource servers ask. */
static outcome check_client(struct introspection *introspection)
{
	struct oauth_request *base = introspection->base;
	struct decision *decision = base->decision;
	const struct client *client;
	outcome checked = tenant_load_client(decision, base->oauth->store,
					     base->tenants, base->tenant,
					     introspection->grant.client_id,
					     &client);

	if (checked == DONE)
		checked = tenant_check_client(decision, introspection->tenant,
					      client);
	if (checked == DONE)
		return check_binding(introspection, client);
	if (checked == BROKEN || !is_of_client(decision->refusal.reason))
		return checked;
	decision_retract(decision);
	return refuse(decision, REASON_TOKEN_REVOKED,
		      .near_miss = TEXT("its client is disabled, gone, or "
					"breaks a rule of fapi2"));
}

/* Nothing but "no" is said, whatever the cause (RFC 7662 section 2.2). */
static void answer_inactive(struct oauth_request *base)
{
	struct json_writer writer = reply_open_json(base->reply, 200);

	json_open_object(&writer);
	json_member_boolean(&writer, "active", false);
	json_close_object(&writer);
}

static void write_access_token(const struct introspection *introspection,
			       struct json_writer *writer)
{
	const struct access *access = &introspection->access;

	json_member_string(writer, "token_type",
			   proof_is_key(access->confirmation) ? "DPoP"
							      : "Bearer");
	claims_write_confirmation("cnf", access->confirmation, writer);
	json_member_integer(writer, "exp", access->expires_at);
	json_member_integer(writer, "iat", access->issued_at);
	json_member_integer(writer, "nbf", access->issued_at);
	if (access->audience.size > 0)
		json_member_words(writer, "aud", access->audience);
	json_member_text(writer, "scope", access->scope);
}

static void write_refresh_token(const struct introspection *introspection,
				struct json_writer *writer)
{
	json_member_string(writer, "token_type", "refresh_token");
	claims_write_confirmation("cnf", introspection->grant.confirmation,
				  writer);
	json_member_integer(writer, "exp", introspection->reference.expires_at);
	json_member_text(writer, "scope", introspection->grant.scope);
}

static void answer_active(const struct introspection *introspection,
			  const struct user *user)
{
	struct oauth_request *base = introspection->base;
	struct json_writer writer = reply_open_json(base->reply, 200);

	json_open_object(&writer);
	json_member_boolean(&writer, "active", true);
	json_member_text(&writer, "iss", base->tenant->issuer);
	json_member_text(&writer, "client_id", introspection->grant.client_id);
	json_member_text(&writer, "sub", user->subject);
	json_member_text(&writer, "username", user->username);
	if (introspection->is_access_token)
		write_access_token(introspection, &writer);
	else
		write_refresh_token(introspection, &writer);
	json_close_object(&writer);
}

static outcome ask(struct introspection *introspection)
{
	TRY(parameters_read_body(introspection->base, &introspection->form));
	TRY(prove_client(introspection));
	TRY(parameters_need(introspection->decision, &introspection->form,
			    "token", &introspection->token));
	/* Whatever the token turns out to be, the question is answered. */
	return once_spend(introspection->base);
}

static void answer(struct oauth_request *base)
{
	struct introspection introspection = {
		.base = base,
		.decision = base->decision,
		.tenant = base->tenant,
	};
	struct user user;
	outcome read_outcome;

	if (ask(&introspection) != DONE) {
		reply_refusal(base);
		return;
	}
	read_outcome = read_token(&introspection);
	if (read_outcome == DONE)
		read_outcome = check_client(&introspection);
	if (read_outcome == DONE)
		read_outcome = load_user(&introspection, &user);
	reply_no_store(base->reply);
	if (read_outcome == DONE)
		answer_active(&introspection, &user);
	else if (reply_row(base)->flags & REPLY_SILENT)
		answer_inactive(base);
	else
		reply_refusal(base);
}

const struct oauth_endpoint oauth_endpoint_introspect = {
	.endpoint = ENDPOINT_INTROSPECT,
	.methods = OAUTH_POST,
	.answer = answer,
};
