/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of a presented refresh token: RULES' "Refresh" as a table. */
#include "world.h"

#include "token/refresh.h"

static const struct refresh_policy rotating = {
	.rotates = true,
	.overlap_for = 10,
};
static const struct refresh_policy lasting = {
	.rotates = true,
	.overlap_for = 10,
	.lasts_until_presented = true,
};
static const struct refresh_policy strict = {.rotates = true};
static const struct refresh_policy strict_lasting = {
	.rotates = true,
	.lasts_until_presented = true,
};
static const struct refresh_policy keeping = {.overlap_for = 10,
					      .lasts_until_presented = true};

enum fate { KEEP, ROTATE, OVERLAP, REUSED, AHEAD };

/* A row whose generation is 5, minted at WORLD_NOW. */
struct row {
	const char *what;
	const struct refresh_policy *policy;
	int64_t presented; /* 5: the current one */
	int64_t after_ms;
	bool is_presented;
	enum fate fate;
	int64_t generation; /* of the reply's refresh token */
};

static const struct row rows[] = {
	{"current, past the overlap", &rotating, 5, 10000, false, ROTATE, 6},
	{"current, used before", &rotating, 5, 10000, true, ROTATE, 6},
	{"current, long after", &rotating, 5, 86400000, false, ROTATE, 6},
	{"current, just minted", &rotating, 5, 0, false, KEEP, 5},
	{"current, at the overlap's last moment", &rotating, 5, 9999, false,
	 KEEP, 5},
	{"current, within, used before", &rotating, 5, 9999, true, KEEP, 5},
	{"current, clock stepped back", &rotating, 5, -50, false, KEEP, 5},
	{"current, confidential, within", &lasting, 5, 9999, false, KEEP, 5},
	{"current, confidential, past", &lasting, 5, 10000, false, ROTATE, 6},
	{"current, no overlap, at once", &strict, 5, 0, false, ROTATE, 6},
	{"current, does not rotate, within", &keeping, 5, 1, false, KEEP, 5},
	{"current, does not rotate, past", &keeping, 5, 99999, true, KEEP, 5},

	{"predecessor, at once", &rotating, 4, 0, false, OVERLAP, 5},
	{"predecessor, last moment", &rotating, 4, 9999, false, OVERLAP, 5},
	{"predecessor, within, successor used", &rotating, 4, 9999, true,
	 OVERLAP, 5},
	{"predecessor, public, past", &rotating, 4, 10000, false, REUSED, 0},
	{"predecessor, public, past, used", &rotating, 4, 10000, true, REUSED,
	 0},
	{"predecessor, confidential, past", &lasting, 4, 10000, false, OVERLAP,
	 5},
	{"predecessor, confidential, an hour's end", &lasting, 4, 3599999,
	 false, OVERLAP, 5},
	{"predecessor, confidential, after an hour", &lasting, 4, 3600000,
	 false, REUSED, 0},
	{"predecessor, confidential, used, within", &lasting, 4, 9999, true,
	 OVERLAP, 5},
	{"predecessor, confidential, used, past", &lasting, 4, 10000, true,
	 REUSED, 0},
	{"predecessor, no overlap", &strict, 4, 0, false, REUSED, 0},
	{"predecessor, no overlap, rotated by a clock ahead of ours", &strict,
	 4, -5, false, REUSED, 0},
	{"predecessor, no overlap, confidential", &strict_lasting, 4, 0, false,
	 REUSED, 0},

	{"two behind, within", &rotating, 3, 0, false, REUSED, 0},
	{"two behind, confidential", &lasting, 3, 0, false, REUSED, 0},
	{"the first of all", &rotating, 1, 0, false, REUSED, 0},
	{"generation 0", &rotating, 0, 0, false, REUSED, 0},
	{"one ahead", &rotating, 6, 0, false, AHEAD, 0},
	{"far ahead", &lasting, UINT32_MAX, 99999999, true, AHEAD, 0},
};

static enum fate fate_of(struct visit *visit, const struct row *row,
			 struct refresh_plan *plan)
{
	struct grant grant = {
		.generation = 5,
		.rotated_at = WORLD_NOW,
		.is_presented = row->is_presented,
	};

	visit->decision.now = WORLD_NOW + row->after_ms * 1000;
	decision_retract(&visit->decision);
	if (refresh_plan_make(&visit->decision, &grant, row->presented,
			      row->policy, plan) == DONE)
		return plan->step == STORE_REFRESH_KEEP	    ? KEEP
		       : plan->step == STORE_REFRESH_ROTATE ? ROTATE
							    : OVERLAP;
	if (visit->decision.refusal.reason == REASON_REFRESH_AHEAD)
		return AHEAD;
	assert_int_equal(visit->decision.refusal.reason, REASON_REFRESH_REUSED);
	return REUSED;
}

static void every_row(void **state)
{
	struct visit visit;

	world_visit(&visit, "rfc");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct refresh_plan plan = {.generation = 0};
		enum fate fate = fate_of(&visit, &rows[i], &plan);

		if (fate != rows[i].fate ||
		    plan.generation != rows[i].generation)
			fail_msg("%s: fate %d, generation %lld", rows[i].what,
				 (int)fate, (long long)plan.generation);
	}
	world_leave(&visit);
}

