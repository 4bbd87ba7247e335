/* SPDX-License-Identifier: Apache-2.0 */
/* The streams of one connection: what each is at, what all may take. */
#include <nghttp2/nghttp2.h>

#include "base/event.h"
#include "http/connection.h"
#include "http/h2.h"
#include "loop/clock.h"

/* How long the client has to answer the PING behind the notice. */
#define NOTICE_MS 1000
/* How long a client that is answered may go on sending, at least. */
#define LINGER_MS 200

void h2_session_init(struct h2_session *session,
		     const struct http_limits *limits,
		     struct http_budget *budget, struct text peer)
{
	*session = (struct h2_session){
		.limits = limits,
		.budget = budget,
		.peer = peer,
		.resets.left = H2_RESETS_MAX,
		.chatter.left = H2_CHATTER_MAX,
	};
	session->resets.refilled_at_ms = clock_monotonic_ms();
	session->chatter.refilled_at_ms = session->resets.refilled_at_ms;
	list_init(&session->streams);
	list_init(&session->turn);
	session->engine = h2_engine_new(session);
}

void h2_session_wipe(struct h2_session *session)
{
	struct list *link;

	while ((link = list_take_first(&session->streams)) != NULL) {
		struct h2_stream *stream =
			HOLDER_OF(link, struct h2_stream, link);

		if (stream->state == H2_STREAM_RUNS)
			stream->session = NULL;
		else
			h2_stream_free(&stream);
	}
	nghttp2_session_del(session->engine);
	session->engine = NULL;
}

/* --- What is refused --- */

void h2_session_tell_refused(const struct h2_session *session, const char *why)
{
	struct event event;

	event_begin(&event, EVENT_INFO, "http.h2.refused");
	event_string(&event, "why", why);
	event_text(&event, "peer", session->peer);
	event_end(&event);
}

void h2_session_flood(struct h2_session *session, const char *why)
{
	struct event event;

	if (session->is_flooded)
		return;
	session->is_flooded = true;
	event_begin(&event, EVENT_WARNING, "http.h2.flood");
	event_string(&event, "why", why);
	event_text(&event, "peer", session->peer);
	event_end(&event);
	(void)nghttp2_session_terminate_session(session->engine,
						NGHTTP2_ENHANCE_YOUR_CALM);
}

/* The clock is read only when what was allowed in one go is used up. */
static bool take_one(struct h2_allowance *allowance, int64_t max,
		     int64_t per_second)
{
	int64_t now_ms;
	int64_t more;

	if (allowance->left > 0) {
		allowance->left--;
		return true;
	}
	now_ms = clock_monotonic_ms();
	more = (now_ms - allowance->refilled_at_ms) * per_second / 1000;
	if (more <= 0)
		return false;
	allowance->left = (more < max ? more : max) - 1;
	allowance->refilled_at_ms = now_ms;
	return true;
}

static void give_back(struct h2_allowance *allowance, int64_t max, int64_t more)
{
	allowance->left += more;
	if (allowance->left > max)
		allowance->left = max;
}

void h2_session_count_reset(struct h2_session *session)
{
	if (!take_one(&session->resets, H2_RESETS_MAX, H2_RESETS_PER_SECOND))
		h2_session_flood(session, "too many streams reset");
}

void h2_session_count_chatter(struct h2_session *session)
{
	if (!take_one(&session->chatter, H2_CHATTER_MAX, H2_CHATTER_PER_SECOND))
		h2_session_flood(session, "too many frames without a request");
}

/* The stream's end frees it. */
static void reset(struct h2_session *session, struct h2_stream *stream,
		  uint32_t code)
{
	(void)nghttp2_submit_rst_stream(session->engine, NGHTTP2_FLAG_NONE,
					stream->id, code);
}

/* --- The reply --- */

/* Lets the client send as much to other streams as this one's body took. */
static void consume(struct h2_session *session, struct h2_stream *stream)
{
	if (stream->unconsumed > 0)
		(void)nghttp2_session_consume_connection(session->engine,
							 stream->unconsumed);
	stream->unconsumed = 0;
}

static void reply(struct h2_session *session, struct h2_stream *stream)
{
	http_reply_settle(&stream->reply);
	stream->state = H2_STREAM_REPLIES;
	stream->waits_since_ms = 0;
	stream->unsent = stream->reply.headers.size + stream->reply.body.size;
	session->unsent += stream->unsent;
	consume(session, stream);
	if (!h2_stream_submit(stream))
		reset(session, stream, NGHTTP2_INTERNAL_ERROR);
}

