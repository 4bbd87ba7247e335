/* SPDX-License-Identifier: Apache-2.0 */
/* Userinfo: where the token may stand, who is refused, what is told. */
#include "fixture.h"

/* A grant in the store and a token of it, for scope "openid profile". */
static struct text begin(struct exchange *x, const char *tenant)
{
	fixture_begin(x, tenant, ENDPOINT_USERINFO);
	fixture_insert_grant(x);
	return fixture_access_token(x, TEXT("openid profile"), true);
}

static void ask(struct exchange *x)
{
	oidc_endpoint_userinfo.answer(&x->request);
}

static void bear(struct exchange *x, const char *scheme, struct text token)
{
	fixture_header(x, "Authorization",
		       arena_format(x->arena, "%s %.*s", scheme,
				    TEXT_ARG(token)));
}

static void put_in_body(struct exchange *x, struct text token)
{
	x->http.method = HTTP_POST;
	x->http.body =
		arena_format(x->arena, "access_token=%.*s", TEXT_ARG(token));
	fixture_header(x, "Content-Type",
		       TEXT("application/x-www-form-urlencoded"));
}

static void assert_challenged(struct exchange *x, const char *scheme,
			      enum reason reason)
{
	ask(x);
	assert_int_equal(x->decision.refusal.reason, reason);
	assert_int_not_equal(
		text_find(buf_text(&x->reply.headers),
			  arena_format(x->arena, "WWW-Authenticate: %s realm",
				       scheme)),
		x->reply.headers.size);
}

static void assert_refused(struct exchange *x, int status, enum reason reason)
{
	assert_challenged(x, "Bearer", reason);
	assert_int_equal(x->reply.status, status);
	assert_int_equal(text_find(buf_text(&x->reply.body), TEXT("alice")),
			 x->reply.body.size);
}

static void tells_what_the_scope_asks(void **state)
{
	struct exchange x;
	struct text token = begin(&x, "rfc");
	struct text body;

	bear(&x, "bEaReR", token);
	ask(&x);
	assert_int_equal(x.reply.status, 200);
	body = buf_text(&x.reply.body);
	fixture_assert_member(&x, body, "sub", "\"alice-sub\"");
	fixture_assert_member(&x, body, "name", "\"Alice Adams\"");
	fixture_assert_member(&x, body, "updated_at", "1700000000");
	fixture_assert_member(&x, body, "email", NULL);
	fixture_assert_member(&x, body, "department", NULL);
	fixture_assert_member(&x, body, "iss", NULL);
	assert_true(http_reply_has_header(&x.reply, "Cache-Control"));
	fixture_end(&x);
}

static void takes_the_token_from_a_form(void **state)
{
	struct exchange x;
	struct text token = begin(&x, "asgardeo");

	put_in_body(&x, token);
	ask(&x);
	assert_int_equal(x.reply.status, 200);
	fixture_end(&x);
}

static void a_post_with_the_header_needs_no_body(void **state)
{
	struct exchange x;
	struct text token = begin(&x, "rfc");

	x.http.method = HTTP_POST;
	bear(&x, "Bearer", token);
	ask(&x);
	assert_int_equal(x.reply.status, 200);
	fixture_end(&x);
}

static void two_places_are_refused(void **state)
{
	struct exchange x;
	struct text token = begin(&x, "rfc");

	bear(&x, "Bearer", token);
	put_in_body(&x, token);
	assert_refused(&x, 400, REASON_TOKEN_TWO_PLACES);
	fixture_end(&x);
	token = begin(&x, "auth0");
	bear(&x, "Bearer", token);
	bear(&x, "Bearer", token);
	assert_refused(&x, 400, REASON_TOKEN_TWO_PLACES);
	fixture_end(&x);
}

