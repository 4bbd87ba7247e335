/* SPDX-License-Identifier: Apache-2.0 */
/* FAPI 2.0 over a tenant: what it changes in each profile, and whom it takes. */
#include <stdio.h>

#include "suite_arena.h"
#include "world.h"

#include "profile/profile.h"

static const struct profile *const profiles[] = {
	&profile_rfc,
	&profile_auth0,
	&profile_asgardeo,
};

static const struct tenant *foresee(const struct profile *profile,
				    const char *settings)
{
	const struct tenant *tenant = NULL;
	struct text why = TEXT_ABSENT;

	if (tenant_foresee(arena, profile, text_from(settings), &tenant,
			   &why) != DONE)
		fail_msg("%.*s", TEXT_ARG(why));
	return tenant;
}

static struct client client_of(bool asks)
{
	struct client client = world_client(1, TEXT("web"));

	client.auth_method = TEXT("private_key_jwt");
	client.asks_fapi2 = asks;
	return client;
}

static void assert_under_fapi2(const struct tenant *tenant,
			       const struct profile *base)
{
	const struct profile *profile = tenant->profile;

	assert_int_equal(tenant->fapi2, TENANT_FAPI2_REQUIRED);
	assert_true(tenant->requires_pushed);
	assert_true(tenant->lifetimes.code_for <= 60);
	assert_int_equal(tenant->lifetimes.code_replay_tolerance_for, 0);
	assert_true(tenant->lifetimes.pushed_for < 600);
	assert_int_equal(profile->rotation_rule, ROTATE_PUBLIC);
	assert_int_equal(profile->assertion_audiences,
			 ASSERTION_AUDIENCE_STRING_ALONE);
	assert_false(profile->flags.burns_code_on_failure);
	assert_false(profile->flags.token_in_query_at_userinfo);
	assert_false(profile->flags.dpop_where_required_alone);
	assert_false(profile->flags.redirect_uri_defaults);
	assert_false(profile->flags.redirect_uri_optional_with_s256);
	assert_false(profile->flags.web_message);
	assert_true(profile_allows_algorithm(profile, tenant->signing_alg));
	/* what a tenant looks like stays its profile's */
	assert_string_equal(profile->name, base->name);
	assert_ptr_equal(profile->routes, base->routes);
	assert_ptr_equal(profile->id_token_claims, base->id_token_claims);
	assert_int_equal(profile->flags.session_state,
			 base->flags.session_state);
	assert_int_equal(profile->flags.jwt_by_default,
			 base->flags.jwt_by_default);
}

static void required(void **state)
{
	struct client client = client_of(false);

	for (size_t i = 0; i < COUNT_OF(profiles); i++) {
		const struct tenant *tenant =
			foresee(profiles[i], "{\"fapi2\":\"required\"}");

		assert_under_fapi2(tenant, profiles[i]);
		assert_ptr_equal(tenant_for_client(tenant, &client), tenant);
	}
}

static void allowed(void **state)
{
	struct client asks = client_of(true);
	struct client other = client_of(false);

	for (size_t i = 0; i < COUNT_OF(profiles); i++) {
		const struct tenant *tenant =
			foresee(profiles[i], "{\"fapi2\":\"allowed\"}");
		const struct tenant *under = tenant_for_client(tenant, &asks);

		assert_under_fapi2(under, profiles[i]);
		assert_ptr_equal(tenant->profile, profiles[i]);
		assert_int_equal(tenant->lifetimes.code_for,
				 profiles[i]->lifetimes.code_for);
		assert_ptr_equal(tenant_for_client(tenant, &other), tenant);
		assert_ptr_equal(tenant_for_client(under, &asks), under);
	}
}

static void off(void **state)
{
	struct client asks = client_of(true);
	const struct tenant *tenant = foresee(&profile_auth0, "{}");
	struct tenant_unfit unfit;

	assert_int_equal(tenant->fapi2, TENANT_FAPI2_OFF);
	assert_ptr_equal(tenant_for_client(tenant, &asks), tenant);
	assert_false(tenant_fits_client(tenant, &asks, &unfit));
	assert_string_equal(unfit.member, "fapi2");
	asks = world_client(1, TEXT("web"));
	asks.allows_plain_pkce = true;
	asks.code_for = 600;
	assert_true(tenant_fits_client(tenant, &asks, &unfit));
}

/* Shorter ones stay, longer ones are cut; the tenant's algorithm counts if it
 * may. */
