/* SPDX-License-Identifier: Apache-2.0 */
/* The store's suite: sessions, consents, requests, spent entries, purging. */
#include "store/suite_store.h"

static struct session session(struct store *store)
{
	return (struct session){
		.id = store_new_id(store, SUITE_NOW),
		.tenant_id = 1,
		.user_id = 2,
		.seed = "0123456789abcde",
		.sid = "fedcba987654321",
		.methods = TEXT("pwd"),
		.acr = TEXT("urn:acr"),
		.authenticated_at = SUITE_NOW - 3,
		.expires_at = SUITE_NOW + 100 * INSTANT_SECOND,
		.purge_at = SUITE_NOW + 200 * INSTANT_SECOND,
	};
}

static void a_session_is_revoked_once(void **state)
{
	struct suite_store *suite = *state;
	struct session wanted = session(suite->store);
	struct session got;

	assert_int_equal(store_load_session(suite->store, suite->arena,
					    wanted.id, &got),
			 STORE_NOT_FOUND);
	assert_int_equal(store_insert_session(suite->store, &wanted),
			 STORE_DONE);
	assert_int_equal(store_insert_session(suite->store, &wanted),
			 STORE_ALREADY);
	assert_int_equal(store_revoke_session(suite->store, wanted.id,
					      SUITE_NOW + 1),
			 STORE_DONE);
	assert_int_equal(store_revoke_session(suite->store, wanted.id,
					      SUITE_NOW + 2),
			 STORE_CONFLICT);
	assert_int_equal(store_load_session(suite->store, suite->arena,
					    wanted.id, &got),
			 STORE_DONE);
	assert_int_equal(got.id, wanted.id);
	assert_int_equal(got.tenant_id, 1);
	assert_int_equal(got.user_id, 2);
	assert_memory_equal(got.seed, wanted.seed, ROW_SEED_SIZE);
	assert_memory_equal(got.sid, wanted.sid, SESSION_SID_SIZE);
	suite_assert_text(got.methods, wanted.methods);
	suite_assert_text(got.acr, wanted.acr);
	assert_int_equal(got.authenticated_at, wanted.authenticated_at);
	assert_int_equal(got.expires_at, wanted.expires_at);
	assert_int_equal(got.revoked_at, SUITE_NOW + 1);
	assert_int_equal(got.purge_at, wanted.purge_at);
}

static void a_consent_is_remembered_widened_and_forgotten(void **state)
{
	struct suite_store *suite = *state;
	struct consent consent = {
		.tenant_id = 1,
		.user_id = 2,
		.client_id = TEXT("web"),
		.scope = TEXT("openid"),
		.granted_at = SUITE_NOW,
	};
	struct consent got;

	assert_int_equal(store_delete_consent(suite->store, 1, 2, TEXT("web")),
			 STORE_NOT_FOUND);
	assert_int_equal(store_save_consent(suite->store, &consent),
			 STORE_DONE);
	consent.scope = TEXT("openid email");
	consent.audience = TEXT("https://api");
	consent.granted_at++;
	assert_int_equal(store_save_consent(suite->store, &consent),
			 STORE_DONE);
	assert_int_equal(store_load_consent(suite->store, suite->arena, 1, 2,
					    TEXT("web"), &got),
			 STORE_DONE);
	assert_int_equal(got.tenant_id, 1);
	assert_int_equal(got.user_id, 2);
	suite_assert_text(got.client_id, TEXT("web"));
	suite_assert_text(got.scope, TEXT("openid email"));
	suite_assert_text(got.audience, TEXT("https://api"));
	assert_int_equal(got.granted_at, SUITE_NOW + 1);
	assert_int_equal(store_load_consent(suite->store, suite->arena, 1, 3,
					    TEXT("web"), &got),
			 STORE_NOT_FOUND);
	assert_int_equal(store_delete_consent(suite->store, 1, 2, TEXT("web")),
			 STORE_DONE);
	assert_int_equal(store_load_consent(suite->store, suite->arena, 1, 2,
					    TEXT("web"), &got),
			 STORE_NOT_FOUND);
}

/* --- Requests ------------------------------------------------------------- */

