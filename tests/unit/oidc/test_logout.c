/* SPDX-License-Identifier: Apache-2.0 */
/* Signing out: at once with a good hint, with a click otherwise. */
#include "fixture.h"

#include <stdio.h>

#include "oauth/interaction.h"
#include "oauth/session.h"

enum shown { SHOWN_NOTHING, SHOWN_ERROR, SHOWN_QUESTION, SHOWN_DONE };

/* What the pages were asked to draw. */
static enum shown shown;
static struct text shown_seal;
static const struct client *shown_client;

static void show_error(struct oauth_request *request)
{
	shown = SHOWN_ERROR;
}

static void show_question(struct oauth_request *request,
			  const struct logout_page *page)
{
	shown = SHOWN_QUESTION;
	shown_seal = page->sealed;
	shown_client = page->client;
}

static void show_done(struct oauth_request *request)
{
	shown = SHOWN_DONE;
}

static const struct oauth_pages pages = {
	.error = show_error,
	.confirm_logout = show_question,
	.signed_out = show_done,
};

/* A browser: the cookies that it was given. */
struct browser {
	char cookies[1024];
	struct session session;
};

static void take_cookies(struct browser *browser, struct exchange *x)
{
	struct text rest = buf_text(&x->reply.headers);
	struct text line, pair;

	while (text_cut(&rest, '\n', &line)) {
		if (!text_starts_with(line, TEXT("Set-Cookie: ")))
			continue;
		line = text_from_byte(line, strlen("Set-Cookie: "));
		assert_true(text_cut(&line, ';', &pair));
		snprintf(browser->cookies + strlen(browser->cookies),
			 sizeof(browser->cookies) - strlen(browser->cookies),
			 "%s%.*s", browser->cookies[0] ? "; " : "",
			 TEXT_ARG(pair));
	}
}

static void sign_in(struct browser *browser, const char *tenant)
{
	struct exchange x;

	*browser = (struct browser){.cookies = ""};
	fixture.oauth.pages = &pages;
	fixture_begin(&x, tenant, ENDPOINT_LOGIN);
	assert_int_equal(session_begin(&x.request, &x.user, &browser->session),
			 DONE);
	(void)session_browser(&x.request);
	take_cookies(browser, &x);
	fixture_end(&x);
}

static void begin(struct exchange *x, const char *tenant,
		  enum endpoint endpoint, const struct browser *browser)
{
	fixture_begin(x, tenant, endpoint);
	shown = SHOWN_NOTHING;
	if (browser != NULL)
		fixture_header(x, "Cookie", text_from(browser->cookies));
}

static bool is_signed_in(const char *tenant, const struct browser *browser)
{
	struct exchange x;
	struct session session;
	struct user user;
	bool is_found;

	fixture_begin(&x, tenant, ENDPOINT_AUTHORIZE);
	fixture_header(&x, "Cookie", text_from(browser->cookies));
	assert_int_equal(session_find(&x.request, &session, &user, &is_found),
			 DONE);
	fixture_end(&x);
	return is_found;
}

static void ask(struct exchange *x, const char *format, ...) PRINTF_LIKE(2, 3);

static void ask(struct exchange *x, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	x->http.query = arena_format_v(x->arena, format, arguments);
	va_end(arguments);
	if (x->request.endpoint == ENDPOINT_LOGOUT)
		oidc_endpoint_logout.answer(&x->request);
	else
		oidc_endpoint_logout_return.answer(&x->request);
}

static void post_form(struct exchange *x, struct text body)
{
	x->http.method = HTTP_POST;
	x->http.body = body;
	fixture_header(x, "Content-Type",
		       TEXT("application/x-www-form-urlencoded"));
}

static void confirm(struct exchange *x, struct text sealed)
{
	post_form(x, arena_format(x->arena, "request=%.*s", TEXT_ARG(sealed)));
	oidc_endpoint_logout_confirm.answer(&x->request);
}

static struct text hint_of(struct exchange *x)
{
	struct oauth_issue issue = fixture_issue(x);

	return fixture_id_token(&issue);
}

