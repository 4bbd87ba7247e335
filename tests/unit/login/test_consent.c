/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the consent form: allowed, denied, twice, by somebody else. */
#include "fixture.h"

#include <stdio.h>

#define RIGHT "Gr%C3%BCezi+1"

static void open_consent(struct browser *browser)
{
	*browser = browser_new();
	browser_authorize(browser, "&prompt=consent");
	browser_sign_in(browser, "alice", RIGHT);
	assert_int_equal(browser->reply.status, 200);
	assert_true(browser_sees(browser, "id=\"approve\""));
	assert_true(browser_sees(browser, "See your profile"));
}

static void expect_redirect(const struct browser *browser, const char *start)
{
	struct text location = browser_header(browser, "Location");

	assert_int_equal(browser->reply.status, 303);
	if (!text_starts_with(location, text_from(start)))
		fail_msg("%.*s", TEXT_ARG(location));
}

static void expect_refusal(const struct browser *browser, int status,
			   enum reason reason)
{
	assert_int_equal(browser->decision.refusal.reason, reason);
	assert_int_equal(browser->reply.status, status);
	assert_true(browser_sees(browser, "id=\"error-page\""));
	assert_false(text_is_present(browser_header(browser, "Location")));
}

static void allowed(void **state)
{
	struct browser browser;

	open_consent(&browser);
	browser_decide(&browser, "approve");
	expect_redirect(&browser, "http://localhost:3000/callback?code=");
	browser_authorize(&browser, "");
	expect_redirect(&browser, "http://localhost:3000/callback?code=");
	browser_end(&browser);
}

static void denied(void **state)
{
	struct browser browser;

	open_consent(&browser);
	browser_decide(&browser, "deny");
	expect_redirect(&browser,
			"http://localhost:3000/callback?error=access_denied");
	browser_end(&browser);
}

static void neither(void **state)
{
	static const char *const decisions[] = {"", "yes", "APPROVE"};
	struct browser browser;
	struct text step;
	char kept[512];

	open_consent(&browser);
	step = browser_field(&browser, "step");
	assert_true(step.size < sizeof(kept));
	snprintf(kept, sizeof(kept), "%.*s", TEXT_ARG(step));
	for (size_t i = 0; i < COUNT_OF(decisions); i++) {
		browser_post(&browser, &login_endpoint_consent,
			     arena_format(browser.arena, "step=%s&decision=%s",
					  kept, decisions[i]));
		expect_refusal(&browser, 400,
			       i == 0 ? REASON_PARAMETER_MISSING
				      : REASON_PARAMETER_MALFORMED);
	}
	browser_post(&browser, &login_endpoint_consent,
		     arena_format(browser.arena, "step=%s&decision=approve",
				  kept));
	expect_redirect(&browser, "http://localhost:3000/callback?code=");
	browser_end(&browser);
}

static void decide_twice(const char *first, const char *second)
{
	struct browser browser;
	struct text step;
	char kept[512];

	open_consent(&browser);
	step = browser_field(&browser, "step");
	assert_true(step.size < sizeof(kept));
	snprintf(kept, sizeof(kept), "%.*s", TEXT_ARG(step));
	browser_decide(&browser, first);
	assert_int_equal(browser.reply.status, 303);
	browser_post(&browser, &login_endpoint_consent,
		     arena_format(browser.arena, "step=%s&decision=%s", kept,
				  second));
	expect_refusal(&browser, 400, REASON_STEP_CONSUMED);
	browser_end(&browser);
}

static void twice(void **state)
{
	decide_twice("approve", "approve");
	decide_twice("deny", "approve");
	decide_twice("approve", "deny");
}

static void somebody_else(void **state)
{
	struct browser victim;
	struct browser attacker;
	struct browser stranger = browser_new();
	struct text body;

	open_consent(&victim);
	open_consent(&attacker);
	body = arena_format(attacker.arena, "step=%.*s&decision=approve",
			    TEXT_ARG(browser_field(&attacker, "step")));
	browser_post(&victim, &login_endpoint_consent, body);
	expect_refusal(&victim, 403, REASON_SESSION_MISSING);
	browser_post(&stranger, &login_endpoint_consent, body);
	expect_refusal(&stranger, 403, REASON_SESSION_MISSING);
	browser_end(&victim);
	browser_end(&attacker);
	browser_end(&stranger);
}

static void other_site(void **state)
{
	struct browser browser;

	open_consent(&browser);
	browser.origin = "https://evil.example";
	browser_decide(&browser, "approve");
	expect_refusal(&browser, 403, REASON_ORIGIN_WRONG);
	browser_end(&browser);
}

static void no_step(void **state)
{
	struct browser browser;

	open_consent(&browser);
	browser_post(&browser, &login_endpoint_consent,
		     TEXT("decision=approve"));
	expect_refusal(&browser, 400, REASON_SEAL_INVALID);
	browser_post(&browser, &login_endpoint_consent,
		     TEXT("decision=approve&step=AAAA"));
	expect_refusal(&browser, 400, REASON_SEAL_INVALID);
	browser_end(&browser);
}

int main(void)
{
#define each(sentence, function)                                               \
	test_that_with(sentence, function, fixture_forget, NULL)
	const struct CMUnitTest tests[] = {
		each("what is allowed yields a code, and is remembered",
		     allowed),
		each("what is denied is told to the client", denied),
		each("another word decides nothing", neither),
		each("a step is decided once", twice),
		each("L05 a step is decided by the person that it was stored "
		     "for",
		     somebody_else),
		each("W02 a decision from another site is refused", other_site),
		each("a form without its step is the error page", no_step),
	};

	return cmocka_run_group_tests_name("login consent", tests, fixture_open,
					   fixture_close);
}
