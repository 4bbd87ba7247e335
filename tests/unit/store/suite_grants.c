/* SPDX-License-Identifier: Apache-2.0 */
/* The store's suite: the life of a grant, step by step. */
#include "store/suite_store.h"

static struct grant load(struct suite_store *suite, int64_t id)
{
	struct grant grant;

	assert_int_equal(store_load_grant(suite->store, suite->arena, id,
					  &grant),
			 STORE_DONE);
	return grant;
}

static void assert_requests_equal(const struct grant_request *got,
				  const struct grant_request *wanted)
{
	suite_assert_text(got->redirect_uri, wanted->redirect_uri);
	assert_int_equal(got->redirect_uri_sent, wanted->redirect_uri_sent);
	suite_assert_text(got->challenge, wanted->challenge);
	suite_assert_text(got->challenge_method, wanted->challenge_method);
	suite_assert_text(got->request_uri, wanted->request_uri);
	suite_assert_text(got->nonce, wanted->nonce);
	suite_assert_text(got->claims, wanted->claims);
	suite_assert_text(got->key, wanted->key);
	assert_int_equal(got->asks_auth_time, wanted->asks_auth_time);
}

static void assert_origins_equal(const struct grant *got,
				 const struct grant *wanted)
{
	assert_int_equal(got->id, wanted->id);
	assert_int_equal(got->tenant_id, wanted->tenant_id);
	assert_int_equal(got->user_id, wanted->user_id);
	suite_assert_text(got->client_id, wanted->client_id);
	assert_memory_equal(got->seed, wanted->seed, ROW_SEED_SIZE);
	suite_assert_text(got->scope, wanted->scope);
	suite_assert_text(got->audience, wanted->audience);
	suite_assert_text(got->acr, wanted->acr);
	suite_assert_text(got->methods, wanted->methods);
	assert_int_equal(got->session_id, wanted->session_id);
	assert_memory_equal(got->sid, wanted->sid, SESSION_SID_SIZE);
	assert_int_equal(got->authenticated_at, wanted->authenticated_at);
	assert_int_equal(got->created_at, wanted->created_at);
	assert_int_equal(got->code_expires_at, wanted->code_expires_at);
}

static void assert_states_equal(const struct grant *got,
				const struct grant *wanted)
{
	assert_int_equal(got->redeemed_at, wanted->redeemed_at);
	suite_assert_text(got->redeemed_peer, wanted->redeemed_peer);
	assert_int_equal(got->has_refresh_token, wanted->has_refresh_token);
	assert_int_equal(got->generation, wanted->generation);
	assert_int_equal(got->rotated_at, wanted->rotated_at);
	assert_int_equal(got->is_presented, wanted->is_presented);
	assert_int_equal(got->overlap_count, wanted->overlap_count);
	assert_int_equal(got->expires_at, wanted->expires_at);
	assert_int_equal(got->idle_expires_at, wanted->idle_expires_at);
	suite_assert_text(got->confirmation, wanted->confirmation);
	assert_int_equal(got->revoked_at, wanted->revoked_at);
	suite_assert_text(got->revoked_reason, wanted->revoked_reason);
	assert_int_equal(got->has_spent_tokens, wanted->has_spent_tokens);
	assert_int_equal(got->purge_at, wanted->purge_at);
}

static void assert_grants_equal(const struct grant *got,
				const struct grant *wanted)
{
	assert_origins_equal(got, wanted);
	assert_requests_equal(&got->request, &wanted->request);
	assert_states_equal(got, wanted);
}

