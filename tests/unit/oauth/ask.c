/* SPDX-License-Identifier: Apache-2.0 */
/* Makes requests by hand and reads what the endpoints answered. */
#include "oauth/ask.h"

#include <stdio.h>

#include "base/encoding.h"

struct oauth ask_oauth;

static const struct client_auth_method *const methods[] = {
	&client_auth_client_secret_basic,
	&client_auth_client_secret_post,
	&client_auth_none,
};
static const struct grant_type *const grant_types[] = {
	&grant_authorization_code,
	&grant_refresh_token,
};

int ask_open(void **state)
{
	int opened = world_open(state);

	ask_oauth = (struct oauth){
		.store = world.store,
		.master = world.master,
		.keys = world.keys,
		.tokens = world.tokens,
		.client_limiter = limiter_new(1000000, 60),
		.push_limiter = limiter_new(1000000, 60),
		.client_auth_methods = methods,
		.client_auth_method_count = COUNT_OF(methods),
		.grant_types = grant_types,
		.grant_type_count = COUNT_OF(grant_types),
	};
	return opened;
}

int ask_close(void **state)
{
	limiter_free(&ask_oauth.client_limiter);
	limiter_free(&ask_oauth.push_limiter);
	return world_close(state);
}

void ask_begin(struct ask *ask, const char *tenant, instant now)
{
	*ask = (struct ask){.arena = arena_new((size_t)16 << 20)};
	ask->decision = (struct decision){
		.arena = ask->arena,
		.id = TEXT("request-id"),
		.now = now,
		.endpoint = "token",
		.peer = TEXT("192.0.2.1"),
	};
	ask->http = (struct http_request){
		.arena = ask->arena,
		.method = HTTP_POST,
		.host = TEXT("id.example"),
		.headers = ask->headers,
	};
	ask->reply.headers = buf_init_arena(ask->arena, 65536);
	ask->reply.body = buf_init_arena(ask->arena, HTTP_REPLY_MAX);
	ask->body = buf_init_arena(ask->arena, (size_t)1 << 20);
	ask->request = (struct oauth_request){
		.oauth = &ask_oauth,
		.decision = &ask->decision,
		.tenants = world.tenants,
		.tenant = tenants_find_named(world.tenants, text_from(tenant)),
		.http = &ask->http,
		.reply = &ask->reply,
	};
}

void ask_end(struct ask *ask)
{
	arena_free(&ask->arena);
}

void ask_header(struct ask *ask, const char *name, struct text value)
{
	MUST(ask->http.header_count < ASK_HEADER_COUNT_MAX);
	ask->headers[ask->http.header_count++] =
		(struct http_header){text_from(name), value};
}

void ask_field(struct ask *ask, const char *name, const char *value)
{
	if (value == NULL)
		return;
	if (ask->body.size > 0)
		buf_add_byte(&ask->body, '&');
	buf_add_string(&ask->body, name);
	buf_add_byte(&ask->body, '=');
	form_encode(&ask->body, text_from(value));
}

void ask_basic(struct ask *ask, const char *id, const char *secret)
{
	struct buf pair = buf_init_arena(ask->arena, 4096);
	struct buf value = buf_init_arena(ask->arena, 8192);

	form_encode(&pair, text_from(id));
	buf_add_byte(&pair, ':');
	form_encode(&pair, text_from(secret));
	buf_add_string(&value, "Basic ");
	base64_encode(&value, buf_text(&pair));
	ask_header(ask, "Authorization", buf_text(&value));
}

void ask_as(struct ask *ask, const char *client)
{
	if (strcmp(client, "web") == 0 || strcmp(client, "off") == 0)
		ask_basic(ask, client, WORLD_SECRET);
	else
		ask_field(ask, "client_id", client);
}

void ask_answer(struct ask *ask, const struct oauth_endpoint *endpoint)
{
	ask->request.endpoint = endpoint->endpoint;
	if (ask->body.size > 0) {
		ask->http.body = buf_text(&ask->body);
		ask_header(ask, "Content-Type",
			   TEXT("application/x-www-form-urlencoded"));
	}
	endpoint->answer(&ask->request);
}

static void take(char *at, size_t size, const struct json *object,
		 const char *name)
{
	struct text value = json_text(json_find(object, name));

	MUST(value.size < size);
	memcpy(at, value.at == NULL ? "" : value.at, value.size);
	at[value.size] = '\0';
}

struct answer ask_read(struct ask *ask)
{
	CLEANUP(json_document_free) struct json_document *document = NULL;
	struct text body = buf_text(&ask->reply.body);
	struct answer answer = {.status = ask->reply.status,
				.reason = ask->decision.refusal.reason};
	const struct json *object;

