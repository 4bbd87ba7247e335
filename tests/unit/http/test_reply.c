/* SPDX-License-Identifier: Apache-2.0 */
/* Replies into bytes (H14; RFC 9110). */
#include "suite.h"

#include "base/event.h"
#include "http/connection.h"

static struct arena *arena;
static struct http_reply reply;
static struct buf out;

static int set_up(void **state)
{
	(void)state;
	event_log_to(-1, EVENT_ERROR);
	arena = arena_new(HTTP_REPLY_BUDGET);
	reply = http_reply_init(arena);
	out = buf_init(2 * HTTP_REPLY_MAX);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(&arena);
	buf_wipe(&out);
	return 0;
}

/* With the date's value as X. */
static void assert_written(bool is_head, bool closes, const char *expected)
{
	struct text text;
	size_t at;

	http_reply_settle(&reply);
	http_reply_write(&reply, is_head, closes, &out);
	text = buf_text(&out);
	at = text_find(text, TEXT("Date: ")) + 6;
	assert_true(text_starts_with(text_from_byte(text, at + 25),
				     TEXT(" GMT\r\n")));
	memset(out.at + at, 'X', 29);
	memmove(out.at + at + 1, out.at + at + 29, out.size - at - 29);
	out.size -= 28;
	if (!text_equal(buf_text(&out), text_from(expected)))
		fail_msg("%.*s", TEXT_ARG(buf_text(&out)));
}

static void writes(void **state)
{
	(void)state;
	reply.status = 200;
	http_reply_header(&reply, "X-One", TEXT("a b"));
	http_reply_header_format(&reply, "X-Two", "%d%s", 2, "!");
	buf_add(&reply.body, TEXT("hello"));
	assert_written(false, false,
		       "HTTP/1.1 200 OK\r\nDate: X\r\nX-One: a b\r\n"
		       "X-Two: 2!\r\nContent-Length: 5\r\n\r\nhello");
}

static void leaves_the_body_out(void **state)
{
	(void)state;
	reply.status = 404;
	buf_add(&reply.body, TEXT("hello"));
	assert_written(true, true,
		       "HTTP/1.1 404 Not Found\r\nDate: X\r\n"
		       "Content-Length: 5\r\nConnection: close\r\n\r\n");
}

static void has_no_body(void **state)
{
	(void)state;
	reply.status = 204;
	buf_add(&reply.body, TEXT("hello"));
	assert_written(false, false,
		       "HTTP/1.1 204 No Content\r\nDate: X\r\n\r\n");
	out.size = 0;
	reply.status = 304;
	assert_written(false, false,
		       "HTTP/1.1 304 Not Modified\r\nDate: X\r\n\r\n");
}

static void assert_is_500(void)
{
	http_reply_settle(&reply);
	assert_int_equal(reply.status, 500);
	assert_true(http_reply_has_header(&reply, "content-type"));
	assert_false(http_reply_has_header(&reply, "X-One"));
	http_reply_write(&reply, false, false, &out);
	assert_true(text_starts_with(buf_text(&out),
				     TEXT("HTTP/1.1 500 Internal Server Error"
					  "\r\n")));
	assert_true(text_find(buf_text(&out), TEXT("server_error")) < out.size);
	assert_true(text_find(buf_text(&out), TEXT("evil")) == out.size);
}

static void refuses_splitting(void **state)
{
	static const struct {
		const char *name;
		const char *value;
	} rows[] = {
		{"Location", "/\r\nevil: 1"},
		{"Location", "/\nevil: 1"},
		{"Location", "/\revil: 1"},
		{"Location", "/\x01"
			     "evil"},
		{"Location", "/evil\x7f"},
		{"evil:", "a"},
		{"evil\r\nX", "a"},
		{"", "evil"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		reply.status = 200;
		http_reply_header(&reply, "X-One", TEXT("a"));
		http_reply_header(&reply, rows[i].name,
				  text_from(rows[i].value));
		assert_is_500();
		tear_down(state);
		set_up(state);
	}
	reply.status = 200;
	http_reply_header(&reply, "Location", text_of("/\0evil", 6));
	assert_is_500();
	tear_down(state);
	set_up(state);
	reply.status = 200;
	http_reply_header_format(&reply, "X-One", "%s", "a\r\nevil: 1");
	assert_is_500();
}

static void answers_500(void **state)
{
	static const int statuses[] = {0, 99, 100, 199, 600, -1};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(statuses); i++) {
		reply.status = statuses[i];
		assert_is_500();
		out.size = 0;
	}
}

static void bounds_the_body(void **state)
{
	(void)state;
	reply.status = 200;
	for (size_t i = 0; i < HTTP_REPLY_MAX / 16; i++)
		buf_add(&reply.body, TEXT("0123456789abcdef"));
	http_reply_settle(&reply);
	assert_int_equal(reply.status, 200);
	buf_add_byte(&reply.body, 'x');
	assert_is_500();
}

static void finds_headers(void **state)
{
	(void)state;
	http_reply_header(&reply, "X-One", TEXT("X-Two: a"));
	assert_true(http_reply_has_header(&reply, "x-one"));
	assert_false(http_reply_has_header(&reply, "X-Two"));
	assert_false(http_reply_has_header(&reply, "X-On"));
	assert_false(http_reply_has_header(&reply, ""));
}

static void knows_phrases(void **state)
{
	(void)state;
	assert_string_equal(http_status_phrase(303), "See Other");
	assert_string_equal(http_status_phrase(431),
			    "Request Header Fields Too Large");
	assert_string_equal(http_status_phrase(299), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that_with("a reply carries its headers, date and length",
			       writes, set_up, tear_down),
		test_that_with("a reply to HEAD carries all but the body",
			       leaves_the_body_out, set_up, tear_down),
		test_that_with("204 and 304 have no body and no length",
			       has_no_body, set_up, tear_down),
		test_that_with("a header with a control becomes a 500",
			       refuses_splitting, set_up, tear_down),
		test_that_with("a reply without a status becomes a 500",
			       answers_500, set_up, tear_down),
		test_that_with("a body too large becomes a 500",
			       bounds_the_body, set_up, tear_down),
		test_that_with("headers of a reply are found by name",
			       finds_headers, set_up, tear_down),
		test_that("statuses have phrases", knows_phrases),
	};

	return cmocka_run_group_tests_name("http reply", tests, NULL, NULL);
}