static void every_field_of_a_grant_survives(void **state)
{
	struct suite_store *suite = *state;
	struct grant coded = suite_grant(suite->store);
	struct grant bare = {.id = store_new_id(suite->store, SUITE_NOW)};
	struct grant later = suite_grant(suite->store);
	struct grant loaded;

	later.redeemed_at = SUITE_NOW + 1;
	later.redeemed_peer = TEXT("peer");
	later.has_refresh_token = true;
	later.generation = 4;
	later.rotated_at = SUITE_NOW + 2;
	later.is_presented = true;
	later.overlap_count = 3;
	later.expires_at = SUITE_NOW + 4;
	later.idle_expires_at = SUITE_NOW + 5;
	later.confirmation = TEXT("jkt:x");
	later.revoked_at = SUITE_NOW + 6;
	later.revoked_reason = TEXT("reason");
	later.has_spent_tokens = true;
	assert_int_equal(store_insert_grant(suite->store, &coded, NULL),
			 STORE_DONE);
	assert_int_equal(store_insert_grant(suite->store, &bare, NULL),
			 STORE_DONE);
	assert_int_equal(store_insert_grant(suite->store, &later, NULL),
			 STORE_DONE);
	loaded = load(suite, coded.id);
	assert_grants_equal(&loaded, &coded);
	loaded = load(suite, bare.id);
	assert_grants_equal(&loaded, &bare);
	loaded = load(suite, later.id);
	assert_grants_equal(&loaded, &later);
}

static void a_used_id_is_told(void **state)
{
	struct suite_store *suite = *state;
	struct grant grant = suite_grant(suite->store);
	struct grant other = grant;

	assert_int_equal(store_insert_grant(suite->store, &grant, NULL),
			 STORE_DONE);
	other.client_id = TEXT("other");
	assert_int_equal(store_insert_grant(suite->store, &other, NULL),
			 STORE_ALREADY);
	suite_assert_text(load(suite, grant.id).client_id, TEXT("web"));
	assert_int_equal(store_load_grant(suite->store, suite->arena,
					  grant.id + 1, &other),
			 STORE_NOT_FOUND);
}

static void a_code_is_redeemed_once(void **state)
{
	struct suite_store *suite = *state;
	struct grant wanted = suite_grant(suite->store);
	struct store_redeem redeem = suite_redeem(wanted.id);
	struct grant loaded;

	assert_int_equal(store_insert_grant(suite->store, &wanted, NULL),
			 STORE_DONE);
	assert_int_equal(suite_redeem_now(suite->store, &redeem), STORE_DONE);
	redeem.peer = TEXT("thief");
	redeem.now += INSTANT_SECOND;
	assert_int_equal(suite_redeem_now(suite->store, &redeem),
			 STORE_CONFLICT);
	wanted.redeemed_at = SUITE_NOW + INSTANT_SECOND;
	wanted.redeemed_peer = TEXT("192.0.2.7");
	wanted.has_refresh_token = true;
	wanted.generation = 1;
	wanted.rotated_at = wanted.redeemed_at;
	wanted.expires_at = redeem.expires_at;
	wanted.idle_expires_at = redeem.idle_expires_at;
	wanted.confirmation = TEXT("jkt:key");
	wanted.purge_at = redeem.purge_at;
	loaded = load(suite, wanted.id);
	assert_grants_equal(&loaded, &wanted);
}

static void a_code_that_is_over_is_not_redeemed(void **state)
{
	struct suite_store *suite = *state;
	struct store_redeem redeem =
		suite_redeem(suite_insert_grant(suite->store));

	redeem.now = SUITE_NOW + 60 * INSTANT_SECOND;
	assert_int_equal(suite_redeem_now(suite->store, &redeem),
			 STORE_CONFLICT);
	assert_int_equal(load(suite, redeem.grant_id).redeemed_at, 0);
	redeem.now--;
	assert_int_equal(suite_redeem_now(suite->store, &redeem), STORE_DONE);
	redeem.grant_id++;
	assert_int_equal(suite_redeem_now(suite->store, &redeem),
			 STORE_CONFLICT);
}

