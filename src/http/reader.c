/* SPDX-License-Identifier: Apache-2.0 */
/* The strict reader of requests: what two readers could understand in two ways
 * is refused (RFC 9112). */
#include "http/reader.h"

#include "base/encoding.h"

/* A chunk's size with its extensions, which are passed over. */
#define CHUNK_LINE_MAX 256
#define CHUNK_DIGITS_MAX 8

void reader_init(struct reader *reader, struct arena *arena,
		 const struct http_limits *limits)
{
	*reader = (struct reader){
		.limits = limits,
		.lines = buf_init_arena(arena, limits->head_size),
		.request.arena = arena,
	};
}

/* A growing buf in an arena takes up to four times its final size, array of
 * headers up to twice. */
size_t reader_budget(const struct http_limits *limits)
{
	return 4096 + 8 * (limits->head_size + CHUNK_LINE_MAX) +
	       4 * limits->body_size +
	       4 * limits->header_count * sizeof(struct http_header);
}

bool reader_refuse(struct reader *reader, int status, const char *why)
{
	reader->state = READER_REFUSED;
	reader->status = status;
	reader->why = why;
	return false;
}

bool reader_refuse_malformed(struct reader *reader, const char *why)
{
	return reader_refuse(reader, 400, why);
}

/* --- The body --- */

static void end(struct reader *reader)
{
	reader->request.body = buf_text(&reader->body);
	reader->state = READER_WHOLE;
}

/* From here on `lines` holds one chunk's line at a time. */
static void expect_chunk(struct reader *reader)
{
	reader->lines = buf_init_arena(reader->request.arena, CHUNK_LINE_MAX);
	reader->line_at = 0;
	reader->state = READER_CHUNK_SIZE;
}

static bool begin_chunked(struct reader *reader)
{
	struct text coding =
		http_header_find(&reader->request, "transfer-encoding");

	if (http_header_count(&reader->request, "content-length") > 0)
		return reader_refuse_malformed(
			reader, "Transfer-Encoding and Content-Length "
				"must not come together");
	if (reader->is_version_1_0 ||
	    !text_equal_nocase(coding, TEXT("chunked")))
		return reader_refuse_malformed(
			reader, "the only Transfer-Encoding is chunked, once");
	expect_chunk(reader);
	return true;
}

static bool begin_sized(struct reader *reader)
{
	struct text length =
		http_header_find(&reader->request, "content-length");
	int64_t size;

	if (!text_parse_integer(length, &size))
		return reader_refuse_malformed(
			reader, "the Content-Length is malformed or repeated");
	if ((uint64_t)size > reader->limits->body_size)
		return reader_refuse(reader, 413, "the body is too large");
	reader->body_left = (size_t)size;
	if (size > 0)
		reader->state = READER_BODY;
	else
		end(reader);
	return true;
}

/* Where the message ends (section 6.3). */
bool reader_begin_body(struct reader *reader)
{
	const struct http_request *request = &reader->request;

	reader->body =
		buf_init_arena(request->arena, reader->limits->body_size);
	if (http_header_count(request, "transfer-encoding") > 0)
		return begin_chunked(reader);
	if (http_header_count(request, "content-length") > 0)
		return begin_sized(reader);
	end(reader);
	return true;
}

/* --- Chunks (section 7.1) --- */

/* chunk-size [ BWS ";" … ]; the extensions' bytes are known to be printable. */
static bool parse_chunk_size(struct text line, size_t *size_out)
{
	struct text digits =
		text_trim(text_first(line, text_find_byte(line, ';')));
	size_t size = 0;

	if (digits.size == 0 || digits.size > CHUNK_DIGITS_MAX ||
	    digits.at != line.at)
		return false;
	if (digits.size < line.size && text_find_byte(line, ';') == line.size)
		return false;
	for (size_t i = 0; i < digits.size; i++) {
		int value = hex_value(digits.at[i]);

		if (value < 0)
			return false;
		size = size << 4 | (size_t)value;
	}
	*size_out = size;
	return true;
}

static void expect_trailers(struct reader *reader)
{
	reader->lines = buf_init_arena(reader->request.arena,
				       reader->limits->head_size);
	reader->line_at = 0;
	reader->state = READER_TRAILERS;
}

static bool read_chunk_size(struct reader *reader, struct text line)
{
	size_t size;

	if (!parse_chunk_size(line, &size))
		return reader_refuse_malformed(reader,
					       "a chunk's size is malformed");
	reader->lines.size = 0;
	reader->line_at = 0;
	if (size > reader->limits->body_size - reader->body.size)
		return reader_refuse(reader, 413, "the body is too large");
	reader->body_left = size;
	if (size > 0)
		reader->state = READER_CHUNK;
	else
		expect_trailers(reader);
	return true;
}

