/* SPDX-License-Identifier: Apache-2.0 */
/* Revocation and introspection (RFC 7009, RFC 7662), and a restored store. */
#include "oauth/ask.h"

#include <stdio.h>

#define LATER(seconds) (WORLD_NOW + (seconds) * INSTANT_SECOND)

struct lived {
	const char *tenant;
	int64_t grant_id;
	struct answer tokens;
};

static struct lived live(const char *tenant)
{
	struct coded coded = ask_new_code(tenant, NULL);
	struct lived lived = {tenant, coded.grant_id,
			      ask_redeem(&coded, &(struct redeem){0})};

	ask_assert(&lived.tokens, 200, REASON_NONE);
	return lived;
}

/* What an endpoint said to a client about a token. */
struct said {
	int status;
	enum reason reason;
	char body[2048];
	bool has_type;
};

static struct said tell(const struct oauth_endpoint *endpoint,
			const char *tenant, const char *client,
			const char *token, instant now)
{
	struct said said;
	struct ask ask;
	struct text headers;

	ask_begin(&ask, tenant, now);
	ask_field(&ask, "token_type_hint", "access_token");
	ask_field(&ask, "token", token);
	ask_as(&ask, client);
	ask_answer(&ask, endpoint);
	headers = buf_text(&ask.reply.headers);
	said = (struct said){
		.status = ask.reply.status,
		.reason = ask.decision.refusal.reason,
		.has_type = text_find(headers, TEXT("Content-Type")) <
			    headers.size,
	};
	(void)snprintf(said.body, sizeof(said.body), "%.*s",
		       TEXT_ARG(buf_text(&ask.reply.body)));
	ask_end(&ask);
	return said;
}

static void revoke(const char *tenant, const char *client, const char *token)
{
	struct said said =
		tell(&oauth_endpoint_revoke, tenant, client, token, WORLD_NOW);

	assert_int_equal(said.status, 200);
	if (strcmp(tenant, "asgardeo") == 0) {
		assert_string_equal(said.body, "");
		assert_false(said.has_type);
	} else {
		assert_string_equal(said.body, "{}");
		assert_true(said.has_type);
	}
}

static bool is_active_at(const char *tenant, const char *client,
			 const char *token, instant now)
{
	struct said said =
		tell(&oauth_endpoint_introspect, tenant, client, token, now);

	assert_int_equal(said.status, 200);
	if (strcmp(said.body, "{\"active\":false}") == 0)
		return false;
	assert_non_null(strstr(said.body, "\"active\":true"));
	assert_non_null(strstr(said.body, "\"client_id\":\"web\""));
	return true;
}

static bool is_active(const struct lived *lived, const char *token)
{
	return is_active_at(lived->tenant, "web", token, WORLD_NOW);
}

static const char *const tenants[] = {"rfc", "auth0", "asgardeo"};

static void refresh_token_ends_grant(void **state)
{
	for (size_t i = 0; i < COUNT_OF(tenants); i++) {
		struct lived lived = live(tenants[i]);

		assert_true(is_active(&lived, lived.tokens.refresh_token));
		assert_true(is_active(&lived, lived.tokens.access_token));
		revoke(tenants[i], "web", lived.tokens.refresh_token);
		assert_false(is_active(&lived, lived.tokens.refresh_token));
		assert_false(is_active(&lived, lived.tokens.access_token));
		assert_string_equal(ask_state(lived.grant_id).revoked_reason,
				    "revoked_by_client");
		revoke(tenants[i], "web", lived.tokens.refresh_token);
	}
}

static void access_token_ends_alone(void **state)
{
	for (size_t i = 0; i < COUNT_OF(tenants); i++) {
		struct lived lived = live(tenants[i]);
		struct answer other = ask_refresh(tenants[i],
						  lived.tokens.refresh_token,
						  &(struct refresh){0});

		ask_assert(&other, 200, REASON_NONE);
		revoke(tenants[i], "web", lived.tokens.access_token);
		assert_false(is_active(&lived, lived.tokens.access_token));
		assert_true(is_active(&lived, other.access_token));
		assert_true(is_active(&lived, other.refresh_token));
		revoke(tenants[i], "web", lived.tokens.access_token);
	}
}

static void foreign_ends_nothing(void **state)
{
	struct lived lived = live("rfc");

	revoke("rfc", "spa", lived.tokens.refresh_token);
	revoke("rfc", "spa", lived.tokens.access_token);
	revoke("asgardeo", "web", lived.tokens.refresh_token);
	assert_true(is_active(&lived, lived.tokens.refresh_token));
	assert_true(is_active(&lived, lived.tokens.access_token));
}

static void unknown_is_fine(void **state)
{
	struct coded coded = ask_new_code("rfc", NULL);

	revoke("rfc", "web", "nonsense");
	revoke("rfc", "web", "a.b.c");
	revoke("rfc", "web", coded.code);
	assert_int_equal(ask_state(coded.grant_id).revoked_at, 0);
}