static void assert_sent_to(struct exchange *x, const char *location)
{
	struct text line = arena_format(x->arena, "Location: %s\r\n", location);

	if (text_find(buf_text(&x->reply.headers), line) ==
	    x->reply.headers.size)
		fail_msg("not sent to %s: %.*s", location,
			 TEXT_ARG(buf_text(&x->reply.headers)));
	assert_int_equal(x->reply.status, 303);
	assert_int_equal(shown, SHOWN_NOTHING);
}

static void assert_shown(struct exchange *x, enum shown wanted)
{
	assert_int_equal(shown, wanted);
	assert_false(http_reply_has_header(&x->reply, "Location"));
}

static void assert_refused(struct exchange *x, enum reason reason)
{
	assert_shown(x, SHOWN_ERROR);
	assert_int_equal(x->decision.refusal.reason, reason);
}

static void a_good_hint_signs_out_and_goes_back(void **state)
{
	static const char *const names[] = {"rfc", "auth0", "asgardeo"};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct browser browser;
		struct exchange x;

		sign_in(&browser, names[i]);
		assert_true(is_signed_in(names[i], &browser));
		begin(&x, names[i], ENDPOINT_LOGOUT, &browser);
		ask(&x,
		    "id_token_hint=%.*s&state=a+b%%26c&"
		    "post_logout_redirect_uri=https://rp.example/%%3fa=1",
		    TEXT_ARG(hint_of(&x)));
		assert_sent_to(&x, "https://rp.example/?a=1&state=a%20b%26c");
		assert_true(http_reply_has_header(&x.reply, "Set-Cookie"));
		fixture_end(&x);
		assert_false(is_signed_in(names[i], &browser));
	}
}

static bool is_revoked(struct exchange *x, int64_t grant_id)
{
	struct grant grant;

	assert_int_equal(store_load_grant(fixture.store, x->arena, grant_id,
					  &grant),
			 STORE_DONE);
	return grant.revoked_at != INSTANT_NEVER;
}

static void grants_without_offline_access_end(void **state)
{
	struct browser browser;
	struct exchange x;
	int64_t online;

	sign_in(&browser, "rfc");
	begin(&x, "rfc", ENDPOINT_LOGOUT, &browser);
	x.grant.session_id = browser.session.id;
	fixture_insert_grant(&x);
	online = x.grant.id;
	x.grant.id = store_new_id(fixture.store, FIXTURE_NOW);
	x.grant.scope = TEXT("openid offline_access");
	fixture_insert_grant(&x);
	ask(&x, "id_token_hint=%.*s", TEXT_ARG(hint_of(&x)));
	assert_shown(&x, SHOWN_DONE);
	assert_true(is_revoked(&x, online));
	assert_false(is_revoked(&x, x.grant.id));
	fixture_end(&x);
}

static void without_a_hint_the_person_is_asked(void **state)
{
	struct browser browser;
	struct exchange x, y;

	sign_in(&browser, "rfc");
	begin(&x, "rfc", ENDPOINT_LOGOUT, &browser);
	ask(&x, "client_id=web&state=s&"
		"post_logout_redirect_uri=https://rp.example/out");
	assert_shown(&x, SHOWN_QUESTION);
	assert_ptr_equal(shown_client, x.client);
	assert_true(is_signed_in("rfc", &browser));
	begin(&y, "rfc", ENDPOINT_LOGOUT_CONFIRM, &browser);
	confirm(&y, shown_seal);
	assert_sent_to(&y, "https://rp.example/out?state=s");
	assert_false(is_signed_in("rfc", &browser));
	fixture_end(&x);
	fixture_end(&y);
}

static void a_uri_without_a_client_is_passed_over(void **state)
{
	struct browser browser;
	struct exchange x, y;

	sign_in(&browser, "asgardeo");
	begin(&x, "asgardeo", ENDPOINT_LOGOUT, &browser);
	ask(&x, "post_logout_redirect_uri=https://rp.example/out");
	assert_shown(&x, SHOWN_QUESTION);
	begin(&y, "asgardeo", ENDPOINT_LOGOUT_CONFIRM, &browser);
	confirm(&y, shown_seal);
	assert_shown(&y, SHOWN_DONE);
	assert_false(is_signed_in("asgardeo", &browser));
	fixture_end(&x);
	fixture_end(&y);
}

