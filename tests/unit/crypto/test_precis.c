/* SPDX-License-Identifier: Apache-2.0 */
/* User names and passwords: one spelling each (attacks U02, U04). */
#include "suite.h"

#include "crypto/precis.h"

static const char *why;

static void becomes(const char *name, const char *mapped)
{
	struct buf buf = buf_init(255);

	assert_int_equal(precis_username(text_from(name), &buf, &why), DONE);
	if (!text_equal(buf_text(&buf), text_from(mapped)))
		fail_msg("%s became %.*s", name, TEXT_ARG(buf_text(&buf)));
	buf_wipe(&buf);
}

static void is_refused(const char *name)
{
	struct buf buf = buf_init(255);

	if (precis_username(text_from(name), &buf, &why) != REFUSED)
		fail_msg("%s was taken", name);
	assert_non_null(why);
	assert_int_equal(buf.size, 0);
	buf_wipe(&buf);
}

static void names_are_mapped(void **state)
{
	becomes("alice", "alice");
	becomes("Alice@Example.COM", "alice@example.com");
	becomes("ALİCE", "ali\u0307ce");
	becomes("Stra\u00dfe", "stra\u00dfe");
	becomes("\u03a3\u039f\u03a6\u039f\u03a3",
		"\u03c3\u03bf\u03c6\u03bf\u03c2");
	becomes("\uff21\uff4c\uff49ce", "alice");
	becomes("e\u0301mile", "\u00e9mile");
	becomes("\u00c9mile", "\u00e9mile");
	becomes("\u5c71\u7530", "\u5c71\u7530");
	becomes("\u05d0\u05d1"
		"1",
		"\u05d0\u05d1"
		"1");
	becomes("a", "a");
}

static void lookalikes_stay_apart(void **state)
{
	/* PRECIS maps no confusables: a Cyrillic а is another name. */
	becomes("\u0430lice", "\u0430lice");
}

static void other_names_are_refused(void **state)
{
	is_refused("");
	is_refused("al ice");
	is_refused("al\u00a0ice");
	is_refused("al\nice");
	is_refused("al\x7fice");
	is_refused("\ufb01sh");
	is_refused("al\u200dice");
	is_refused("al\u200bice");
	is_refused("\u2163");
	is_refused("\u221e");
	is_refused("\U0001f600");
	is_refused("al\u202eice");
	is_refused("abc\u05d0");
	is_refused("\u05d0abc");
	is_refused("\xff");
	is_refused("\xc0\xaf");
}

static void nul_is_refused(void **state)
{
	struct buf buf = buf_init(255);

	assert_int_equal(precis_username(TEXT("a\0b"), &buf, &why), REFUSED);
	assert_int_equal(precis_password(TEXT("a\0b"), &buf, &why), REFUSED);
	buf_wipe(&buf);
}

static void too_long_names_are_refused(void **state)
{
	struct buf buf = buf_init(4);

	assert_int_equal(precis_username(TEXT("abcd"), &buf, &why), DONE);
	assert_int_equal(precis_username(TEXT("e"), &buf, &why), REFUSED);
	assert_string_equal(why, "it is too long");
	buf_wipe(&buf);
}

static void passwords_keep_case_and_ends(void **state)
{
	struct buf buf = buf_init(255);

	assert_int_equal(precis_password(TEXT(" Pass\u3000e\u0301 \uff21 "),
					 &buf, &why),
			 DONE);
	assert_true(text_equal(buf_text(&buf), TEXT(" Pass \u00e9 \uff21 ")));
	buf_wipe(&buf);
	assert_int_equal(precis_password(TEXT(""), &buf, &why), REFUSED);
	assert_int_equal(precis_password(TEXT("a\tb"), &buf, &why), REFUSED);
	assert_int_equal(precis_password(TEXT("\xff"), &buf, &why), REFUSED);
	buf_wipe(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("user names are mapped to one spelling",
			  names_are_mapped),
		test_that("lookalikes of other scripts stay other names",
			  lookalikes_stay_apart),
		test_that("spaces, controls, symbols and variants are refused",
			  other_names_are_refused),
		test_that("NUL is refused", nul_is_refused),
		test_that("too long a name is refused",
			  too_long_names_are_refused),
		test_that("passwords keep case and blanks at their ends",
			  passwords_keep_case_and_ends),
	};

	return cmocka_run_group_tests_name("crypto/precis", tests, NULL, NULL);
}
