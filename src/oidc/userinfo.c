/* SPDX-License-Identifier: Apache-2.0 */
/* Userinfo: what an access token says of its person (OIDC Core 5.3, RFC 6750).
 */
#include "base/event.h"
#include "oauth/parameters.h"
#include "oauth/proof.h"
#include "oauth/reply.h"
#include "oidc/internal.h"
#include "token/access.h"
#include "token/confirmation.h"

struct userinfo {
	struct oauth_request *base;
	struct decision *decision;
	struct text token;
	size_t place_count; /* where a token stood */
	bool is_dpop_scheme; /* it came as Authorization: DPoP */
	bool is_in_query; /* it stood in the URL */
	struct access access;
	const struct client *client;
	struct user user;
};

static void take_token(struct userinfo *userinfo, struct text token)
{
	if (!text_is_present(token))
		return;
	userinfo->token = token;
	userinfo->place_count++;
}

/* The credentials of scheme Bearer or DPoP; schemes are read without case (RFC 9110
 * section 11.1). Another scheme is no token. */
static void read_header(struct userinfo *userinfo)
{
	struct text value =
		http_header_find(userinfo->base->http, "authorization");
	struct text rest = value;
	struct text scheme;

	if (!text_is_present(value) || !text_cut(&rest, ' ', &scheme))
		return;
	userinfo->is_dpop_scheme = text_equal_nocase(scheme, TEXT("DPoP"));
	if (!userinfo->is_dpop_scheme &&
	    !text_equal_nocase(scheme, TEXT("Bearer")))
		return;
	rest = text_trim(rest);
	if (rest.size > 0)
		take_token(userinfo, rest);
}

/* Older vendor SDKs know no other way; told, so that it can be switched off. */
static void tell_query_token(const struct userinfo *userinfo)
{
	struct event event;

	event_begin(&event, EVENT_INFO, "userinfo.token_in_query");
	event_text(&event, "request", userinfo->decision->id);
	event_text(&event, "tenant", userinfo->base->tenant->name);
	event_end(&event);
}

static outcome check_query(struct userinfo *userinfo)
{
	if (!userinfo->is_in_query ||
	    userinfo->base->tenant->profile->flags.token_in_query_at_userinfo)
		return DONE;
	return refuse(userinfo->decision, REASON_TOKEN_IN_QUERY);
}

static outcome read_query(struct userinfo *userinfo)
{
	struct oauth_request *base = userinfo->base;
	struct form query = {NULL, 0};
	const char *why = "";

	if (!text_is_present(base->http->query))
		return DONE;
	if (form_parse(userinfo->decision->arena, base->http->query, &query,
		       &why) != DONE)
		return refuse(userinfo->decision, REASON_BODY_MALFORMED,
			      .near_miss = text_from(why));
	if (!text_is_present(form_find(&query, "access_token")))
		return DONE;
	userinfo->is_in_query = true;
	TRY(check_query(userinfo));
	tell_query_token(userinfo);
	for (size_t i = 0; i < query.count; i++)
		if (text_equal(query.fields[i].name, TEXT("access_token")))
			take_token(userinfo, query.fields[i].value);
	return DONE;
}

/* RFC 6750 section 2.2; a POST with the header alone needs no body. */
static outcome read_body(struct userinfo *userinfo)
{
	struct oauth_request *base = userinfo->base;
	struct form form;

	if (base->http->method != HTTP_POST || base->http->body.size == 0)
		return DONE;
	TRY(parameters_read_front(base, &form));
	TRY(parameters_check_once(base->decision, &form));
	take_token(userinfo, form_find(&form, "access_token"));
	return DONE;
}

static outcome read_token(struct userinfo *userinfo)
{
	TRY(read_query(userinfo));
	if (http_header_count(userinfo->base->http, "authorization") > 1)
		return refuse(userinfo->decision, REASON_TOKEN_TWO_PLACES,
			      .near_miss = TEXT("several Authorization "
						"headers"));
	read_header(userinfo);
	TRY(read_body(userinfo));
	if (userinfo->place_count > 1)
		return refuse(userinfo->decision, REASON_TOKEN_TWO_PLACES);
	if (userinfo->place_count == 0)
		return refuse(userinfo->decision, REASON_TOKEN_MISSING);
	return DONE;
}

/* A bound token is worth nothing without its proof (RFC 8705 section 3, RFC
 * 9449 section 7.2). */