static void a_revoked_code_is_not_redeemed(void **state)
{
	struct suite_store *suite = *state;
	int64_t id = suite_insert_grant(suite->store);
	struct store_redeem redeem = suite_redeem(id);

	assert_int_equal(store_revoke_grant(suite->store, id, SUITE_NOW + 7,
					    TEXT("signed out")),
			 STORE_DONE);
	assert_int_equal(store_revoke_grant(suite->store, id, SUITE_NOW + 8,
					    TEXT("again")),
			 STORE_CONFLICT);
	assert_int_equal(suite_redeem_now(suite->store, &redeem),
			 STORE_CONFLICT);
	assert_int_equal(load(suite, id).revoked_at, SUITE_NOW + 7);
	suite_assert_text(load(suite, id).revoked_reason, TEXT("signed out"));
}

static void only_a_code_can_be_burned(void **state)
{
	struct suite_store *suite = *state;
	int64_t id = suite_insert_grant(suite->store);
	struct store_redeem redeem = suite_redeem(id);

	assert_int_equal(suite_redeem_now(suite->store, &redeem), STORE_DONE);
	assert_int_equal(store_burn_grant(suite->store, id, SUITE_NOW,
					  TEXT("burned")),
			 STORE_CONFLICT);
	assert_int_equal(load(suite, id).revoked_at, 0);
	id = suite_insert_grant(suite->store);
	assert_int_equal(store_burn_grant(suite->store, id, SUITE_NOW,
					  TEXT("burned")),
			 STORE_DONE);
	redeem.grant_id = id;
	assert_int_equal(suite_redeem_now(suite->store, &redeem),
			 STORE_CONFLICT);
}

/* Which of the jtis was spent already. */
static size_t already_at(struct suite_store *suite,
			 const struct store_redeem *redeem)
{
	struct store_change *change =
		store_submit_redeem(suite->store, suite->arena, redeem);

	assert_int_equal(store_wait(change), STORE_ALREADY);
	return store_already_at(change);
}

/* RULES.md: the jti first; when it was there, nothing else is changed. */
static void a_jti_is_spent_with_the_exchange(void **state)
{
	struct suite_store *suite = *state;
	struct store_once once = {
		.jtis = {{"0123456789abcdef0123456789abcde", SUITE_NOW + 1}},
		.count = 1,
	};
	struct store_redeem redeem =
		suite_redeem(suite_insert_grant(suite->store));
	struct store_redeem other =
		suite_redeem(suite_insert_grant(suite->store));

	redeem.once = &once;
	other.once = &once;
	assert_int_equal(suite_redeem_now(suite->store, &redeem), STORE_DONE);
	assert_int_equal(store_find_spent(suite->store, once.jtis[0].hash),
			 STORE_DONE);
	assert_int_equal(suite_redeem_now(suite->store, &other), STORE_ALREADY);
	assert_int_equal(load(suite, other.grant_id).redeemed_at, 0);
	other.once = NULL;
	assert_int_equal(suite_redeem_now(suite->store, &other), STORE_DONE);
}

/* The assertion's and the proof's: each is told when it was the one. */
static void two_jtis_are_spent_with_the_exchange(void **state)
{
	struct suite_store *suite = *state;
	struct store_once once = {
		.jtis = {{"an assertion's jti, 31 bytes ..", SUITE_NOW + 1},
			 {"a proof's jti, also of 31 bytes", SUITE_NOW + 1}},
		.count = 2,
	};
	struct store_redeem redeem =
		suite_redeem(suite_insert_grant(suite->store));
	struct store_redeem other =
		suite_redeem(suite_insert_grant(suite->store));
	size_t at = 9;

	redeem.once = &once;
	other.once = &once;
	assert_int_equal(suite_redeem_now(suite->store, &redeem), STORE_DONE);
	for (size_t i = 0; i < once.count; i++)
		assert_int_equal(store_find_spent(suite->store,
						  once.jtis[i].hash),
				 STORE_DONE);
	assert_int_equal(already_at(suite, &other), 0);
	once.jtis[0].hash[0] = 'x';
	assert_int_equal(already_at(suite, &other), 1);
	assert_int_equal(load(suite, other.grant_id).redeemed_at, 0);
	once.jtis[0].hash[0] = 'y';
	assert_int_equal(store_spend(suite->store, &once, &at), STORE_ALREADY);
	assert_int_equal(at, 1);
	once.jtis[0].hash[0] = 'z';
	once.jtis[1].hash[0] = 'z';
	assert_int_equal(suite_redeem_now(suite->store, &other), STORE_DONE);
}

