/* SPDX-License-Identifier: Apache-2.0 */
/* Cookies in and out (RFC 6265; W11). */
#include "suite.h"

#include "http/connection.h"
#include "http/cookie.h"

static struct text find_in(const char *first, const char *second)
{
	struct http_header headers[] = {
		{TEXT("Cookie"), text_from(first)},
		{TEXT("cookie"), text_from(second)},
	};
	struct http_request request = {
		.headers = headers,
		.header_count = second ? 2 : 1,
	};

	return cookie_find(&request, TEXT("sid"));
}

static void finds(void **state)
{
	(void)state;
	assert_true(text_equal(find_in("sid=a", NULL), TEXT("a")));
	assert_true(text_equal(find_in("x=y; sid=a=b; z", NULL), TEXT("a=b")));
	assert_true(text_equal(find_in("x=y;sid = a ;", NULL), TEXT("a")));
	assert_true(text_equal(find_in("x=y", "sid=a"), TEXT("a")));
	assert_true(text_is_present(find_in("sid=", NULL)));
}

static void finds_nothing(void **state)
{
	static const char *const rows[] = {
		"",	  ";",	    "=",       "sid",	    "SID=a",
		"xsid=a", "sidx=a", "x=sid=a", "\"sid\"=a",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (text_is_present(find_in(rows[i], NULL)))
			fail_msg("found in '%s'", rows[i]);
}

static void distrusts_tossed(void **state)
{
	(void)state;
	assert_false(text_is_present(find_in("sid=a; sid=b", NULL)));
	assert_false(text_is_present(find_in("sid=a", "sid=b")));
	assert_false(text_is_present(find_in("sid=a; sid=b; sid=a", NULL)));
	assert_false(text_is_present(find_in("sid=; sid=a", NULL)));
	assert_true(text_equal(find_in("sid=a; sid=a", "sid=a"), TEXT("a")));
}

static void assert_set(const struct cookie *cookie, const char *line)
{
	CLEANUP(arena_free)
	struct arena *arena = arena_new(HTTP_REPLY_BUDGET);
	struct http_reply reply = http_reply_init(arena);

	cookie_set(&reply, cookie);
	if (!text_equal(buf_text(&reply.headers), text_from(line)))
		fail_msg("%.*s", TEXT_ARG(buf_text(&reply.headers)));
}

static void sets(void **state)
{
	struct cookie cookie = {
		.name = TEXT("__Host-a"),
		.value = TEXT("b"),
		.is_secure = true,
	};

	(void)state;
	assert_set(&cookie, "Set-Cookie: __Host-a=b; Path=/; Secure; HttpOnly; "
			    "SameSite=Lax\r\n");
	cookie.max_age_for = 60;
	cookie.is_cross_site = true;
	assert_set(&cookie, "Set-Cookie: __Host-a=b; Path=/; Max-Age=60; "
			    "Secure; HttpOnly; SameSite=None\r\n");
	cookie = (struct cookie){
		.name = TEXT("a"),
		.value = TEXT(""),
		.max_age_for = -1,
		.is_readable = true,
	};
	assert_set(&cookie,
		   "Set-Cookie: a=; Path=/; Max-Age=0; SameSite=Lax\r\n");
}

static void refuses_values(void **state)
{
	static const char *const values[] = {
		"a b",	"a;b",	     "a,b",  "a\"b",
		"a\\b", "a\r\nX: y", "\x7f", "\xc3\xbc",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		CLEANUP(arena_free)
		struct arena *arena = arena_new(HTTP_REPLY_BUDGET);
		struct http_reply reply = http_reply_init(arena);
		struct cookie cookie = {
			.name = TEXT("a"),
			.value = text_from(values[i]),
		};

		cookie_set(&reply, &cookie);
		assert_true(reply.headers.is_over);
		assert_int_equal(reply.headers.size, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("a cookie is found among others", finds),
		test_that("what is no cookie of that name is not found",
			  finds_nothing),
		test_that("two different values of one name are none",
			  distrusts_tossed),
		test_that("cookies are set with their flags", sets),
		test_that("a value that could be more than one is refused",
			  refuses_values),
	};

	return cmocka_run_group_tests_name("http cookie", tests, NULL, NULL);
}
