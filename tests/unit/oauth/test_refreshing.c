/* SPDX-License-Identifier: Apache-2.0 */
/* The refresh grant at the token endpoint: RULES' "Refresh". */
#include "oauth/ask.h"

#define LATER(seconds) (WORLD_NOW + (seconds) * INSTANT_SECOND)
#define AT(seconds) (&(struct refresh){.now = LATER(seconds)})
#define SPA_AT(seconds)                                                        \
	(&(struct refresh){.client = "spa", .now = LATER(seconds)})

/* A redeemed grant and its first refresh token. */
struct lived {
	int64_t grant_id;
	struct answer first;
};

static struct lived live(const char *tenant, void (*change)(struct grant *),
			 const struct redeem *how)
{
	struct coded coded = ask_new_code(tenant, change);
	struct lived lived = {coded.grant_id, ask_redeem(&coded, how)};

	ask_assert(&lived.first, 200, REASON_NONE);
	assert_int_equal(strlen(lived.first.refresh_token), 75);
	return lived;
}

static struct lived live_web(void)
{
	return live("rfc", NULL, &(struct redeem){0});
}

static struct lived live_spa(const char *tenant)
{
	return live(tenant, ask_public,
		    &(struct redeem){.client = "spa",
				     .verifier = ASK_VERIFIER});
}

static struct answer refresh(const char *token, const struct refresh *how)
{
	return ask_refresh("rfc", token, how);
}

static void assert_refused(const char *token, const struct refresh *how,
			   enum reason reason)
{
	struct answer answer = refresh(token, how);

	ask_assert(&answer, 400, reason);
	assert_string_equal(answer.access_token, "");
	assert_string_equal(answer.refresh_token, "");
}

static void assert_lives(int64_t grant_id)
{
	assert_int_equal(ask_state(grant_id).revoked_at, 0);
}

static void confidential_repeats(void **state)
{
	struct lived lived = live_web();
	struct answer again = refresh(lived.first.refresh_token, AT(3600));

	ask_assert(&again, 200, REASON_NONE);
	assert_string_equal(again.refresh_token, lived.first.refresh_token);
	assert_string_not_equal(again.access_token, lived.first.access_token);
	assert_string_equal(again.scope, "openid profile offline_access");
	assert_int_equal(ask_state(lived.grant_id).generation, 1);
	assert_true(ask_state(lived.grant_id).is_presented);
}

static void public_rotates(void **state)
{
	struct lived lived = live_spa("rfc");
	struct answer next = refresh(lived.first.refresh_token, SPA_AT(20));

	ask_assert(&next, 200, REASON_NONE);
	assert_string_not_equal(next.refresh_token, lived.first.refresh_token);
	assert_int_equal(ask_state(lived.grant_id).generation, 2);
}

static void lost_reply(void **state)
{
	struct lived lived = live_spa("rfc");
	struct answer next = refresh(lived.first.refresh_token, SPA_AT(20));
	struct answer again = refresh(lived.first.refresh_token, SPA_AT(29));

	ask_assert(&again, 200, REASON_NONE);
	assert_string_equal(again.refresh_token, next.refresh_token);
	assert_string_not_equal(again.access_token, next.access_token);
	assert_int_equal(ask_state(lived.grant_id).overlap_count, 1);
	assert_int_equal(ask_state(lived.grant_id).generation, 2);
}

static void reuse_revokes(void **state)
{
	struct lived lived = live_spa("rfc");
	struct answer next = refresh(lived.first.refresh_token, SPA_AT(20));

	assert_refused(lived.first.refresh_token, SPA_AT(30),
		       REASON_REFRESH_REUSED);
	assert_string_equal(ask_state(lived.grant_id).revoked_reason,
			    "refresh_reused");
	assert_refused(next.refresh_token, SPA_AT(31), REASON_REFRESH_REVOKED);
}

static void tabs_do_not_run_away(void **state)
{
	struct lived lived = live_spa("rfc");
	struct answer next = refresh(lived.first.refresh_token, SPA_AT(20));
	struct answer again = refresh(next.refresh_token, SPA_AT(29));

	ask_assert(&again, 200, REASON_NONE);
	assert_string_equal(again.refresh_token, next.refresh_token);
	again = refresh(next.refresh_token, SPA_AT(30));
	assert_string_not_equal(again.refresh_token, next.refresh_token);
	assert_int_equal(ask_state(lived.grant_id).generation, 3);
}