/* --- Refresh -------------------------------------------------------------- */

static int64_t insert_redeemed(struct store *store)
{
	int64_t id = suite_insert_grant(store);
	struct store_redeem redeem = suite_redeem(id);

	assert_int_equal(suite_redeem_now(store, &redeem), STORE_DONE);
	return id;
}

static void a_generation_is_rotated_once(void **state)
{
	struct suite_store *suite = *state;
	int64_t id = insert_redeemed(suite->store);
	struct store_refresh refresh = suite_refresh(id, 1);
	struct grant grant;

	assert_int_equal(suite_refresh_now(suite->store, &refresh), STORE_DONE);
	assert_int_equal(suite_refresh_now(suite->store, &refresh),
			 STORE_CONFLICT);
	grant = load(suite, id);
	assert_int_equal(grant.generation, 2);
	assert_int_equal(grant.rotated_at, refresh.now);
	assert_false(grant.is_presented);
	assert_int_equal(grant.idle_expires_at, refresh.idle_expires_at);
	assert_int_equal(grant.purge_at, refresh.purge_at);
	assert_int_equal(grant.expires_at, SUITE_NOW + 900 * INSTANT_SECOND);
}

/* After a CONFLICT, too: the same request must not spend it anew. */
static void a_jti_is_spent_with_a_refresh(void **state)
{
	struct suite_store *suite = *state;
	struct store_refresh refresh =
		suite_refresh(insert_redeemed(suite->store), 1);
	struct store_once once = {
		.jtis = {{"fedcba9876543210fedcba987654321", SUITE_NOW + 1}},
		.count = 1,
	};

	refresh.once = &once;
	refresh.step = STORE_REFRESH_KEEP;
	assert_int_equal(suite_refresh_now(suite->store, &refresh), STORE_DONE);
	assert_int_equal(suite_refresh_now(suite->store, &refresh),
			 STORE_ALREADY);
	once.jtis[0].hash[0] = 'x';
	refresh.generation = 7;
	assert_int_equal(suite_refresh_now(suite->store, &refresh),
			 STORE_CONFLICT);
	assert_int_equal(store_find_spent(suite->store, once.jtis[0].hash),
			 STORE_DONE);
}

static void keeping_marks_the_generation_as_presented(void **state)
{
	struct suite_store *suite = *state;
	int64_t id = insert_redeemed(suite->store);
	struct store_refresh refresh = suite_refresh(id, 1);
	struct grant grant;

	refresh.step = STORE_REFRESH_KEEP;
	assert_int_equal(suite_refresh_now(suite->store, &refresh), STORE_DONE);
	assert_int_equal(suite_refresh_now(suite->store, &refresh), STORE_DONE);
	grant = load(suite, id);
	assert_int_equal(grant.generation, 1);
	assert_true(grant.is_presented);
	assert_int_equal(grant.rotated_at, SUITE_NOW + INSTANT_SECOND);
	assert_int_equal(grant.idle_expires_at, refresh.idle_expires_at);
	refresh.step = STORE_REFRESH_ROTATE;
	assert_int_equal(suite_refresh_now(suite->store, &refresh), STORE_DONE);
	assert_false(load(suite, id).is_presented);
}