/* Bounded, checked like headers, and dropped (section 7.1.2). */
static bool read_trailer(struct reader *reader, struct text line)
{
	struct http_header trailer;

	if (!reader_split_header(reader, line, &trailer))
		return false;
	if (reader->trailer_count == reader->limits->header_count)
		return reader_refuse(reader, 431,
				     "there are too many trailers");
	reader->trailer_count++;
	return true;
}

static bool read_chunk_end(struct reader *reader, struct text line)
{
	if (line.size > 0)
		return reader_refuse_malformed(
			reader, "a chunk is longer than its stated size");
	reader->lines.size = 0;
	reader->line_at = 0;
	reader->state = READER_CHUNK_SIZE;
	return true;
}

/* --- Pieces of bytes --- */

/* NUL, CR and the like; a tab may stand in a header's value. */
static bool has_refused_control(struct text line)
{
	if (!text_has_control(line))
		return false;
	for (size_t i = 0; i < line.size; i++) {
		unsigned char c = (unsigned char)line.at[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return true;
	}
	return false;
}

static bool line_refused(struct reader *reader, struct text line)
{
	if (!text_ends_with(line, TEXT("\r\n")))
		return !reader_refuse_malformed(
			reader, "a line does not end with CR LF");
	line.size -= 2;
	if (has_refused_control(line))
		return !reader_refuse_malformed(reader,
						"a line has a control in it");
	return false;
}

/* One line without its CR LF; what it was is in the state or refused. */
static void read_line(struct reader *reader, struct text line)
{
	switch (reader->state) {
	case READER_REQUEST_LINE:
	case READER_HEADERS:
		reader_head_line(reader, line);
		break;
	case READER_CHUNK_SIZE:
		(void)read_chunk_size(reader, line);
		break;
	case READER_CHUNK_END:
		(void)read_chunk_end(reader, line);
		break;
	case READER_TRAILERS:
		if (line.size > 0)
			(void)read_trailer(reader, line);
		else
			end(reader);
		break;
	case READER_BODY:
	case READER_CHUNK:
	case READER_WHOLE:
	case READER_REFUSED:
		break;
	}
}

static void refuse_too_long(struct reader *reader)
{
	if (reader->state == READER_REQUEST_LINE)
		reader_refuse(reader, 414, "the request line is too long");
	else if (reader->state == READER_HEADERS)
		reader_refuse(reader, 431, "the headers are too large");
	else if (reader->state == READER_TRAILERS)
		reader_refuse(reader, 431, "the trailers are too large");
	else
		reader_refuse_malformed(reader, "a chunk's line is too long");
}

/* Takes bytes up to a line's end, or all of them. */
static size_t take_line(struct reader *reader, struct text bytes)
{
	size_t size = text_find_byte(bytes, '\n');
	bool is_whole = size < bytes.size;
	struct text line;

	if (is_whole)
		size++;
	if (size > reader->lines.max - reader->lines.size) {
		refuse_too_long(reader);
		return 0;
	}
	buf_add(&reader->lines, text_first(bytes, size));
	if (!is_whole)
		return size;
	line = text_from_byte(buf_text(&reader->lines), reader->line_at);
	reader->line_at = reader->lines.size;
	if (!line_refused(reader, line))
		read_line(reader, text_first(line, line.size - 2));
	return size;
}

static size_t take_body(struct reader *reader, struct text bytes)
{
	struct text piece = text_first(bytes, reader->body_left);

	buf_add(&reader->body, piece);
	reader->body_left -= piece.size;
	if (reader->body_left > 0)
		return piece.size;
	if (reader->state == READER_BODY)
		end(reader);
	else
		reader->state = READER_CHUNK_END;
	return piece.size;
}

size_t reader_feed(struct reader *reader, struct text bytes)
{
	struct text rest = bytes;

	/* One allocation for a head that comes in one piece. */
	if (reader->lines.at == NULL && bytes.size < reader->lines.max)
		(void)buf_reserve(&reader->lines, bytes.size);
	while (!reader_has_ended(reader) && rest.size > 0) {
		size_t taken = reader->state == READER_BODY ||
					       reader->state == READER_CHUNK
				       ? take_body(reader, rest)
				       : take_line(reader, rest);

		rest = text_from_byte(rest, taken);
	}
	return bytes.size - rest.size;
}
