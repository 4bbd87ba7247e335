/* SPDX-License-Identifier: Apache-2.0 */
/* Builds replies and turns them into bytes (RFC 9110, RFC 9112 section 4). */
#include <stdio.h>
#include <time.h>

#include "base/event.h"
#include "http/connection.h"
#include "http/http.h"
#include "loop/clock.h"

/* Latches the overflow of the headers, which is answered as 500. */
static void mark_broken(struct http_reply *reply, const char *name)
{
	reply->headers.is_over = true;
	event_fault("http.reply.broken", "the header %.100s has a control",
		    name);
}

void http_reply_header(struct http_reply *reply, const char *name,
		       struct text value)
{
	if (!http_is_token(text_from(name)) || text_has_control(value)) {
		mark_broken(reply, name);
		return;
	}
	buf_add_string(&reply->headers, name);
	buf_add(&reply->headers, TEXT(": "));
	buf_add(&reply->headers, value);
	buf_add(&reply->headers, TEXT("\r\n"));
}

void http_reply_header_format(struct http_reply *reply, const char *name,
			      const char *format, ...)
{
	struct buf value = buf_init(HTTP_REPLY_HEADERS_MAX);
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	MUST(size >= 0);
	if (buf_reserve(&value, (size_t)size + 1) != NULL) {
		va_start(arguments, format);
		vsnprintf(value.at, (size_t)size + 1, format, arguments);
		va_end(arguments);
		buf_advance(&value, (size_t)size);
		http_reply_header(reply, name, buf_text(&value));
	}
	if (value.is_over)
		reply->headers.is_over = true;
	buf_wipe(&value);
}

bool http_reply_has_header(const struct http_reply *reply, const char *name)
{
	struct text rest = buf_text(&reply->headers);
	struct text wanted = text_from(name);
	struct text line;

	while (text_cut(&rest, '\n', &line)) {
		size_t colon = text_find_byte(line, ':');

		if (colon < line.size &&
		    text_equal_nocase(text_first(line, colon), wanted))
			return true;
	}
	return false;
}

void http_reply_error(struct http_reply *reply, int status, const char *error,
		      const char *why)
{
	reply->status = status;
	buf_wipe(&reply->headers);
	buf_wipe(&reply->body);
	http_reply_header(reply, "Content-Type", TEXT("application/json"));
	http_reply_header(reply, "Cache-Control", TEXT("no-store"));
	buf_format(&reply->body,
		   "{\"error\":\"%s\",\"error_description\":\"%s\"}", error,
		   why);
}

struct http_reply http_reply_init(struct arena *arena)
{
	return (struct http_reply){
		.headers = buf_init_arena(arena, HTTP_REPLY_HEADERS_MAX),
		.body = buf_init_arena(arena, HTTP_REPLY_MAX),
	};
}

void http_reply_settle(struct http_reply *reply)
{
	const char *why = NULL;

	if (reply->headers.is_over)
		why = "its headers are too large or malformed";
	else if (reply->body.is_over)
		why = "its body is too large";
	else if (reply->status < 200 || reply->status > 599)
		why = "it has no status";
	if (why == NULL)
		return;
	event_fault("http.reply.unusable", "the reply is unusable: %s", why);
	http_reply_error(reply, 500, "server_error",
			 "The server could not answer this request.");
}

#define DATE_SIZE 29

/* IMF-fixdate (RFC 9110 section 5.6.7), in English whatever the locale. */
static void format_date(int64_t seconds, char *date, size_t size)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t when = (time_t)seconds;
	struct tm parts;

	MUST(gmtime_r(&when, &parts) != NULL);
	snprintf(date, size, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
		 days + 3 * parts.tm_wday, parts.tm_mday,
		 months + 3 * parts.tm_mon, (parts.tm_year + 1900) % 10000,
		 parts.tm_hour, parts.tm_min, parts.tm_sec);
}

/* Formatted once in a second. */
struct text http_reply_date(void)
{
	static _Thread_local char date[80];
	static _Thread_local int64_t formatted_for = -1;
	int64_t seconds = instant_to_seconds(loop_now());

	if (seconds != formatted_for) {
		format_date(seconds, date, sizeof(date));
		formatted_for = seconds;
	}
	return text_of(date, DATE_SIZE);
}

/* RFC 9110 sections 8.6, 15.3.5 and 15.4.5. */
bool http_reply_has_body(const struct http_reply *reply)
{
	return reply->status != 204 && reply->status != 304;
}

void http_reply_write(const struct http_reply *reply, bool is_head, bool closes,
		      struct buf *out)
{
	bool has_body = http_reply_has_body(reply);

	buf_add(out, TEXT("HTTP/1.1 "));
	buf_add_integer(out, reply->status);
	buf_add_byte(out, ' ');
	buf_add_string(out, http_status_phrase(reply->status));
	buf_add(out, TEXT("\r\nDate: "));
	buf_add(out, http_reply_date());
	buf_add(out, TEXT("\r\n"));
	buf_add(out, buf_text(&reply->headers));
	if (has_body) {
		buf_add(out, TEXT("Content-Length: "));
		buf_add_integer(out, (int64_t)reply->body.size);
		buf_add(out, TEXT("\r\n"));
	}
	if (closes)
		buf_add(out, TEXT("Connection: close\r\n"));
	buf_add(out, TEXT("\r\n"));
	if (has_body && !is_head)
		buf_add(out, buf_text(&reply->body));
	MUST(!out->is_over);
}