/* Answers what is no request, or came too late, or finds no room. */
static void refuse(struct h2_session *session, struct h2_stream *stream)
{
	const struct reader *reader = &stream->reader;
	const char *error = reader->status < 500 ? "invalid_request"
						 : "temporarily_unavailable";

	stream->is_refused = true;
	connection_tell_refused(session->peer, reader->status, reader->why);
	http_reply_error(&stream->reply, reader->status, error, reader->why);
	if (reader->status == 503)
		http_reply_header(&stream->reply, "Retry-After", TEXT("1"));
	reply(session, stream);
}

void h2_session_refuse(struct h2_session *session, struct h2_stream *stream)
{
	session->running_count--;
	(void)reader_refuse(&stream->reader, 503,
			    "the server is short of memory");
	refuse(session, stream);
}

void h2_session_answer(struct h2_session *session, struct h2_stream *stream)
{
	session->running_count--;
	if (stream->is_gone) {
		consume(session, stream);
		h2_stream_free(&stream);
		return;
	}
	give_back(&session->resets, H2_RESETS_MAX, H2_RESETS_PER_REPLY);
	give_back(&session->chatter, H2_CHATTER_MAX, H2_CHATTER_PER_REPLY);
	reply(session, stream);
}

/* Many clients do not hear a reply beside a reset: they may end first. */
void h2_session_end_reply(struct h2_stream *stream)
{
	if (stream == NULL || stream->has_ended)
		return;
	stream->state = H2_STREAM_LINGERS;
	stream->waits_since_ms = 0;
}

/* --- The request --- */

void h2_session_begin_stream(struct h2_session *session, int32_t id)
{
	struct h2_stream *stream = h2_stream_new(session, id);

	MUST(nghttp2_session_set_stream_user_data(session->engine, id,
						  stream) == 0);
	session->reading = stream;
}

/* RFC 9110 section 10.1.1: unless the body has begun to come by itself. */
static void say_continue(struct h2_session *session, struct h2_stream *stream)
{
	const nghttp2_nv field = {
		.name = (uint8_t *)":status",
		.value = (uint8_t *)"100",
		.namelen = 7,
		.valuelen = 3,
	};

	(void)nghttp2_submit_headers(session->engine, NGHTTP2_FLAG_NONE,
				     stream->id, NULL, &field, 1, NULL);
}

void h2_session_end_head(struct h2_session *session, struct h2_stream *stream)
{
	stream->state = H2_STREAM_BODY;
	stream->waits_since_ms = 0;
	switch (h2_stream_end_head(stream)) {
	case DONE:
		if (stream->reader.expects_continue && !stream->has_ended)
			say_continue(session, stream);
		break;
	case REFUSED:
		refuse(session, stream);
		break;
	case BROKEN:
		stream->is_refused = true;
		reset(session, stream, NGHTTP2_PROTOCOL_ERROR);
		break;
	}
}

void h2_session_add_body(struct h2_session *session, struct h2_stream *stream,
			 struct text bytes)
{
	stream->unconsumed += bytes.size;
	if (stream->is_refused)
		consume(session, stream);
	else if (!h2_stream_add_body(stream, bytes))
		refuse(session, stream);
}

void h2_session_end_request(struct h2_session *session,
			    struct h2_stream *stream)
{
	if (stream->is_refused || stream->state != H2_STREAM_BODY)
		return;
	stream->reader.request.body = buf_text(&stream->reader.body);
	stream->reader.state = READER_WHOLE;
	stream->state = H2_STREAM_WAITS;
	stream->waits_since_ms = 0;
	list_append(&session->turn, &stream->turn);
}

void h2_session_end_stream(struct h2_session *session, struct h2_stream *stream)
{
	session->stream_count--;
	stream->is_gone = true;
	if (stream->state == H2_STREAM_RUNS)
		return;
	consume(session, stream);
	h2_stream_free(&stream);
}

struct h2_stream *h2_session_next(struct h2_session *session)
{
	struct h2_stream *stream;

	if (list_is_empty(&session->turn) || session->is_flooded ||
	    session->unsent > H2_UNSENT_MAX ||
	    session->running_count >= H2_STREAMS_MAX)
		return NULL;
	stream = HOLDER_OF(list_take_first(&session->turn), struct h2_stream,
			   turn);
	stream->state = H2_STREAM_RUNS;
	session->running_count++;
	return stream;
}

/* --- Bytes --- */

bool h2_session_take(struct h2_session *session, struct text bytes)
{
	ssize_t taken = nghttp2_session_mem_recv(
		session->engine, (const uint8_t *)bytes.at, bytes.size);

	if (taken >= 0)
		return true;
	session->is_dead = true;
	if (taken == NGHTTP2_ERR_FLOODED)
		h2_session_flood(session, "too many frames to acknowledge");
	else
		h2_session_tell_refused(session, nghttp2_strerror((int)taken));
	return false;
}