static outcome check_binding(struct userinfo *userinfo)
{
	struct decision *decision = userinfo->decision;
	struct text bound = userinfo->access.confirmation;
	struct text shown = confirmation_of_certificate(
		decision->arena, userinfo->base->http->certificate.der);

	TRY(proof_check_access(userinfo->base, &userinfo->access,
			       userinfo->is_dpop_scheme));
	/* It may be older than the rule. */
	if (!text_is_present(bound) &&
	    userinfo->base->tenant->profile->limits.binds_always)
		return refuse(decision, REASON_TOKEN_UNBOUND);
	if (!text_is_present(bound) || proof_is_key(bound) ||
	    text_equal(bound, shown))
		return DONE;
	return refuse(decision, REASON_TOKEN_CERTIFICATE_WRONG,
		      .expected = bound, .received = shown);
}

/* A client that is gone refuses as one that is disabled. */
static outcome load_client(struct userinfo *userinfo)
{
	struct oauth_request *base = userinfo->base;
	struct decision *decision = userinfo->decision;
	outcome loaded = tenant_load_client(decision, base->oauth->store,
					    base->tenants, base->tenant,
					    userinfo->access.grant.client_id,
					    &userinfo->client);

	if (loaded == REFUSED &&
	    decision->refusal.reason == REASON_CLIENT_UNKNOWN) {
		decision_retract(decision);
		return refuse(decision, REASON_CLIENT_DISABLED,
			      .near_miss = TEXT("the client no longer exists"));
	}
	TRY(loaded);
	TRY(tenant_check_client(decision, base->tenant, userinfo->client));
	base->tenant = tenant_for_client(base->tenant, userinfo->client);
	return DONE;
}

static outcome check_token(struct userinfo *userinfo)
{
	struct decision *decision = userinfo->decision;
	struct access *access = &userinfo->access;

	TRY(access_read(decision, userinfo->base->oauth->tokens,
			userinfo->base->tenant,
			&(struct access_presented){.spelling = userinfo->token},
			access));
	decision->client_id = access->grant.client_id;
	decision->grant_id = access->grant.id;
	TRY(load_client(userinfo));
	TRY(check_query(userinfo));
	TRY(check_binding(userinfo));
	if (!text_has_word(access->scope, TEXT("openid")))
		return refuse(decision, REASON_TOKEN_SCOPE_INSUFFICIENT,
			      .expected = TEXT("openid"),
			      .received = access->scope);
	return DONE;
}

static outcome load_user(struct userinfo *userinfo)
{
	struct decision *decision = userinfo->decision;
	enum store_outcome loaded = store_load_user(
		tenant_shard(decision, userinfo->base->oauth->store,
			     userinfo->access.grant.shard),
		decision->arena, userinfo->access.grant.user_id,
		&userinfo->user);

	if (loaded == STORE_NOT_FOUND)
		return refuse(decision, REASON_USER_GONE);
	TRY(tenant_store_outcome(decision, loaded));
	decision->subject = userinfo->user.subject;
	if (userinfo->user.is_disabled)
		return refuse(decision, REASON_USER_DISABLED);
	return DONE;
}

/* `sub` is always there, and the ID token's (section 5.3.2). */
static outcome write_claims(const struct userinfo *userinfo, struct buf *body)
{
	struct json_writer writer = {.buf = body};
	struct oidc_release release = {
		.tenant = userinfo->base->tenant,
		.client = userinfo->client,
		.user = &userinfo->user,
		.scope = userinfo->access.scope,
		.parameter = userinfo->access.grant.request.claims,
		.member = "userinfo",
	};

	json_open_object(&writer);
	json_member_text(&writer, "sub", userinfo->user.subject);
	TRY(oidc_claims_release(userinfo->decision, &release, &writer));
	json_close_object(&writer);
	return DONE;
}

static outcome find_claims(struct userinfo *userinfo, struct buf *body)
{
	TRY(read_token(userinfo));
	TRY(check_token(userinfo));
	TRY(load_user(userinfo));
	TRY(write_claims(userinfo, body));
	return once_spend(userinfo->base);
}

static void answer(struct oauth_request *base)
{
	struct userinfo userinfo = {.base = base, .decision = base->decision};
	struct buf body = buf_init_arena(base->decision->arena, REPLY_JSON_MAX);
	struct json_writer writer;

	if (find_claims(&userinfo, &body) != DONE) {
		reply_refusal(base);
		return;
	}
	reply_no_store(base->reply);
	writer = reply_open_json(base->reply, 200);
	json_write_raw(&writer, buf_text(&body));
}

const struct oauth_endpoint oidc_endpoint_userinfo = {
	.endpoint = ENDPOINT_USERINFO,
	.methods = OAUTH_GET | OAUTH_POST,
	.is_cross_origin = true,
	.answer = answer,
};
