/* SPDX-License-Identifier: Apache-2.0 */
/* The reader over RFC 9112's examples and what attackers send (H01-H19). */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

#include "http/reader.h"

#define POST "POST /token HTTP/1.1\r\nHost: as.example\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

struct row {
	const char *what;
	const char *bytes;
	int status; /* 0: accepted */
	const char *body;
};

static struct http_limits limits;

static int set_limits(void **state)
{
	(void)state;
	limits = http_limits_default;
	return 0;
}

/* What of a reader must not depend on how its bytes were split. */
static struct text summary(struct arena *arena, const struct reader *reader,
			   size_t taken)
{
	const struct http_request *request = &reader->request;
	struct buf buf = buf_init_arena(arena, 1 << 20);

	buf_format(&buf, "%d %d %s %d %d\n", reader->state, reader->status,
		   reader->why ? reader->why : "", reader->keeps_alive,
		   reader->expects_continue);
	if (reader->state != READER_WHOLE)
		return buf_text(&buf);
	buf_format(&buf, "%zu ", taken);
	buf_format(&buf, "%.*s|%.*s|%.*s|%.*s\n",
		   TEXT_ARG(request->method_name), TEXT_ARG(request->path),
		   TEXT_ARG(request->query), TEXT_ARG(request->host));
	for (size_t i = 0; i < request->header_count; i++)
		buf_format(&buf, "%.*s=%.*s\n",
			   TEXT_ARG(request->headers[i].name),
			   TEXT_ARG(request->headers[i].value));
	buf_add(&buf, request->body);
	return buf_text(&buf);
}

/* Feeds pieces of their own heap memory, so that ASan sees a borrowed one. */
static size_t feed_copy(struct reader *reader, struct text bytes)
{
	char *copy = malloc(bytes.size ? bytes.size : 1);
	size_t taken;

	assert_non_null(copy);
	memcpy(copy, bytes.at, bytes.size);
	taken = reader_feed(reader, text_of(copy, bytes.size));
	free(copy);
	return taken;
}

/* Split once at `at`, or everywhere when `at` is SIZE_MAX. */
static size_t feed_split(struct reader *reader, struct text bytes, size_t at)
{
	size_t taken = 0;

	if (at != SIZE_MAX) {
		taken = feed_copy(reader, text_first(bytes, at));
		return taken + feed_copy(reader, text_from_byte(bytes, at));
	}
	for (size_t i = 0; i < bytes.size; i++)
		taken += feed_copy(reader, text_of(bytes.at + i, 1));
	return taken;
}

static void assert_same_when_split(struct arena *arena, struct text bytes,
				   struct text expected, size_t at)
{
	struct arena *own = arena_new(8 << 20);
	struct reader reader;
	struct text found;
	size_t taken;

	reader_init(&reader, own, &limits);
	taken = feed_split(&reader, bytes, at);
	found = summary(arena, &reader, taken);
	if (!text_equal(found, expected))
		fail_msg("split at %zu: got %.*s instead of %.*s", at,
			 TEXT_ARG(found), TEXT_ARG(expected));
	arena_free(&own);
}

/* Reads the whole, checks that every split gives the same; the caller frees
 * the arena. */
static struct arena *read_all_ways(struct text bytes, struct reader *reader)
{
	struct arena *arena = arena_new(64 << 20);
	struct text expected;
	size_t taken;

	reader_init(reader, arena, &limits);
	taken = feed_copy(reader, bytes);
	expected = summary(arena, reader, taken);
	for (size_t at = 0; bytes.size < 2000 && at <= bytes.size; at++) {
		struct arena *scratch = arena_new(8 << 20);

		assert_same_when_split(scratch, bytes, expected, at);
		arena_free(&scratch);
	}
	assert_same_when_split(arena, bytes, expected, SIZE_MAX);
	return arena;
}