static void an_overlap_counts_until_the_successor_is_presented(void **state)
{
	struct suite_store *suite = *state;
	int64_t id = insert_redeemed(suite->store);
	struct store_refresh refresh = suite_refresh(id, 1);

	assert_int_equal(suite_refresh_now(suite->store, &refresh), STORE_DONE);
	refresh.step = STORE_REFRESH_OVERLAP;
	assert_int_equal(suite_refresh_now(suite->store, &refresh),
			 STORE_CONFLICT);
	refresh.generation = 2;
	assert_int_equal(suite_refresh_now(suite->store, &refresh), STORE_DONE);
	assert_int_equal(suite_refresh_now(suite->store, &refresh), STORE_DONE);
	assert_int_equal(load(suite, id).overlap_count, 2);
	assert_int_equal(load(suite, id).generation, 2);
	refresh.step = STORE_REFRESH_KEEP;
	assert_int_equal(suite_refresh_now(suite->store, &refresh), STORE_DONE);
	refresh.step = STORE_REFRESH_OVERLAP;
	assert_int_equal(suite_refresh_now(suite->store, &refresh),
			 STORE_CONFLICT);
	refresh.is_presented = true;
	assert_int_equal(suite_refresh_now(suite->store, &refresh), STORE_DONE);
	assert_int_equal(load(suite, id).overlap_count, 3);
}

static const enum store_refresh_step all_steps[] = {
	STORE_REFRESH_ROTATE,
	STORE_REFRESH_KEEP,
	STORE_REFRESH_OVERLAP,
};

static void nothing_is_refreshed_past_an_end(void **state)
{
	struct suite_store *suite = *state;
	int64_t id = insert_redeemed(suite->store);
	struct store_refresh refresh = suite_refresh(id, 1);

	for (size_t i = 0; i < COUNT_OF(all_steps); i++) {
		refresh.step = all_steps[i];
		refresh.now = SUITE_NOW + 300 * INSTANT_SECOND; /* idle */
		assert_int_equal(suite_refresh_now(suite->store, &refresh),
				 STORE_CONFLICT);
		refresh.now = SUITE_NOW + 900 * INSTANT_SECOND;
		assert_int_equal(suite_refresh_now(suite->store, &refresh),
				 STORE_CONFLICT);
	}
	refresh.step = STORE_REFRESH_KEEP;
	refresh.now = SUITE_NOW + 300 * INSTANT_SECOND - 1;
	refresh.idle_expires_at = SUITE_NOW + 2000 * INSTANT_SECOND;
	assert_int_equal(suite_refresh_now(suite->store, &refresh), STORE_DONE);
	refresh.now = SUITE_NOW + 900 * INSTANT_SECOND;
	assert_int_equal(suite_refresh_now(suite->store, &refresh),
			 STORE_CONFLICT);
}

static void an_end_of_never_does_not_come(void **state)
{
	struct suite_store *suite = *state;
	struct store_redeem redeem =
		suite_redeem(suite_insert_grant(suite->store));
	struct store_refresh refresh = suite_refresh(redeem.grant_id, 1);

	redeem.expires_at = INSTANT_NEVER;
	redeem.idle_expires_at = INSTANT_NEVER;
	assert_int_equal(suite_redeem_now(suite->store, &redeem), STORE_DONE);
	refresh.now = SUITE_NOW + 100000 * INSTANT_SECOND;
	assert_int_equal(suite_refresh_now(suite->store, &refresh), STORE_DONE);
}

static void nothing_revoked_or_coded_is_refreshed(void **state)
{
	struct suite_store *suite = *state;
	int64_t revoked = insert_redeemed(suite->store);
	int64_t coded = suite_insert_grant(suite->store);

	assert_int_equal(store_revoke_grant(suite->store, revoked, SUITE_NOW,
					    TEXT("reuse")),
			 STORE_DONE);
	for (size_t i = 0; i < COUNT_OF(all_steps); i++) {
		struct store_refresh refresh = suite_refresh(revoked, 1);

		refresh.step = all_steps[i];
		assert_int_equal(suite_refresh_now(suite->store, &refresh),
				 STORE_CONFLICT);
		refresh.grant_id = coded;
		assert_int_equal(suite_refresh_now(suite->store, &refresh),
				 STORE_CONFLICT);
	}
}

/* --- Many at once --------------------------------------------------------- */

static int64_t insert_for(struct store *store, struct text client_id,
			  int64_t session_id, struct text scope)
{
	struct grant grant = suite_grant(store);

	grant.client_id = client_id;
	grant.session_id = session_id;
	grant.scope = scope;
	assert_int_equal(store_insert_grant(store, &grant, NULL), STORE_DONE);
	return grant.id;
}

