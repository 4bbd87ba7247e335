/* SPDX-License-Identifier: Apache-2.0 */
/* Which of a person's claims are let out, and which parameters are taken. */
#include "fixture.h"

#include "oidc/internal.h"

static struct text release(struct exchange *x, struct text scope,
			   const char *parameter)
{
	struct buf object = buf_init_arena(x->arena, 65536);
	struct json_writer writer = {.buf = &object};
	struct oidc_release asked = {
		.tenant = x->request.tenant,
		.client = x->client,
		.user = &x->user,
		.scope = scope,
		.parameter = text_from(parameter),
		.member = "userinfo",
	};

	json_open_object(&writer);
	assert_int_equal(oidc_claims_release(&x->decision, &asked, &writer),
			 DONE);
	json_close_object(&writer);
	return buf_text(&object);
}

static void each_scope_asks_for_its_claims(void **state)
{
	static const struct {
		struct text scope;
		const char *object;
	} rows[] = {
		{{"openid", 6}, "{}"},
		{{"profile", 7},
		 "{\"name\":\"Alice Adams\",\"given_name\":\"Alice\","
		 "\"updated_at\":1700000000}"},
		{{"email", 5},
		 "{\"email\":\"alice@example.com\",\"email_verified\":true}"},
		{{"address", 7}, "{\"address\":{\"country\":\"CH\"}}"},
		{{"phone", 5}, "{\"phone_number\":\"+41 1\"}"},
		{{"emails Email", 12}, "{}"},
	};
	struct exchange x;

	fixture_begin(&x, "rfc", ENDPOINT_USERINFO);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		fixture_assert_text(release(&x, rows[i].scope, NULL),
				    rows[i].object);
	fixture_end(&x);
}

static void the_parameter_asks_for_single_claims(void **state)
{
	struct exchange x;

	fixture_begin(&x, "rfc", ENDPOINT_USERINFO);
	fixture_assert_text(
		release(&x, TEXT("openid"),
			"{\"userinfo\":{\"name\":{\"essential\":true},"
			"\"email\":null},\"id_token\":{\"given_name\":null}}"),
		"{\"name\":\"Alice Adams\",\"email\":\"alice@example.com\"}");
	fixture_end(&x);
}

/* The client is registered for profile and email alone. */
static void the_parameter_asks_no_more_than_the_client_may(void **state)
{
	struct exchange x;

	fixture_begin(&x, "rfc", ENDPOINT_USERINFO);
	fixture_assert_text(release(&x, TEXT("openid"),
				    "{\"userinfo\":{\"phone_number\":null,"
				    "\"address\":null,\"sub\":null,"
				    "\"department\":null,\"iss\":null}}"),
			    "{}");
	fixture_end(&x);
}

static void a_person_without_claims_has_none(void **state)
{
	struct exchange x;

	fixture_begin(&x, "rfc", ENDPOINT_USERINFO);
	x.user.claims = TEXT_ABSENT;
	fixture_assert_text(release(&x, TEXT("profile"), NULL), "{}");
	fixture_end(&x);
}

static void times_out_of_range_are_left_out(void **state)
{
	static const char *const claims[] = {"{\"updated_at\":-1}",
					     "{\"updated_at\":253402300800}",
					     "{\"updated_at\":1.5}",
					     "{\"updated_at\":\"1\"}"};
	struct exchange x;

	fixture_begin(&x, "auth0", ENDPOINT_USERINFO);
	for (size_t i = 0; i < COUNT_OF(claims); i++) {
		x.user.claims = text_from(claims[i]);
		fixture_assert_text(release(&x, TEXT("profile"), NULL), "{}");
	}
	x.user.claims = TEXT("{\"updated_at\":253402300799}");
	fixture_assert_text(release(&x, TEXT("profile"), NULL),
			    "{\"updated_at\":\"9999-12-31T23:59:59.000Z\"}");
	fixture_end(&x);
}