static int64_t insert_request(struct store *store)
{
	struct request request = suite_request(store);

	assert_int_equal(store_insert_request(store, &request), STORE_DONE);
	return request.id;
}

static instant consumed_at(struct suite_store *suite, int64_t id)
{
	struct request got;

	assert_int_equal(store_load_request(suite->store, suite->arena, id,
					    &got),
			 STORE_DONE);
	return got.consumed_at;
}

static void a_request_is_consumed_once(void **state)
{
	struct suite_store *suite = *state;
	struct request wanted = suite_request(suite->store);
	struct request got;

	assert_int_equal(store_insert_request(suite->store, &wanted),
			 STORE_DONE);
	assert_int_equal(store_insert_request(suite->store, &wanted),
			 STORE_ALREADY);
	assert_int_equal(store_consume_request(suite->store, wanted.id,
					       SUITE_NOW + 1),
			 STORE_DONE);
	assert_int_equal(store_consume_request(suite->store, wanted.id,
					       SUITE_NOW + 2),
			 STORE_CONFLICT);
	assert_int_equal(store_load_request(suite->store, suite->arena,
					    wanted.id, &got),
			 STORE_DONE);
	assert_int_equal(got.id, wanted.id);
	assert_int_equal(got.tenant_id, 1);
	assert_int_equal(got.kind, REQUEST_PUSHED);
	assert_memory_equal(got.seed, wanted.seed, ROW_SEED_SIZE);
	assert_int_equal(got.session_id, 9);
	suite_assert_text(got.client_id, wanted.client_id);
	suite_assert_text(got.document, wanted.document);
	assert_int_equal(got.created_at, wanted.created_at);
	assert_int_equal(got.expires_at, wanted.expires_at);
	assert_int_equal(got.consumed_at, SUITE_NOW + 1);
	assert_int_equal(got.purge_at, wanted.purge_at);
}

static void a_request_that_is_over_is_not_consumed(void **state)
{
	struct suite_store *suite = *state;
	int64_t id = insert_request(suite->store);
	instant end = SUITE_NOW + 60 * INSTANT_SECOND;

	assert_int_equal(store_consume_request(suite->store, id, end),
			 STORE_CONFLICT);
	assert_int_equal(store_consume_request(suite->store, id + 1, SUITE_NOW),
			 STORE_CONFLICT);
	assert_int_equal(store_consume_request(suite->store, id, end - 1),
			 STORE_DONE);
}

static void a_grant_consumes_its_request(void **state)
{
	struct suite_store *suite = *state;
	int64_t request_id = insert_request(suite->store);
	struct store_completed completed = {.step_id = request_id};
	struct grant first = suite_grant(suite->store);
	struct grant second = suite_grant(suite->store);
	struct grant got;

	assert_int_equal(store_insert_grant(suite->store, &first, &completed),
			 STORE_DONE);
	assert_int_equal(consumed_at(suite, request_id), SUITE_NOW);
	assert_int_equal(store_insert_grant(suite->store, &second, &completed),
			 STORE_CONFLICT);
	assert_int_equal(store_load_grant(suite->store, suite->arena, second.id,
					  &got),
			 STORE_NOT_FOUND);
	assert_int_equal(store_load_grant(suite->store, suite->arena, first.id,
					  &got),
			 STORE_DONE);
}

static void a_grant_with_a_used_id_consumes_nothing(void **state)
{
	struct suite_store *suite = *state;
	int64_t request_id = insert_request(suite->store);
	struct store_completed completed = {.pushed_id = request_id};
	struct grant grant = suite_grant(suite->store);

	assert_int_equal(store_insert_grant(suite->store, &grant, NULL),
			 STORE_DONE);
	assert_int_equal(store_insert_grant(suite->store, &grant, &completed),
			 STORE_ALREADY);
	assert_int_equal(consumed_at(suite, request_id), 0);
	grant.id = store_new_id(suite->store, SUITE_NOW);
	assert_int_equal(store_insert_grant(suite->store, &grant, &completed),
			 STORE_DONE);
}

