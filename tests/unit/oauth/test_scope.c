/* SPDX-License-Identifier: Apache-2.0 */
/* Scopes as sets, and where a response's parameters go. */
#include "oauth/scope.h"

#include "oauth/response.h"
#include "suite_arena.h"

static void assert_text(struct text got, const char *wanted)
{
	if (!text_equal(got, text_from(wanted)))
		fail_msg("got '%.*s', wanted '%s'", TEXT_ARG(got), wanted);
}

static struct text words(size_t count)
{
	struct buf list = buf_init_arena(arena, 65536);

	for (size_t i = 0; i < count; i++)
		buf_format(&list, "%zu ", i);
	return buf_text(&list);
}

static void forms(void **state)
{
	char bytes[SCOPE_SIZE_MAX + 1];

	assert_true(scope_is_well_formed(TEXT("openid profile")));
	assert_true(scope_is_well_formed(TEXT("!#[]~:/?=&")));
	assert_true(scope_is_well_formed(TEXT("")));
	assert_true(scope_is_well_formed(TEXT_ABSENT));
	assert_true(scope_is_well_formed(TEXT("  a   b ")));
	for (int c = 0; c < 256; c++) {
		char byte = (char)c;
		bool is_good = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';

		assert_int_equal(scope_is_well_formed(text_of(&byte, 1)),
				 is_good);
	}
	memset(bytes, 'a', sizeof(bytes));
	assert_true(scope_is_well_formed(text_of(bytes, SCOPE_SIZE_MAX)));
	assert_false(scope_is_well_formed(text_of(bytes, SCOPE_SIZE_MAX + 1)));
	assert_true(scope_is_well_formed(words(SCOPE_COUNT_MAX)));
	assert_false(scope_is_well_formed(words(SCOPE_COUNT_MAX + 1)));
}

static void sets(void **state)
{
	assert_text(scope_normalize(arena, TEXT(" b  a b ")), "b a");
	assert_text(scope_normalize(arena, TEXT("")), "");
	assert_text(scope_normalize(arena, TEXT_ABSENT), "");
	assert_text(scope_normalize(arena, TEXT("aa a aaa a")), "aa a aaa");
	assert_text(scope_intersection(arena, TEXT("c b a b"), TEXT("a b")),
		    "b a");
	assert_text(scope_intersection(arena, TEXT("A a"), TEXT("a")), "a");
	assert_text(scope_intersection(arena, TEXT("a"), TEXT_ABSENT), "");
	assert_text(scope_union(arena, TEXT("a b"), TEXT("b c a")), "a b c");
	assert_text(scope_union(arena, TEXT_ABSENT, TEXT("x")), "x");
	assert_text(scope_first_missing(TEXT("a b c"), TEXT("a c")), "b");
	assert_false(
		text_is_present(scope_first_missing(TEXT("a a"), TEXT("b a"))));
	assert_false(text_is_present(scope_first_missing(TEXT(""), TEXT(""))));
	assert_text(scope_first_missing(TEXT("read"), TEXT("readwrite")),
		    "read");
}

static struct text location(const char *uri)
{
	struct response response = {.count = 0};

	response_add(&response, "code", TEXT("a-b_c.~1"));
	response_add(&response, "absent", TEXT_ABSENT);
	response_add(&response, "state", TEXT("x y&z=\xc3\xa4+/\r\n"));
	return response_location(arena, text_from(uri), &response);
}

#define FIELDS "code=a-b_c.~1&state=x%20y%26z%3D%C3%A4%2B%2F%0D%0A"

static void locations(void **state)
{
	assert_text(location("https://rp.example/cb"),
		    "https://rp.example/cb?" FIELDS);
	assert_text(location("https://rp.example/cb?a=b"),
		    "https://rp.example/cb?a=b&" FIELDS);
	assert_text(location("https://rp.example"),
		    "https://rp.example?" FIELDS);
	assert_text(location("com.example.app:/cb"),
		    "com.example.app:/cb?" FIELDS);
	assert_text(location("https://rp.example/cb?a=%2F&code=old"),
		    "https://rp.example/cb?a=%2F&code=old&" FIELDS);
}

static void modes(void **state)
{
	assert_ptr_equal(response_mode_find(TEXT("query")),
			 &response_mode_query);
	assert_non_null(response_mode_find(TEXT("form_post")));
	assert_true(response_mode_find(TEXT("web_message"))->is_web_message);
	assert_non_null(response_mode_find(TEXT("fragment")));
	assert_non_null(response_mode_find(TEXT("form_post.jwt")));
	assert_null(response_mode_find(TEXT("web_message.jwt")));
	assert_null(response_mode_find(TEXT("Query")));
	assert_null(response_mode_find(TEXT("")));
}

#define test_here(sentence, function)                                          \
	test_that_with(sentence, function, open_arena, close_arena)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_here("what a scope may hold", forms),
		test_here("scopes are sets in an order", sets),
		test_here("a response keeps the redirect_uri as it is",
			  locations),
		test_here("response modes by their names", modes),
	};

	return cmocka_run_group_tests_name("scope", tests, NULL, NULL);
}