static void a_bad_hint_never_leads_back(void **state)
{
	struct browser browser;
	struct exchange x, y;

	sign_in(&browser, "asgardeo");
	begin(&x, "asgardeo", ENDPOINT_LOGOUT, &browser);
	ask(&x,
	    "id_token_hint=%.*sx&client_id=web&"
	    "post_logout_redirect_uri=https://rp.example/out",
	    TEXT_ARG(hint_of(&x)));
	assert_shown(&x, SHOWN_QUESTION);
	assert_null(shown_client);
	begin(&y, "asgardeo", ENDPOINT_LOGOUT_CONFIRM, &browser);
	confirm(&y, shown_seal);
	assert_shown(&y, SHOWN_DONE);
	fixture_end(&x);
	fixture_end(&y);
	begin(&x, "asgardeo", ENDPOINT_LOGOUT, NULL);
	ask(&x, "id_token_hint=nonsense");
	assert_refused(&x, REASON_LOGOUT_HINT_INVALID);
	fixture_end(&x);
}

static void another_persons_hint_asks(void **state)
{
	static const char *const names[] = {"rfc", "asgardeo"};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct browser browser;
		struct exchange x;

		sign_in(&browser, names[i]);
		begin(&x, names[i], ENDPOINT_LOGOUT, &browser);
		x.user.subject = TEXT("bob-sub");
		ask(&x,
		    "id_token_hint=%.*s&"
		    "post_logout_redirect_uri=https://rp.example/out",
		    TEXT_ARG(hint_of(&x)));
		assert_shown(&x, SHOWN_QUESTION);
		assert_true(is_signed_in(names[i], &browser));
		fixture_end(&x);
	}
}

static void unregistered_uris_are_refused(void **state)
{
	static const char *const uris[] = {
		"https://rp.example/out/",
		"https://rp.example/out?x",
		"https://rp.example/callback",
		"https://evil.example/",
		"javascript:alert(1)",
		"//evil.example",
		"https://rp.example/out%20https://rp.example/?a=1",
	};
	struct browser browser;

	sign_in(&browser, "rfc");
	for (size_t i = 0; i < COUNT_OF(uris); i++) {
		struct exchange x;

		begin(&x, "rfc", ENDPOINT_LOGOUT, &browser);
		ask(&x, "id_token_hint=%.*s&post_logout_redirect_uri=%s",
		    TEXT_ARG(hint_of(&x)), uris[i]);
		assert_refused(&x, REASON_LOGOUT_URI_UNREGISTERED);
		assert_true(x.decision.refusal.near_miss.size > 0);
		fixture_end(&x);
	}
	assert_true(is_signed_in("rfc", &browser));
}

static void client_id_must_be_the_hints(void **state)
{
	struct browser browser;
	struct exchange x;

	sign_in(&browser, "auth0");
	begin(&x, "auth0", ENDPOINT_LOGOUT, &browser);
	ask(&x, "client_id=off&id_token_hint=%.*s", TEXT_ARG(hint_of(&x)));
	assert_refused(&x, REASON_CLIENT_ID_CONFLICT);
	fixture_end(&x);
	begin(&x, "auth0", ENDPOINT_LOGOUT, &browser);
	ask(&x, "client_id=nobody");
	assert_refused(&x, REASON_CLIENT_UNKNOWN);
	fixture_end(&x);
	begin(&x, "auth0", ENDPOINT_LOGOUT, &browser);
	ask(&x, "client_id=off");
	assert_refused(&x, REASON_CLIENT_DISABLED);
	fixture_end(&x);
}

static void asgardeo_takes_client_id_for_a_hint(void **state)
{
	struct browser browser;
	struct exchange x;

	sign_in(&browser, "asgardeo");
	begin(&x, "asgardeo", ENDPOINT_LOGOUT, &browser);
	ask(&x, "client_id=web");
	assert_shown(&x, SHOWN_QUESTION);
	fixture_end(&x);
	begin(&x, "asgardeo", ENDPOINT_LOGOUT, &browser);
	ask(&x, "client_id=web&state=sign_out_success&"
		"post_logout_redirect_uri=https://rp.example/out");
	assert_sent_to(&x, "https://rp.example/out?state=sign_out_success");
	fixture_end(&x);
	assert_false(is_signed_in("asgardeo", &browser));
}