static void a_grant_completes_both_or_nothing(void **state)
{
	struct suite_store *suite = *state;
	struct store_completed first = {insert_request(suite->store),
					insert_request(suite->store)};
	struct store_completed second = {insert_request(suite->store),
					 first.pushed_id};
	struct grant grant = suite_grant(suite->store);
	struct grant late = suite_grant(suite->store);
	struct grant got;

	assert_int_equal(store_insert_grant(suite->store, &grant, &first),
			 STORE_DONE);
	assert_int_equal(consumed_at(suite, first.step_id), SUITE_NOW);
	assert_int_equal(consumed_at(suite, first.pushed_id), SUITE_NOW);
	assert_int_equal(store_insert_grant(suite->store, &late, &second),
			 STORE_CONFLICT);
	assert_int_equal(consumed_at(suite, second.step_id), 0);
	assert_int_equal(store_load_grant(suite->store, suite->arena, late.id,
					  &got),
			 STORE_NOT_FOUND);
}

/* --- Spent ---------------------------------------------------------------- */

static const unsigned char hash[STORE_SPENT_SIZE] = {1, 0, 2};
static const unsigned char other_hash[STORE_SPENT_SIZE] = {1, 0, 3};

static enum store_outcome spend(struct store *store,
				const unsigned char of[STORE_SPENT_SIZE],
				instant end)
{
	struct store_once once = {.jtis = {{.expires_at = end}}, .count = 1};
	size_t at = 0;

	memcpy(once.jtis[0].hash, of, STORE_SPENT_SIZE);
	return store_spend(store, &once, &at);
}

static void a_hash_is_spent_once(void **state)
{
	struct suite_store *suite = *state;

	assert_int_equal(store_find_spent(suite->store, hash), STORE_NOT_FOUND);
	assert_int_equal(spend(suite->store, hash, SUITE_NOW + 1), STORE_DONE);
	assert_int_equal(spend(suite->store, hash, SUITE_NOW + 2),
			 STORE_ALREADY);
	assert_int_equal(store_find_spent(suite->store, hash), STORE_DONE);
	assert_int_equal(store_find_spent(suite->store, other_hash),
			 STORE_NOT_FOUND);
}

static void a_spent_access_token_marks_its_grant(void **state)
{
	struct suite_store *suite = *state;
	int64_t id = suite_insert_grant(suite->store);
	struct grant grant;

	assert_int_equal(store_spend_access_token(suite->store, id + 1, hash,
						  SUITE_NOW),
			 STORE_NOT_FOUND);
	assert_int_equal(store_find_spent(suite->store, hash), STORE_NOT_FOUND);
	assert_int_equal(store_spend_access_token(suite->store, id, hash,
						  SUITE_NOW),
			 STORE_DONE);
	assert_int_equal(store_spend_access_token(suite->store, id, hash,
						  SUITE_NOW),
			 STORE_ALREADY);
	assert_int_equal(store_find_spent(suite->store, hash), STORE_DONE);
	assert_int_equal(store_load_grant(suite->store, suite->arena, id,
					  &grant),
			 STORE_DONE);
	assert_true(grant.has_spent_tokens);
	assert_int_equal(grant.revoked_at, 0);
}

/* --- Purging -------------------------------------------------------------- */

static int64_t purge(struct store *store, instant now, int64_t most)
{
	int64_t count = -1;

	assert_int_equal(store_purge(store, now, most, &count), STORE_DONE);
	return count;
}

static void what_is_over_is_purged_and_nothing_else(void **state)
{
	struct suite_store *suite = *state;
	struct session open = session(suite->store);
	struct grant forever = suite_grant(suite->store);
	int64_t grant_id = suite_insert_grant(suite->store);
	int64_t request_id = insert_request(suite->store);
	instant end = SUITE_NOW + 90 * INSTANT_SECOND;
	struct request request;

	forever.purge_at = INSTANT_NEVER;
	assert_int_equal(store_insert_grant(suite->store, &forever, NULL),
			 STORE_DONE);
	assert_int_equal(store_insert_session(suite->store, &open), STORE_DONE);
	assert_int_equal(spend(suite->store, hash, end), STORE_DONE);
	assert_int_equal(purge(suite->store, end - 1, 100), 0);
	assert_int_equal(purge(suite->store, end, 100), 3);
	assert_int_equal(store_load_grant(suite->store, suite->arena, grant_id,
					  &forever),
			 STORE_NOT_FOUND);
	assert_int_equal(store_load_request(suite->store, suite->arena,
					    request_id, &request),
			 STORE_NOT_FOUND);
	assert_int_equal(store_find_spent(suite->store, hash), STORE_NOT_FOUND);
	assert_int_equal(purge(suite->store, open.purge_at, 100), 1);
	assert_int_equal(purge(suite->store,
			       SUITE_NOW + 1000000 * INSTANT_SECOND, 100),
			 0);
}

