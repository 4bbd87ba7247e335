/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that no value becomes markup. */
#include "suite.h"

#include "login/html.h"

static void expect(const struct buf *html, const char *wanted)
{
	if (!text_equal(buf_text(html), text_from(wanted)))
		fail_msg("got %.*s, wanted %s", TEXT_ARG(buf_text(html)),
			 wanted);
}

static void text_is_escaped(void **state)
{
	struct buf html = buf_init(1000);

	html_markup(&html, "<p>");
	html_text(&html, TEXT("</p><script>alert('1')</script>&amp;"));
	html_markup(&html, "</p>");
	expect(&html, "<p>&lt;/p&gt;&lt;script&gt;alert(&#39;1&#39;)"
		      "&lt;/script&gt;&amp;amp;</p>");
	buf_wipe(&html);
}

static void attribute_stays_within(void **state)
{
	struct buf html = buf_init(1000);

	html_attribute(&html, "value", TEXT("\" onfocus='x' `>\r\n\t&quot;"));
	expect(&html, " value=\"&quot; onfocus=&#39;x&#39; &#96;&gt;&#13;"
		      "&#10;&#9;&amp;quot;\"");
	buf_wipe(&html);
}

static void other_letters_pass(void **state)
{
	struct buf html = buf_init(1000);

	html_text(&html, TEXT("Z\xc3\xbcrich \xe2\x98\x83"));
	expect(&html, "Z\xc3\xbcrich \xe2\x98\x83");
	buf_wipe(&html);
}

static void nul_is_replaced(void **state)
{
	struct buf html = buf_init(1000);

	html_text(&html, text_of("a\0b", 3));
	expect(&html, "a&#65533;b");
	buf_wipe(&html);
}

static void web_urls_are_written(void **state)
{
	struct buf html = buf_init(1000);

	html_url(&html, "href", TEXT("https://rp.example/a?b=c&d='e'"));
	expect(&html, " href=\"https://rp.example/a?b=c&amp;d=&#39;e&#39;\"");
	buf_wipe(&html);
	html_url(&html, "href", TEXT("HTTP://rp.example"));
	expect(&html, " href=\"HTTP://rp.example\"");
	buf_wipe(&html);
}

static void other_urls_are_left_out(void **state)
{
	static const char *const refused[] = {
		"javascript:alert(1)",
		"JavaScript:alert(1)",
		" javascript:alert(1)",
		"java\nscript:alert(1)",
		"data:text/html,x",
		"vbscript:x",
		"//rp.example/a",
		"/relative",
		"https:",
		"https://",
		"https:///path",
		"https://user:secret@rp.example/",
		"https://rp.example/\"><script>",
		"https://rp.example/\r\nx",
		"ftp://rp.example/",
		"",
	};
	struct buf html = buf_init(1000);

	for (size_t i = 0; i < COUNT_OF(refused); i++)
		html_url(&html, "href", text_from(refused[i]));
	html_url(&html, "href", TEXT_ABSENT);
	expect(&html, "");
	buf_wipe(&html);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("text never opens a tag or a reference",
			  text_is_escaped),
		test_that("an attribute's value never ends it",
			  attribute_stays_within),
		test_that("letters of any language pass unchanged",
			  other_letters_pass),
		test_that("NUL becomes the replacement character",
			  nul_is_replaced),
		test_that("http and https URLs are written, escaped",
			  web_urls_are_written),
		test_that("S14 no other URL is followed or loaded",
			  other_urls_are_left_out),
	};

	return cmocka_run_group_tests_name("login html", tests, NULL, NULL);
}