static void the_sid_is_as_good_as_a_hint(void **state)
{
	struct browser browser;
	struct exchange x;
	struct grant grant = {0};

	sign_in(&browser, "auth0");
	begin(&x, "auth0", ENDPOINT_LOGOUT, &browser);
	ask(&x, "client_id=web&logout_hint=66656463626139383736353433323100");
	assert_shown(&x, SHOWN_QUESTION);
	fixture_end(&x);
	begin(&x, "auth0", ENDPOINT_LOGOUT, &browser);
	memcpy(grant.sid, browser.session.sid, sizeof(grant.sid));
	ask(&x, "client_id=web&logout_hint=%.*s",
	    TEXT_ARG(claims_sid(x.arena, &grant)));
	assert_shown(&x, SHOWN_DONE);
	fixture_end(&x);
	assert_false(is_signed_in("auth0", &browser));
}

static void nobody_signed_in_is_no_mistake(void **state)
{
	struct exchange x;

	fixture.oauth.pages = &pages;
	begin(&x, "rfc", ENDPOINT_LOGOUT, NULL);
	ask(&x,
	    "id_token_hint=%.*s&"
	    "post_logout_redirect_uri=https://rp.example/out",
	    TEXT_ARG(hint_of(&x)));
	assert_sent_to(&x, "https://rp.example/out");
	fixture_end(&x);
	begin(&x, "rfc", ENDPOINT_LOGOUT, NULL);
	ask(&x, "%s", "");
	assert_shown(&x, SHOWN_DONE);
	fixture_end(&x);
}

static void a_form_of_another_site_is_sent_on(void **state)
{
	struct browser browser;
	struct exchange x;

	sign_in(&browser, "rfc");
	begin(&x, "rfc", ENDPOINT_LOGOUT, NULL);
	post_form(&x, TEXT("id_token_hint=a.b&state=c+d"));
	oidc_endpoint_logout.answer(&x.request);
	assert_sent_to(&x, "https://id.example/t/rfc/logout?"
			   "id_token_hint=a.b&state=c%20d");
	fixture_end(&x);
	begin(&x, "rfc", ENDPOINT_LOGOUT, &browser);
	post_form(&x, arena_format(x.arena, "id_token_hint=%.*s",
				   TEXT_ARG(hint_of(&x))));
	oidc_endpoint_logout.answer(&x.request);
	assert_shown(&x, SHOWN_DONE);
	fixture_end(&x);
	assert_false(is_signed_in("rfc", &browser));
}

static void too_long_a_state_is_refused(void **state)
{
	struct browser browser;
	struct exchange x;
	struct buf long_state;

	sign_in(&browser, "rfc");
	begin(&x, "rfc", ENDPOINT_LOGOUT, &browser);
	long_state = buf_init_arena(x.arena, 4096);
	for (int i = 0; i < 2049; i++)
		buf_add_byte(&long_state, 's');
	ask(&x, "client_id=web&state=%.*s", TEXT_ARG(buf_text(&long_state)));
	assert_refused(&x, REASON_PARAMETER_MALFORMED);
	fixture_end(&x);
}