/* Minted by an exchange, not by a rotation: no other tab can have used it. */
static void first_rotates(void **state)
{
	struct lived lived = live_spa("rfc");
	struct answer next = refresh(lived.first.refresh_token, SPA_AT(1));

	ask_assert(&next, 200, REASON_NONE);
	assert_string_not_equal(next.refresh_token, lived.first.refresh_token);
}

static void confidential_overlap(void **state)
{
	struct lived lived = live("asgardeo", NULL, &(struct redeem){0});
	const char *old = lived.first.refresh_token;
	struct answer next = ask_refresh("asgardeo", old, AT(60));
	struct answer again = ask_refresh("asgardeo", old, AT(3000));
	struct answer late;

	assert_string_not_equal(next.refresh_token, old);
	ask_assert(&again, 200, REASON_NONE);
	assert_string_equal(again.refresh_token, next.refresh_token);
	late = ask_refresh("asgardeo", next.refresh_token, AT(3001));
	ask_assert(&late, 200, REASON_NONE);
	late = ask_refresh("asgardeo", old, AT(3600));
	ask_assert(&late, 400, REASON_REFRESH_REUSED);
}

/* After use, the predecessor is reuse although the hour is not over. */
static void presented_ends_overlap(void **state)
{
	struct lived lived = live("asgardeo", NULL, &(struct redeem){0});
	const char *old = lived.first.refresh_token;
	struct answer next = ask_refresh("asgardeo", old, AT(60));

	next = ask_refresh("asgardeo", next.refresh_token, AT(61));
	ask_assert(&next, 200, REASON_NONE);
	next = ask_refresh("asgardeo", old, AT(91));
	ask_assert(&next, 400, REASON_REFRESH_REUSED);
	assert_int_not_equal(ask_state(lived.grant_id).revoked_at, 0);
}

static void stranger_revokes_nothing(void **state)
{
	struct lived lived = live_spa("rfc");

	(void)refresh(lived.first.refresh_token, SPA_AT(20));
	assert_refused(lived.first.refresh_token, AT(1000),
		       REASON_REFRESH_OTHER_CLIENT);
	assert_lives(lived.grant_id);
}

static void expired_revokes_nothing(void **state)
{
	struct lived lived = live_spa("rfc");

	(void)refresh(lived.first.refresh_token, SPA_AT(20));
	assert_refused(lived.first.refresh_token, SPA_AT(30 * 86400),
		       REASON_REFRESH_EXPIRED);
	assert_lives(lived.grant_id);
}

static void absolute_end(void **state)
{
	struct lived lived = live_web();
	struct answer answer;

	for (int day = 10; day < 30; day += 10) {
		answer = refresh(lived.first.refresh_token, AT(day * 86400));
		ask_assert(&answer, 200, REASON_NONE);
	}
	answer = refresh(lived.first.refresh_token, AT(30 * 86400 - 1));
	ask_assert(&answer, 200, REASON_NONE);
	assert_refused(lived.first.refresh_token, AT(30 * 86400),
		       REASON_REFRESH_EXPIRED);
}

static void idle_end(void **state)
{
	struct lived lived = live_web();
	struct answer answer =
		refresh(lived.first.refresh_token, AT(14 * 86400 - 1));

	ask_assert(&answer, 200, REASON_NONE);
	assert_refused(lived.first.refresh_token, AT(28 * 86400 - 1),
		       REASON_REFRESH_IDLE);
	assert_lives(lived.grant_id);
}

static void narrower_scope(void **state)
{
	struct lived lived = live_web();
	const char *token = lived.first.refresh_token;
	struct answer answer = refresh(
		token, &(struct refresh){.scope = "profile  openid profile",
					 .now = LATER(20)});

	ask_assert(&answer, 200, REASON_NONE);
	assert_string_equal(answer.scope, "profile openid");
	answer = refresh(token, AT(21));
	assert_string_equal(answer.scope, "openid profile offline_access");
}

static void wider_scope(void **state)
{
	struct lived lived = live_web();
	struct answer answer = refresh(
		lived.first.refresh_token,
		&(struct refresh){.scope = "openid write", .now = LATER(20)});

	ask_assert(&answer, 400, REASON_SCOPE_NOT_ALLOWED);
	assert_string_equal(answer.error, "invalid_scope");
	answer = refresh(lived.first.refresh_token,
			 &(struct refresh){.scope = "open\"id",
					   .now = LATER(20)});
	ask_assert(&answer, 400, REASON_SCOPE_MALFORMED);
	assert_lives(lived.grant_id);
}