static void missing_token(void **state)
{
	struct said said =
		tell(&oauth_endpoint_revoke, "rfc", "web", NULL, WORLD_NOW);

	assert_int_equal(said.status, 400);
	assert_int_equal(said.reason, REASON_PARAMETER_MISSING);
	said = tell(&oauth_endpoint_introspect, "rfc", "web", "", WORLD_NOW);
	assert_int_equal(said.status, 400);
}

/* T10, T11. */
static void who_may_ask(void **state)
{
	struct lived lived = live("rfc");
	struct client other = world_client(1, TEXT("off"));
	struct said said;

	other.is_disabled = false;
	world_save_client(&other, WORLD_SECRET);
	world_reload_tenants();
	assert_false(is_active_at("rfc", "off", lived.tokens.access_token,
				  WORLD_NOW));
	assert_false(is_active_at("rfc", "off", lived.tokens.refresh_token,
				  WORLD_NOW));
	other.is_disabled = true;
	world_save_client(&other, WORLD_SECRET);
	world_reload_tenants();
	said = tell(&oauth_endpoint_introspect, "rfc", "spa",
		    lived.tokens.access_token, WORLD_NOW);
	assert_int_equal(said.status, 401);
	said = tell(&oauth_endpoint_introspect, "rfc", "nobody",
		    lived.tokens.access_token, WORLD_NOW);
	assert_int_equal(said.status, 401);
}

static void tokens_end(void **state)
{
	struct lived lived = live("rfc");

	assert_true(is_active_at("rfc", "web", lived.tokens.access_token,
				 LATER(300) - 1));
	assert_false(is_active_at("rfc", "web", lived.tokens.access_token,
				  LATER(300)));
	assert_true(is_active_at("rfc", "web", lived.tokens.refresh_token,
				 LATER(14 * 86400) - 1));
	assert_false(is_active_at("rfc", "web", lived.tokens.refresh_token,
				  LATER(14 * 86400)));
}

/* Just as the token endpoint would judge them, but asking revokes nothing. */
static void older_generations(void **state)
{
	struct lived lived = live("asgardeo");
	const char *old = lived.tokens.refresh_token;
	struct answer next = ask_refresh("asgardeo", old,
					 &(struct refresh){.now = LATER(60)});

	assert_true(is_active_at("asgardeo", "web", old, LATER(61)));
	next = ask_refresh("asgardeo", next.refresh_token,
			   &(struct refresh){.now = LATER(62)});
	ask_assert(&next, 200, REASON_NONE);
	assert_false(is_active_at("asgardeo", "web", old, LATER(91)));
	assert_true(
		is_active_at("asgardeo", "web", next.refresh_token, LATER(91)));
	assert_int_equal(ask_state(lived.grant_id).revoked_at, 0);
}

static void generation_ahead(void **state)
{
	struct lived lived = live("rfc");
	struct visit visit;
	struct grant grant;
	struct text future;

	world_visit(&visit, "rfc");
	world_load_grant(&visit, lived.grant_id, &grant);
	future = token_format_refresh(world.tokens, visit.arena, WORLD_NOW,
				      &grant, 2);
	assert_false(is_active(&lived, arena_terminated(visit.arena, future)));
	world_leave(&visit);
}

/* Last: what a restored store thinks of all that was issued before. */
static void restored(void **state)
{
	struct lived lived = live("rfc");
	struct coded coded = ask_new_code("rfc", NULL);
	struct answer answer;

	assert_int_equal(store_begin_epoch(world.store, WORLD_NOW), STORE_DONE);
	assert_int_equal(tokens_reload(world.tokens), DONE);
	assert_false(is_active(&lived, lived.tokens.access_token));
	assert_false(is_active(&lived, lived.tokens.refresh_token));
	answer = ask_redeem(&coded, &(struct redeem){0});
	ask_assert(&answer, 400, REASON_EPOCH_OLD);
	answer = ask_refresh("rfc", lived.tokens.refresh_token,
			     &(struct refresh){0});
	ask_assert(&answer, 400, REASON_EPOCH_OLD);
	assert_int_equal(ask_state(lived.grant_id).revoked_at, 0);
}

int main(void)
{
	const struct CMUnitTest rows[] = {
		test_that("a revoked refresh token ends its grant",
			  refresh_token_ends_grant),
		test_that("a revoked access token ends alone",
			  access_token_ends_alone),
		test_that("a foreign token: 200, nothing changed",
			  foreign_ends_nothing),
		test_that("an unknown token: 200", unknown_is_fine),
		test_that("no token: 400", missing_token),
		test_that("a client asks about its own tokens alone",
			  who_may_ask),
		test_that("tokens are active to their last second", tokens_end),
		test_that("an older refresh token is active in the overlap",
			  older_generations),
		test_that("one ahead of its row is not active",
			  generation_ahead),
		test_that("a restored store refuses all that came before",
			  restored),
	};

	return cmocka_run_group_tests_name("endings", rows, ask_open,
					   ask_close);
}
