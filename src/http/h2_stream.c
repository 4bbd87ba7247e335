/* SPDX-License-Identifier: Apache-2.0 */
/* One stream: fields into a request, a reply into fields (RFC 9113 section 8).
 */
#include "http/connection.h"
#include "http/h2.h"
#include "loop/loop.h"

#include <nghttp2/nghttp2.h>

/* What SETTINGS_MAX_HEADER_LIST_SIZE counts beside a field's name and value. */
#define FIELD_OVERHEAD 32
/* :status, date, content-length */
#define OWN_FIELDS 3

struct h2_stream *h2_stream_new(struct h2_session *session, int32_t id)
{
	struct arena *arena =
		arena_new_counted(connection_request_budget(session->limits),
				  &session->budget->held);
	struct h2_stream *stream = ARENA_NEW(arena, struct h2_stream);

	stream->session = session;
	stream->arena = arena;
	stream->id = id;
	stream->reply = http_reply_init(arena);
	reader_init(&stream->reader, arena, session->limits);
	stream->reader.request.arrived_at = loop_now();
	list_init(&stream->turn);
	list_append(&session->streams, &stream->link);
	session->stream_count++;
	return stream;
}

void h2_stream_free(struct h2_stream **stream)
{
	struct h2_stream *ended = TAKE(*stream);
	struct arena *arena;

	if (ended == NULL)
		return;
	list_remove(&ended->link);
	list_remove(&ended->turn);
	if (ended->session != NULL)
		ended->session->unsent -= ended->unsent;
	arena = ended->arena;
	arena_free(&arena);
}

/* --- The request --- */

/* Name and value in one piece of memory. */
static struct http_header copy_field(struct arena *arena, struct text name,
				     struct text value)
{
	char *at = arena_alloc(arena, name.size + value.size + 1);

	memcpy(at, name.at, name.size);
	if (value.size > 0)
		memcpy(at + name.size, value.at, value.size);
	return (struct http_header){text_of(at, name.size),
				    text_of(at + name.size, value.size)};
}

static void add_pseudo_field(struct h2_stream *stream, struct text name,
			     struct text value)
{
	value = arena_copy(stream->arena, value);
	if (text_equal(name, TEXT(":path")))
		stream->path = value;
	else if (text_equal(name, TEXT(":method")))
		reader_set_method(&stream->reader, value);
	else if (text_equal(name, TEXT(":authority")))
		stream->authority = value;
	/* :scheme says what the client meant, not what reached us. */
}

bool h2_stream_add_field(struct h2_stream *stream, struct text name,
			 struct text value)
{
	struct reader *reader = &stream->reader;
	size_t most = reader->limits->head_size;

	stream->head_size += name.size + value.size + FIELD_OVERHEAD;
	/* Trailers are checked by libnghttp2, and dropped. */
	if (stream->state != H2_STREAM_HEAD || reader_has_ended(reader))
		return stream->head_size <= H2_HEAD_EXCESS * most;
	if (stream->head_size > most)
		(void)reader_refuse(reader, 431, "the headers are too large");
	else if (name.at[0] == ':')
		add_pseudo_field(stream, name, value);
	else
		(void)reader_add_header(reader,
					copy_field(stream->arena, name, value));
	return true;
}

static bool set_target(struct h2_stream *stream)
{
	if (!text_is_present(stream->path))
		return reader_refuse_malformed(&stream->reader,
					       "CONNECT is not spoken here");
	/* The authority has a field of its own (RFC 9113 section 8.3.1); for
	 * schemes that it does not know libnghttp2 lets any path pass. */
	if (stream->path.at[0] != '/' && !text_equal(stream->path, TEXT("*")))
		return reader_refuse_malformed(&stream->reader,
					       "the path must begin with '/'");
	return reader_set_target(&stream->reader, stream->path);
}

static bool check_length(struct reader *reader)
{
	struct text length =
		http_header_find(&reader->request, "content-length");
	int64_t size;

	if (!text_is_present(length))
		return true;
	if (!text_parse_integer(length, &size))
		return reader_refuse_malformed(
			reader, "the content-length is malformed");
	if ((uint64_t)size > reader->limits->body_size)
		return reader_refuse(reader, 413, "the body is too large");
	return true;
}

/* Both may come from a proxy that translates, but never disagree (RFC 9113
 * section 8.3.1). */
static bool has_two_hosts(const struct h2_stream *stream, struct text host)
{
	return text_is_present(stream->authority) && text_is_present(host) &&
	       !text_equal_nocase(stream->authority, host);
}

outcome h2_stream_end_head(struct h2_stream *stream)
{
	struct reader *reader = &stream->reader;
	struct text host;

	if (reader_has_ended(reader))
		return REFUSED;
	host = http_header_find(&reader->request, "host");
	if (has_two_hosts(stream, host))
		return BROKEN;
	if (text_is_present(stream->authority))
		host = stream->authority;
	if (!set_target(stream) || !reader_set_host(reader, host) ||
	    !reader_check_expect(reader) || !check_length(reader))
		return REFUSED;
	reader->body = buf_init_arena(stream->arena, reader->limits->body_size);
	reader->state = READER_BODY;
	return DONE;
}