static void settings_under_it(void **state)
{
	const struct tenant *tenant = foresee(
		&profile_auth0, "{\"fapi2\":\"required\",\"code_for\":30,"
				"\"code_replay_tolerance_for\":60,"
				"\"fetch_request_uris\":true,"
				"\"signing_alg\":\"PS256\"}");

	assert_false(tenant->fetches_request_uris);
	assert_int_equal(tenant->lifetimes.code_for, 30);
	assert_int_equal(tenant->lifetimes.code_replay_tolerance_for, 0);
	world_assert_text(tenant->signing_alg, "PS256");
	tenant = foresee(&profile_rfc,
			 "{\"fapi2\":\"allowed\",\"code_for\":600,"
			 "\"signing_alg\":\"RS256\"}");
	assert_int_equal(tenant->lifetimes.code_for, 600);
	world_assert_text(tenant->signing_alg, "RS256");
	assert_int_equal(tenant->under_fapi2->lifetimes.code_for, 60);
	world_assert_text(tenant->under_fapi2->signing_alg, "ES256");
}

/* RFC 7009, RFC 7662 and all: profile rfc's words for every reason. */
static void replies(void **state)
{
	for (size_t i = 0; i < COUNT_OF(profiles); i++) {
		const struct tenant *tenant =
			foresee(profiles[i], "{\"fapi2\":\"required\"}");

		for (enum endpoint at = 0; at <= ENDPOINT_COUNT; at++)
			for (enum reason reason = REASON_NONE + 1;
			     reason < REASON_COUNT; reason++)
				assert_ptr_equal(
					profile_find_reply(tenant->profile, at,
							   reason),
					profile_find_reply(&profile_rfc, at,
							   reason));
	}
}

/* The client of a change that fapi2 does not take, and the member it names. */
static void assert_unfit(const struct client *client, const char *member)
{
	struct client asks = *client;
	struct tenant_unfit unfit;

	asks.asks_fapi2 = true;
	assert_true(tenant_fits_client(foresee(&profile_rfc, "{}"), client,
				       &unfit));
	assert_false(tenant_fits_client(foresee(&profile_rfc,
						"{\"fapi2\":\"required\"}"),
					client, &unfit));
	assert_string_equal(unfit.member, member);
	assert_false(tenant_fits_client(foresee(&profile_rfc,
						"{\"fapi2\":\"allowed\"}"),
					&asks, &unfit));
	assert_string_equal(unfit.member, member);
}

static void methods(void **state)
{
	static const char *const weak[] = {"none", "client_secret_basic",
					   "client_secret_post",
					   "client_secret_jwt"};
	static const char *const strong[] = {"private_key_jwt",
					     "tls_client_auth",
					     "self_signed_tls_client_auth"};
	const struct tenant *tenant =
		foresee(&profile_rfc, "{\"fapi2\":\"required\"}");
	struct client client = client_of(false);
	struct tenant_unfit unfit;

	for (size_t i = 0; i < COUNT_OF(weak); i++) {
		client.auth_method = text_from(weak[i]);
		assert_unfit(&client, "token_endpoint_auth_method");
	}
	for (size_t i = 0; i < COUNT_OF(strong); i++) {
		client.auth_method = text_from(strong[i]);
		assert_true(tenant_fits_client(tenant, &client, &unfit));
	}
}

static void algorithms(void **state)
{
	static const char *const weak[] = {"RS256", "PS384", "ES512", "HS256"};
	static const struct {
		size_t at;
		const char *member;
	} members[] = {
		{offsetof(struct client, auth_signing_alg),
		 "token_endpoint_auth_signing_alg"},
		{offsetof(struct client, id_token_alg),
		 "id_token_signed_response_alg"},
		{offsetof(struct client, response_alg),
		 "authorization_signed_response_alg"},
		{offsetof(struct client, request_object_alg),
		 "request_object_signing_alg"},
	};

	for (size_t i = 0; i < COUNT_OF(members); i++)
		for (size_t k = 0; k < COUNT_OF(weak); k++) {
			struct client client = client_of(false);
			struct text *alg =
				(void *)((char *)&client + members[i].at);

			*alg = text_from(weak[k]);
			assert_unfit(&client, members[i].member);
		}
}

static void redirects(void **state)
{
	static const char *const weak[] = {
		"http://rp.example/callback", "com.example.app:/callback",
		"http://127.0.0.1.example/callback", "http://localhost/cb",
		"https://rp.example/a http://[::1]x/b"};
	const struct tenant *tenant =
		foresee(&profile_rfc, "{\"fapi2\":\"required\"}");
	struct client client = client_of(false);
	struct tenant_unfit unfit;

	client.is_native = true;
	for (size_t i = 0; i < COUNT_OF(weak); i++) {
		client.redirect_uris = text_from(weak[i]);
		assert_unfit(&client, "redirect_uris");
	}
	client.redirect_uris = TEXT("http://127.0.0.1/cb http://[::1]:1234/cb "
				    "http://127.0.0.1 https://rp.example/cb");
	assert_true(tenant_fits_client(tenant, &client, &unfit));
	client.is_native = false;
	assert_unfit(&client, "redirect_uris");
}