static void the_query_is_for_auth0_alone(void **state)
{
	struct exchange x;
	struct text token = begin(&x, "rfc");

	bear(&x, "Bearer", token);
	x.http.query =
		arena_format(x.arena, "access_token=%.*s", TEXT_ARG(token));
	assert_refused(&x, 400, REASON_TOKEN_IN_QUERY);
	fixture_end(&x);
	token = begin(&x, "auth0");
	x.http.query =
		arena_format(x.arena, "access_token=%.*s", TEXT_ARG(token));
	ask(&x);
	assert_int_equal(x.reply.status, 200);
	fixture_end(&x);
	token = begin(&x, "auth0");
	x.http.query = arena_format(
		x.arena,
		"a=1&a=2&access_token=%.*s&access_token=", TEXT_ARG(token));
	assert_refused(&x, 400, REASON_TOKEN_TWO_PLACES);
	fixture_end(&x);
}

static void no_token_is_challenged_without_an_error(void **state)
{
	static const char *const values[] = {NULL, "Bearer", "Bearer ",
					     "Basic eDp5"};

	for (size_t i = 0; i < COUNT_OF(values); i++) {
		struct exchange x;

		fixture_begin(&x, "rfc", ENDPOINT_USERINFO);
		if (values[i] != NULL)
			fixture_header(&x, "Authorization",
				       text_from(values[i]));
		assert_refused(&x, 401, REASON_TOKEN_MISSING);
		assert_int_equal(text_find(buf_text(&x.reply.headers),
					   TEXT("error=")),
				 x.reply.headers.size);
		assert_int_equal(x.reply.body.size, 0);
		fixture_end(&x);
	}
}

static void a_wrong_token_is_refused(void **state)
{
	static const char *const tokens[] = {"nonsense", "x y", "a.b.c",
					     "\"quoted\""};

	for (size_t i = 0; i < COUNT_OF(tokens); i++) {
		struct exchange x;

		fixture_begin(&x, "asgardeo", ENDPOINT_USERINFO);
		bear(&x, "Bearer", text_from(tokens[i]));
		assert_refused(&x, 401, REASON_TOKEN_UNKNOWN);
		fixture_end(&x);
	}
}

static void an_id_token_is_refused(void **state)
{
	static const char *const names[] = {"rfc", "auth0", "asgardeo"};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct exchange x;
		struct oauth_issue issue;

		begin(&x, names[i]);
		issue = fixture_issue(&x);
		bear(&x, "Bearer", fixture_id_token(&issue));
		assert_refused(&x, 401, REASON_TOKEN_UNKNOWN);
		fixture_end(&x);
	}
}

static void the_scope_openid_is_needed(void **state)
{
	struct exchange x;

	begin(&x, "rfc");
	bear(&x, "Bearer", fixture_access_token(&x, TEXT("profile"), false));
	assert_refused(&x, 403, REASON_TOKEN_SCOPE_INSUFFICIENT);
	fixture_end(&x);
}