/* The question's form, brought back in several wrong ways. */
static void the_form_is_bound_to_its_browser(void **state)
{
	struct browser browser, other;
	struct exchange x, y;

	sign_in(&browser, "rfc");
	sign_in(&other, "rfc");
	begin(&x, "rfc", ENDPOINT_LOGOUT, &browser);
	ask(&x, "%s", "");
	assert_shown(&x, SHOWN_QUESTION);
	begin(&y, "rfc", ENDPOINT_LOGOUT_CONFIRM, &other);
	confirm(&y, shown_seal);
	assert_refused(&y, REASON_BROWSER_MISMATCH);
	fixture_end(&y);
	begin(&y, "rfc", ENDPOINT_LOGOUT_CONFIRM, &browser);
	fixture_header(&y, "Origin", TEXT("https://evil.example"));
	confirm(&y, shown_seal);
	assert_refused(&y, REASON_ORIGIN_WRONG);
	fixture_end(&y);
	begin(&y, "rfc", ENDPOINT_LOGOUT_CONFIRM, &browser);
	confirm(&y, TEXT("nonsense"));
	assert_refused(&y, REASON_SEAL_INVALID);
	fixture_end(&y);
	begin(&y, "auth0", ENDPOINT_LOGOUT_CONFIRM, &browser);
	confirm(&y, shown_seal);
	assert_refused(&y, REASON_SEAL_INVALID);
	fixture_end(&y);
	begin(&y, "rfc", ENDPOINT_LOGOUT_CONFIRM, &browser);
	y.decision.now = instant_after(FIXTURE_NOW, 3600);
	confirm(&y, shown_seal);
	assert_refused(&y, REASON_SEAL_EXPIRED);
	fixture_end(&y);
	fixture_end(&x);
	assert_true(is_signed_in("rfc", &browser));
	assert_true(is_signed_in("rfc", &other));
}

static void return_to_must_be_listed(void **state)
{
	struct browser browser;
	struct exchange x;

	sign_in(&browser, "auth0");
	begin(&x, "auth0", ENDPOINT_LOGOUT_RETURN, &browser);
	ask(&x, "client_id=web&returnTo=https://evil.example/");
	assert_refused(&x, REASON_LOGOUT_URI_UNREGISTERED);
	fixture_end(&x);
	begin(&x, "auth0", ENDPOINT_LOGOUT_RETURN, &browser);
	ask(&x, "returnTo=https://rp.example/out");
	assert_shown(&x, SHOWN_QUESTION);
	fixture_end(&x);
	assert_true(is_signed_in("auth0", &browser));
	begin(&x, "auth0", ENDPOINT_LOGOUT_RETURN, &browser);
	ask(&x, "federated&client_id=web&returnTo=https://rp.example/?a=1");
	assert_sent_to(&x, "https://rp.example/?a=1");
	fixture_end(&x);
	assert_false(is_signed_in("auth0", &browser));
}

static void return_to_is_the_first_when_left_out(void **state)
{
	struct browser browser;
	struct exchange x;

	sign_in(&browser, "auth0");
	begin(&x, "auth0", ENDPOINT_LOGOUT_RETURN, &browser);
	ask(&x, "client_id=web");
	assert_sent_to(&x, "https://rp.example/out");
	fixture_end(&x);
	begin(&x, "auth0", ENDPOINT_LOGOUT_RETURN, NULL);
	ask(&x, "%s", "");
	assert_shown(&x, SHOWN_DONE);
	fixture_end(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("a good hint signs out at once and goes back",
			  a_good_hint_signs_out_and_goes_back),
		test_that("grants without offline_access end with the session",
			  grants_without_offline_access_end),
		test_that("without a hint the person is asked",
			  without_a_hint_the_person_is_asked),
		test_that("a URI without a client is passed over",
			  a_uri_without_a_client_is_passed_over),
		test_that("a bad hint never leads back",
			  a_bad_hint_never_leads_back),
		test_that("another person's hint asks",
			  another_persons_hint_asks),
		test_that("unregistered URIs are refused, the session lives",
			  unregistered_uris_are_refused),
		test_that("client_id must be a client, and the hint's",
			  client_id_must_be_the_hints),
		test_that("asgardeo takes client_id and a URI for a hint",
			  asgardeo_takes_client_id_for_a_hint),
		test_that("the session's sid is as good as a hint",
			  the_sid_is_as_good_as_a_hint),
		test_that("signing out when nobody is signed in is no mistake",
			  nobody_signed_in_is_no_mistake),
		test_that("a form of another site is sent on as a GET",
			  a_form_of_another_site_is_sent_on),
		test_that("too long a state is refused",
			  too_long_a_state_is_refused),
		test_that("the question's form is bound to its browser",
			  the_form_is_bound_to_its_browser),
		test_that("returnTo must be listed", return_to_must_be_listed),
		test_that("without returnTo the first listed one serves",
			  return_to_is_the_first_when_left_out),
	};

	return cmocka_run_group_tests_name("oidc_logout", tests, fixture_open,
					   fixture_close);
}
