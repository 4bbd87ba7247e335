/* SPDX-License-Identifier: Apache-2.0 */
/* Forms in and out (U01, U08, H13). */
#include "suite.h"

#include "http/form.h"

struct fixture {
	struct arena *arena;
	struct form form;
	const char *why;
};

static int set_up(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){.arena = arena_new(1 << 20)};
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	arena_free(&fixture->arena);
	return 0;
}

static outcome parse(struct fixture *fixture, const char *text)
{
	return form_parse(fixture->arena, text_from(text), &fixture->form,
			  &fixture->why);
}

static void assert_field(const struct fixture *fixture, size_t index,
			 const char *name, const char *value)
{
	const struct form_field *field = &fixture->form.fields[index];

	assert_true(text_equal(field->name, text_from(name)));
	assert_true(text_equal(field->value, text_from(value)));
	assert_true(text_is_present(field->value));
}

static void decodes(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(parse(fixture,
			       "a=1+2%2B3&b%20c=%C3%BC&=x&d&e==&f=%26%3d"),
			 DONE);
	assert_null(fixture->why);
	assert_int_equal(fixture->form.count, 6);
	assert_field(fixture, 0, "a", "1 2+3");
	assert_field(fixture, 1, "b c", "\xc3\xbc");
	assert_field(fixture, 2, "", "x");
	assert_field(fixture, 3, "d", "");
	assert_field(fixture, 4, "e", "=");
	assert_field(fixture, 5, "f", "&=");
}

static void passes_over_nothing(void **state)
{
	struct fixture *fixture = *state;
	static const char *const empty[] = {"", "&", "&&&&"};

	for (size_t i = 0; i < COUNT_OF(empty); i++) {
		assert_int_equal(parse(fixture, empty[i]), DONE);
		assert_int_equal(fixture->form.count, 0);
	}
	assert_int_equal(form_parse(fixture->arena, TEXT_ABSENT, &fixture->form,
				    &fixture->why),
			 DONE);
	assert_int_equal(fixture->form.count, 0);
	assert_int_equal(parse(fixture, "&&a=1&&b=2&"), DONE);
	assert_int_equal(fixture->form.count, 2);
	assert_int_equal(parse(fixture, ";"), DONE);
	assert_field(fixture, 0, ";", "");
}

static void refuses(void **state)
{
	struct fixture *fixture = *state;
	static const char *const malformed[] = {
		"a=%",	 "a=%4",	   "%",		"a=%G1",       "a=%1g",
		"a=%00", "%00=a",	   "a=%C0%80",	"a=%ED%A0%80", "a=\xff",
		"a=%C3", "a=%F4%90%80%80", "b=1&a=% 1", "a=%+1",
	};

	for (size_t i = 0; i < COUNT_OF(malformed); i++) {
		fixture->why = NULL;
		if (parse(fixture, malformed[i]) != REFUSED)
			fail_msg("'%s' was accepted", malformed[i]);
		assert_non_null(fixture->why);
		assert_int_equal(fixture->form.count, 0);
	}
	assert_int_equal(form_parse(fixture->arena, text_of("a=\0", 3),
				    &fixture->form, &fixture->why),
			 REFUSED);
}

static void bounds_fields(void **state)
{
	struct fixture *fixture = *state;
	struct buf text = buf_init_arena(fixture->arena, 4096);

	for (int i = 0; i < FORM_FIELD_COUNT_MAX; i++)
		buf_add(&text, TEXT("&a=b"));
	assert_int_equal(form_parse(fixture->arena, buf_text(&text),
				    &fixture->form, &fixture->why),
			 DONE);
	assert_int_equal(fixture->form.count, FORM_FIELD_COUNT_MAX);
	buf_add(&text, TEXT("&a"));
	assert_int_equal(form_parse(fixture->arena, buf_text(&text),
				    &fixture->form, &fixture->why),
			 REFUSED);
}

static void finds(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(parse(fixture, "a=1&b=&A=3&a=4"), DONE);
	assert_true(text_equal(form_find(&fixture->form, "a"), TEXT("1")));
	assert_true(text_is_present(form_find(&fixture->form, "b")));
	assert_false(text_is_present(form_find(&fixture->form, "c")));
	assert_true(text_equal(form_repeated(&fixture->form), TEXT("a")));
	assert_int_equal(parse(fixture, "a=1&b=1&A=1"), DONE);
	assert_false(text_is_present(form_repeated(&fixture->form)));
}

static void decodes_values(void **state)
{
	struct buf decoded = buf_init(8);

	(void)state;
	assert_true(form_decode(TEXT("a+%2b"), &decoded));
	assert_true(text_equal(buf_text(&decoded), TEXT("a +")));
	assert_false(form_decode(TEXT("%2"), &decoded));
	assert_false(form_decode(TEXT("%00"), &decoded));
	assert_int_equal(decoded.size, 3);
	assert_false(form_decode(TEXT("too long"), &decoded));
	buf_wipe(&decoded);
}

static void encodes(void **state)
{
	struct buf buf = buf_init(200);
	bool has_query = false;

	(void)state;
	buf_add(&buf, TEXT("https://rp/cb"));
	form_add(&buf, &has_query, "code", TEXT("aZ09-._~"));
	form_add(&buf, &has_query, "state", TEXT("a b&=\r\n\xc3\xbc%+"));
	assert_true(has_query);
	assert_true(text_equal(buf_text(&buf),
			       TEXT("https://rp/cb?code=aZ09-._~"
				    "&state=a%20b%26%3D%0D%0A%C3%BC%25%2B")));
	buf_wipe(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that_with("fields are decoded in order", decodes, set_up,
			       tear_down),
		test_that_with("empty pieces are passed over",
			       passes_over_nothing, set_up, tear_down),
		test_that_with("malformed escapes, NUL and bytes that are not "
			       "UTF-8 are refused",
			       refuses, set_up, tear_down),
		test_that_with("a form has a largest number of fields",
			       bounds_fields, set_up, tear_down),
		test_that_with("fields are found, repeated names too", finds,
			       set_up, tear_down),
		test_that("a value is decoded within its buffer",
			  decodes_values),
		test_that("all but unreserved characters is encoded", encodes),
	};

	return cmocka_run_group_tests_name("http form", tests, NULL, NULL);
}
