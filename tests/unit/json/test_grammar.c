/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 8259 rule by rule: what must be taken, what refused, and what it leaves to
 * us. The cases are after the ideas of JSONTestSuite. */
#include "suite.h"

#include <stdlib.h>

#include "agree.h"
#include "json/json.h"

/* In memory of exactly its size, so that what reads past it is seen. */
static bool is_taken(struct text text)
{
	char *exact = malloc(text.size + (text.size == 0));
	struct json_document *document = NULL;
	bool taken;

	assert_non_null(exact);
	if (text.size > 0)
		memcpy(exact, text.at, text.size);
	taken = json_parse(text_of(exact, text.size), text.size, &document,
			   NULL) == DONE;
	assert_int_equal(taken, document != NULL);
	json_document_free(&document);
	assert_true(agree_on(text_of(exact, text.size)));
	free(exact);
	return taken;
}

static void check(const char *const *texts, size_t count, bool expected)
{
	for (size_t i = 0; i < count; i++)
		if (is_taken(text_from(texts[i])) != expected)
			fail_msg("%s", texts[i]);
}

static void taken(void **state)
{
	static const char *const texts[] = {
		/* structure and white space */
		"[]",
		"{}",
		"[ ]",
		" [] ",
		"\t\r\n [\r\n1 \t,\n2 ]\n",
		"[[],[[]],{}]",
		"{\"\":0}",
		"{\"a\":[]}",
		"{\"a\":{\"a\":{\"a\":1}}}",
		"{\"min\":-1.0e+28,\"max\":1.0e+28}",
		"{\"a\":\"b\",\"A\":\"b\"}",
		"{\"\\u00e9\":1,\"e\\u0301\":2}",
		/* alone */
		"null",
		"true",
		"false",
		"42",
		"-0.1",
		"\"\"",
		"\"a\"",
		/* numbers */
		"[0]",
		"[-0]",
		"[-0.0]",
		"[-1]",
		"[123456789]",
		"[0e1]",
		"[0E+1]",
		"[1E-2]",
		"[1e+2]",
		"[0.4e006]",
		"[1.5E22]",
		"[123.456789]",
		"[0.00000000000000000000000000000000000000000000000000001]",
		"[1e-99999]",
		/* strings */
		"[\"\\u0060\\u012a\\u12AB\"]",
		"[\"\\uD801\\udc37\"]",
		"[\"\\ud83d\\ude39\\ud83d\\udc8d\"]",
		"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]",
		"[\"\\\\u0000\"]",
		"[\"\\\\a\"]",
		"[\"a/*b*/c/*d//e\"]",
		"[\"\\uDBFF\\uDFFF\"]",
		"[\"\\uDBFF\\uDFFE\"]",
		"[\"\\uFDD0\\uFFFE\\uFFFF\"]",
		"[\"\\u2028\\u2029\\u200B\"]",
		"[\"\xe2\x80\xa8\xe2\x80\xa9\"]",
		"[\"\xef\xbb\xbf\"]",
		"[\"\xef\xbf\xbf\"]",
		"[\"\xf4\x8f\xbf\xbf\"]",
		"[\"\xed\x9f\xbf\xee\x80\x80\"]",
		"[\"\\u0022\"]",
		"[\"\\u005C\"]",
		"[\"\x7f\"]",
		"[\"\\u0001\"]",
	};

	check(texts, COUNT_OF(texts), true);
}

static void structures(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"[",
		"]",
		"{",
		"}",
		"[[]",
		"[]]",
		"[}",
		"{]",
		"[,]",
		"[,1]",
		"[1,]",
		"[1,,2]",
		"[1,,]",
		"[1 true]",
		"[1:2]",
		"[\"a\":1]",
		"[\"a\" \"b\"]",
		"[1",
		"[1,",
		"[1,\n1\n,1",
		"[1}",
		"[1]x",
		"[1]]",
		"[][]",
		"[]{}",
		"1 2",
		"\"\" \"\"",
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\"::1}",
		"{\"a\":1,}",
		"{\"a\":1,,\"b\":2}",
		"{,}",
		"{,\"a\":1}",
		"{\"a\" 1}",
		"{\"a\",1}",
		"{\"a\":1 \"b\":2}",
		"{a:1}",
		"{1:1}",
		"{null:1}",
		"{[]:1}",
		"{'a':1}",
		"{\"a\":'b'}",
		"{\"a\":1}#",
		"{\"a\":1}/**/",
		"/**/[]",
		"[1]//",
		"[/**/1]",
		"{\"a\":1}}",
		"{\"a\":1",
		"{\"a\":",
		"{\"a\"",
		"{\"a",
		"<null>",
		"[<null>]",
		"*",
		"$",
		"\\",
		"[\x0b]",
		"[\x0c]",
		"[\xc2\xa0]",
		"[\xe2\x81\xa0]",
		"\xef\xbb\xbf[]",
		"\xc2\xa0{}",
		"[\"a\",\n4\n,1,",
		"{[",
		"[\\n]",
		"abc",
		"@",
		"[*]",
	};

	check(texts, COUNT_OF(texts), false);
}

