/* SPDX-License-Identifier: Apache-2.0 */
/* What the parser takes, what it refuses and where, and reading by type. */
#include "suite.h"

#include "json/json.h"

#define SIZE_MAX_HERE 65536

static struct json_document *parse(const char *terminated)
{
	struct json_document *document = NULL;
	struct json_mistake mistake;

	if (json_parse(text_from(terminated), SIZE_MAX_HERE, &document,
		       &mistake) != DONE)
		fail_msg("%s: %d:%d %s", terminated, mistake.line,
			 mistake.column, mistake.what);
	return document;
}

static void assert_refused(struct text text)
{
	struct json_document *document = NULL;

	assert_int_equal(json_parse(text, SIZE_MAX_HERE, &document, NULL),
			 REFUSED);
	assert_null(document);
}

static const char every_type[] =
	"{\"object\":{},\"array\":[1,2],\"string\":\"s\",\"integer\":-7,"
	"\"real\":0.5,\"true\":true,\"false\":false,\"null\":null}";

static void types(void **state)
{
	static const struct {
		const char *name;
		enum json_type type;
		const char *called;
	} rows[] = {
		{"object", JSON_OBJECT, "an object"},
		{"array", JSON_ARRAY, "an array"},
		{"string", JSON_STRING, "a string"},
		{"integer", JSON_INTEGER, "an integer"},
		{"real", JSON_REAL, "a real number"},
		{"true", JSON_BOOLEAN, "a boolean"},
		{"false", JSON_BOOLEAN, "a boolean"},
		{"null", JSON_NULL, "null"},
	};
	CLEANUP(json_document_free)
	struct json_document *document = parse(every_type);
	void *at = NULL;
	struct text name;
	const struct json *value;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_true(json_next(json_root(document), &at, &name, &value));
		assert_true(text_equal(name, text_from(rows[i].name)));
		assert_ptr_equal(value,
				 json_find(json_root(document), rows[i].name));
		assert_int_equal(json_type(value), rows[i].type);
		assert_string_equal(json_type_name(value), rows[i].called);
	}
	assert_false(json_next(json_root(document), &at, &name, &value));
	assert_int_equal(json_count(json_root(document)), COUNT_OF(rows));
	assert_string_equal(json_type_name(NULL), "nothing");
}

static void check_readers(const struct json *value, const char *name)
{
	int64_t integer;
	double real;
	bool is_number = strcmp(name, "integer") == 0 ||
			 strcmp(name, "real") == 0;

	assert_int_equal(text_is_present(json_text(value)),
			 strcmp(name, "string") == 0);
	assert_int_equal(json_integer(value, &integer),
			 strcmp(name, "integer") == 0);
	assert_int_equal(json_real(value, &real), is_number);
	if (strcmp(name, "true") != 0 && strcmp(name, "false") != 0) {
		assert_true(json_boolean(value, true));
		assert_false(json_boolean(value, false));
	}
	if (strcmp(name, "array") != 0)
		assert_null(json_at(value, 0));
	assert_null(json_find(value, "x"));
}

static void readers(void **state)
{
	CLEANUP(json_document_free)
	struct json_document *document = parse(every_type);
	const struct json *root = json_root(document);
	static const char *const names[] = {"object",  "array", "string",
					    "integer", "real",	"true",
					    "false",   "null",	"not there"};
	int64_t integer = 0;
	double real = 0;

	for (size_t i = 0; i < COUNT_OF(names); i++)
		check_readers(json_find(root, names[i]), names[i]);
	assert_true(json_integer(json_find(root, "integer"), &integer));
	assert_int_equal(integer, -7);
	assert_true(json_real(json_find(root, "integer"), &real) && real == -7);
	assert_true(json_real(json_find(root, "real"), &real) && real == 0.5);
	assert_true(json_boolean(json_find(root, "true"), false));
	assert_false(json_boolean(json_find(root, "false"), true));
	assert_int_equal(json_count(json_find(root, "array")), 2);
	assert_int_equal(json_count(json_find(root, "string")), 0);
	assert_null(json_at(json_find(root, "array"), 2));
}

