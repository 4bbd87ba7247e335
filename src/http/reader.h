/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes into one request, strictly (RFC 9112). For this room and its tests. */
#pragma once

#include "http/http.h"
#include "http/listener.h"

enum reader_state {
	/* It wants more bytes: */
	READER_REQUEST_LINE,
	READER_HEADERS,
	READER_BODY,
	READER_CHUNK_SIZE,
	READER_CHUNK,
	READER_CHUNK_END,
	READER_TRAILERS,
	/* It has ended: */
	READER_WHOLE,
	READER_REFUSED,
};

/*
 * Reads one request. What it makes of the bytes does not depend on how they
 * are split into pieces. All that it keeps is in the arena; the pieces need
 * not outlive the call.
 */
struct reader {
	enum reader_state state;
	struct http_request request; /* the head from READER_BODY on */
	bool keeps_alive; /* may the connection serve another one? */
	bool expects_continue; /* the client waits for a 100 */
	int status; /* when refused, with why (static) */
	const char *why;

	const struct http_limits *limits;
	struct buf lines; /* the head; later a chunk's line, then trailers */
	size_t line_at; /* where in them the line that is read begins */
	size_t headers_capacity;
	size_t trailer_count;
	struct buf body;
	size_t body_left; /* of the whole, or of the chunk that is read */
	struct text authority; /* of an absolute-form target */
	bool is_version_1_0;
	bool has_skipped_line;
};

/* `limits` is borrowed. The memory taken from the arena stays below
 * reader_budget(limits). */
void reader_init(struct reader *reader, struct arena *arena,
		 const struct http_limits *limits);
size_t reader_budget(const struct http_limits *limits);

/* Reads on and says how many of the bytes belong to this request: all, unless
 * it is whole now. (Of one that is refused nothing can be said.) */
size_t reader_feed(struct reader *reader, struct text bytes);

static inline bool reader_has_ended(const struct reader *reader)
{
	return reader->state >= READER_WHOLE;
}

/* --- Between reader.c and reader_head.c --- */

/* Always false, so that a check may end with it. */
bool reader_refuse(struct reader *reader, int status, const char *why);
bool reader_refuse_malformed(struct reader *reader, const char *why);
/* One line of the head, without its CR LF. */
void reader_head_line(struct reader *reader, struct text line);
/* The two parts of a line of a head or trailer; false when refused. */
bool reader_split_header(struct reader *reader, struct text line,
			 struct http_header *header_out);
/* Finds out how the body ends; false when refused. */
bool reader_begin_body(struct reader *reader);

/* --- Also for h2_stream.c, whose heads come field by field --- */

/* All texts are to live as long as the arena; false when refused. */
void reader_set_method(struct reader *reader, struct text name);
bool reader_set_target(struct reader *reader, struct text target);
bool reader_add_header(struct reader *reader, struct http_header header);
bool reader_set_host(struct reader *reader, struct text host);
/* Sets expects_continue, or refuses another expectation. */
bool reader_check_expect(struct reader *reader);
