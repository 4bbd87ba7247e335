/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at, cutting and comparing borrowed bytes. */
#include "base/text.h"
#include "suite.h"

#include <stdlib.h>

static void assert_text(struct text text, const char *expected)
{
	assert_int_equal(text.size, strlen(expected));
	assert_true(text_equal(text, text_from(expected)));
}

static void absent_and_empty(void **state)
{
	(void)state;
	assert_false(text_is_present(TEXT_ABSENT));
	assert_false(text_is_present(text_from(NULL)));
	assert_true(text_is_present(TEXT("")));
	assert_true(text_equal(TEXT_ABSENT, TEXT("")));
	assert_false(text_is_present(text_from_byte(TEXT_ABSENT, 3)));
	assert_int_equal(text_find(TEXT_ABSENT, TEXT("a")), 0);
	assert_int_equal(text_find_byte(TEXT_ABSENT, 'a'), 0);
	assert_int_equal(text_compare(TEXT_ABSENT, TEXT("")), 0);
	assert_true(text_is_utf8(TEXT_ABSENT));
}

static void equal_bytes(void **state)
{
	(void)state;
	assert_true(text_equal(TEXT("a\0b"), TEXT("a\0b")));
	assert_false(text_equal(TEXT("a\0b"), TEXT("a\0c")));
	assert_false(text_equal(TEXT("code"), TEXT("Code")));
	assert_false(text_equal(TEXT("code"), TEXT("code ")));
}

static void equal_without_case(void **state)
{
	(void)state;
	assert_true(text_equal_nocase(TEXT("Bearer"), TEXT("bEARER")));
	assert_false(text_equal_nocase(TEXT("@"), TEXT("`")));
	assert_false(text_equal_nocase(TEXT("["), TEXT("{")));
	assert_false(text_equal_nocase(TEXT("\xc3\x84"), TEXT("\xc3\xa4")));
	assert_false(text_equal_nocase(TEXT("a"), TEXT("ab")));
}

static void compare_order(void **state)
{
	(void)state;
	assert_true(text_compare(TEXT("a"), TEXT("b")) < 0);
	assert_true(text_compare(TEXT("b"), TEXT("a")) > 0);
	assert_true(text_compare(TEXT("a"), TEXT("ab")) < 0);
	assert_true(text_compare(TEXT("ab"), TEXT("a")) > 0);
	assert_true(text_compare(TEXT("a"), TEXT("\xff")) < 0);
	assert_int_equal(text_compare(TEXT("ab"), TEXT("ab")), 0);
}

static void start_and_end(void **state)
{
	struct text uri = TEXT("https://app.example/cb");

	(void)state;
	assert_true(text_starts_with(uri, TEXT("https://")));
	assert_false(text_starts_with(uri, TEXT("http://")));
	assert_false(text_starts_with(TEXT("htt"), TEXT("http")));
	assert_true(text_starts_with(uri, TEXT("")));
	assert_true(text_ends_with(uri, TEXT("/cb")));
	assert_false(text_ends_with(uri, TEXT("/cB")));
	assert_false(text_ends_with(TEXT("b"), TEXT("cb")));
	assert_true(text_ends_with(uri, TEXT("")));
}

static void parts(void **state)
{
	(void)state;
	assert_text(text_from_byte(TEXT("abc"), 1), "bc");
	assert_text(text_from_byte(TEXT("abc"), 3), "");
	assert_text(text_from_byte(TEXT("abc"), SIZE_MAX), "");
	assert_text(text_first(TEXT("abc"), 2), "ab");
	assert_text(text_first(TEXT("abc"), SIZE_MAX), "abc");
	assert_text(text_trim(TEXT(" \t a b\t ")), "a b");
	assert_text(text_trim(TEXT(" \t ")), "");
	assert_text(text_trim(TEXT("\na\r")), "\na\r");
}

static void finding(void **state)
{
	(void)state;
	assert_int_equal(text_find_byte(TEXT("a=b=c"), '='), 1);
	assert_int_equal(text_find_byte(TEXT("abc"), '='), 3);
	assert_int_equal(text_find(TEXT("abcabd"), TEXT("abd")), 3);
	assert_int_equal(text_find(TEXT("abc"), TEXT("abcd")), 3);
	assert_int_equal(text_find(TEXT("abc"), TEXT("")), 0);
	assert_int_equal(text_find(TEXT("abc"), TEXT_ABSENT), 0);
}