static void a_purge_keeps_to_its_bound(void **state)
{
	struct suite_store *suite = *state;
	instant end = SUITE_NOW + 90 * INSTANT_SECOND;

	for (int i = 0; i < 5; i++) {
		suite_insert_grant(suite->store);
		insert_request(suite->store);
	}
	assert_int_equal(purge(suite->store, end, 3), 3);
	assert_int_equal(purge(suite->store, end, 4), 4);
	assert_int_equal(purge(suite->store, end, 4), 3);
	assert_int_equal(purge(suite->store, end, 4), 0);
}

#define SPENT_COUNT 3000

/* Each third is over, and spread over all of them. */
static void spend_many(struct store *store, instant end)
{
	unsigned char of[STORE_SPENT_SIZE] = {0};

	assert_int_equal(store_begin(store), STORE_DONE);
	for (int i = 0; i < SPENT_COUNT; i++) {
		of[0] = (unsigned char)(i * 37 % 256);
		of[1] = (unsigned char)(i / 256);
		of[2] = (unsigned char)(i % 256);
		assert_int_equal(spend(store, of, i % 3 == 0 ? end : end + 1),
				 STORE_DONE);
	}
	assert_int_equal(store_commit(store), STORE_DONE);
}

/* However small the steps: whoever calls again, as it does each second, gets them
 * all, and what is not over stays. */
static void of_many_spent_all_that_are_over_are_purged(void **state)
{
	struct suite_store *suite = *state;
	instant end = SUITE_NOW + 90 * INSTANT_SECOND;
	int64_t before = 0;

	spend_many(suite->store, end);
	assert_int_equal(purge(suite->store, end - 1, 100), 0);
	for (int i = 0; i < 30; i++) {
		int64_t count = purge(suite->store, end, 100);

		assert_in_range(count, 0, 100);
		before += count;
	}
	assert_int_equal(before, SPENT_COUNT / 3);
	for (int i = 0; i < 30; i++)
		before += purge(suite->store, end + 1, 900);
	assert_int_equal(before, SPENT_COUNT);
}

static void what_has_much_to_purge_keeps_nothing_else_waiting(void **state)
{
	struct suite_store *suite = *state;
	int64_t request_id = insert_request(suite->store);
	instant end = SUITE_NOW + 90 * INSTANT_SECOND;
	struct request request;

	spend_many(suite->store, end);
	for (int i = 0; i < 2; i++)
		assert_int_equal(purge(suite->store, end + 1, 10), 10);
	assert_int_equal(store_load_request(suite->store, suite->arena,
					    request_id, &request),
			 STORE_NOT_FOUND);
}

/* A redemption that meets the purge of its row revives nothing. */
static void a_purged_grant_is_not_redeemed(void **state)
{
	struct suite_store *suite = *state;
	int64_t id = suite_insert_grant(suite->store);
	struct store_redeem redeem = suite_redeem(id);
	struct grant grant;

	assert_int_equal(
		purge(suite->store, SUITE_NOW + 90 * INSTANT_SECOND, 10), 1);
	assert_int_equal(suite_redeem_now(suite->store, &redeem),
			 STORE_CONFLICT);
	assert_int_equal(store_load_grant(suite->store, suite->arena, id,
					  &grant),
			 STORE_NOT_FOUND);
}