static void any_root(void **state)
{
	static const char *const texts[] = {"1",    "\"a\"", "null", "true",
					    "-0.5", "[]",    " {} "};

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct json_document *document = parse(texts[i]);

		assert_non_null(json_root(document));
		json_document_free(&document);
		assert_null(document);
	}
}

static void strings(void **state)
{
	CLEANUP(json_document_free)
	struct json_document *document = parse(
		"[\"\\u00e9\\ud83d\\ude00\\\"\\\\\\/\\n\", \"\xc3\xa9\"]");
	const struct json *root = json_root(document);

	assert_true(text_equal(json_text(json_at(root, 0)),
			       TEXT("\xc3\xa9\xf0\x9f\x98\x80\"\\/\n")));
	assert_true(text_equal(json_text(json_at(root, 1)), TEXT("\xc3\xa9")));
	assert_true(json_has_text(root, TEXT("\xc3\xa9")));
	assert_false(json_has_text(root, TEXT("\xc3")));
	assert_false(json_has_text(root, TEXT("")));
	assert_true(json_has_text(json_at(root, 1), TEXT("\xc3\xa9")));
	assert_false(json_has_text(NULL, TEXT("a")));
}

static void malformed(void **state)
{
	static const char *const texts[] = {
		"",	      " ",	   "{",		 "[1,]",
		"{\"a\":1,}", "{a:1}",	   "{'a':1}",	 "[1 2]",
		"[01]",	      "[+1]",	   "[.5]",	 "[1.]",
		"[0x10]",     "[NaN]",	   "[Infinity]", "[-]",
		"tru",	      "nul",	   "\"a",	 "\"\\x\"",
		"\"\t\"",     "[]]",	   "{} {}",	 "{}x",
		"// a\n{}",   "{\"a\" 1}", "[\"a\":1]",	 "\xef\xbb\xbf{}",
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		assert_refused(text_from(texts[i]));
	assert_refused(TEXT_ABSENT);
}

static void duplicates(void **state)
{
	assert_refused(TEXT("{\"alg\":\"RS256\",\"alg\":\"none\"}"));
	assert_refused(TEXT("{\"a\":1,\"a\":1}"));
	assert_refused(TEXT("{\"a\":1,\"\\u0061\":1}"));
	assert_refused(TEXT("[{\"b\":{\"a\":1,\"c\":2,\"a\":3}}]"));
}

static void bad_text(void **state)
{
	assert_refused(TEXT("\"\xff\""));
	assert_refused(TEXT("\"\xc3\""));
	assert_refused(TEXT("\"\xc0\xaf\""));
	assert_refused(TEXT("\"\xed\xa0\x80\""));
	assert_refused(TEXT("\"\xf4\x90\x80\x80\""));
	assert_refused(TEXT("\"\\ud83d\""));
	assert_refused(TEXT("\"\\ude00\\ud83d\""));
	assert_refused(TEXT("{\"\xff\":1}"));
}

static void nul(void **state)
{
	assert_refused(text_of("{}\0", 3));
	assert_refused(text_of("\0{}", 3));
	assert_refused(text_of("[\"a\0b\"]", 7));
	assert_refused(text_of("1\0"
			       "2",
			       3));
	assert_refused(TEXT("\"\\u0000\""));
	assert_refused(TEXT("{\"a\\u0000b\":1}"));
}

static void numbers(void **state)
{
	CLEANUP(json_document_free)
	struct json_document *document =
		parse("[9223372036854775807,-9223372036854775808,-0,1e308]");
	const struct json *root = json_root(document);
	int64_t value = 0;

	assert_true(json_integer(json_at(root, 0), &value));
	assert_true(value == INT64_MAX);
	assert_true(json_integer(json_at(root, 1), &value));
	assert_true(value == INT64_MIN);
	assert_int_equal(json_type(json_at(root, 3)), JSON_REAL);
	assert_refused(TEXT("9223372036854775808"));
	assert_refused(TEXT("-9223372036854775809"));
	assert_refused(TEXT("1e309"));
	assert_refused(TEXT("-1e400"));
}

/* `depth` brackets around a text that has brackets in it too. */
static outcome parse_nested(size_t depth, char open, size_t size_max)
{
	static char text[300000];
	struct json_document *document = NULL;
	size_t size = 0;
	outcome result;

	for (size_t i = 0; i < depth; i++) {
		text[size++] = open;
		if (open == '{') {
			memcpy(text + size, "\"[{\\\"[\":", 8);
			size += 8;
		}
	}
	memcpy(text + size, "\"[[[{{{\"", 8);
	size += 8;
	for (size_t i = 0; i < depth; i++)
		text[size++] = open == '{' ? '}' : ']';
	result = json_parse(text_of(text, size), size_max, &document, NULL);
	json_document_free(&document);
	return result;
}

static void depth(void **state)
{
	for (int i = 0; i < 2; i++) {
		char open = i == 0 ? '[' : '{';

		assert_int_equal(parse_nested(JSON_DEPTH_MAX, open,
					      SIZE_MAX_HERE),
				 DONE);
		assert_int_equal(parse_nested(JSON_DEPTH_MAX + 1, open,
					      SIZE_MAX_HERE),
				 REFUSED);
	}
	assert_int_equal(parse_nested(100000, '[', 1 << 20), REFUSED);
	assert_refused(TEXT("]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]][[[[[[["));
}

static void sizes(void **state)
{
	struct json_document *document = NULL;

	assert_int_equal(json_parse(TEXT("[1]"), 3, &document, NULL), DONE);
	json_document_free(&document);
	assert_int_equal(json_parse(TEXT("[1]"), 2, &document, NULL), REFUSED);
	assert_null(document);
}

static void assert_mistake_at(struct text text, int line, int column,
			      const char *part)
{
	struct json_document *document = NULL;
	struct json_mistake mistake;

	assert_int_equal(json_parse(text, 512, &document, &mistake), REFUSED);
	assert_int_equal(mistake.line, line);
	assert_int_equal(mistake.column, column);
	assert_non_null(strstr(mistake.what, part));
}

static void places(void **state)
{
	static char deep[600];

	memset(deep, ' ', sizeof(deep));
	memset(deep + 10, '[', 100);
	deep[5] = '\n';
	assert_mistake_at(TEXT("{\"a\": 1,\n \"a\": 2}"), 2, 4, "duplicate");
	assert_mistake_at(TEXT("{\n\"\xc3\xa9\": x}"), 2, 6, "invalid token");
	assert_mistake_at(TEXT(""), 1, 1, "expected");
	assert_mistake_at(text_of("[\n1,\0]", 6), 2, 3, "NUL");
	assert_mistake_at(text_of(deep, 512), 2, 5 + JSON_DEPTH_MAX,
			  "too deeply");
	assert_mistake_at(text_of(deep, 513), 1, 1, "too long");
}

/* A body may hold a secret, and a mistake goes into the log. */
static void mistake_quotes_nothing(void **state)
{
	static const char *const wrong[] = {
		"{\"client_secret\":\"hidden",
		"{\"code\":\"hidden\" \"hidden\"}",
		"{\"hidden\":1,\"hidden\":2}",
		"{\"code\":hidden}",
		"{\"code\":\"hidden\"} hidden",
		"{\"code\":\"hidden\x01\"}",
	};

	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct json_document *document = NULL;
		struct json_mistake mistake;

		assert_int_equal(json_parse(text_from(wrong[i]), 512, &document,
					    &mistake),
				 REFUSED);
		assert_null(strstr(mistake.what, "hidden"));
		assert_true(mistake.what[0] != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("members come in their order, each with its type",
			  types),
		test_that("a reader takes its own type and no other", readers),
		test_that("any value may stand alone", any_root),
		test_that("escapes become the characters that they mean",
			  strings),
		test_that("what RFC 8259 does not allow is refused", malformed),
		test_that("J11: duplicate members are refused, however they "
			  "are spelled",
			  duplicates),
		test_that("bad UTF-8 and lone surrogates are refused",
			  bad_text),
		test_that("NUL is refused, raw and escaped", nul),
		test_that("integers have 63 bits; what overflows is refused",
			  numbers),
		test_that("J23: thirty-two brackets deep is the end", depth),
		test_that("the maximum size is the last that is taken", sizes),
		test_that("a mistake says its line, its column and what it is",
			  places),
		test_that("a mistake quotes nothing of the text",
			  mistake_quotes_nothing),
	};

	return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