static int64_t revoke_many(struct store *store,
			   struct store_grant_filter filter)
{
	int64_t count = -1;

	filter.user_id = 2;
	assert_int_equal(store_revoke_grants(store, &filter, SUITE_NOW,
					     TEXT("sign-out"), &count),
			 STORE_DONE);
	return count;
}

static void grants_are_revoked_by_filter(void **state)
{
	struct suite_store *suite = *state;
	struct store *store = suite->store;
	struct store_grant_filter of_session = {
		.session_id = 8,
		.without_offline_access = true,
	};
	int64_t offline = insert_for(store, TEXT("web"), 8,
				     TEXT("openid offline_access"));
	int64_t lookalike = insert_for(store, TEXT("web"), 8,
				       TEXT("openid xoffline_access"));
	int64_t capitals =
		insert_for(store, TEXT("web"), 8, TEXT("OFFLINE_ACCESS"));
	int64_t bare = insert_for(store, TEXT("web"), 8, TEXT_ABSENT);
	int64_t elsewhere = insert_for(store, TEXT("spa"), 9, TEXT("openid"));

	assert_int_equal(
		revoke_many(store, (struct store_grant_filter){.tenant_id = 9}),
		0);
	assert_int_equal(revoke_many(store, of_session), 3);
	assert_int_equal(load(suite, offline).revoked_at, 0);
	assert_int_equal(load(suite, lookalike).revoked_at, SUITE_NOW);
	assert_int_equal(load(suite, capitals).revoked_at, SUITE_NOW);
	assert_int_equal(load(suite, bare).revoked_at, SUITE_NOW);
	assert_int_equal(load(suite, elsewhere).revoked_at, 0);
	assert_int_equal(revoke_many(store,
				     (struct store_grant_filter){
					     .client_id = TEXT("spa"),
					     .tenant_id = 1,
				     }),
			 1);
	assert_int_equal(revoke_many(store, (struct store_grant_filter){0}), 1);
	assert_int_equal(revoke_many(store, (struct store_grant_filter){0}), 0);
	suite_assert_text(load(suite, offline).revoked_reason,
			  TEXT("sign-out"));
}

int suite_store_grants(void)
{
	const struct CMUnitTest tests[] = {
		test_of_store("every field of a grant survives",
			      every_field_of_a_grant_survives),
		test_of_store("a used id is told, and nothing replaced",
			      a_used_id_is_told),
		test_of_store("a code is redeemed once",
			      a_code_is_redeemed_once),
		test_of_store("a code that is over is not redeemed",
			      a_code_that_is_over_is_not_redeemed),
		test_of_store("a revoked code is not redeemed",
			      a_revoked_code_is_not_redeemed),
		test_of_store("only a code can be burned",
			      only_a_code_can_be_burned),
		test_of_store("a jti is spent with the exchange",
			      a_jti_is_spent_with_the_exchange),
		test_of_store(
			"two jtis are spent with the exchange, and each is "
			"told when it was spent before",
			two_jtis_are_spent_with_the_exchange),
		test_of_store("a jti is spent with a refresh",
			      a_jti_is_spent_with_a_refresh),
		test_of_store("a generation is rotated once",
			      a_generation_is_rotated_once),
		test_of_store("keeping marks the generation as presented",
			      keeping_marks_the_generation_as_presented),
		test_of_store(
			"an overlap counts until the successor is presented",
			an_overlap_counts_until_the_successor_is_presented),
		test_of_store("nothing is refreshed past an end",
			      nothing_is_refreshed_past_an_end),
		test_of_store("an end of never does not come",
			      an_end_of_never_does_not_come),
		test_of_store("nothing revoked or coded is refreshed",
			      nothing_revoked_or_coded_is_refreshed),
		test_of_store("grants are revoked by filter",
			      grants_are_revoked_by_filter),
	};

	return cmocka_run_group_tests_name("store grants", tests, NULL, NULL);
}