static void assert_cuts(struct text rest, char separator, const char *expected)
{
	char joined[64] = "";
	struct text piece;

	while (text_cut(&rest, separator, &piece)) {
		strncat(joined, piece.at, piece.size);
		strncat(joined, "|", 2);
	}
	assert_string_equal(joined, expected);
	assert_false(text_is_present(rest));
}

static void cutting(void **state)
{
	(void)state;
	assert_cuts(TEXT("a,,b"), ',', "a||b|");
	assert_cuts(TEXT(""), ',', "|");
	assert_cuts(TEXT(","), ',', "||");
	assert_cuts(TEXT("a,"), ',', "a||");
	assert_cuts(TEXT("abc"), ',', "abc|");
	assert_cuts(TEXT_ABSENT, ',', "");
}

static void words(void **state)
{
	struct text rest = TEXT("  openid   profile email ");
	struct text word;

	(void)state;
	assert_true(text_next_word(&rest, &word));
	assert_text(word, "openid");
	assert_true(text_next_word(&rest, &word));
	assert_text(word, "profile");
	assert_true(text_next_word(&rest, &word));
	assert_text(word, "email");
	assert_false(text_next_word(&rest, &word));
	rest = TEXT("   ");
	assert_false(text_next_word(&rest, &word));
}

static void has_word(void **state)
{
	struct text scope = TEXT("openid email offline_access");

	(void)state;
	assert_true(text_has_word(scope, TEXT("email")));
	assert_true(text_has_word(scope, TEXT("openid")));
	assert_true(text_has_word(scope, TEXT("offline_access")));
	assert_false(text_has_word(scope, TEXT("offline")));
	assert_false(text_has_word(scope, TEXT("Email")));
	assert_false(text_has_word(scope, TEXT("")));
	assert_false(text_has_word(TEXT_ABSENT, TEXT("email")));
	assert_false(text_has_word(TEXT("a\tb"), TEXT("a")));
}

static void integers(void **state)
{
	static const char *const refused[] = {"",
					      "-1",
					      "+1",
					      " 1",
					      "1 ",
					      "1.0",
					      "0x1",
					      "1e3",
					      "9223372036854775808",
					      "99999999999999999999"};
	int64_t value = -7;

	(void)state;
	assert_true(text_parse_integer(TEXT("0"), &value));
	assert_int_equal(value, 0);
	assert_true(text_parse_integer(TEXT("9223372036854775807"), &value));
	assert_true(value == INT64_MAX);
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		value = -7;
		assert_false(text_parse_integer(text_from(refused[i]), &value));
		assert_int_equal(value, -7);
	}
}

/* Each on the heap at its exact size, so that ASan sees a read past it. */
static bool is_utf8_exact(const char *bytes, size_t size)
{
	char *exact = malloc(size);
	bool is_utf8;

	memcpy(exact, bytes, size);
	is_utf8 = text_is_utf8(text_of(exact, size));
	free(exact);
	return is_utf8;
}

static void utf8_good(void **state)
{
	static const char *const good[] = {"a",
					   "\x7f",
					   "\xc2\x80",
					   "\xdf\xbf",
					   "\xe0\xa0\x80",
					   "\xed\x9f\xbf",
					   "\xee\x80\x80",
					   "\xef\xbf\xbf",
					   "\xf0\x90\x80\x80",
					   "\xf4\x8f\xbf\xbf",
					   "Gr\xc3\xbc\xc3\x9f \xe2\x82\xac"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++)
		assert_true(is_utf8_exact(good[i], strlen(good[i])));
}

