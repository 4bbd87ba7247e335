/* SPDX-License-Identifier: Apache-2.0 */
/* Redirect URIs that may be registered, and those that may not. */
#include "suite.h"

#include "registry/redirect_uri.h"

static bool is_private_use;

static void is_taken(const char *uri, bool is_native)
{
	const char *why = "";

	if (redirect_uri_check(text_from(uri), is_native, &is_private_use,
			       &why) != DONE)
		fail_msg("%s: %s", uri, why);
}

static void is_refused(const char *uri, bool is_native)
{
	const char *why = NULL;

	if (redirect_uri_check(text_from(uri), is_native, &is_private_use,
			       &why) != REFUSED)
		fail_msg("%s was taken", uri);
	assert_non_null(why);
}

static void https_is_taken(void **state)
{
	is_taken("https://rp.example/cb", false);
	is_taken("https://rp.example:8443/cb?tenant=a&codec=b", false);
	is_taken("https://rp.example", false);
	is_taken("https://[2001:db8::1]/cb", false);
	assert_false(is_private_use);
}

static void loopback_http_is_taken(void **state)
{
	is_taken("http://localhost:3000/callback", false);
	is_taken("http://127.0.0.1/callback", true);
	is_taken("http://[::1]:1234/", true);
	is_refused("http://rp.example/cb", false);
	is_refused("http://localhost.evil.example/cb", false);
	is_refused("http://127.0.0.1.evil.example/cb", false);
}

static void r07_patterns_are_refused(void **state)
{
	is_refused("https://*.rp.example/cb", false);
	is_refused("https://rp.example/*", false);
}

static void r08_dangerous_schemes_are_refused(void **state)
{
	static const char *const uris[] = {
		"javascript:alert(1)",
		"JaVaScRiPt:alert(1)",
		"data:text/html,x",
		"vbscript:x",
		"file:///etc/passwd",
		"blob:https://rp.example/1",
		"intent://scan/#Intent;end",
		"intent:x",
		"view-source:https://rp.example/",
		"ftp://rp.example/",
	};

	for (size_t i = 0; i < COUNT_OF(uris); i++) {
		is_refused(uris[i], false);
		is_refused(uris[i], true);
	}
}

static void r10_answer_parameters_are_refused(void **state)
{
	is_refused("https://rp.example/cb?code=A", false);
	is_refused("https://rp.example/cb?a=b&state=B", false);
	is_refused("https://rp.example/cb?iss", false);
	is_refused("https://rp.example/cb?c%6fde=A", false);
	is_refused("https://rp.example/cb?error_description=A", false);
	is_refused("https://rp.example/cb?response=A", false);
	is_refused("https://rp.example/cb?%ff=A", false);
}

static void r22_private_schemes_need_a_dot_and_a_native_client(void **state)
{
	is_taken("com.example.app:/callback", true);
	assert_true(is_private_use);
	is_refused("com.example.app:/callback", false);
	is_refused("myapp://cb", true);
}

static void odd_forms_are_refused(void **state)
{
	is_refused("", false);
	is_refused("/callback", false);
	is_refused("//rp.example/cb", false);
	is_refused("https:///cb", false);
	is_refused("https:rp.example/cb", false);
	is_refused("https://rp.example/cb#", false);
	is_refused("https://rp.example/cb#code", false);
	is_refused("https://user@rp.example/cb", false);
	is_refused("https://rp.example\\@evil.example/cb", false);
	is_refused("https://rp.example/a b", false);
	is_refused("https://rp.example/cb\n", false);
	is_refused("https://rp.example/a/../cb", false);
	is_refused("https://rp.example/a/%2E./cb", false);
	is_refused("https://rp.example:99999/cb", false);
}

static void s14_pages_link_to_the_web_alone(void **state)
{
	const char *why;

	assert_int_equal(redirect_uri_check_web(
				 TEXT("https://rp.example/logo.png"), &why),
			 DONE);
	assert_int_equal(redirect_uri_check_web(TEXT("javascript:x"), &why),
			 REFUSED);
	assert_int_equal(redirect_uri_check_web(TEXT("data:image/png,x"), &why),
			 REFUSED);
	assert_int_equal(redirect_uri_check_web(TEXT("//rp.example/x"), &why),
			 REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("https with a host is taken", https_is_taken),
		test_that("http is taken on loopback alone",
			  loopback_http_is_taken),
		test_that("R07: '*' is refused", r07_patterns_are_refused),
		test_that("R08: schemes that run code are refused in any case",
			  r08_dangerous_schemes_are_refused),
		test_that("R10: parameters of the answer are refused in the "
			  "query",
			  r10_answer_parameters_are_refused),
		test_that("R22: a private scheme needs a dot and a native "
			  "client",
			  r22_private_schemes_need_a_dot_and_a_native_client),
		test_that("relative, ambiguous and malformed ones are refused",
			  odd_forms_are_refused),
		test_that("S14: pages link to http and https alone",
			  s14_pages_link_to_the_web_alone),
	};

	return cmocka_run_group_tests_name("registry/redirect_uri", tests, NULL,
					   NULL);
}