static void others(void **state)
{
	struct client client = client_of(false);

	client.response_types = TEXT("code code+id_token");
	assert_unfit(&client, "response_types");
	client = client_of(false);
	client.allows_plain_pkce = true;
	assert_unfit(&client, "allow_plain_pkce");
	client = client_of(false);
	client.rotates_refresh_tokens = CHOICE_YES;
	assert_unfit(&client, "rotate_refresh_tokens");
	client = client_of(false);
	client.code_for = 61;
	assert_unfit(&client, "code_for");
}

static void words(void **state)
{
	static const char *const wrong[] = {
		"{\"fapi2\":true}", "{\"fapi2\":\"on\"}", "{\"fapi2\":null}",
		"{\"fapi2\":\"\"}", "{\"fapi2\":[\"required\"]}"};
	struct text why = TEXT_ABSENT;

	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct tenant tenant = {0};

		assert_int_equal(tenant_settings_apply(arena,
						       text_from(wrong[i]),
						       &tenant, &why),
				 REFUSED);
		world_assert_text(why, "fapi2 must be \"off\", \"allowed\" or "
				       "\"required\"");
	}
}

/* Requests meet a directory: the tenant is found by its path as ever, and the
 * origins of its clients are its own. */
static void in_a_directory(void **state)
{
	struct tenant_record record = {
		.id = 2,
		.name = TEXT("auth0"),
		.profile = TEXT("auth0"),
		.url = TEXT("https://id.example/t/auth0"),
		.settings = TEXT("{\"fapi2\":\"allowed\"}"),
	};
	struct client asks = client_of(true);
	const struct tenant *under;
	const struct client *found;
	struct visit visit;
	struct text origins;
	struct text same;

	assert_int_equal(world_open(NULL), 0);
	asks.tenant_id = 2;
	asks.id = TEXT("strict");
	world_save_client(&asks, NULL);
	assert_int_equal(store_save_tenant(world.store, &record), STORE_DONE);
	world_reload_tenants();
	world_visit(&visit, "auth0");
	assert_int_equal(tenant_load_client(&visit.decision, world.store,
					    world.tenants, visit.tenant,
					    TEXT("strict"), &found),
			 DONE);
	assert_true(found->asks_fapi2);
	under = tenant_for_client(visit.tenant, found);
	assert_ptr_not_equal(under, visit.tenant);
	world_assert_text(under->url, "https://id.example/t/auth0");
	world_assert_text(under->issuer, "https://id.example/t/auth0/");
	assert_int_equal(tenant_load_origins(&visit.decision, world.store,
					     world.tenants, under, &origins),
			 DONE);
	assert_int_equal(tenant_load_origins(&visit.decision, world.store,
					     world.tenants, visit.tenant,
					     &same),
			 DONE);
	assert_true(origins.size > 0 && text_equal(origins, same));
	assert_int_equal(tenant_check_client(&visit.decision, visit.tenant,
					     found),
			 DONE);
	world_leave(&visit);
	assert_int_equal(world_close(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("a tenant that requires fapi2 is under it, in every "
			  "profile",
			  required),
		test_that("a tenant that allows fapi2 is under it for those "
			  "who ask",
			  allowed),
		test_that("where fapi2 is off nobody may ask for it, and all "
			  "else is free",
			  off),
		test_that("lifetimes are capped, and an algorithm that may not "
			  "be is replaced",
			  settings_under_it),
		test_that("under fapi2 every reason is told in profile rfc's "
			  "words",
			  replies),
		test_that("under fapi2 clients share no secret", methods),
		test_that("under fapi2 each algorithm is PS256, ES256 or EdDSA",
			  algorithms),
		test_that("under fapi2 redirect URIs are https, or a native "
			  "client's loopback",
			  redirects),
		test_that("under fapi2: code alone, S256, no rotation, a code "
			  "of a minute",
			  others),
		test_that("fapi2 is one of three words", words),
		test_that("in a directory both tenants are one",
			  in_a_directory),
	};

	return cmocka_run_group_tests_name("tenant_fapi2", tests, open_arena,
					   close_arena);
}