/* Minted by the exchange, not by a rotation: it rotates at once. */
static void first_generation(void **state)
{
	struct visit visit;
	struct grant grant = {.generation = 1, .rotated_at = WORLD_NOW};
	struct refresh_plan plan = {.generation = 0};

	world_visit(&visit, "rfc");
	assert_int_equal(refresh_plan_make(&visit.decision, &grant, 1,
					   &rotating, &plan),
			 DONE);
	assert_int_equal(plan.step, STORE_REFRESH_ROTATE);
	assert_int_equal(plan.generation, 2);
	assert_int_equal(refresh_plan_make(&visit.decision, &grant, 1, &keeping,
					   &plan),
			 DONE);
	assert_int_equal(plan.step, STORE_REFRESH_KEEP);
	world_leave(&visit);
}

static struct refresh_policy policy(struct visit *visit, const char *tenant,
				    struct client client, const char *bound)
{
	struct grant grant = {.confirmation = text_from(bound)};
	const struct tenant *found =
		tenants_find_named(world.tenants, text_from(tenant));

	return refresh_policy_of(found, &client, &grant);
}

static void who_rotates(void **state)
{
	struct visit visit;
	struct client web = world_client(1, TEXT("web"));
	struct client spa = web;
	struct client asking = web;
	struct client keeping_client = web;

	spa.auth_method = TEXT("none");
	asking.rotates_refresh_tokens = CHOICE_YES;
	keeping_client.rotates_refresh_tokens = CHOICE_NO;
	world_visit(&visit, "rfc");
	assert_false(policy(&visit, "rfc", web, NULL).rotates);
	assert_false(policy(&visit, "auth0", web, NULL).rotates);
	assert_true(policy(&visit, "asgardeo", web, NULL).rotates);
	assert_true(policy(&visit, "rfc", asking, NULL).rotates);
	assert_false(policy(&visit, "asgardeo", keeping_client, NULL).rotates);
	assert_true(policy(&visit, "rfc", spa, NULL).rotates);
	assert_false(policy(&visit, "rfc", spa, "jkt:abc").rotates);
	spa.rotates_refresh_tokens = CHOICE_NO;
	assert_true(policy(&visit, "rfc", spa, NULL).rotates);
	assert_false(policy(&visit, "rfc", spa, "jkt:abc").rotates);
	world_leave(&visit);
}

static void whose_overlap_lasts(void **state)
{
	struct visit visit;
	struct client web = world_client(1, TEXT("web"));
	struct client spa = web;

	spa.auth_method = TEXT("none");
	world_visit(&visit, "rfc");
	assert_true(policy(&visit, "rfc", web, NULL).lasts_until_presented);
	assert_false(policy(&visit, "rfc", spa, NULL).lasts_until_presented);
	assert_true(policy(&visit, "rfc", spa, "jkt:a").lasts_until_presented);
	assert_int_equal(policy(&visit, "rfc", web, NULL).overlap_for, 10);
	assert_int_equal(policy(&visit, "auth0", web, NULL).overlap_for, 10);
	assert_int_equal(policy(&visit, "asgardeo", web, NULL).overlap_for, 30);
	world_leave(&visit);
}

static bool is_due(const char *tenant, const char *scope)
{
	struct client client = world_client(1, TEXT("web"));

	return refresh_is_due(tenants_find_named(world.tenants,
						 text_from(tenant)),
			      &client, text_from(scope));
}

static void when_issued(void **state)
{
	assert_true(is_due("rfc", "openid offline_access"));
	assert_false(is_due("rfc", "openid profile"));
	assert_true(is_due("rfc", "read"));
	assert_true(is_due("rfc", ""));
	assert_false(is_due("rfc", "openid offline_access2"));
	assert_true(is_due("auth0", "openid offline_access"));
	assert_false(is_due("auth0", "openid"));
	assert_false(is_due("auth0", "read"));
	assert_true(is_due("asgardeo", "openid"));
	assert_true(is_due("asgardeo", "read"));
}

static void needs_grant_type(void **state)
{
	static const char *const names[] = {"rfc", "auth0", "asgardeo"};
	struct client client = world_client(1, TEXT("web"));

	client.grant_types = TEXT("authorization_code");
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_false(refresh_is_due(
			tenants_find_named(world.tenants, text_from(names[i])),
			&client, TEXT("read offline_access")));
}

/* The successor can be computed again, and lives no longer. */
static void successor_is_alike(void **state)
{
	struct visit visit;
	struct text first;
	struct text again;

	world_visit(&visit, "rfc");
	visit.grant.expires_at = WORLD_NOW + 999 * INSTANT_SECOND;
	first = token_format_refresh(world.tokens, visit.arena, WORLD_NOW,
				     &visit.grant, 6);
	again = token_format_refresh(world.tokens, visit.arena,
				     WORLD_NOW + 59 * INSTANT_SECOND,
				     &visit.grant, 6);
	assert_true(text_equal(first, again));
	assert_false(text_equal(
		first, token_format_refresh(world.tokens, visit.arena,
					    WORLD_NOW, &visit.grant, 7)));
	world_leave(&visit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("every line of the rules on refresh", every_row),
		test_that("the exchange's own token rotates at once",
			  first_generation),
		test_that("who rotates", who_rotates),
		test_that("whose overlap lasts until the successor is used",
			  whose_overlap_lasts),
		test_that("when a refresh token is issued", when_issued),
		test_that("never to a client without the grant type",
			  needs_grant_type),
		test_that("a successor can be computed again",
			  successor_is_alike),
	};

	return cmocka_run_group_tests_name("refresh", tests, world_open,
					   world_close);
}
