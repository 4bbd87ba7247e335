/* SPDX-License-Identifier: Apache-2.0 */
/* The head of a request: its line, its headers, and what they must agree on
 * (RFC 9112 sections 3, 5 and 6). */
#include "http/reader.h"
#include "http/uri.h"

#define HEADERS_AT_FIRST 16

/* --- The request line (section 3) --- */

static enum http_method method_of(struct text name)
{
	static const char *const names[] = {
		[HTTP_GET] = "GET",	    [HTTP_HEAD] = "HEAD",
		[HTTP_POST] = "POST",	    [HTTP_PUT] = "PUT",
		[HTTP_PATCH] = "PATCH",	    [HTTP_DELETE] = "DELETE",
		[HTTP_OPTIONS] = "OPTIONS",
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (text_equal(name, text_from(names[i])))
			return (enum http_method)i;
	return HTTP_OTHER;
}

void reader_set_method(struct reader *reader, struct text name)
{
	reader->request.method_name = name;
	reader->request.method = method_of(name);
}

/* Visible ASCII without '#': browsers send more in a query than RFC 3986
 * allows, and all of it is harmless to a reader that cuts at '?' only. */
static bool is_target(struct text target)
{
	for (size_t i = 0; i < target.size; i++)
		if (target.at[i] <= ' ' || target.at[i] >= 0x7f ||
		    target.at[i] == '#')
			return false;
	return target.size > 0;
}

static void set_path_and_query(struct http_request *request, struct text target)
{
	size_t mark = text_find_byte(target, '?');

	request->path = text_first(target, mark);
	if (mark < target.size)
		request->query = text_from_byte(target, mark + 1);
}

/* The size of "http://" or "https://" at the front, or 0. */
static size_t scheme_size(struct text target)
{
	if (text_equal_nocase(text_first(target, 7), TEXT("http://")))
		return 7;
	if (text_equal_nocase(text_first(target, 8), TEXT("https://")))
		return 8;
	return 0;
}

/* absolute-form (section 3.2.2); that its authority is Host's is checked at
 * the head's end. */
static void set_absolute_target(struct reader *reader, struct text target)
{
	struct text rest = text_from_byte(target, scheme_size(target));
	size_t slash = text_find_byte(rest, '/');
	size_t mark = text_find_byte(rest, '?');
	size_t size = slash < mark ? slash : mark;

	reader->authority = text_first(rest, size);
	set_path_and_query(&reader->request, text_from_byte(rest, size));
	if (reader->request.path.size == 0)
		reader->request.path = TEXT("/");
}

bool reader_set_target(struct reader *reader, struct text target)
{
	struct http_request *request = &reader->request;

	if (!is_target(target))
		return reader_refuse_malformed(
			reader, "the request target is malformed");
	if (target.at[0] == '/') {
		set_path_and_query(request, target);
		return true;
	}
	if (request->method == HTTP_OPTIONS && text_equal(target, TEXT("*"))) {
		request->path = target;
		return true;
	}
	if (scheme_size(target) == 0)
		return reader_refuse_malformed(
			reader, "the request target must begin with '/'");
	set_absolute_target(reader, target);
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool read_version(struct reader *reader, struct text version)
{
	if (text_equal(version, TEXT("HTTP/1.1")))
		return true;
	if (text_equal(version, TEXT("HTTP/1.0"))) {
		reader->is_version_1_0 = true;
		return true;
	}
	if (version.size == 8 && text_starts_with(version, TEXT("HTTP/")) &&
	    is_digit(version.at[5]) && version.at[6] == '.' &&
	    is_digit(version.at[7]))
		return reader_refuse(
			reader, 505,
			"only HTTP/1.1 and HTTP/1.0 are spoken here");
	return reader_refuse_malformed(reader, "the HTTP version is malformed");
}

static bool read_request_line(struct reader *reader, struct text line)
{
	struct http_request *request = &reader->request;
	struct text rest = line;
	struct text target;

	if (line.size == 0 && !reader->has_skipped_line) {
		reader->has_skipped_line = true; /* section 2.2 */
		return true;
	}
	if (!text_cut(&rest, ' ', &request->method_name) ||
	    !http_is_token(request->method_name) ||
	    !text_cut(&rest, ' ', &target) || !text_is_present(rest))
		return reader_refuse_malformed(reader,
					       "the request line is malformed");
	reader_set_method(reader, request->method_name);
	if (!reader_set_target(reader, target) || !read_version(reader, rest))
		return false;
	reader->state = READER_HEADERS;
	return true;
}

/* --- Headers (section 5) --- */

/* The texts may point into memory that `lines` has outgrown: an arena keeps
 * it. */
bool reader_add_header(struct reader *reader, struct http_header header)
{
	struct http_request *request = &reader->request;

	if (request->header_count == reader->limits->header_count)
		return reader_refuse(reader, 431, "there are too many headers");
	if (request->header_count == reader->headers_capacity) {
		struct http_header *before = request->headers;

		reader->headers_capacity =
			reader->headers_capacity == 0
				? HEADERS_AT_FIRST
				: 2 * reader->headers_capacity;
		request->headers = ARENA_ARRAY(request->arena,
					       struct http_header,
					       reader->headers_capacity);
		if (request->header_count > 0)
			memcpy(request->headers, before,
			       request->header_count * sizeof(*before));
	}
	request->headers[request->header_count++] = header;
	return true;
}

bool reader_split_header(struct reader *reader, struct text line,
			 struct http_header *header_out)
{
	size_t colon = text_find_byte(line, ':');

	if (line.at[0] == ' ' || line.at[0] == '\t')
		return reader_refuse_malformed(reader,
					       "a header line is folded");
	header_out->name = text_first(line, colon);
	if (colon == line.size || !http_is_token(header_out->name))
		return reader_refuse_malformed(reader,
					       "a header's name is malformed");
	header_out->value = text_trim(text_from_byte(line, colon + 1));
	return true;
}

static bool read_header(struct reader *reader, struct text line)
{
	struct http_header header;

	return reader_split_header(reader, line, &header) &&
	       reader_add_header(reader, header);
}

/* --- The end of the head --- */

bool reader_set_host(struct reader *reader, struct text host)
{
	const char *why;
	struct uri uri;

	reader->request.host = host;
	if (uri_parse_authority(host, &uri, &why) != DONE ||
	    uri.host.size == 0 || text_is_present(uri.userinfo))
		return reader_refuse_malformed(reader,
					       "the Host header is malformed");
	return true;
}

static bool check_host(struct reader *reader)
{
	struct http_request *request = &reader->request;
	size_t count = http_header_count(request, "host");

	/* Proxies' health checks are often HTTP/1.0 and name no host. */
	request->host = TEXT("");
	if (count == 0 && reader->is_version_1_0 &&
	    !text_is_present(reader->authority))
		return true;
	if (count != 1)
		return reader_refuse_malformed(
			reader, "there must be exactly one Host header");
	if (!reader_set_host(reader, http_header_find(request, "host")))
		return false;
	if (text_is_present(reader->authority) &&
	    !text_equal_nocase(reader->authority, request->host))
		return reader_refuse_malformed(
			reader, "the request target names another host "
				"than the Host header");
	return true;
}

static bool has_close(struct text list)
{
	struct text piece;

	while (text_cut(&list, ',', &piece))
		if (text_equal_nocase(text_trim(piece), TEXT("close")))
			return true;
	return false;
}

/* HTTP/1.0 is served one request at a time. */
static void set_keeps_alive(struct reader *reader)
{
	const struct http_request *request = &reader->request;

	reader->keeps_alive = !reader->is_version_1_0;
	for (size_t i = 0; i < request->header_count; i++)
		if (text_equal_nocase(request->headers[i].name,
				      TEXT("connection")) &&
		    has_close(request->headers[i].value))
			reader->keeps_alive = false;
}

bool reader_check_expect(struct reader *reader)
{
	struct text expect = http_header_find(&reader->request, "expect");

	if (http_header_count(&reader->request, "expect") == 0)
		return true;
	if (reader->is_version_1_0) /* RFC 9110 section 10.1.1 */
		return true;
	if (!text_equal_nocase(expect, TEXT("100-continue")))
		return reader_refuse(
			reader, 417,
			"no expectation but 100-continue can be met");
	reader->expects_continue = true;
	return true;
}

static bool end_head(struct reader *reader)
{
	set_keeps_alive(reader);
	return check_host(reader) && reader_check_expect(reader) &&
	       reader_begin_body(reader);
}

void reader_head_line(struct reader *reader, struct text line)
{
	if (reader->state == READER_REQUEST_LINE)
		(void)read_request_line(reader, line);
	else if (line.size > 0)
		(void)read_header(reader, line);
	else
		(void)end_head(reader);
}