/* Of a generation that the row has not reached: the store went back. */
static void ahead(void **state)
{
	struct lived lived = live_web();
	struct visit visit;
	struct grant grant;
	struct text future;

	world_visit(&visit, "rfc");
	world_load_grant(&visit, lived.grant_id, &grant);
	future = token_format_refresh(world.tokens, visit.arena, WORLD_NOW,
				      &grant, 2);
	assert_refused(arena_terminated(visit.arena, future), AT(20),
		       REASON_REFRESH_AHEAD);
	assert_lives(lived.grant_id);
	world_leave(&visit);
}

static void other_kinds(void **state)
{
	struct coded coded = ask_new_code("rfc", NULL);

	assert_refused(coded.code, AT(1), REASON_REFRESH_WRONG_KIND);
	assert_refused("nonsense", AT(1), REASON_REFRESH_UNKNOWN);
	assert_refused("", AT(1), REASON_PARAMETER_MISSING);
}

static void save_alice(bool is_disabled, instant password_changed_at)
{
	struct user user = {
		.tenant_id = 1,
		.id = 101,
		.subject = TEXT("alice-sub"),
		.username = TEXT("alice"),
		.claims = TEXT("{}"),
		.is_disabled = is_disabled,
		.password_changed_at = password_changed_at,
	};

	assert_int_equal(store_save_user(world.store, &user), STORE_DONE);
}

static void disabled_person(void **state)
{
	struct lived lived = live_web();

	save_alice(true, 0);
	assert_refused(lived.first.refresh_token, AT(20), REASON_USER_DISABLED);
	save_alice(false, 0);
}

static void changed_password(void **state)
{
	struct lived lived = live_web();

	save_alice(false, LATER(10));
	assert_refused(lived.first.refresh_token, AT(20),
		       REASON_REFRESH_REVOKED);
	assert_int_not_equal(ask_state(lived.grant_id).revoked_at, 0);
	save_alice(false, 0);
}

/* T20: what the client may no longer ask for ends with the next refresh. */
static void offline_taken_away(void **state)
{
	struct lived lived = live_web();
	struct client client = world_client(1, TEXT("web"));

	client.scope = TEXT("openid profile");
	world_save_client(&client, WORLD_SECRET);
	world_reload_tenants();
	assert_refused(lived.first.refresh_token, AT(20),
		       REASON_REFRESH_NOT_ALLOWED);
	client = world_client(1, TEXT("web"));
	world_save_client(&client, WORLD_SECRET);
	world_reload_tenants();
}

/* A scope that was taken from the client leaves the next tokens. */
static void scope_taken_away(void **state)
{
	struct lived lived = live_web();
	struct client client = world_client(1, TEXT("web"));
	struct answer answer;

	client.scope = TEXT("openid offline_access");
	world_save_client(&client, WORLD_SECRET);
	world_reload_tenants();
	answer = refresh(lived.first.refresh_token, AT(20));
	ask_assert(&answer, 200, REASON_NONE);
	assert_string_equal(answer.scope, "openid offline_access");
	client = world_client(1, TEXT("web"));
	world_save_client(&client, WORLD_SECRET);
	world_reload_tenants();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("a confidential client's token is repeated",
			  confidential_repeats),
		test_that("a public client's rotates", public_rotates),
		test_that("a lost reply is answered with the same successor",
			  lost_reply),
		test_that("reuse revokes the grant and the successor",
			  reuse_revokes),
		test_that("at most one rotation per overlap",
			  tabs_do_not_run_away),
		test_that("the exchange's own token rotates at once",
			  first_rotates),
		test_that("a confidential client's overlap lasts until the "
			  "successor is used",
			  confidential_overlap),
		test_that("and no longer", presented_ends_overlap),
		test_that("another client's reuse revokes nothing",
			  stranger_revokes_nothing),
		test_that("an expired token's reuse revokes nothing",
			  expired_revokes_nothing),
		test_that("the absolute end does not move", absolute_end),
		test_that("the idle end moves with use", idle_end),
		test_that("a narrower scope is for one access token",
			  narrower_scope),
		test_that("a wider scope is refused", wider_scope),
		test_that("a generation ahead of the row revokes nothing",
			  ahead),
		test_that("other kinds and nonsense", other_kinds),
		test_that("no tokens for a disabled person", disabled_person),
		test_that("a changed password ends the grant",
			  changed_password),
		test_that("offline_access taken away ends refreshing",
			  offline_taken_away),
		test_that("a scope taken away leaves the tokens",
			  scope_taken_away),
	};

	return cmocka_run_group_tests_name("refreshing", tests, ask_open,
					   ask_close);
}