void h2_session_fill(struct h2_session *session, struct buf *out)
{
	const uint8_t *at;
	ssize_t size;

	if (session->is_dead)
		return;
	session->out = out;
	while (out->size < H2_FILL_SIZE) {
		size = nghttp2_session_mem_send(session->engine, &at);
		if (size <= 0)
			break;
		buf_add(out, text_of(at, (size_t)size));
	}
	session->out = NULL;
}

/* --- Ends --- */

static unsigned int allowed_ms(const struct h2_session *session,
			       const struct h2_stream *stream)
{
	switch (stream->state) {
	case H2_STREAM_HEAD:
		return session->limits->head_ms;
	case H2_STREAM_BODY:
		return session->limits->body_ms;
	case H2_STREAM_REPLIES:
		return session->limits->write_ms;
	case H2_STREAM_LINGERS:
		return LINGER_MS;
	case H2_STREAM_WAITS:
	case H2_STREAM_RUNS:
		break;
	}
	return 0;
}

/* Whether it has kept us waiting for longer than allowed. */
static bool is_overdue(const struct h2_session *session,
		       struct h2_stream *stream, int64_t now_ms)
{
	unsigned int most_ms = allowed_ms(session, stream);

	if (stream->state == H2_STREAM_WAITS || stream->state == H2_STREAM_RUNS)
		return false;
	if (stream->waits_since_ms == 0)
		stream->waits_since_ms = now_ms;
	return most_ms > 0 && now_ms - stream->waits_since_ms >= most_ms;
}

static void expire(struct h2_session *session, struct h2_stream *stream)
{
	if (stream->state == H2_STREAM_HEAD) {
		/* Nothing else may come before the rest of its head. */
		h2_session_tell_refused(session,
					"a head took too long to come");
		(void)nghttp2_session_terminate_session(session->engine,
							NGHTTP2_NO_ERROR);
	} else if (stream->state == H2_STREAM_BODY && !stream->is_refused) {
		(void)reader_refuse(&stream->reader, 408,
				    "the request took too long to come");
		refuse(session, stream);
	} else if (stream->state == H2_STREAM_LINGERS) {
		/* RFC 9113 section 8.1 */
		reset(session, stream, NGHTTP2_NO_ERROR);
	} else {
		reset(session, stream, NGHTTP2_CANCEL);
	}
}

int64_t h2_session_look(struct h2_session *session, int64_t now_ms)
{
	struct list *link = session->streams.next;
	int64_t since_ms = now_ms;

	while (link != &session->streams) {
		struct h2_stream *stream =
			HOLDER_OF(link, struct h2_stream, link);

		link = link->next;
		if (is_overdue(session, stream, now_ms))
			expire(session, stream);
		else if (stream->waits_since_ms != 0 &&
			 stream->waits_since_ms < since_ms)
			since_ms = stream->waits_since_ms;
	}
	if (session->shut == H2_NOTICED &&
	    now_ms - session->noticed_at_ms >= NOTICE_MS)
		h2_session_shut(session, true);
	return since_ms;
}

/* One that was not begun may be asked again (RFC 9113 section 8.7). */
void h2_session_drop_waiting(struct h2_session *session)
{
	struct list *link = session->streams.next;

	while (link != &session->streams) {
		struct h2_stream *stream =
			HOLDER_OF(link, struct h2_stream, link);

		link = link->next;
		if (stream->waits_since_ms == 0)
			continue;
		reset(session, stream,
		      stream->state == H2_STREAM_BODY ? NGHTTP2_REFUSED_STREAM
						      : NGHTTP2_CANCEL);
	}
}

void h2_session_drop_bodies(struct h2_session *session)
{
	for (struct list *link = session->streams.next;
	     link != &session->streams; link = link->next) {
		struct h2_stream *stream =
			HOLDER_OF(link, struct h2_stream, link);

		if (stream->state != H2_STREAM_BODY || stream->is_refused)
			continue;
		stream->is_refused = true;
		reset(session, stream, NGHTTP2_REFUSED_STREAM);
	}
}

void h2_session_shut(struct h2_session *session, bool is_final)
{
	if (is_final && session->shut != H2_SHUT) {
		session->shut = H2_SHUT;
		(void)nghttp2_submit_goaway(
			session->engine, NGHTTP2_FLAG_NONE,
			nghttp2_session_get_last_proc_stream_id(
				session->engine),
			NGHTTP2_NO_ERROR, NULL, 0);
	} else if (!is_final && session->shut == H2_OPEN) {
		session->shut = H2_NOTICED;
		session->noticed_at_ms = clock_monotonic_ms();
		(void)nghttp2_submit_shutdown_notice(session->engine);
		(void)nghttp2_submit_ping(session->engine, NGHTTP2_FLAG_NONE,
					  NULL);
	}
}

bool h2_session_is_over(const struct h2_session *session)
{
	return session->is_dead ||
	       (nghttp2_session_want_read(session->engine) == 0 &&
		nghttp2_session_want_write(session->engine) == 0);
}