static void words_and_numbers(void **state)
{
	static const char *const texts[] = {
		"tru",
		"True",
		"TRUE",
		"truee",
		"nul",
		"nulll",
		"Null",
		"fals",
		"[true1]",
		"[nulltrue]",
		"nan",
		"[NaN]",
		"[-NaN]",
		"[Inf]",
		"[Infinity]",
		"[-Infinity]",
		"[+1]",
		"[++1]",
		"[-]",
		"[--1]",
		"[- 1]",
		"[-a]",
		"[+Inf]",
		"[.1]",
		"[-.1]",
		"[1.]",
		"[-1.]",
		"[1.e1]",
		"[1.a]",
		"[0.e1]",
		"[.e1]",
		"[1e]",
		"[1E]",
		"[1e+]",
		"[1e-]",
		"[1eE2]",
		"[1e1.5]",
		"[1e 2]",
		"[0e]",
		"[0e+]",
		"[01]",
		"[-01]",
		"[00]",
		"[-012]",
		"[1 000]",
		"[1,0.0.1]",
		"[1.2.3]",
		"[0x1]",
		"[0x42]",
		"[0b1]",
		"[1a]",
		"[1+2]",
		"[1-2]",
		"[1_0]",
		"[\xef\xbc\x91]",
		"[-1x]",
		"[1ea]",
		"[2.e+3]",
		"[0.1.2]",
		"[0.3e]",
		"[0.3e+]",
		"[1.0e]",
		"[9.e+]",
	};

	check(texts, COUNT_OF(texts), false);
}

static void strings(void **state)
{
	static const char *const texts[] = {
		"\"",
		"[\"",
		"[\"a]",
		"[\"\\\"]",
		"[\"\\",
		"\"\\",
		"[\"\\\\\\\"]",
		"[a]",
		"[\"\\x00\"]",
		"[\"\\a\"]",
		"[\"\\'\"]",
		"[\"\\0\"]",
		"[\"\\U0061\"]",
		"[\"\\u\"]",
		"[\"\\u0\"]",
		"[\"\\u00\"]",
		"[\"\\u006\"]",
		"[\"\\u00g0\"]",
		"[\"\\u 061\"]",
		"[\"\\u006",
		"[\"\\u-061\"]",
		"[\"\\u+061\"]",
		"[\"\\u0x61\"]",
		"[\"\\\t\"]",
		"[\"\\\xc3\xa9\"]",
		"[\"\\\xf0\x9f\x98\x80\"]",
		"[\"a\nb\"]",
		"[\"\t\"]",
		"[\"\x1f\"]",
		"[\"\x01\"]",
		"[\\u0020\"a\"]",
		"[\"a\" b]",
		"['a']",
		"\"a\" ,",
		"[\"\\u00A\"]",
		"[\"\\ud800",
	};

	check(texts, COUNT_OF(texts), false);
}

/* Left to us: refused, for whoever reads them reads something else than another
 * does (RFC 8259 sections 4, 6 and 8, RFC 7493 section 2). */
static void left_to_us(void **state)
{
	static const char *const texts[] = {
		/* surrogates */
		"[\"\\uD800\"]",
		"[\"\\uDC00\"]",
		"[\"\\uD800\\uD800\"]",
		"[\"\\uD800\\u0061\"]",
		"[\"\\uD800\\n\"]",
		"[\"\\uD800a\"]",
		"[\"\\uD800\\\"]",
		"[\"\\uD800\\u\"]",
		"[\"\\uD800\\uDC\"]",
		"[\"\\uDd1ea\"]",
		"[\"\\uDd1e\\uD834\"]",
		"{\"\\uDFAA\":0}",
		/* UTF-8 */
		"[\"\x80\"]",
		"[\"\xbf\"]",
		"[\"\xc0\x80\"]",
		"[\"\xc1\xbf\"]",
		"[\"\xc3\"]",
		"[\"\xc3\x28\"]",
		"[\"\xe0\x80\x80\"]",
		"[\"\xe0\x9f\xbf\"]",
		"[\"\xe2\x82\"]",
		"[\"\xed\xa0\x80\"]",
		"[\"\xed\xbf\xbf\"]",
		"[\"\xf0\x80\x80\x80\"]",
		"[\"\xf0\x8f\xbf\xbf\"]",
		"[\"\xf0\x9f\x98\"]",
		"[\"\xf4\x90\x80\x80\"]",
		"[\"\xf5\x80\x80\x80\"]",
		"[\"\xf8\x88\x80\x80\x80\"]",
		"[\"\xfc\x84\x80\x80\x80\x80\"]",
		"[\"\xff\"]",
		"\"\xc3",
		"\"\xf0\x9f",
		/* numbers */
		"[9223372036854775808]",
		"[-9223372036854775809]",
		"[18446744073709551616]",
		"[100000000000000000000]",
		"[1e309]",
		"[-1e309]",
		"[123123e100000]",
		"[0.4e00669999999999999999999999999999999999999999999999]",
		/* names */
		"{\"a\":\"b\",\"a\":\"c\"}",
		"{\"a\":\"b\",\"a\":\"b\"}",
		"{\"\":1,\"\":1}",
		"{\"a/b\":1,\"a\\/b\":2}",
		"{\"\\u00e9\":1,\"\xc3\xa9\":2}",
		"{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}",
		/* NUL */
		"[\"\\u0000\"]",
		"{\"a\\u0000b\":1}",
	};

	check(texts, COUNT_OF(texts), false);
}

