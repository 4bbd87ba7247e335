/* SPDX-License-Identifier: Apache-2.0 */
/* Texts made by chance, sound and spoiled: jansson reads the same of each. */
#include "suite.h"

#include <stdlib.h>

#include "agree.h"
#include "json/json.h"

/* A hundred thousand of them take a second without sanitizers. */
#define TEXT_COUNT 30000
#define TEXT_MAX 8192
#define DEPTH_MOST 5

static uint64_t chance = 0x9e3779b97f4a7c15;

/* Below `bound` (xorshift64*). */
static size_t any_below(size_t bound)
{
	chance ^= chance >> 12;
	chance ^= chance << 25;
	chance ^= chance >> 27;
	return (size_t)(chance * 0x2545f4914f6cdd1d >> 33) % bound;
}

static void add_any(struct buf *text, const char *const *words, size_t count)
{
	buf_add_string(text, words[any_below(count)]);
}

static void add_space(struct buf *text)
{
	static const char *const spaces[] = {"",  "",	"",   "",
					     " ", "\n", "\t", "\r\n"};

	add_any(text, spaces, COUNT_OF(spaces));
}

static void add_string(struct buf *text)
{
	static const char *const pieces[] = {
		"a",
		"b",
		"long enough",
		"\\n",
		"\\\"",
		"\\\\",
		"\\/",
		"\\b\\f\\r\\t",
		"\\u0061",
		"\\u00e9",
		"\\uFFFF",
		"\\uD83d\\uDe00",
		"\xc3\xa9",
		"\xe2\x82\xac",
		"\xf0\x9f\x98\x80",
		"\x7f",
	};

	buf_add_byte(text, '"');
	for (size_t left = any_below(6); left > 0; left--)
		add_any(text, pieces, COUNT_OF(pieces));
	buf_add_byte(text, '"');
}

static void add_number(struct buf *text)
{
	static const char *const wholes[] = {
		"0",
		"7",
		"42",
		"1000000",
		"9223372036854775807",
		"9223372036854775808",
		"9223372036854775809",
		"18446744073709551616",
	};
	static const char *const rests[] = {
		"",	 "",	 "",	   "",	    "",
		".0",	 ".5",	 ".10e2",  "e0",    "E+2",
		"e-400", "e308", "e19999", ".0e-0", "e9223372036854775808",
	};

	if (any_below(2) == 0)
		buf_add_byte(text, '-');
	add_any(text, wholes, COUNT_OF(wholes));
	add_any(text, rests, COUNT_OF(rests));
}

static void add_value(struct buf *text, size_t depth);

static void add_many(struct buf *text, size_t depth, bool has_names)
{
	size_t left = any_below(20) == 0 ? 60 : any_below(5);

	for (; left > 0; left--) {
		add_space(text);
		if (has_names) {
			add_string(text);
			add_space(text);
			buf_add_byte(text, ':');
		}
		add_value(text, depth + 1);
		if (left > 1)
			buf_add_byte(text, ',');
	}
	add_space(text);
}

static void add_scalar(struct buf *text)
{
	static const char *const words[] = {"true", "false", "null"};

	switch (any_below(3)) {
	case 0:
		add_string(text);
		return;
	case 1:
		add_number(text);
		return;
	default:
		add_any(text, words, COUNT_OF(words));
	}
}

static void add_value(struct buf *text, size_t depth)
{
	bool is_object = any_below(2) == 0;

	add_space(text);
	if (depth == DEPTH_MOST || any_below(3) == 0) {
		add_scalar(text);
	} else {
		buf_add_byte(text, is_object ? '{' : '[');
		add_many(text, depth, is_object);
		buf_add_byte(text, is_object ? '}' : ']');
	}
	add_space(text);
}

/* One byte is another, is gone, or is there twice. */
static void spoil(struct buf *text)
{
	static const char bytes[] = "\"\\{}[]:,0123456789-+.eEutfn \n\x01\x7f"
				    "\x80\xbf\xc0\xc3\xe0\xed\xf0\xf4\xff";
	size_t at = any_below(text->size);

	switch (any_below(3)) {
	case 0: /* a NUL too: the literal's own */
		text->at[at] = bytes[any_below(sizeof(bytes))];
		return;
	case 1:
		memmove(text->at + at, text->at + at + 1, text->size - at - 1);
		text->size--;
		return;
	default:
		buf_add_byte(text, ' ');
		memmove(text->at + at + 1, text->at + at, text->size - at - 1);
	}
}

/* In memory of exactly its size, so that what reads past it is seen. */
static void assert_agreed(struct text text)
{
	char *exact = malloc(text.size + (text.size == 0));
	bool agrees;

	assert_non_null(exact);
	memcpy(exact, text.at, text.size);
	agrees = agree_on(text_of(exact, text.size));
	free(exact);
	if (!agrees)
		fail_msg("jansson reads this otherwise: %.*s", (int)text.size,
			 text.at);
}

static void by_chance(void **state)
{
	size_t taken_count = 0;

	for (size_t i = 0; i < TEXT_COUNT; i++) {
		struct buf text = buf_init(TEXT_MAX);
		struct json_document *document = NULL;

		add_value(&text, 0);
		assert_agreed(buf_text(&text));
		taken_count += json_parse(buf_text(&text), TEXT_MAX, &document,
					  NULL) == DONE;
		json_document_free(&document);
		for (size_t turns = any_below(4); turns > 0 && text.size > 0;
		     turns--) {
			spoil(&text);
			assert_agreed(buf_text(&text));
		}
		buf_wipe(&text);
	}
	assert_in_range(taken_count, TEXT_COUNT / 10, TEXT_COUNT * 9 / 10);
}

/* Each byte before, in and behind a small text. */
static void each_byte(void **state)
{
	static const char sound[] = "[{\"a\\n\":-1.5e1},\"\xc3\xa9\",true]";

	for (size_t at = 0; at < sizeof(sound); at++) {
		char text[sizeof(sound)];

		assert_agreed(text_of(sound, at));
		for (int byte = 0; byte < 256; byte++) {
			memcpy(text, sound, sizeof(sound));
			text[at] = (char)byte;
			assert_agreed(text_of(text, sizeof(sound) - 1));
			assert_agreed(text_of(text, sizeof(sound)));
		}
	}
}

/* Two bytes, and three that begin as longer characters do, in a string. */
static void wide_bytes(void **state)
{
	for (unsigned int i = 0; i < 0x20000; i++) {
		unsigned int lead = i < 0x10000 ? i >> 8
						: 0xe0 | (i >> 12 & 15);
		unsigned char text[] = {'"',
					(unsigned char)lead,
					(unsigned char)i,
					(unsigned char)(0x80 | (i >> 6 & 0x3f)),
					0x80,
					'"'};

		if (i < 0x10000)
			text[3] = '"';
		assert_agreed(text_of(text, i < 0x10000 ? 4 : 5));
		assert_agreed(text_of(text, i < 0x10000 ? 4 : 6));
	}
}

static void deep(void **state)
{
	char text[3 * 40];

	for (size_t depth = JSON_DEPTH_MAX - 1; depth < 40; depth++) {
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		assert_agreed(text_of(text, 2 * depth));
		assert_agreed(text_of(text, 2 * depth - 1));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("texts made by chance, sound and spoiled, are read "
			  "alike or refused by both",
			  by_chance),
		test_that("whatever one byte of a text becomes, both agree",
			  each_byte),
		test_that("whatever bytes a string holds, both agree",
			  wide_bytes),
		test_that("both agree around the depth that is the last", deep),
	};

	return cmocka_run_group_tests_name("agree", tests, NULL, NULL);
}
