/* SPDX-License-Identifier: Apache-2.0 */
/* Commas, escapes and copies: what is written can be read back. */
#include "suite.h"

#include "json/writer.h"

static struct buf out;
static struct json_writer writer;

static int begin(void **state)
{
	out = buf_init(4096);
	writer = (struct json_writer){.buf = &out};
	return 0;
}

static int end(void **state)
{
	buf_wipe(&out);
	return 0;
}

static void assert_written(const char *expected)
{
	buf_add_byte(&out, '\0');
	assert_false(out.is_over);
	assert_string_equal(out.at, expected);
}

static void commas(void **state)
{
	json_open_object(&writer);
	json_member_string(&writer, "a", "x");
	json_member_integer(&writer, "b", INT64_MIN);
	json_name(&writer, "c");
	json_open_array(&writer);
	json_open_array(&writer);
	json_close_array(&writer);
	json_open_object(&writer);
	json_close_object(&writer);
	json_write_integer(&writer, 0);
	json_write_null(&writer);
	json_write_raw(&writer, TEXT("{\"r\":1}"));
	json_close_array(&writer);
	json_member_boolean(&writer, "d", true);
	json_member_boolean(&writer, "e", false);
	json_member_words(&writer, "f", TEXT(" openid  profile "));
	json_member_words(&writer, "g", TEXT_ABSENT);
	json_close_object(&writer);
	assert_written("{\"a\":\"x\",\"b\":-9223372036854775808,"
		       "\"c\":[[],{},0,null,{\"r\":1}],\"d\":true,\"e\":false,"
		       "\"f\":[\"openid\",\"profile\"],\"g\":[]}");
}

static void escapes(void **state)
{
	json_write_text(&writer, TEXT("\"\\/<>\b\f\n\r\t\x01\x1f\x7f"));
	assert_written("\"\\\"\\\\/<>\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
}

/* The first and last of each length that UTF-8 has. */
static void wide(void **state)
{
	static const char all[] = "\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf"
				  "\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80"
				  "\xf4\x8f\xbf\xbf";

	json_write_text(&writer, text_from(all));
	assert_int_equal(out.size, sizeof(all) + 1);
	assert_memory_equal(out.at + 1, all, sizeof(all) - 1);
}

static void names_escaped(void **state)
{
	json_open_object(&writer);
	json_name_text(&writer, TEXT("a\"b"));
	json_write_text(&writer, text_of("c\0d", 3));
	json_close_object(&writer);
	assert_written("{\"a\\\"b\":\"c\\u0000d\"}");
}

#define WRONG "\xef\xbf\xbd"

static void bad_bytes(void **state)
{
	json_open_array(&writer);
	json_write_text(&writer, TEXT("a\xff"
				      "b"));
	json_write_text(&writer, TEXT("\xc3"));
	json_write_text(&writer, TEXT("\xc3\"x"));
	json_write_text(&writer, TEXT("\xc0\xaf"));
	json_write_text(&writer, TEXT("\xed\xa0\x80"));
	json_write_text(&writer, TEXT("\xf0\x9f\x98"));
	json_write_text(&writer, TEXT("\x80\xc3\xa9"));
	json_close_array(&writer);
	assert_written("[\"a" WRONG "b\",\"" WRONG "\",\"" WRONG
		       "\\\"x\",\"" WRONG WRONG "\",\"" WRONG WRONG WRONG
		       "\",\"" WRONG WRONG WRONG "\",\"" WRONG "\xc3\xa9\"]");
}

static const char document_text[] =
	"{\"z\":[1,-2.5,1e+100,0.1,\"\\u00e9\\n\",true,false,null],\"a\":{"
	"\"\xc3\xa9\":{}},\"e\":[]}";

static void copies(void **state)
{
	struct json_document *document = NULL;

	assert_int_equal(json_parse(text_from(document_text), 4096, &document,
				    NULL),
			 DONE);
	json_open_array(&writer);
	json_write_value(&writer, json_root(document));
	json_write_value(&writer, json_find(json_root(document), "e"));
	json_close_array(&writer);
	json_document_free(&document);
	assert_written("[{\"z\":[1,-2.5,1e100,0.10000000000000001,"
		       "\"\xc3\xa9\\n\",true,false,null],\"a\":{\"\xc3\xa9\":{}"
		       "},\"e\":[]},[]]");
}

/* Every byte there is, alone and after each lead, comes back as UTF-8. */
static void read_back(void **state)
{
	for (unsigned int pair = 0; pair < 65536; pair++) {
		char bytes[2] = {(char)(pair >> 8), (char)pair};
		struct json_document *document = NULL;
		struct text again;

		out.size = 0;
		writer.needs_comma = false;
		json_write_text(&writer, text_of(bytes, sizeof(bytes)));
		if (bytes[0] == 0 || bytes[1] == 0)
			continue;
		assert_int_equal(
			json_parse(buf_text(&out), 64, &document, NULL), DONE);
		again = json_text(json_root(document));
		assert_true(text_is_utf8(again));
		if (text_is_utf8(text_of(bytes, sizeof(bytes))))
			assert_true(text_equal(again,
					       text_of(bytes, sizeof(bytes))));
		json_document_free(&document);
	}
}

static void over(void **state)
{
	struct buf small = buf_init(8);
	struct json_writer into = {.buf = &small};

	json_open_object(&into);
	json_member_string(&into, "name", "longer than eight bytes");
	json_close_object(&into);
	assert_true(small.is_over);
	assert_true(small.size <= 8);
	buf_wipe(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that_with("commas stand between values and nowhere else",
			       commas, begin, end),
		test_that_with("quotes, backslashes and controls are escaped",
			       escapes, begin, end),
		test_that_with("characters of two, three and four bytes stay "
			       "as they are",
			       wide, begin, end),
		test_that_with("names are escaped as values are", names_escaped,
			       begin, end),
		test_that_with("each byte that is not UTF-8 becomes U+FFFD",
			       bad_bytes, begin, end),
		test_that_with("a parsed value is copied whole and in order",
			       copies, begin, end),
		test_that_with("whatever bytes are written, the parser reads "
			       "them back",
			       read_back, begin, end),
		test_that("a buffer that is full stays within its maximum",
			  over),
	};

	return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