static void assert_row(const struct row *row)
{
	struct reader reader;
	struct arena *arena = read_all_ways(text_from(row->bytes), &reader);

	if (row->status != 0 &&
	    (reader.state != READER_REFUSED || reader.status != row->status))
		fail_msg("%s: state %d, status %d", row->what, reader.state,
			 reader.status);
	if (row->status == 0 && reader.state != READER_WHOLE)
		fail_msg("%s: state %d, %s", row->what, reader.state,
			 reader.why ? reader.why : "wants more");
	if (row->status == 0 &&
	    !text_equal(reader.request.body, text_from(row->body)))
		fail_msg("%s: body '%.*s'", row->what,
			 TEXT_ARG(reader.request.body));
	arena_free(&arena);
}

static void assert_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_row(&rows[i]);
}

#define BYTES(literal) {literal, sizeof(literal) - 1}
#define ASSERT_ROWS(rows) assert_rows(rows, COUNT_OF(rows))

/* --- Accepted --- */

static void accepts_examples(void **state)
{
	static const struct row rows[] = {
		{"RFC 9112 section 2.1",
		 "GET /hello.txt HTTP/1.1\r\n"
		 "User-Agent: curl/7.64.1\r\n"
		 "Host: www.example.com\r\n"
		 "Accept-Language: en, mi\r\n\r\n",
		 0, ""},
		{"section 3.2.1",
		 "GET /where?q=now HTTP/1.1\r\n"
		 "Host: www.example.org\r\n\r\n",
		 0, ""},
		{"section 3.2.2",
		 "GET http://www.example.org/pub/WWW/TheProject.html "
		 "HTTP/1.1\r\nHost: www.example.org\r\n\r\n",
		 0, ""},
		{"section 3.2.4",
		 "OPTIONS * HTTP/1.1\r\nHost: www.example.org\r\n\r\n", 0, ""},
		{"a body by its length",
		 POST "Content-Length: 7\r\n\r\na=1&b=2", 0, "a=1&b=2"},
		{"no body", POST "\r\n", 0, ""},
		{"an empty body", POST "Content-Length: 0\r\n\r\n", 0, ""},
		{"one empty line before (section 2.2)",
		 "\r\n" POST "Content-Length: 1\r\n\r\nx", 0, "x"},
		{"no space after the colon, tabs around the value",
		 "POST / HTTP/1.1\r\nHost:\tas.example \t\r\n"
		 "content-length:3\r\n\r\nabc",
		 0, "abc"},
		{"HTTP/1.0 with Host",
		 "POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", 0,
		 "x"},
		{"HTTP/1.0 without Host", "GET /healthz HTTP/1.0\r\n\r\n", 0,
		 ""},
		{"bytes over 0x7f in a value",
		 POST "X-Name: J\xc3\xbcrgen\r\n\r\n", 0, ""},
		{"Upgrade is ignored (H19)",
		 "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
		 "Upgrade: h2c\r\n\r\n",
		 0, ""},
		{"a host with a port",
		 "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 0, ""},
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void accepts_chunks(void **state)
{
	static const struct row rows[] = {
		{"section 7.1",
		 CHUNKED "4\r\nWiki\r\n7\r\npedia i\r\nB\r\nn "
			 "\r\nchunks.\r\n0\r\n\r\n",
		 0, "Wikipedia in \r\nchunks."},
		{"lower and upper case, zeros",
		 CHUNKED "00a\r\n0123456789\r\n0A\r\n0123456789\r\n000\r\n\r\n",
		 0, "01234567890123456789"},
		{"extensions",
		 CHUNKED "1;a=b\r\nx\r\n1 ; c=\"d e\"\r\ny\r\n0;z\r\n\r\n", 0,
		 "xy"},
		{"trailers are dropped",
		 CHUNKED "1\r\nx\r\n0\r\nExpires: never\r\nHost: b\r\n\r\n", 0,
		 "x"},
		{"an empty chunked body", CHUNKED "0\r\n\r\n", 0, ""},
		{"the coding's name in any case",
		 POST "transfer-ENCODING: CHUNKED\r\n\r\n0\r\n\r\n", 0, ""},
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void reads_the_head(void **state)
{
	struct reader reader;
	struct arena *arena = read_all_ways(
		TEXT("PUT /a//b;c/%2e%2E/?q=1&r=?/|x HTTP/1.1\r\nHost: A:8\r\n"
		     "X-One: 1\r\nx-one: 2\r\nContent-Type: Text/Html ; q=1"
		     "\r\n\r\n"),
		&reader);
	const struct http_request *request = &reader.request;

	(void)state;
	assert_int_equal(request->method, HTTP_PUT);
	assert_true(text_equal(request->path, TEXT("/a//b;c/%2e%2E/")));
	assert_true(text_equal(request->query, TEXT("q=1&r=?/|x")));
	assert_true(text_equal(request->host, TEXT("A:8")));
	assert_int_equal(http_header_count(request, "X-ONE"), 2);
	assert_false(text_is_present(http_header_find(request, "x-one")));
	assert_true(text_equal(http_header_find(request, "HOST"), TEXT("A:8")));
	assert_true(text_equal(http_content_type(request), TEXT("Text/Html")));
	assert_true(reader.keeps_alive);
	arena_free(&arena);
}

static void reads_targets(void **state)
{
	static const struct {
		const char *target;
		const char *path;
		const char *query;
	} rows[] = {
		{"/", "/", NULL},
		{"/?", "/", ""},
		{"//token", "//token", NULL},
		{"/%74oken", "/%74oken", NULL},
		{"/./token", "/./token", NULL},
		{"http://h", "/", NULL},
		{"http://h?a", "/", "a"},
		{"HTTP://H/a?b?c", "/a", "b?c"},
		{"https://h/", "/", NULL},
	};
	char bytes[200];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct reader reader;
		struct arena *arena;

		snprintf(bytes, sizeof(bytes),
			 "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", rows[i].target);
		arena = read_all_ways(text_from(bytes), &reader);
		assert_int_equal(reader.state, READER_WHOLE);
		assert_true(text_equal(reader.request.path,
				       text_from(rows[i].path)));
		assert_true(text_equal(reader.request.query,
				       text_from(rows[i].query)));
		assert_int_equal(text_is_present(reader.request.query),
				 rows[i].query != NULL);
		arena_free(&arena);
	}
}

static void leaves_what_follows(void **state)
{
	struct text bytes =
		TEXT(POST "Content-Length: 1\r\n\r\nxGET / HTTP/1.1\r\n");
	struct reader reader;
	struct arena *arena = arena_new(1 << 20);

	(void)state;
	reader_init(&reader, arena, &limits);
	assert_int_equal(reader_feed(&reader, bytes), bytes.size - 16);
	assert_int_equal(reader.state, READER_WHOLE);
	assert_int_equal(reader_feed(&reader, TEXT("more")), 0);
	arena_free(&arena);
}

static void tells_who_closes(void **state)
{
	static const struct {
		const char *bytes;
		bool keeps_alive;
	} rows[] = {
		{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
		{"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		 false},
		{"GET / HTTP/1.1\r\nHost: a\r\nConnection: x , CLOSE\r\n\r\n",
		 false},
		{"GET / HTTP/1.1\r\nHost: a\r\nConnection: x\r\n"
		 "Connection: close\r\n\r\n",
		 false},
		{"GET / HTTP/1.1\r\nHost: a\r\nConnection: closed\r\n\r\n",
		 true},
		{"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct reader reader;
		struct arena *arena =
			read_all_ways(text_from(rows[i].bytes), &reader);

		assert_int_equal(reader.state, READER_WHOLE);
		assert_int_equal(reader.keeps_alive, rows[i].keeps_alive);
		arena_free(&arena);
	}
}

static void tells_who_waits(void **state)
{
	struct reader reader;
	struct arena *arena =
		read_all_ways(TEXT(POST "Content-Length: 1\r\n"
					"Expect: 100-Continue\r\n\r\n"),
			      &reader);

	(void)state;
	assert_int_equal(reader.state, READER_BODY);
	assert_true(reader.expects_continue);
	arena_free(&arena);
}

/* --- Refused --- */

static void refuses_smuggling(void **state)
{
	static const struct row rows[] = {
		{"both lengths (H01)",
		 POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
		      "0\r\n\r\n",
		 400, NULL},
		{"both, the other way round",
		 POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
		 400, NULL},
		{"chunked twice in one header",
		 POST "Transfer-Encoding: chunked, chunked\r\n\r\n", 400, NULL},
		{"chunked in two headers",
		 POST "Transfer-Encoding: chunked\r\n"
		      "Transfer-Encoding: chunked\r\n\r\n",
		 400, NULL},
		{"chunked, identity",
		 POST "Transfer-Encoding: chunked, identity\r\n\r\n", 400,
		 NULL},
		{"identity", POST "Transfer-Encoding: identity\r\n\r\n", 400,
		 NULL},
		{"an empty coding", POST "Transfer-Encoding:\r\n\r\n", 400,
		 NULL},
		{"xchunked", POST "Transfer-Encoding: xchunked\r\n\r\n", 400,
		 NULL},
		{"a vertical tab before chunked",
		 POST "Transfer-Encoding: \vchunked\r\n\r\n", 400, NULL},
		{"a tab before the colon",
		 POST "Transfer-Encoding\t: chunked\r\n\r\n", 400, NULL},
		{"a space before the colon",
		 POST "Content-Length : 5\r\n\r\nhello", 400, NULL},
		{"chunked in HTTP/1.0",
		 "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked"
		 "\r\n\r\n0\r\n\r\n",
		 400, NULL},
		{"two lengths (H02)",
		 POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400,
		 NULL},
		{"the same length twice",
		 POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
		 400, NULL},
		{"a list of lengths", POST "Content-Length: 5,5\r\n\r\n", 400,
		 NULL},
		{"+5", POST "Content-Length: +5\r\n\r\n", 400, NULL},
		{"-1", POST "Content-Length: -1\r\n\r\n", 400, NULL},
		{"0x5", POST "Content-Length: 0x5\r\n\r\n", 400, NULL},
		{"5 5", POST "Content-Length: 5 5\r\n\r\n", 400, NULL},
		{"no digits", POST "Content-Length:\r\n\r\n", 400, NULL},
		{"2^64", POST "Content-Length: 18446744073709551616\r\n\r\n",
		 400, NULL},
		{"2^63 - 1", POST "Content-Length: 9223372036854775807\r\n\r\n",
		 413, NULL},
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void refuses_chunks(void **state)
{
	static const struct row rows[] = {
		{"2^64 - 1 (H04)", CHUNKED "FFFFFFFFFFFFFFFF\r\n", 400, NULL},
		{"2^32 - 1", CHUNKED "FFFFFFFF\r\n", 413, NULL},
		{"larger than the limit", CHUNKED "10001\r\n", 413, NULL},
		{"no size", CHUNKED "\r\n", 400, NULL},
		{"no digits", CHUNKED ";a\r\n", 400, NULL},
		{"a sign", CHUNKED "-1\r\n", 400, NULL},
		{"0x1", CHUNKED "0x1\r\nx\r\n0\r\n\r\n", 400, NULL},
		{"a space before the size", CHUNKED " 1\r\nx\r\n", 400, NULL},
		{"a space after the size", CHUNKED "1 \r\nx\r\n", 400, NULL},
		{"a bare LF after the size", CHUNKED "1\nx\r\n", 400, NULL},
		{"a bare LF in an extension",
		 CHUNKED "1;a\nb\r\nx\r\n0\r\n\r\n", 400, NULL},
		{"a bare CR in an extension", CHUNKED "1;a\rb\r\nx\r\n", 400,
		 NULL},
		{"no CR LF after a chunk", CHUNKED "1\r\nx0\r\n\r\n", 400,
		 NULL},
		{"more than the size", CHUNKED "1\r\nxyz\r\n0\r\n\r\n", 400,
		 NULL},
		{"a folded trailer", CHUNKED "0\r\nA: b\r\n c\r\n\r\n", 400,
		 NULL},
		{"a trailer without colon", CHUNKED "0\r\nGET / HTTP/1.1\r\n",
		 400, NULL},
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void refuses_lines(void **state)
{
	static const struct row rows[] = {
		{"two empty lines before", "\r\n\r\n" POST "\r\n", 400, NULL},
		{"a bare LF after the request line",
		 "GET / HTTP/1.1\nHost: a\r\n\r\n", 400, NULL},
		{"a bare LF after a header", "GET / HTTP/1.1\r\nHost: a\n\r\n",
		 400, NULL},
		{"a bare LF at the head's end",
		 "GET / HTTP/1.1\r\nHost: a\r\n\n", 400, NULL},
		{"a bare CR in a value",
		 "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400, NULL},
		{"CR CR LF", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", 400, NULL},
		{"a folded header",
		 "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400, NULL},
		{"folded by a tab",
		 "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n\tb\r\n\r\n", 400, NULL},
		{"a space before the first header",
		 "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, NULL},
		{"no colon", "GET / HTTP/1.1\r\nHost a\r\n\r\n", 400, NULL},
		{"an empty name", "GET / HTTP/1.1\r\n: a\r\n\r\n", 400, NULL},
		{"a name that is no token",
		 "GET / HTTP/1.1\r\nHost: a\r\nX(y): a\r\n\r\n", 400, NULL},
		{"a name over 0x7f",
		 "GET / HTTP/1.1\r\nHost: a\r\nX\xc3\xbc: a\r\n\r\n", 400,
		 NULL},
		{"a DEL in a value",
		 "GET / HTTP/1.1\r\nHost: a\r\nX: a\x7f\r\n\r\n", 400, NULL},
		{"an escape in a value",
		 "GET / HTTP/1.1\r\nHost: a\r\nX: \x1b[2J\r\n\r\n", 400, NULL},
		{"two spaces after the method",
		 "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400, NULL},
		{"two spaces before the version",
		 "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400, NULL},
		{"a space at the request line's end",
		 "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400, NULL},
		{"a tab between", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400,
		 NULL},
		{"a method that is no token",
		 "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, NULL},
		{"HTTP/0.9", "GET /\r\n", 400, NULL},
		{"HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400,
		 NULL},
		{"HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, NULL},
		{"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505, NULL},
		{"HTTP/1.10", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400, NULL},
		{"http/1.1", "GET / http/1.1\r\nHost: a\r\n\r\n", 400, NULL},
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void refuses_nul(void **state)
{
	static const struct text rows[] = {
		BYTES("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"),
		BYTES("GET / HTTP/1.1\r\nHo\0st: a\r\n\r\n"),
		BYTES("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct reader reader;
		struct arena *arena = read_all_ways(rows[i], &reader);

		assert_int_equal(reader.state, READER_REFUSED);
		assert_int_equal(reader.status, 400);
		arena_free(&arena);
	}
}

static void refuses_hosts_and_targets(void **state)
{
	static const struct row rows[] = {
		{"no Host (H05)", "GET / HTTP/1.1\r\n\r\n", 400, NULL},
		{"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		 400, NULL},
		{"the same Host twice",
		 "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400, NULL},
		{"two Hosts in HTTP/1.0",
		 "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400, NULL},
		{"an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, NULL},
		{"an empty host with a port",
		 "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", 400, NULL},
		{"a path in Host", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400,
		 NULL},
		{"a user in Host", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400,
		 NULL},
		{"a list in Host", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400,
		 NULL},
		{"a port too large", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n",
		 400, NULL},
		{"an unclosed IPv6 address",
		 "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400, NULL},
		{"absolute-form with another host",
		 "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, NULL},
		{"absolute-form with another port",
		 "GET http://a:81/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, NULL},
		{"absolute-form without Host in HTTP/1.0",
		 "GET http://a/ HTTP/1.0\r\n\r\n", 400, NULL},
		{"absolute-form without host",
		 "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n", 400, NULL},
		{"another scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
		 400, NULL},
		{"authority-form", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
		 400, NULL},
		{"an asterisk outside OPTIONS",
		 "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, NULL},
		{"no slash", "GET token HTTP/1.1\r\nHost: a\r\n\r\n", 400,
		 NULL},
		{"a fragment", "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", 400,
		 NULL},
		{"bytes over 0x7f in the target",
		 "GET /\xc3\xbc HTTP/1.1\r\nHost: a\r\n\r\n", 400, NULL},
		{"another expectation (H19)", POST "Expect: 200-ok\r\n\r\n",
		 417, NULL},
		{"two expectations",
		 POST "Expect: 100-continue\r\nExpect: 100-continue\r\n\r\n",
		 417, NULL},
	};

	(void)state;
	ASSERT_ROWS(rows);
}

/* --- Maxima (H08) --- */

static void assert_status(const struct buf *bytes, int status)
{
	struct reader reader;
	struct arena *arena = read_all_ways(buf_text(bytes), &reader);

	if (reader.status != status)
		fail_msg("status %d (%s) instead of %d", reader.status,
			 reader.why ? reader.why : "", status);
	arena_free(&arena);
}

static void add_many(struct buf *buf, char byte, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_add_byte(buf, byte);
}

static void bounds_the_head(void **state)
{
	struct buf bytes = buf_init(1 << 20);

	(void)state;
	buf_add(&bytes, TEXT("GET /"));
	add_many(&bytes, 'a', limits.head_size);
	assert_status(&bytes, 414);
	bytes.size = 0;
	buf_add(&bytes, TEXT("GET / HTTP/1.1\r\nHost: a\r\nX: "));
	add_many(&bytes, 'a', limits.head_size);
	assert_status(&bytes, 431);
	bytes.size = 0;
	/* To the byte: a head of the largest size, and one more. */
	buf_add(&bytes, TEXT("GET / HTTP/1.1\r\nHost: a\r\nX: "));
	add_many(&bytes, 'a', limits.head_size - 4 - bytes.size);
	buf_add(&bytes, TEXT("\r\n\r\n"));
	assert_int_equal(bytes.size, limits.head_size);
	assert_status(&bytes, 0);
	bytes.size -= 4;
	buf_add(&bytes, TEXT("a\r\n\r\n"));
	assert_status(&bytes, 431);
	buf_wipe(&bytes);
}

static void bounds_the_headers(void **state)
{
	struct buf bytes = buf_init(1 << 20);

	(void)state;
	buf_add(&bytes, TEXT("GET / HTTP/1.1\r\nHost: a\r\n"));
	for (size_t i = 1; i < limits.header_count; i++)
		buf_format(&bytes, "X%zu: a\r\n", i);
	buf_add(&bytes, TEXT("\r\n"));
	/* buf_format leaves no NUL behind. */
	assert_int_equal(text_find_byte(buf_text(&bytes), '\0'), bytes.size);
	assert_status(&bytes, 0);
	bytes.size -= 2;
	buf_add(&bytes, TEXT("Y: a\r\n\r\n"));
	assert_status(&bytes, 431);
	buf_wipe(&bytes);
}

static void bounds_the_body(void **state)
{
	struct buf bytes = buf_init(1 << 20);

	(void)state;
	limits.body_size = 100;
	buf_add(&bytes, TEXT(POST "Content-Length: 101\r\n\r\n"));
	assert_status(&bytes, 413);
	bytes.size = 0;
	buf_add(&bytes, TEXT(POST "Content-Length: 100\r\n\r\n"));
	add_many(&bytes, 'a', 100);
	assert_status(&bytes, 0);
	bytes.size = 0;
	buf_add(&bytes, TEXT(CHUNKED "64\r\n"));
	add_many(&bytes, 'a', 100);
	buf_add(&bytes, TEXT("\r\n0\r\n\r\n"));
	assert_status(&bytes, 0);
	bytes.size -= 5;
	buf_add(&bytes, TEXT("1\r\n"));
	assert_status(&bytes, 413);
	buf_wipe(&bytes);
}

static void bounds_extensions_and_trailers(void **state)
{
	struct buf bytes = buf_init(4 << 20);

	(void)state;
	buf_add(&bytes, TEXT(CHUNKED "1;"));
	add_many(&bytes, 'a', 1 << 20);
	assert_status(&bytes, 400);
	bytes.size = 0;
	buf_add(&bytes, TEXT(CHUNKED "0\r\nX: "));
	add_many(&bytes, 'a', limits.head_size);
	assert_status(&bytes, 431);
	bytes.size = 0;
	buf_add(&bytes, TEXT(CHUNKED "0\r\n"));
	for (size_t i = 0; i <= limits.header_count; i++)
		buf_add(&bytes, TEXT("X: a\r\n"));
	assert_status(&bytes, 431);
	buf_wipe(&bytes);
}

/* The arena's budget is a promise: passing it would abort. */
static void stays_within_its_budget(void **state)
{
	struct arena *arena = arena_new(reader_budget(&limits));
	struct buf bytes = buf_init(1 << 20);
	struct reader reader;

	(void)state;
	buf_add(&bytes, TEXT(CHUNKED));
	for (size_t i = 0; i < limits.body_size; i++)
		buf_add(&bytes, TEXT("1\r\na\r\n"));
	buf_add(&bytes, TEXT("0\r\nX: "));
	add_many(&bytes, 'a', limits.head_size - 7);
	buf_add(&bytes, TEXT("\r\n\r\n"));
	reader_init(&reader, arena, &limits);
	assert_int_equal(feed_split(&reader, buf_text(&bytes), SIZE_MAX),
			 bytes.size);
	assert_int_equal(reader.state, READER_WHOLE);
	assert_int_equal(reader.request.body.size, limits.body_size);
	buf_wipe(&bytes);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that_with("the examples of RFC 9112 are accepted",
			       accepts_examples, set_limits, NULL),
		test_that_with("chunked bodies are decoded", accepts_chunks,
			       set_limits, NULL),
		test_that_with("the head is told as it was sent",
			       reads_the_head, set_limits, NULL),
		test_that_with("targets are cut at the first question mark and "
			       "left alone otherwise",
			       reads_targets, set_limits, NULL),
		test_that_with("bytes behind a request are not taken",
			       leaves_what_follows, set_limits, NULL),
		test_that_with("HTTP/1.0 and Connection: close end it",
			       tells_who_closes, set_limits, NULL),
		test_that_with("a client that waits for a 100 is noticed",
			       tells_who_waits, set_limits, NULL),
		test_that_with("two readings of where a body ends are refused",
			       refuses_smuggling, set_limits, NULL),
		test_that_with("malformed chunks are refused", refuses_chunks,
			       set_limits, NULL),
		test_that_with("malformed lines are refused", refuses_lines,
			       set_limits, NULL),
		test_that_with("NUL is refused", refuses_nul, set_limits, NULL),
		test_that_with("odd hosts, targets, expectations are refused",
			       refuses_hosts_and_targets, set_limits, NULL),
		test_that_with("a head has a largest size", bounds_the_head,
			       set_limits, NULL),
		test_that_with("headers have a largest number",
			       bounds_the_headers, set_limits, NULL),
		test_that_with("a body has a largest size", bounds_the_body,
			       set_limits, NULL),
		test_that_with("chunk extensions and trailers are bounded",
			       bounds_extensions_and_trailers, set_limits,
			       NULL),
		test_that_with("a request never takes more than its budget",
			       stays_within_its_budget, set_limits, NULL),
	};

	return cmocka_run_group_tests_name("http reader", tests, NULL, NULL);
}
