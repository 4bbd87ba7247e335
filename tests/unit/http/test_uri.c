/* SPDX-License-Identifier: Apache-2.0 */
/* URIs taken apart (RFC 3986; U11). */
#include "suite.h"

#include <stdlib.h>

#include "http/uri.h"

/* "-" stands for an absent part. */
struct row {
	const char *text;
	const char *scheme;
	const char *userinfo;
	const char *host;
	const char *port;
	const char *path;
	const char *query;
	const char *fragment;
};

static void assert_part(const char *text, struct text found, const char *part)
{
	struct text wanted = text_from(part);

	if (text_equal(wanted, TEXT("-"))) {
		if (text_is_present(found))
			fail_msg("%s: %.*s should be absent", text,
				 TEXT_ARG(found));
		return;
	}
	if (!text_is_present(found) || !text_equal(found, wanted))
		fail_msg("%s: %.*s instead of %s", text, TEXT_ARG(found), part);
}

static void takes_apart(void **state)
{
	static const struct row rows[] = {
		{"foo://example.com:8042/over/there?name=ferret#nose", "foo",
		 "-", "example.com", "8042", "/over/there", "name=ferret",
		 "nose"},
		{"urn:example:animal:ferret:nose", "urn", "-", "-", "-",
		 "example:animal:ferret:nose", "-", "-"},
		{"ftp://ftp.is.co.za/rfc/rfc1808.txt", "ftp", "-",
		 "ftp.is.co.za", "-", "/rfc/rfc1808.txt", "-", "-"},
		{"ldap://[2001:db8::7]/c=GB?objectClass?one", "ldap", "-",
		 "[2001:db8::7]", "-", "/c=GB", "objectClass?one", "-"},
		{"mailto:John.Doe@example.com", "mailto", "-", "-", "-",
		 "John.Doe@example.com", "-", "-"},
		{"telnet://192.0.2.16:80/", "telnet", "-", "192.0.2.16", "80",
		 "/", "-", "-"},
		{"https://u:p@h/", "https", "u:p", "h", "-", "/", "-", "-"},
		{"https://h", "https", "-", "h", "-", "", "-", "-"},
		{"https://h?", "https", "-", "h", "-", "", "", "-"},
		{"https://h#", "https", "-", "h", "-", "", "-", ""},
		{"https://h#a?b", "https", "-", "h", "-", "", "-", "a?b"},
		{"com.example.app:/cb", "com.example.app", "-", "-", "-", "/cb",
		 "-", "-"},
		{"file:///etc", "file", "-", "", "-", "/etc", "-", "-"},
		{"a:", "a", "-", "-", "-", "", "-", "-"},
		{"http://[::1]:80/%41;x=y", "http", "-", "[::1]", "80",
		 "/%41;x=y", "-", "-"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct row *row = &rows[i];
		struct uri uri;
		const char *why;

		if (uri_parse(text_from(row->text), &uri, &why) != DONE)
			fail_msg("%s: %s", row->text, why);
		assert_part(row->text, uri.scheme, row->scheme);
		assert_part(row->text, uri.userinfo, row->userinfo);
		assert_part(row->text, uri.host, row->host);
		assert_part(row->text, uri.port, row->port);
		assert_part(row->text, uri.path, row->path);
		assert_part(row->text, uri.query, row->query);
		assert_part(row->text, uri.fragment, row->fragment);
	}
}

static void refuses(void **state)
{
	static const char *const malformed[] = {
		"",
		"/cb",
		"//h/cb",
		"h",
		"1a:b",
		":b",
		"a_b://h",
		"https://h:x/",
		"https://h:/",
		"https://h:65536",
		"https://h:-1",
		"https://h:000080",
		"http://[:::::",
		"http://[",
		"http://[]",
		"http://[::1",
		"http://[::1]x",
		"http://[::1]:a",
		"http://[v1.a]",
		"http://[1.2.3.4]",
		"http://::1/",
		"https://h/a b",
		"https://h/\xc3\xbc",
		"https://h/%4",
		"https://h/%zz",
		"https://h/<",
		"https://h/a\\b",
		"https://h/?a|b",
		"https://h/#a#b",
		"https://h/[a]",
		"https://a b/",
		"https://u@v@h/",
		"https://h\r\n",
		"https://h\\@evil/",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(malformed); i++) {
		struct uri uri;
		const char *why = NULL;

		if (uri_parse(text_from(malformed[i]), &uri, &why) != REFUSED)
			fail_msg("'%s' was accepted", malformed[i]);
		assert_non_null(why);
		assert_false(text_is_present(uri.scheme));
	}
}

static void refuses_nul(void **state)
{
	struct uri uri;
	const char *why;

	(void)state;
	assert_int_equal(uri_parse(text_of("https://h/\0", 11), &uri, &why),
			 REFUSED);
	assert_int_equal(uri_parse(text_of("https://[::1\0]", 14), &uri, &why),
			 REFUSED);
}

static void takes_linear_time(void **state)
{
	size_t size = 8 << 20;
	char *text = malloc(size);
	struct uri uri;
	const char *why;

	(void)state;
	assert_non_null(text);
	memset(text, ':', size);
	memcpy(text, "http://[", 8);
	assert_int_equal(uri_parse(text_of(text, size), &uri, &why), REFUSED);
	memset(text + 7, '@', size - 7);
	assert_int_equal(uri_parse(text_of(text, size), &uri, &why), REFUSED);
	free(text);
}

static void tells_origins(void **state)
{
	static const char *const rows[][2] = {
		{"https://rp.example:8443/cb?x", "https://rp.example:8443"},
		{"https://rp.example", "https://rp.example"},
		{"https://rp.example:443/", "https://rp.example"},
		{"http://rp.example:80?a", "http://rp.example"},
		{"http://rp.example:443", "http://rp.example:443"},
		{"http://[::1]:3000/", "http://[::1]:3000"},
		{"https://u@rp.example/", "-"},
		{"file:///etc", "-"},
		{"com.example:/cb", "-"},
		{"nonsense", "-"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_part(rows[i][0], uri_origin(text_from(rows[i][0])),
			    rows[i][1]);
}

static void knows_loopback(void **state)
{
	static const char *const yes[] = {
		"127.0.0.1", "127.255.255.254", "[::1]",       "[0:0::0:1]",
		"localhost", "LocalHost",	"a.localhost",
	};
	static const char *const no[] = {
		"",
		"127.1",
		"127.0.0.1.evil",
		"127.0.0.256",
		"::1",
		"[::2]",
		"[::1",
		"[::ffff:7f00:1]",
		"localhost.evil",
		".localhost",
		"notlocalhost",
		"10.0.0.1",
		"0.0.0.0",
		"2130706433",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(yes); i++)
		if (!uri_host_is_loopback(text_from(yes[i])))
			fail_msg("%s is loopback", yes[i]);
	for (size_t i = 0; i < COUNT_OF(no); i++)
		if (uri_host_is_loopback(text_from(no[i])))
			fail_msg("%s is not loopback", no[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("a URI is taken apart without a changed byte",
			  takes_apart),
		test_that("a malformed or relative URI is refused", refuses),
		test_that("NUL in a URI is refused", refuses_nul),
		test_that("8 MiB of brackets and signs take no time",
			  takes_linear_time),
		test_that("an origin is told as browsers tell it",
			  tells_origins),
		test_that("only literal loopback hosts are loopback",
			  knows_loopback),
	};

	return cmocka_run_group_tests_name("http uri", tests, NULL, NULL);
}