/* UTF-16, and NULs wherever they may stand. */
static void nul_bytes(void **state)
{
	static const struct {
		const char *at;
		size_t size;
	} texts[] = {
		{"\0", 1},	    {"[\0]", 3},	{"[]\0", 3},
		{"\0[]", 3},	    {"[1\0]", 4},	{"[1\0,2]", 6},
		{"[\"a\0a\"]", 7},  {"[\"\\\0\"]", 6},	{"[\"\\u\0\"]", 7},
		{"{\"a\"\0:1}", 8}, {"{\"a\":\0}", 7},	{"[tru\0e]", 7},
		{"[1.\0]", 5},	    {"[1e\0]", 5},	{"[-\0]", 4},
		{"[\0\"\0]\0", 6},  {"\0[\0]", 4},	{"\xff\xfe[\0]\0", 6},
		{"{\"a\":1\0}", 8}, {"\"\\ud83d\0", 8}, {"\"\\ud83d\\\0", 9},
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		assert_false(is_taken(text_of(texts[i].at, texts[i].size)));
}

/* Of so many members, whose last spells the name of the one before `twin` with an
 * escape; with a `twin` of 0, a name of its own. */
static struct buf object_of(size_t count, size_t twin)
{
	struct buf text = buf_init((size_t)1 << 20);

	for (size_t i = 0; i < count; i++) {
		bool is_last = i + 1 == count;

		buf_format(&text, "%s\"%s%zu\":[%zu]", i == 0 ? "{" : ",",
			   is_last ? "\\u006e" : "n",
			   is_last && twin > 0 ? twin - 1 : i, i);
	}
	buf_add_byte(&text, '}');
	assert_false(text.is_over);
	return text;
}

/* Around the count up to which names are compared each with each, and the counts
 * at which what is read moves to the heap and grows there. */
static void many_names(void **state)
{
	static const size_t counts[] = {2,  3,	15, 16,	 17,  18,
					63, 64, 65, 256, 257, 5000};

	for (size_t i = 0; i < COUNT_OF(counts); i++) {
		size_t twins[] = {0, 1, counts[i] / 2, counts[i] - 1};

		for (size_t k = 0; k < COUNT_OF(twins); k++) {
			struct buf text = object_of(counts[i], twins[k]);

			assert_int_equal(is_taken(buf_text(&text)),
					 twins[k] == 0);
			buf_wipe(&text);
		}
	}
}

/* 64 KiB of what costs most: every name is compared, every value is kept. */
static void at_the_limit(void **state)
{
	struct buf names = object_of(3500, 0);
	struct buf lists = buf_init(65536);

	assert_in_range(names.size, 49152, 65536);
	assert_true(is_taken(buf_text(&names)));
	buf_wipe(&names);
	buf_add_byte(&lists, '[');
	while (lists.size < 65530)
		buf_add_string(&lists, "[],0,");
	buf_add_string(&lists, "0]");
	assert_true(is_taken(buf_text(&lists)));
	buf_wipe(&lists);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("what RFC 8259 allows is taken", taken),
		test_that("brackets, commas and colons stand where they must",
			  structures),
		test_that("words and numbers have one form", words_and_numbers),
		test_that("strings end, and escape what they must", strings),
		test_that("what would be read otherwise elsewhere is refused",
			  left_to_us),
		test_that("a NUL is refused wherever it stands", nul_bytes),
		test_that("of any number of members, two of one name are found",
			  many_names),
		test_that("64 KiB of members or of items are taken",
			  at_the_limit),
	};

	return cmocka_run_group_tests_name("grammar", tests, NULL, NULL);
}