static void well_formed_parameters_are_taken(void **state)
{
	static const struct {
		const char *claims;
		bool asks_auth_time;
		const char *subject;
	} rows[] = {
		{"{}", false, NULL},
		{"{\"id_token\":{\"sub\":{\"value\":\"alice\"}}}", false,
		 "alice"},
		{"{\"id_token\":{\"sub\":{\"value\":\"\"}}}", false, ""},
		{"{\"id_token\":{\"sub\":null}}", false, NULL},
		{"{\"id_token\":{\"sub\":{\"essential\":true}}}", false, NULL},
		{"{\"userinfo\":{\"sub\":{\"value\":\"alice\"}}}", false, NULL},
		{"{\"userinfo\":{},\"id_token\":{}}", false, NULL},
		{"{\"id_token\":{\"auth_time\":{\"essential\":true}}}", true,
		 NULL},
		{"{\"id_token\":{\"auth_time\":null}}", true, NULL},
		{"{\"userinfo\":{\"auth_time\":null}}", false, NULL},
		{"{\"userinfo\":{\"x\":{\"value\":1,\"values\":[1,2]}},"
		 "\"other\":5}",
		 false, NULL},
	};
	struct exchange x;

	fixture_begin(&x, "rfc", ENDPOINT_AUTHORIZE);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct oauth_claims asked = {.asks_auth_time =
						     !rows[i].asks_auth_time,
					     .subject = TEXT("before")};

		assert_int_equal(oidc_extension.check_claims(
					 &x.decision, text_from(rows[i].claims),
					 &asked),
				 DONE);
		assert_int_equal(asked.asks_auth_time, rows[i].asks_auth_time);
		if (rows[i].subject == NULL)
			assert_false(text_is_present(asked.subject));
		else
			fixture_assert_text(asked.subject, rows[i].subject);
	}
	fixture_end(&x);
}

static void malformed_parameters_are_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"{",
		"[]",
		"5",
		"null",
		"{\"id_token\":5}",
		"{\"userinfo\":null}",
		"{\"userinfo\":{\"x\":{\"essential\":1}}}",
		"{\"userinfo\":{\"x\":{\"values\":\"a\"}}}",
		"{\"userinfo\":{\"x\":true}}",
		"{\"id_token\":{\"sub\":{\"value\":5}}}",
		"{\"id_token\":{\"sub\":{\"value\":[\"alice\"]}}}",
		"{\"userinfo\":{\"x\":null,\"x\":null}}",
		"{} {}",
	};
	struct exchange x;
	struct oauth_claims asked;

	fixture_begin(&x, "rfc", ENDPOINT_AUTHORIZE);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		decision_retract(&x.decision);
		assert_int_equal(oidc_extension.check_claims(&x.decision,
							     text_from(rows[i]),
							     &asked),
				 REFUSED);
		assert_int_equal(x.decision.refusal.reason,
				 REASON_PARAMETER_MALFORMED);
		fixture_assert_text(x.decision.refusal.argument, "claims");
	}
	fixture_end(&x);
}

static void too_many_claims_are_refused(void **state)
{
	struct exchange x;
	struct buf claims;
	struct oauth_claims asked;

	fixture_begin(&x, "rfc", ENDPOINT_AUTHORIZE);
	claims = buf_init_arena(x.arena, 4096);
	buf_add_string(&claims, "{\"userinfo\":{\"c\":null");
	for (int i = 0; i < 64; i++)
		buf_format(&claims, ",\"c%d\":null", i);
	buf_add_string(&claims, "}}");
	assert_int_equal(oidc_extension.check_claims(&x.decision,
						     buf_text(&claims), &asked),
			 REFUSED);
	fixture_end(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("each scope asks for its claims of the right type",
			  each_scope_asks_for_its_claims),
		test_that("the claims parameter asks for single claims",
			  the_parameter_asks_for_single_claims),
		test_that("the parameter asks no more than the client may",
			  the_parameter_asks_no_more_than_the_client_may),
		test_that("a person without claims has none",
			  a_person_without_claims_has_none),
		test_that("times out of range or type are left out",
			  times_out_of_range_are_left_out),
		test_that("well-formed claims parameters are taken",
			  well_formed_parameters_are_taken),
		test_that("malformed claims parameters are refused",
			  malformed_parameters_are_refused),
		test_that("too many claims are refused",
			  too_many_claims_are_refused),
	};

	return cmocka_run_group_tests_name("oidc_claims", tests, fixture_open,
					   fixture_close);
}