static void a_redeemed_grant_outlives_its_codes_end(void **state)
{
	struct suite_store *suite = *state;
	struct store_redeem redeem =
		suite_redeem(suite_insert_grant(suite->store));

	assert_int_equal(suite_redeem_now(suite->store, &redeem), STORE_DONE);
	assert_int_equal(
		purge(suite->store, SUITE_NOW + 90 * INSTANT_SECOND, 10), 0);
	assert_int_equal(purge(suite->store, redeem.purge_at, 10), 1);
}

static const struct store_noun *noun(const struct store_size *size,
				     const char *name)
{
	for (size_t i = 0; i < STORE_NOUN_COUNT; i++)
		if (text_equal(text_from(size->nouns[i].name), text_from(name)))
			return &size->nouns[i];
	fail_msg("%s is not measured", name);
	return NULL;
}

/* Grants that live four hours, sessions that live 203 seconds. */
static void the_size_is_told_and_forecast(void **state)
{
	struct suite_store *suite = *state;
	struct store_size size;

	for (int i = 0; i < 3; i++) {
		struct grant grant = suite_grant(suite->store);
		struct session begun = session(suite->store);

		grant.purge_at = SUITE_NOW + 4 * 3600 * INSTANT_SECOND;
		assert_int_equal(store_insert_grant(suite->store, &grant, NULL),
				 STORE_DONE);
		assert_int_equal(store_insert_session(suite->store, &begun),
				 STORE_DONE);
	}
	assert_int_equal(store_measure(suite->store, SUITE_NOW, &size),
			 STORE_DONE);
	assert_int_equal(noun(&size, "grants")->row_count, 3);
	assert_int_equal(noun(&size, "grants")->forecast_count, 12);
	assert_int_equal(noun(&size, "sessions")->row_count, 3);
	assert_int_equal(noun(&size, "sessions")->forecast_count, 3);
	assert_int_equal(noun(&size, "users")->row_count, 0);
	/* Two hours later nobody has come for an hour. */
	assert_int_equal(store_measure(suite->store,
				       SUITE_NOW + 7200 * INSTANT_SECOND,
				       &size),
			 STORE_DONE);
	assert_int_equal(noun(&size, "grants")->row_count, 3);
	assert_int_equal(noun(&size, "grants")->forecast_count, 0);
	assert_int_equal(size.size >= 0, noun(&size, "grants")->size >= 0);
	if (size.size < 0)
		return;
	assert_true(noun(&size, "grants")->size >= 3 * 200);
	assert_true(size.size > noun(&size, "grants")->size);
}

int suite_store_once(void)
{
	const struct CMUnitTest tests[] = {
		test_of_store("the store's size is told, and what it will be",
			      the_size_is_told_and_forecast),
		test_of_store("a session is revoked once",
			      a_session_is_revoked_once),
		test_of_store("a consent is remembered, widened, forgotten",
			      a_consent_is_remembered_widened_and_forgotten),
		test_of_store("a request is consumed once",
			      a_request_is_consumed_once),
		test_of_store("a request that is over is not consumed",
			      a_request_that_is_over_is_not_consumed),
		test_of_store("a grant consumes its request, or is not there",
			      a_grant_consumes_its_request),
		test_of_store("a grant with a used id consumes nothing",
			      a_grant_with_a_used_id_consumes_nothing),
		test_of_store("a grant completes both its requests, or nothing",
			      a_grant_completes_both_or_nothing),
		test_of_store("a hash is spent once", a_hash_is_spent_once),
		test_of_store("a spent access token marks its grant",
			      a_spent_access_token_marks_its_grant),
		test_of_store("what is over is purged and nothing else",
			      what_is_over_is_purged_and_nothing_else),
		test_of_store("of many spent all that are over are purged",
			      of_many_spent_all_that_are_over_are_purged),
		test_of_store(
			"what has much to purge keeps nothing else waiting",
			what_has_much_to_purge_keeps_nothing_else_waiting),
		test_of_store("a purge keeps to its bound",
			      a_purge_keeps_to_its_bound),
		test_of_store("a purged grant is not redeemed",
			      a_purged_grant_is_not_redeemed),
		test_of_store("a redeemed grant outlives its code's end",
			      a_redeemed_grant_outlives_its_codes_end),
	};

	return cmocka_run_group_tests_name("store once", tests, NULL, NULL);
}
