/* SPDX-License-Identifier: Apache-2.0 */
/* ID tokens as each profile has them, and hints that are read back. */
#include "fixture.h"

#include "jose/jws.h"

static void every_profile_states_the_required_claims(void **state)
{
	static const struct {
		const char *tenant;
		const char *issuer;
	} rows[] = {
		{"rfc", "\"https://id.example/t/rfc\""},
		{"auth0", "\"https://id.example/t/auth0/\""},
		{"asgardeo", "\"https://id.example/t/asgardeo/oauth2/token\""},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct exchange x;
		struct oauth_issue issue;
		struct text claims;

		fixture_begin(&x, rows[i].tenant, ENDPOINT_TOKEN);
		issue = fixture_issue(&x);
		claims = fixture_claims(&x, fixture_id_token(&issue));
		fixture_assert_member(&x, claims, "iss", rows[i].issuer);
		fixture_assert_member(&x, claims, "sub", "\"alice-sub\"");
		fixture_assert_member(&x, claims, "aud", "\"web\"");
		fixture_assert_member(&x, claims, "iat", "1700000000");
		fixture_assert_member(&x, claims, "nonce", "\"n-0S6_WzA2Mj\"");
		fixture_assert_member(&x, claims, "sid",
				      "\"66656463626139383736353433323100\"");
		fixture_end(&x);
	}
}

static void life_is_the_clients_or_the_tenants(void **state)
{
	struct exchange x;
	struct oauth_issue issue;
	struct client client;

	fixture_begin(&x, "auth0", ENDPOINT_TOKEN);
	issue = fixture_issue(&x);
	fixture_assert_member(&x, fixture_claims(&x, fixture_id_token(&issue)),
			      "exp", "1700036000");
	client = *x.client;
	client.id_token_for = 5;
	issue.client = &client;
	fixture_assert_member(&x, fixture_claims(&x, fixture_id_token(&issue)),
			      "exp", "1700000005");
	fixture_end(&x);
}

/* OpenID Connect Core appendix A.4 and A.6, and the vendor's page. */
static void hashes_are_those_of_appendix_a(void **state)
{
	struct exchange x;
	struct oauth_issue issue;
	struct text claims;

	fixture_begin(&x, "asgardeo", ENDPOINT_TOKEN);
	issue = fixture_issue(&x);
	issue.access_token =
		TEXT("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y");
	issue.code = TEXT("Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_"
			  "11jnpEX3Tgfvk");
	claims = fixture_claims(&x, fixture_id_token(&issue));
	fixture_assert_member(&x, claims, "at_hash",
			      "\"77QmUPtjPfzWtF2AnpK9RQ\"");
	fixture_assert_member(&x, claims, "c_hash",
			      "\"LDktKdoQak3Pk0cnXxCltA\"");
	issue.access_token = TEXT("54bd024f-5080-3db5-9422-785f5d610605");
	claims = fixture_claims(&x, fixture_id_token(&issue));
	fixture_assert_member(&x, claims, "at_hash",
			      "\"JoWHF8A1zf1poiRPwi54Mg\"");
	fixture_end(&x);
}

static void a_refresh_has_neither_nonce_nor_c_hash(void **state)
{
	struct exchange x;
	struct oauth_issue issue;
	struct text claims;

	fixture_begin(&x, "asgardeo", ENDPOINT_TOKEN);
	issue = fixture_issue(&x);
	issue.is_refresh = true;
	issue.code = TEXT_ABSENT;
	claims = fixture_claims(&x, fixture_id_token(&issue));
	fixture_assert_member(&x, claims, "nonce", NULL);
	fixture_assert_member(&x, claims, "c_hash", NULL);
	fixture_end(&x);
}

static void none_is_issued_without_openid(void **state)
{
	struct exchange x;
	struct oauth_issue issue;
	struct text id_token = TEXT("left");

	fixture_begin(&x, "rfc", ENDPOINT_TOKEN);
	x.grant.scope = TEXT("profile");
	issue = fixture_issue(&x);
	assert_int_equal(oidc_extension.issue(&issue, &id_token), DONE);
	assert_false(text_is_present(id_token));
	fixture_end(&x);
}