static void a_bound_token_is_refused_as_bearer(void **state)
{
	struct exchange x;

	fixture_begin(&x, "rfc", ENDPOINT_USERINFO);
	x.grant.confirmation =
		TEXT("jkt:0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
	fixture_insert_grant(&x);
	bear(&x, "Bearer", fixture_access_token(&x, TEXT("openid"), true));
	assert_challenged(&x, "DPoP", REASON_TOKEN_PROOF_MISSING);
	assert_int_equal(x.reply.status, 401);
	fixture_end(&x);
}

/* RFC 8705 section 3. */
static void a_token_of_a_certificate_is_refused(void **state)
{
	struct exchange x;

	fixture_begin(&x, "rfc", ENDPOINT_USERINFO);
	x.grant.confirmation =
		TEXT("x5t#S256:0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
	fixture_insert_grant(&x);
	bear(&x, "Bearer", fixture_access_token(&x, TEXT("openid"), true));
	assert_refused(&x, 401, REASON_TOKEN_CERTIFICATE_WRONG);
	fixture_end(&x);
}

static void who_comes_by_dpop_is_challenged_by_dpop(void **state)
{
	struct exchange x;
	struct text token = begin(&x, "rfc");

	bear(&x, "dpop", TEXT("nonsense"));
	assert_challenged(&x, "DPoP", REASON_TOKEN_UNKNOWN);
	fixture_end(&x);
	token = begin(&x, "rfc");
	bear(&x, "DPoP", token);
	assert_challenged(&x, "DPoP", REASON_TOKEN_KEY_MISMATCH);
	fixture_end(&x);
}

static void a_revoked_grant_is_refused(void **state)
{
	struct exchange x;
	struct text token = begin(&x, "rfc");

	assert_int_equal(store_revoke_grant(fixture.store, x.grant.id,
					    FIXTURE_NOW, TEXT("test")),
			 STORE_DONE);
	bear(&x, "Bearer", token);
	assert_refused(&x, 401, REASON_TOKEN_REVOKED);
	fixture_end(&x);
}

static void who_is_gone_or_disabled_is_refused(void **state)
{
	struct exchange x;

	fixture_begin(&x, "rfc", ENDPOINT_USERINFO);
	x.grant.user_id = 9999;
	fixture_insert_grant(&x);
	bear(&x, "Bearer", fixture_access_token(&x, TEXT("openid"), false));
	assert_refused(&x, 401, REASON_USER_GONE);
	fixture_end(&x);
	fixture_begin(&x, "rfc", ENDPOINT_USERINFO);
	x.grant.client_id = TEXT("off");
	fixture_insert_grant(&x);
	bear(&x, "Bearer", fixture_access_token(&x, TEXT("openid"), false));
	assert_refused(&x, 401, REASON_CLIENT_DISABLED);
	fixture_end(&x);
	fixture_begin(&x, "rfc", ENDPOINT_USERINFO);
	x.grant.client_id = TEXT("nobody");
	fixture_insert_grant(&x);
	bear(&x, "Bearer", fixture_access_token(&x, TEXT("openid"), false));
	assert_refused(&x, 401, REASON_CLIENT_DISABLED);
	fixture_end(&x);
}

static void a_body_that_is_no_form_is_refused(void **state)
{
	struct exchange x;
	struct text token = begin(&x, "rfc");

	x.http.method = HTTP_POST;
	x.http.body = arena_format(x.arena, "{\"access_token\":\"%.*s\"}",
				   TEXT_ARG(token));
	fixture_header(&x, "Content-Type", TEXT("application/json"));
	assert_refused(&x, 415, REASON_MEDIA_TYPE_WRONG);
	fixture_end(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("userinfo tells what the token's scope asks",
			  tells_what_the_scope_asks),
		test_that("userinfo takes the token from a form's body",
			  takes_the_token_from_a_form),
		test_that("a POST with the header needs no body",
			  a_post_with_the_header_needs_no_body),
		test_that("a token in two places is refused",
			  two_places_are_refused),
		test_that("only auth0 takes a token from the query",
			  the_query_is_for_auth0_alone),
		test_that("no token is challenged without an error",
			  no_token_is_challenged_without_an_error),
		test_that("a wrong token is refused", a_wrong_token_is_refused),
		test_that("an ID token is refused", an_id_token_is_refused),
		test_that("the scope openid is needed",
			  the_scope_openid_is_needed),
		test_that("a bound token is refused as a Bearer token",
			  a_bound_token_is_refused_as_bearer),
		test_that(
			"A14: a token bound to a certificate is refused without it",
			a_token_of_a_certificate_is_refused),
		test_that("who comes by DPoP is challenged by DPoP",
			  who_comes_by_dpop_is_challenged_by_dpop),
		test_that("the token of a revoked grant is refused",
			  a_revoked_grant_is_refused),
		test_that("a token whose person or client is gone is refused",
			  who_is_gone_or_disabled_is_refused),
		test_that("a body that is no form is refused",
			  a_body_that_is_no_form_is_refused),
	};

	return cmocka_run_group_tests_name("oidc_userinfo", tests, fixture_open,
					   fixture_close);
}
