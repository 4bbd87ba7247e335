/* SPDX-License-Identifier: Apache-2.0 */
/* What the groups of the store's suite share. */
#include "store/suite_store.h"

#include <stdlib.h>

const struct suite_driver *suite_driver;

int suite_store_setup(void **state)
{
	struct suite_store *suite = calloc(1, sizeof(*suite));

	suite->store = suite_driver->open_fresh();
	suite->arena = arena_new((size_t)8 * 1024 * 1024);
	*state = suite;
	return store_migrate(suite->store) == STORE_DONE ? 0 : -1;
}

int suite_store_teardown(void **state)
{
	struct suite_store *suite = *state;

	store_close(&suite->store);
	arena_free(&suite->arena);
	free(suite);
	suite_driver->clean();
	return 0;
}

void suite_assert_text(struct text got, struct text wanted)
{
	assert_int_equal(text_is_present(got), text_is_present(wanted));
	assert_int_equal(got.size, wanted.size);
	if (wanted.size > 0)
		assert_memory_equal(got.at, wanted.at, wanted.size);
}

struct grant suite_grant(struct store *store)
{
	struct grant grant = {
		.id = store_new_id(store, SUITE_NOW),
		.tenant_id = 1,
		.user_id = 2,
		.client_id = TEXT("web"),
		.seed = "0123456789abcde",
		.request =
			{
				.redirect_uri = TEXT("https://rp.example/cb"),
				.redirect_uri_sent = true,
				.challenge = TEXT("challenge"),
				.challenge_method = TEXT("S256"),
				.request_uri = TEXT("urn:request"),
				.nonce = TEXT("nonce"),
				.claims = TEXT("{\"userinfo\":{}}"),
				.key = TEXT("thumbprint"),
				.asks_auth_time = true,
			},
		.scope = TEXT("openid email"),
		.audience = TEXT("https://api.example"),
		.acr = TEXT("urn:acr"),
		.methods = TEXT("pwd otp"),
		.session_id = 77,
		.sid = "fedcba987654321",
		.authenticated_at = SUITE_NOW - 5,
		.created_at = SUITE_NOW,
		.code_expires_at = SUITE_NOW + 60 * INSTANT_SECOND,
		.purge_at = SUITE_NOW + 90 * INSTANT_SECOND,
	};

	return grant;
}

int64_t suite_insert_grant(struct store *store)
{
	struct grant grant = suite_grant(store);

	assert_int_equal(store_insert_grant(store, &grant, NULL), STORE_DONE);
	return grant.id;
}

struct store_redeem suite_redeem(int64_t grant_id)
{
	return (struct store_redeem){
		.grant_id = grant_id,
		.now = SUITE_NOW + INSTANT_SECOND,
		.peer = TEXT("192.0.2.7"),
		.has_refresh_token = true,
		.expires_at = SUITE_NOW + 900 * INSTANT_SECOND,
		.idle_expires_at = SUITE_NOW + 300 * INSTANT_SECOND,
		.confirmation = TEXT("jkt:key"),
		.purge_at = SUITE_NOW + 1000 * INSTANT_SECOND,
	};
}

struct store_refresh suite_refresh(int64_t grant_id, int64_t generation)
{
	return (struct store_refresh){
		.grant_id = grant_id,
		.generation = generation,
		.step = STORE_REFRESH_ROTATE,
		.now = SUITE_NOW + 2 * INSTANT_SECOND,
		.idle_expires_at = SUITE_NOW + 400 * INSTANT_SECOND,
		.purge_at = SUITE_NOW + 1100 * INSTANT_SECOND,
	};
}

enum store_outcome suite_redeem_now(struct store *store,
				    const struct store_redeem *redeem)
{
	struct arena *arena = arena_new((size_t)64 * 1024);
	enum store_outcome result =
		store_wait(store_submit_redeem(store, arena, redeem));

	arena_free(&arena);
	return result;
}

enum store_outcome suite_refresh_now(struct store *store,
				     const struct store_refresh *refresh)
{
	struct arena *arena = arena_new((size_t)64 * 1024);
	enum store_outcome result =
		store_wait(store_submit_refresh(store, arena, refresh));

	arena_free(&arena);
	return result;
}

struct request suite_request(struct store *store)
{
	return (struct request){
		.id = store_new_id(store, SUITE_NOW),
		.tenant_id = 1,
		.kind = REQUEST_PUSHED,
		.seed = "0123456789abcde",
		.session_id = 9,
		.client_id = TEXT("web"),
		.document = TEXT("{\"scope\":\"openid\"}"),
		.created_at = SUITE_NOW,
		.expires_at = SUITE_NOW + 60 * INSTANT_SECOND,
		.purge_at = SUITE_NOW + 90 * INSTANT_SECOND,
	};
}