	(void)snprintf(answer.near_miss, sizeof(answer.near_miss), "%.*s",
		       TEXT_ARG(ask->decision.refusal.near_miss));
	MUST(json_parse(body, body.size, &document, NULL) == DONE);
	object = json_root(document);
	take(answer.error, sizeof(answer.error), object, "error");
	take(answer.scope, sizeof(answer.scope), object, "scope");
	take(answer.access_token, sizeof(answer.access_token), object,
	     "access_token");
	take(answer.refresh_token, sizeof(answer.refresh_token), object,
	     "refresh_token");
	if (!json_integer(json_find(object, "expires_in"), &answer.expires_in))
		answer.expires_in = 0;
	return answer;
}

void ask_with_challenge(struct grant *grant)
{
	static char challenge[64];
	struct buf encoded = buf_init(64);
	unsigned char hash[SHA256_SIZE];

	digest_sha256(TEXT(ASK_VERIFIER), hash);
	base64url_encode(&encoded, text_of(hash, sizeof(hash)));
	memcpy(challenge, encoded.at, encoded.size);
	grant->request.challenge = text_of(challenge, encoded.size);
	grant->request.challenge_method = TEXT("S256");
	buf_wipe(&encoded);
}

void ask_public(struct grant *grant)
{
	grant->client_id = TEXT("spa");
	ask_with_challenge(grant);
}

struct coded ask_new_code(const char *tenant, void (*change)(struct grant *))
{
	struct coded coded = {.tenant = tenant};
	struct visit visit;
	struct text code;

	world_visit(&visit, tenant);
	if (change != NULL)
		change(&visit.grant);
	world_insert_grant(&visit);
	code = token_format_code(world.tokens, visit.arena, WORLD_NOW,
				 &visit.grant);
	memcpy(coded.code, code.at, code.size);
	coded.grant_id = visit.grant.id;
	world_leave(&visit);
	return coded;
}

struct answer ask_redeem(const struct coded *coded, const struct redeem *redeem)
{
	struct answer answer;
	struct ask ask;

	ask_begin(&ask, coded->tenant,
		  redeem->now != 0 ? redeem->now : WORLD_NOW);
	if (redeem->peer != NULL)
		ask.decision.peer = text_from(redeem->peer);
	ask_field(&ask, "grant_type", "authorization_code");
	ask_field(&ask, "code", coded->code);
	if (!redeem->leaves_out_redirect_uri)
		ask_field(&ask, "redirect_uri",
			  redeem->redirect_uri != NULL ? redeem->redirect_uri
						       : ASK_CALLBACK);
	ask_field(&ask, "code_verifier", redeem->verifier);
	ask_as(&ask, redeem->client != NULL ? redeem->client : "web");
	ask_answer(&ask, &oauth_endpoint_token);
	answer = ask_read(&ask);
	ask_end(&ask);
	return answer;
}

struct answer ask_refresh(const char *tenant, const char *token,
			  const struct refresh *refresh)
{
	struct answer answer;
	struct ask ask;

	ask_begin(&ask, tenant, refresh->now != 0 ? refresh->now : WORLD_NOW);
	ask_field(&ask, "grant_type", "refresh_token");
	ask_field(&ask, "refresh_token", token);
	ask_field(&ask, "scope", refresh->scope);
	ask_as(&ask, refresh->client != NULL ? refresh->client : "web");
	ask_answer(&ask, &oauth_endpoint_token);
	answer = ask_read(&ask);
	ask_end(&ask);
	return answer;
}

struct grant_state ask_state(int64_t grant_id)
{
	struct arena *arena = arena_new((size_t)1 << 20);
	struct grant_state state;
	struct grant grant;

	assert_int_equal(store_load_grant(world.store, arena, grant_id, &grant),
			 STORE_DONE);
	state = (struct grant_state){
		.revoked_at = grant.revoked_at,
		.generation = grant.generation,
		.overlap_count = grant.overlap_count,
		.is_presented = grant.is_presented,
	};
	(void)snprintf(state.revoked_reason, sizeof(state.revoked_reason),
		       "%.*s", TEXT_ARG(grant.revoked_reason));
	arena_free(&arena);
	return state;
}

void ask_assert(const struct answer *answer, int status, enum reason reason)
{
	if (answer->status != status || answer->reason != reason)
		fail_msg("%d %s, wanted %d %s", answer->status,
			 reason_name(answer->reason), status,
			 reason_name(reason));
}
