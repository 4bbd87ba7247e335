/* SPDX-License-Identifier: Apache-2.0 */
/* A tenant's settings: laid over its profile, or refused with a sentence. */
#include "suite_arena.h"
#include "world.h"

static struct tenant tenant_before(void)
{
	struct tenant tenant = {.signing_alg = TEXT("RS256"),
				.display_name = TEXT("before")};

	tenant.lifetimes.code_for = 60;
	tenant.lifetimes.overlap_for = 10;
	return tenant;
}

static void all_of_them(void **state)
{
	struct tenant tenant = tenant_before();
	struct text why = TEXT_ABSENT;

	assert_int_equal(
		tenant_settings_apply(
			arena,
			TEXT("{\"code_for\":30,\"access_token_for\":1,"
			     "\"id_token_for\":2,\"refresh_for\":3,"
			     "\"refresh_idle_for\":4,\"overlap_for\":0,"
			     "\"code_replay_tolerance_for\":6,"
			     "\"session_for\":61,\"pushed_for\":62,"
			     "\"require_pushed_authorization_requests\":true,"
			     "\"default_audience\":\"urn:a\","
			     "\"display_name\":\"Bifr\xc3\xb6st\","
			     "\"fetch_request_uris\":true,"
			     "\"request_object_encryption_algs\":"
			     "\"ECDH-ES RSA-OAEP-256\","
			     "\"signing_alg\":\"ES256\"}"),
			&tenant, &why),
		DONE);
	assert_int_equal(tenant.lifetimes.code_for, 30);
	assert_int_equal(tenant.lifetimes.access_token_for, 1);
	assert_int_equal(tenant.lifetimes.id_token_for, 2);
	assert_int_equal(tenant.lifetimes.refresh_for, 3);
	assert_int_equal(tenant.lifetimes.refresh_idle_for, 4);
	assert_int_equal(tenant.lifetimes.overlap_for, 0);
	assert_int_equal(tenant.lifetimes.code_replay_tolerance_for, 6);
	assert_int_equal(tenant.lifetimes.session_for, 61);
	assert_int_equal(tenant.lifetimes.pushed_for, 62);
	assert_true(tenant.requires_pushed);
	world_assert_text(tenant.default_audience, "urn:a");
	world_assert_text(tenant.display_name, "Bifr\xc3\xb6st");
	world_assert_text(tenant.signing_alg, "ES256");
	assert_true(tenant.fetches_request_uris);
	world_assert_text(tenant.encryption_algs, "ECDH-ES RSA-OAEP-256");
}

static void nothing_changes_nothing(void **state)
{
	static const char *const nothings[] = {"", "{}", " {} "};

	for (size_t i = 0; i < COUNT_OF(nothings); i++) {
		struct tenant tenant = tenant_before();
		struct text why = TEXT_ABSENT;

		assert_int_equal(tenant_settings_apply(arena,
						       text_from(nothings[i]),
						       &tenant, &why),
				 DONE);
		assert_int_equal(tenant.lifetimes.code_for, 60);
		world_assert_text(tenant.signing_alg, "RS256");
	}
}

static void mistakes(void **state)
{
	static const struct {
		const char *settings;
		const char *sentence;
	} rows[] = {
		{"{\"code_for\":0}", "code_for must be whole seconds"},
		{"{\"code_for\":601}", "from 1 to 600"},
		{"{\"code_for\":-1}", "code_for"},
		{"{\"code_for\":1.5}", "code_for"},
		{"{\"code_for\":\"60\"}", "code_for"},
		{"{\"code_for\":null}", "code_for"},
		{"{\"overlap_for\":3601}", "from 0 to 3600"},
		{"{\"code_replay_tolerance_for\":61}", "from 0 to 60"},
		{"{\"session_for\":59}", "session_for"},
		{"{\"pushed_for\":600}", "from 5 to 599"},
		{"{\"require_pushed_authorization_requests\":1}",
		 "must be true or false"},
		{"{\"refresh_for\":99999999999}", "refresh_for"},
		{"{\"refresh_for\":99999999999999999999}", "settings"},
		{"{\"signing_alg\":\"none\"}", "signing_alg"},
		{"{\"signing_alg\":\"HS256\"}", "signing_alg"},
		{"{\"signing_alg\":1}", "signing_alg"},
		{"{\"signing_alg\":\"RS512\"}", "RS256 ES256 PS256 EdDSA"},
		{"{\"signing_alg\":\"RS256 ES256\"}", "signing_alg"},
		{"{\"signing_alg\":\"\"}", "signing_alg"},
		{"{\"request_object_encryption_algs\":\"RSA1_5\"}",
		 "RSA-OAEP-256 ECDH-ES"},
		{"{\"request_object_encryption_algs\":\"ECDH-ES dir\"}",
		 "request_object_encryption_algs"},
		{"{\"request_object_encryption_algs\":[]}", "a string"},
		{"{\"request_object_encryption_algs\":\"\"}", "a string"},
		{"{\"display_name\":\"\"}", "display_name"},
		{"{\"default_audience\":[]}", "not an array"},
		{"{\"colour\":\"red\"}", "\"colour\" is not a setting"},
		{"{\"Code_for\":60}", "\"Code_for\" is not a setting"},
		{"{\"code_for\":60,\"code_for\":60}", "settings"},
		{"[]", "a JSON object"},
		{"60", "a JSON object"},
		{"{", "settings"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct tenant tenant = tenant_before();
		struct text why = TEXT_ABSENT;

		if (tenant_settings_apply(arena, text_from(rows[i].settings),
					  &tenant, &why) != REFUSED)
			fail_msg("%s was accepted", rows[i].settings);
		if (text_find(why, text_from(rows[i].sentence)) == why.size)
			fail_msg("%s: %.*s", rows[i].settings, TEXT_ARG(why));
	}
}

static void texts_are_copied(void **state)
{
	char settings[] = "{\"display_name\":\"kept\"}";
	struct tenant tenant = tenant_before();
	struct text why;

	assert_int_equal(tenant_settings_apply(arena, text_from(settings),
					       &tenant, &why),
			 DONE);
	memset(settings, 'x', sizeof(settings));
	world_assert_text(tenant.display_name, "kept");
}

#define test_here(sentence, function)                                          \
	test_that_with(sentence, function, open_arena, close_arena)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_here("every setting is laid over", all_of_them),
		test_here("no settings change nothing",
			  nothing_changes_nothing),
		test_here("every mistake has its sentence", mistakes),
		test_here("texts are copied", texts_are_copied),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