/* RFC 3629 section 3 and 4: overlong forms, surrogates, past U+10FFFF. */
static void utf8_bad(void **state)
{
	static const char *const bad[] = {"\x80",
					  "\xbf",
					  "\xc0\x80",
					  "\xc1\xbf",
					  "\xc2",
					  "\xc2"
					  "a",
					  "\xe0\x9f\xbf",
					  "\xed\xa0\x80",
					  "\xed\xbf\xbf",
					  "\xe2\x82",
					  "\xe2\x82"
					  "a",
					  "\xf0\x8f\xbf\xbf",
					  "\xf4\x90\x80\x80",
					  "\xf5\x80\x80\x80",
					  "\xf0\x90\x80",
					  "\xff",
					  "\xfe",
					  "a\xe2\x82"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(is_utf8_exact(bad[i], strlen(bad[i])));
}

static void controls(void **state)
{
	(void)state;
	assert_false(text_has_control(TEXT("plain \xc3\xbc ~")));
	assert_true(text_has_control(TEXT("a\nb")));
	assert_true(text_has_control(TEXT("a\0b")));
	assert_true(text_has_control(TEXT("\x7f")));
	assert_true(text_has_control(TEXT("\x1f")));
}

static void differences(void **state)
{
	(void)state;
	assert_int_equal(text_differs_at(TEXT("/cb"), TEXT("/cb/")), 3);
	assert_int_equal(text_differs_at(TEXT("/cb/"), TEXT("/cb")), 3);
	assert_int_equal(text_differs_at(TEXT("abc"), TEXT("abd")), 2);
	assert_true(text_differs_at(TEXT("abc"), TEXT("abc")) == SIZE_MAX);
	assert_true(text_differs_at(TEXT_ABSENT, TEXT("")) == SIZE_MAX);
}

/* Each byte at each place among plain ones, for what looks at words of them. */
static void every_byte_everywhere(void **state)
{
	char bytes[19];

	(void)state;
	for (int byte = 0; byte < 256; byte++)
		for (size_t at = 0; at < sizeof(bytes); at++) {
			bool is_control = byte < 0x20 || byte == 0x7f;
			bool is_plain = !is_control && byte < 0x80 &&
					byte != '"' && byte != '\\';
			struct text text = text_of(bytes, sizeof(bytes));

			memset(bytes, '~', sizeof(bytes));
			bytes[at] = (char)byte;
			assert_int_equal(text_has_control(text), is_control);
			assert_int_equal(text_plain_size(text),
					 is_plain ? sizeof(bytes) : at);
			assert_int_equal(text_is_utf8(text), byte < 0x80);
		}
}

static bool is_other_case(int a, int b)
{
	return (a ^ b) == 0x20 && (a | 0x20) >= 'a' && (a | 0x20) <= 'z';
}

/* In a word of eight bytes and behind it. */
static void every_pair_without_case(void **state)
{
	char a[11];
	char b[11];

	(void)state;
	memset(a, 'X', sizeof(a));
	memset(b, 'x', sizeof(b));
	for (size_t at = 0; at < sizeof(a); at += 5)
		for (int first = 0; first < 256; first++)
			for (int second = 0; second < 256; second++) {
				a[at] = (char)first;
				b[at] = (char)second;
				assert_int_equal(text_equal_nocase(
							 text_of(a, sizeof(a)),
							 text_of(b, sizeof(b))),
						 first == second ||
							 is_other_case(first,
								       second));
				a[at] = 'X';
				b[at] = 'x';
			}
}

static void integers_spelled(void **state)
{
	char digits[TEXT_INTEGER_MAX];

	(void)state;
	assert_true(text_equal(text_format_integer(0, digits), TEXT("0")));
	assert_true(text_equal(text_format_integer(-7, digits), TEXT("-7")));
	assert_true(text_equal(text_format_integer(INT64_MAX, digits),
			       TEXT("9223372036854775807")));
	assert_true(text_equal(text_format_integer(INT64_MIN, digits),
			       TEXT("-9223372036854775808")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("absent is not empty, but as long", absent_and_empty),
		test_that("texts are equal byte for byte", equal_bytes),
		test_that("only ASCII letters are alike in either case",
			  equal_without_case),
		test_that("the order is that of unsigned bytes, the shorter "
			  "first",
			  compare_order),
		test_that("a text may start or end with another",
			  start_and_end),
		test_that("parts never reach past the text", parts),
		test_that("what is not found is found at the end", finding),
		test_that("cutting yields empty pieces too", cutting),
		test_that("words stand between runs of spaces", words),
		test_that("a list has a word only as a whole", has_word),
		test_that("integers are digits alone and at most 2^63-1",
			  integers),
		test_that("well-formed UTF-8 is recognised", utf8_good),
		test_that("overlong, surrogate, cut and stray UTF-8 is refused",
			  utf8_bad),
		test_that("controls are seen, UTF-8 is none", controls),
		test_that("every byte is judged alike at every place",
			  every_byte_everywhere),
		test_that("every two bytes are judged without case alike",
			  every_pair_without_case),
		test_that("integers are spelled to both ends",
			  integers_spelled),
		test_that("the first difference is told", differences),
	};

	return cmocka_run_group_tests_name("base_text", tests, NULL, NULL);
}
