/* SPDX-License-Identifier: Apache-2.0 */
/* Introspection of refresh tokens: what refreshing would make of them. */
#include "oauth/ask.h"

#define LATER(seconds) (WORLD_NOW + (seconds) * INSTANT_SECOND)

static struct answer refresh_at(const char *token, int64_t seconds)
{
	struct answer answer = ask_refresh(
		"asgardeo", token, &(struct refresh){.now = LATER(seconds)});

	ask_assert(&answer, 200, REASON_NONE);
	return answer;
}

static void assert_active_at(const char *tenant, const char *token,
			     int64_t seconds, bool is_active)
{
	struct ask ask;

	ask_begin(&ask, tenant, LATER(seconds));
	ask_as(&ask, "web");
	ask_field(&ask, "token", token);
	ask_answer(&ask, &oauth_endpoint_introspect);
	assert_int_equal(ask.reply.status, 200);
	world_assert_member(ask.arena, buf_text(&ask.reply.body), "active",
			    is_active ? "true" : "false");
	ask_end(&ask);
}

static void assert_active(const char *token, int64_t seconds, bool is_active)
{
	assert_active_at("asgardeo", token, seconds, is_active);
}

static void predecessor_lives_as_long_as_it_is_answered(void **state)
{
	struct coded coded = ask_new_code("asgardeo", NULL);
	struct answer first = ask_redeem(&coded, &(struct redeem){0});
	struct answer second;
	struct answer third;

	second = refresh_at(first.refresh_token, 100);
	third = refresh_at(second.refresh_token, 200);
	assert_string_not_equal(second.refresh_token, third.refresh_token);
	assert_active(third.refresh_token, 201, true);
	assert_active(second.refresh_token, 201, true);
	assert_active(first.refresh_token, 201, false);

	refresh_at(third.refresh_token, 205);
	assert_active(third.refresh_token, 240, true);
	assert_active(second.refresh_token, 240, false);
	assert_int_equal(ask_state(coded.grant_id).revoked_at, 0);
}

static void for_web(struct grant *grant)
{
	ask_public(grant);
	grant->audience = TEXT("web");
}

static void save_spa(bool is_disabled)
{
	struct client client = world_client(1, TEXT("spa"));

	client.auth_method = TEXT("none");
	client.is_disabled = is_disabled;
	world_save_client(&client, NULL);
	world_reload_tenants();
}

static void disabled_client_takes_its_tokens_along(void **state)
{
	const struct resource resource = {.tenant_id = 1,
					  .audience = TEXT("web")};
	struct coded coded;
	struct answer answer;

	assert_int_equal(store_save_resource(world.store, &resource),
			 STORE_DONE);
	coded = ask_new_code("rfc", for_web);
	answer = ask_redeem(&coded, &(struct redeem){.client = "spa",
						     .verifier = ASK_VERIFIER});
	ask_assert(&answer, 200, REASON_NONE);
	assert_active_at("rfc", answer.access_token, 1, true);
	save_spa(true);
	assert_active_at("rfc", answer.access_token, 1, false);
	save_spa(false);
	assert_active_at("rfc", answer.access_token, 1, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("a predecessor lives as long as refreshing answers "
			  "it",
			  predecessor_lives_as_long_as_it_is_answered),
		test_that("a disabled client's access token is worth nothing "
			  "to another",
			  disabled_client_takes_its_tokens_along),
	};

	return cmocka_run_group_tests(tests, ask_open, ask_close);
}