bool h2_stream_add_body(struct h2_stream *stream, struct text bytes)
{
	struct buf *body = &stream->reader.body;

	if (bytes.size > body->max - body->size)
		return reader_refuse(&stream->reader, 413,
				     "the body is too large");
	buf_add(body, bytes);
	return true;
}

/* --- The reply --- */

/* Fields whose values come again and again: worth a place in the table that
 * compresses. All others are never put there, so that no secret is compressed
 * beside what an attacker chose (RFC 7541 section 7.1). */
static bool is_worth_indexing(struct text name)
{
	static const struct text names[] = {
		{"date", 4},
		{"vary", 4},
		{"pragma", 6},
		{"content-type", 12},
		{"cache-control", 13},
		{"referrer-policy", 15},
		{"x-frame-options", 15},
		{"x-content-type-options", 22},
		{"content-security-policy", 23},
		{"strict-transport-security", 25},
		{"access-control-allow-origin", 27},
		{"access-control-expose-headers", 29},
		{"access-control-allow-credentials", 32},
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (names[i].size == name.size && names[i].at[0] == name.at[0])
			return text_equal(names[i], name);
	return false;
}

/* Borrowed until the stream has ended. */
static nghttp2_nv field_of(struct text name, struct text value)
{
	uint8_t flags = NGHTTP2_NV_FLAG_NO_COPY_NAME |
			NGHTTP2_NV_FLAG_NO_COPY_VALUE;

	if (!is_worth_indexing(name) && name.at[0] != ':')
		flags |= NGHTTP2_NV_FLAG_NO_INDEX;
	return (nghttp2_nv){
		.name = (uint8_t *)(uintptr_t)name.at,
		.value = (uint8_t *)(uintptr_t)value.at,
		.namelen = name.size,
		.valuelen = value.size,
		.flags = flags,
	};
}

/* Names are lower case in HTTP/2 (section 8.2.1). */
static void lower(struct text name)
{
	char *at = (char *)(uintptr_t)name.at;

	for (size_t i = 0; i < name.size; i++)
		if (at[i] >= 'A' && at[i] <= 'Z')
			at[i] |= 0x20;
}

static size_t count_lines(struct text lines)
{
	struct text line;
	size_t count = 0;

	while (text_cut(&lines, '\n', &line))
		count++;
	return count;
}

/* The lines of HTTP/1.1 as fields. */
static size_t split_lines(struct text lines, nghttp2_nv *fields)
{
	size_t count = 0;
	struct text line;

	while (text_cut(&lines, '\n', &line) && line.size > 0) {
		size_t colon = text_find_byte(line, ':');
		struct text name = text_first(line, colon);
		struct text value = text_from_byte(line, colon + 2);

		lower(name);
		value.size--; /* the CR */
		fields[count++] = field_of(name, value);
	}
	return count;
}

static struct text format_number(char *at, size_t size, size_t number)
{
	char *digit = at + size;

	do
		*--digit = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	return text_of(digit, (size_t)(at + size - digit));
}

/* How much of the body goes next; send_body (h2_engine.c) takes it. */
static ssize_t read_body(nghttp2_session *engine, int32_t id, uint8_t *at,
			 size_t size, uint32_t *flags,
			 nghttp2_data_source *source, void *context)
{
	const struct h2_stream *stream = source->ptr;
	size_t left = stream->reply.body.size - stream->body_sent;

	(void)engine;
	(void)id;
	(void)at;
	(void)context;
	*flags |= NGHTTP2_DATA_FLAG_NO_COPY;
	if (left <= size)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)(left < size ? left : size);
}

bool h2_stream_submit(struct h2_stream *stream)
{
	struct http_reply *reply = &stream->reply;
	struct text lines = buf_text(&reply->headers);
	nghttp2_nv *fields = ARENA_ARRAY(stream->arena, nghttp2_nv,
					 count_lines(lines) + OWN_FIELDS);
	nghttp2_data_provider body = {.source.ptr = stream,
				      .read_callback = read_body};
	bool has_body = http_reply_has_body(reply);
	size_t count = 0;

	fields[count++] =
		field_of(TEXT(":status"),
			 format_number(stream->status, sizeof(stream->status),
				       (size_t)reply->status));
	fields[count++] = field_of(TEXT("date"), http_reply_date());
	count += split_lines(lines, fields + count);
	if (has_body)
		fields[count++] = field_of(TEXT("content-length"),
					   format_number(stream->length,
							 sizeof(stream->length),
							 reply->body.size));
	if (reply->body.size == 0 || stream->reader.request.method == HTTP_HEAD)
		has_body = false;
	return nghttp2_submit_response(stream->session->engine, stream->id,
				       fields, count,
				       has_body ? &body : NULL) == 0;
}
