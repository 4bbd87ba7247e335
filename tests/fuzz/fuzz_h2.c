/* SPDX-License-Identifier: Apache-2.0 */
/* A client's HTTP/2 frames in pieces; each request is answered, some late. */
#include <stdlib.h>

#include "base/event.h"
#include "http/h2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PREFACE                                                                \
	"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"                                     \
	"\0\0\0\4\0\0\0\0\0"
#define LATE_MAX 8

static const struct http_limits limits = {
	.head_size = 1024,
	.header_count = 20,
	.body_size = 512,
	.head_ms = 50,
	.body_ms = 50,
	.write_ms = 50,
};

static struct http_budget budget;

/* Requests whose tasks are not done yet. */
struct late {
	struct h2_stream *streams[LATE_MAX];
	size_t count;
};

/* What the rooms above rely on. */
static void check(const struct h2_stream *stream)
{
	const struct http_request *request = &stream->reader.request;

	MUST(request->header_count <= limits.header_count);
	MUST(request->body.size <= limits.body_size);
	MUST(request->path.size > 0 && request->host.size > 0);
	MUST(request->path.at[0] == '/' || request->path.at[0] == '*');
	MUST(http_is_token(request->method_name));
	for (size_t i = 0; i < request->header_count; i++) {
		MUST(http_is_token(request->headers[i].name));
		MUST(text_find_byte(request->headers[i].value, '\n') ==
		     request->headers[i].value.size);
	}
}

static void answer(struct h2_session *session, struct h2_stream *stream)
{
	if (stream->session == NULL) {
		h2_stream_free(&stream);
		return;
	}
	stream->reply.status = 200;
	http_reply_header(&stream->reply, "X-Path",
			  stream->reader.request.path);
	buf_add(&stream->reply.body, stream->reader.request.body);
	h2_session_answer(session, stream);
}

static void answer_first(struct h2_session *session, struct late *late)
{
	struct h2_stream *first = late->streams[0];

	late->count--;
	memmove(late->streams, late->streams + 1,
		late->count * sizeof(*late->streams));
	answer(session, first);
}

static void take_requests(struct h2_session *session, struct late *late)
{
	struct h2_stream *stream;

	while ((stream = h2_session_next(session)) != NULL) {
		check(stream);
		if (late->count == LATE_MAX)
			answer_first(session, late);
		late->streams[late->count++] = stream;
	}
	MUST(session->stream_count <= H2_STREAMS_MAX);
	MUST(session->running_count <= H2_STREAMS_MAX);
}

static void drop_output(struct h2_session *session)
{
	struct buf out = buf_init(H2_FILL_MAX);

	h2_session_fill(session, &out);
	MUST(!out.is_over);
	buf_wipe(&out);
}

static bool take(struct h2_session *session, struct text piece)
{
	char *copy = malloc(piece.size);
	bool goes_on;

	MUST(copy != NULL);
	memcpy(copy, piece.at, piece.size);
	goes_on = h2_session_take(session, text_of(copy, piece.size));
	free(copy);
	return goes_on;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text rest = text_of(data, size);
	size_t step = size > 0 ? 1 + data[size - 1] : 1;
	struct h2_session session;
	struct late late = {.count = 0};
	int64_t now_ms = 1;

	event_log_to(-1, EVENT_ERROR);
	h2_session_init(&session, &limits, &budget, TEXT("192.0.2.1"));
	MUST(take(&session, TEXT(PREFACE)));
	while (rest.size > 0 && take(&session, text_first(rest, step))) {
		rest = text_from_byte(rest, step);
		take_requests(&session, &late);
		drop_output(&session);
		if (step % 3 == 0)
			(void)h2_session_look(&session, now_ms += 20);
		if (step % 7 == 0)
			h2_session_drop_waiting(&session);
		if (h2_session_is_over(&session))
			break;
	}
	while (step % 2 == 0 && late.count > 0)
		answer_first(&session, &late);
	drop_output(&session);
	h2_session_wipe(&session);
	while (late.count > 0)
		answer_first(&session, &late);
	MUST(budget.held == 0);
	return 0;
}