static void a_refresh_for_less_scope_still_yields_one(void **state)
{
	struct exchange x;
	struct oauth_issue issue;

	fixture_begin(&x, "auth0", ENDPOINT_TOKEN);
	issue = fixture_issue(&x);
	issue.scope = TEXT("email");
	assert_true(text_is_present(fixture_id_token(&issue)));
	fixture_end(&x);
}

static void auth_time_comes_when_it_is_asked(void **state)
{
	struct exchange x;
	struct oauth_issue issue;

	fixture_begin(&x, "auth0", ENDPOINT_TOKEN);
	issue = fixture_issue(&x);
	fixture_assert_member(&x, fixture_claims(&x, fixture_id_token(&issue)),
			      "auth_time", NULL);
	x.grant.request.asks_auth_time = true;
	fixture_assert_member(&x, fixture_claims(&x, fixture_id_token(&issue)),
			      "auth_time", "1699999970");
	fixture_end(&x);
}

static struct jws taken_apart(struct exchange *x, struct text id_token)
{
	struct jws jws = {0};
	const char *why = "";

	if (jws_parse(x->arena, id_token, &jws, &why) != DONE)
		fail_msg("%s", why);
	return jws;
}

static void the_client_chooses_the_algorithm(void **state)
{
	struct exchange x;
	struct oauth_issue issue;
	struct client client;
	struct jws jws;

	fixture_begin(&x, "rfc", ENDPOINT_TOKEN);
	client = *x.client;
	client.id_token_alg = TEXT("ES256");
	issue = fixture_issue(&x);
	issue.client = &client;
	jws = taken_apart(&x, fixture_id_token(&issue));
	fixture_assert_text(jws.algorithm, "ES256");
	fixture_assert_text(jws.type, "JWT");
	jws_wipe(&jws);
	fixture_end(&x);
}

/* The vendor's SDKs cannot read an EC key, so that tenant publishes none. */
static void no_algorithm_that_the_tenant_does_not_publish(void **state)
{
	struct exchange x;
	struct oauth_issue issue;
	struct client client;
	struct jws jws;

	fixture_begin(&x, "auth0", ENDPOINT_TOKEN);
	client = *x.client;
	client.id_token_alg = TEXT("ES256");
	issue = fixture_issue(&x);
	issue.client = &client;
	jws = taken_apart(&x, fixture_id_token(&issue));
	fixture_assert_text(jws.algorithm, "RS256");
	jws_wipe(&jws);
	fixture_end(&x);
}

static void asgardeo_has_no_typ_in_the_header(void **state)
{
	struct exchange x;
	struct oauth_issue issue;
	struct jws jws;

	fixture_begin(&x, "asgardeo", ENDPOINT_TOKEN);
	issue = fixture_issue(&x);
	jws = taken_apart(&x, fixture_id_token(&issue));
	fixture_assert_text(jws.algorithm, "RS256");
	fixture_assert_text(jws.type, NULL);
	jws_wipe(&jws);
	fixture_end(&x);
}

static void claims_ride_inside_where_the_template_says_so(void **state)
{
	struct exchange x;
	struct oauth_issue issue;
	struct text claims;

	fixture_begin(&x, "auth0", ENDPOINT_TOKEN);
	issue = fixture_issue(&x);
	claims = fixture_claims(&x, fixture_id_token(&issue));
	fixture_assert_member(&x, claims, "name", "\"Alice Adams\"");
	fixture_assert_member(&x, claims, "updated_at",
			      "\"2023-11-14T22:13:20.000Z\"");
	fixture_assert_member(&x, claims, "email", NULL);
	fixture_end(&x);
	fixture_begin(&x, "rfc", ENDPOINT_TOKEN);
	x.grant.request.claims =
		TEXT("{\"id_token\":{\"email\":null},\"userinfo\":"
		     "{\"given_name\":null}}");
	issue = fixture_issue(&x);
	claims = fixture_claims(&x, fixture_id_token(&issue));
	fixture_assert_member(&x, claims, "name", NULL);
	fixture_assert_member(&x, claims, "given_name", NULL);
	fixture_assert_member(&x, claims, "email", "\"alice@example.com\"");
	fixture_end(&x);
}

static outcome read_hint(struct exchange *x, struct text hint,
			 struct oauth_hint *hint_out)
{
	return oidc_extension.read_hint(&fixture.oauth, &x->decision,
					x->request.tenant, hint, hint_out);
}

static void a_hint_is_read_also_when_it_has_expired(void **state)
{
	static const char *const names[] = {"rfc", "auth0", "asgardeo"};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct exchange x;
		struct oauth_issue issue;
		struct oauth_hint hint;
		struct text id_token;

		fixture_begin(&x, names[i], ENDPOINT_LOGOUT);
		issue = fixture_issue(&x);
		id_token = fixture_id_token(&issue);
		x.decision.now = instant_after(FIXTURE_NOW, 500000);
		assert_int_equal(read_hint(&x, id_token, &hint), DONE);
		fixture_assert_text(hint.subject, "alice-sub");
		fixture_assert_text(hint.client_id, "web");
		fixture_assert_text(hint.sid,
				    "66656463626139383736353433323100");
		fixture_end(&x);
	}
}

static void assert_no_hint(struct exchange *x, struct text hint)
{
	struct oauth_hint read;

	decision_retract(&x->decision);
	assert_int_equal(read_hint(x, hint, &read), REFUSED);
	assert_int_equal(x->decision.refusal.reason, REASON_HINT_INVALID);
	assert_true(x->decision.refusal.near_miss.size > 0);
}

static void an_access_token_is_no_hint(void **state)
{
	static const char *const names[] = {"rfc", "auth0", "asgardeo"};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct exchange x;

		fixture_begin(&x, names[i], ENDPOINT_LOGOUT);
		assert_no_hint(&x,
			       fixture_access_token(&x, TEXT("openid"), true));
		assert_no_hint(&x,
			       fixture_access_token(&x, TEXT("openid"), false));
		fixture_end(&x);
	}
}

static void strangers_tokens_are_no_hints(void **state)
{
	struct exchange x;
	struct oauth_issue issue;
	struct text id_token;
	char *mangled;

	fixture_begin(&x, "auth0", ENDPOINT_LOGOUT);
	issue = fixture_issue(&x);
	id_token = fixture_id_token(&issue);
	x.request.tenant = tenants_find_named(fixture.tenants, TEXT("rfc"));
	assert_no_hint(&x, id_token);
	x.request.tenant = tenants_find_named(fixture.tenants, TEXT("auth0"));
	mangled = arena_terminated(x.arena, id_token);
	mangled[id_token.size / 2] ^= 1;
	assert_no_hint(&x, text_of(mangled, id_token.size));
	assert_no_hint(&x, TEXT("nonsense"));
	assert_no_hint(&x, TEXT("eyJhbGciOiJub25lIn0.e30."));
	fixture_end(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("every profile states the required claims",
			  every_profile_states_the_required_claims),
		test_that("an ID token lives as long as client or tenant say",
			  life_is_the_clients_or_the_tenants),
		test_that("at_hash and c_hash are those of appendix A",
			  hashes_are_those_of_appendix_a),
		test_that("a refresh has neither nonce nor c_hash",
			  a_refresh_has_neither_nonce_nor_c_hash),
		test_that("no ID token is issued without openid",
			  none_is_issued_without_openid),
		test_that("a refresh for less scope still yields an ID token",
			  a_refresh_for_less_scope_still_yields_one),
		test_that("auth_time comes when it is asked",
			  auth_time_comes_when_it_is_asked),
		test_that("the client chooses the algorithm",
			  the_client_chooses_the_algorithm),
		test_that("but none that the tenant publishes no key for",
			  no_algorithm_that_the_tenant_does_not_publish),
		test_that("asgardeo's ID tokens have no typ",
			  asgardeo_has_no_typ_in_the_header),
		test_that("a person's claims ride inside where the template "
			  "says so",
			  claims_ride_inside_where_the_template_says_so),
		test_that("a hint is read also when it has expired",
			  a_hint_is_read_also_when_it_has_expired),
		test_that("an access token is no hint",
			  an_access_token_is_no_hint),
		test_that("strangers' and mangled tokens are no hints",
			  strangers_tokens_are_no_hints),
	};

	return cmocka_run_group_tests_name("oidc_id_token", tests, fixture_open,
					   fixture_close);
}
