/* SPDX-License-Identifier: Apache-2.0 */
/* Sets libnghttp2 up, and passes on what it finds in the bytes. */
#include <malloc.h>
#include <nghttp2/nghttp2.h>
#include <stdlib.h>

#include "http/h2.h"

#define FRAME_HEADER_SIZE 9
/* Acknowledgements that wait because the client does not read. */
#define ACKNOWLEDGEMENTS_MAX 200
#define SETTINGS_ENTRIES_MAX 32

/* --- Memory that is wiped: header fields are in it --- */

static void *take(size_t size, void *context)
{
	(void)context;
	return malloc(size);
}

static void *take_zeroed(size_t count, size_t size, void *context)
{
	(void)context;
	return calloc(count, size);
}

static void give(void *at, void *context)
{
	(void)context;
	if (at != NULL)
		explicit_bzero(at, malloc_usable_size(at));
	free(at);
}

static void *take_anew(void *at, size_t size, void *context)
{
	size_t before = at == NULL ? 0 : malloc_usable_size(at);
	void *fresh = malloc(size);

	if (fresh == NULL)
		return NULL;
	if (before > 0)
		memcpy(fresh, at, before < size ? before : size);
	give(at, context);
	return fresh;
}

static nghttp2_mem wiped_memory = {
	.malloc = take,
	.free = give,
	.calloc = take_zeroed,
	.realloc = take_anew,
};

/* --- What comes --- */

static struct h2_stream *stream_of(nghttp2_session *engine, int32_t id)
{
	return nghttp2_session_get_stream_user_data(engine, id);
}

/* Called for every frame of a known type, also for those that libnghttp2 then
 * refuses. */
static int frame_begins(nghttp2_session *engine, const nghttp2_frame_hd *head,
			void *context)
{
	struct h2_session *session = context;

	(void)engine;
	switch (head->type) {
	case NGHTTP2_HEADERS:
	case NGHTTP2_CONTINUATION: /* libnghttp2 takes few (CVE-2024-27316) */
	case NGHTTP2_RST_STREAM: /* counted when it is found to be one */
		break;
	case NGHTTP2_DATA:
		/* Padding costs no window: there may be nothing else in it. */
		if ((head->length == 0 ||
		     (head->flags & NGHTTP2_FLAG_PADDED) != 0) &&
		    (head->flags & NGHTTP2_FLAG_END_STREAM) == 0)
			h2_session_count_chatter(session);
		break;
	default:
		h2_session_count_chatter(session);
	}
	return 0;
}

static int head_begins(nghttp2_session *engine, const nghttp2_frame *frame,
		       void *context)
{
	struct h2_session *session = context;

	if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
		h2_session_begin_stream(session, frame->hd.stream_id);
		return 0;
	}
	session->reading = stream_of(engine, frame->hd.stream_id);
	return 0;
}

static int field_came(nghttp2_session *engine, const nghttp2_frame *frame,
		      const uint8_t *name, size_t name_size,
		      const uint8_t *value, size_t value_size, uint8_t flags,
		      void *context)
{
	struct h2_session *session = context;

	(void)flags;
	if (session->reading == NULL ||
	    h2_stream_add_field(session->reading, text_of(name, name_size),
				text_of(value, value_size)))
		return 0;
	session->reading = NULL;
	(void)nghttp2_submit_rst_stream(engine, NGHTTP2_FLAG_NONE,
					frame->hd.stream_id,
					NGHTTP2_ENHANCE_YOUR_CALM);
	return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

/* A field that no field may look like makes the request malformed (RFC 9113
 * section 8.2.1); libnghttp2 would pass over it. */
static int field_is_malformed(nghttp2_session *engine,
			      const nghttp2_frame *frame, const uint8_t *name,
			      size_t name_size, const uint8_t *value,
			      size_t value_size, uint8_t flags, void *context)
{
	struct h2_session *session = context;

	(void)name;
	(void)name_size;
	(void)value;
	(void)value_size;
	(void)flags;
	session->reading = NULL;
	(void)nghttp2_submit_rst_stream(engine, NGHTTP2_FLAG_NONE,
					frame->hd.stream_id,
					NGHTTP2_PROTOCOL_ERROR);
	return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

static int body_came(nghttp2_session *engine, uint8_t flags, int32_t id,
		     const uint8_t *at, size_t size, void *context)
{
	struct h2_stream *stream = stream_of(engine, id);

	(void)flags;
	if (stream != NULL)
		h2_session_add_body(context, stream, text_of(at, size));
	else
		(void)nghttp2_session_consume_connection(engine, size);
	return 0;
}

static void request_goes_on(nghttp2_session *engine, const nghttp2_frame *frame,
			    struct h2_session *session)
{
	struct h2_stream *stream = stream_of(engine, frame->hd.stream_id);

	if (stream == NULL)
		return;
	if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
		stream->has_ended = true;
	if (frame->hd.type == NGHTTP2_HEADERS &&
	    stream->state == H2_STREAM_HEAD)
		h2_session_end_head(session, stream);
	if (stream->has_ended)
		h2_session_end_request(session, stream);
}

static int frame_came(nghttp2_session *engine, const nghttp2_frame *frame,
		      void *context)
{
	struct h2_session *session = context;

	switch (frame->hd.type) {
	case NGHTTP2_HEADERS:
		session->reading = NULL;
		request_goes_on(engine, frame, session);
		break;
	case NGHTTP2_DATA:
		request_goes_on(engine, frame, session);
		break;
	case NGHTTP2_RST_STREAM:
		h2_session_count_reset(session);
		break;
	case NGHTTP2_PING:
		if (session->shut == H2_NOTICED &&
		    (frame->hd.flags & NGHTTP2_FLAG_ACK))
			h2_session_shut(session, true);
		break;
	default:
		break;
	}
	return 0;
}

static int stream_ended(nghttp2_session *engine, int32_t id, uint32_t code,
			void *context)
{
	struct h2_session *session = context;
	struct h2_stream *stream = stream_of(engine, id);

	(void)code;
	if (stream == NULL)
		return 0;
	if (session->reading == stream)
		session->reading = NULL;
	h2_session_end_stream(session, stream);
	return 0;
}

/* --- What goes --- */

/* What the server ends is counted like what the client ends: a client can make
 * it do so (CVE-2025-8671). */
static void sent_reset(struct h2_session *session, const nghttp2_frame *frame)
{
	uint32_t code = frame->rst_stream.error_code;

	if (code == NGHTTP2_NO_ERROR)
		return;
	h2_session_tell_refused(session, nghttp2_http2_strerror(code));
	h2_session_count_reset(session);
}

static int frame_went(nghttp2_session *engine, const nghttp2_frame *frame,
		      void *context)
{
	struct h2_session *session = context;

	switch (frame->hd.type) {
	case NGHTTP2_HEADERS:
	case NGHTTP2_DATA:
		if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
			h2_session_end_reply(
				stream_of(engine, frame->hd.stream_id));
		break;
	case NGHTTP2_RST_STREAM:
		sent_reset(session, frame);
		break;
	case NGHTTP2_GOAWAY:
		if (frame->goaway.error_code != NGHTTP2_NO_ERROR &&
		    !session->is_flooded)
			h2_session_tell_refused(
				session, nghttp2_http2_strerror(
						 frame->goaway.error_code));
		break;
	default:
		break;
	}
	return 0;
}

/* A reply whose headers are more than libnghttp2 sends. */
static int frame_stayed(nghttp2_session *engine, const nghttp2_frame *frame,
			int why, void *context)
{
	(void)context;
	if (frame->hd.type == NGHTTP2_HEADERS &&
	    why != NGHTTP2_ERR_STREAM_CLOSED &&
	    why != NGHTTP2_ERR_STREAM_CLOSING)
		(void)nghttp2_submit_rst_stream(engine, NGHTTP2_FLAG_NONE,
						frame->hd.stream_id,
						NGHTTP2_INTERNAL_ERROR);
	return 0;
}

/* The reply's body, past libnghttp2's own buffer. */
static int send_body(nghttp2_session *engine, nghttp2_frame *frame,
		     const uint8_t *head, size_t size,
		     nghttp2_data_source *source, void *context)
{
	struct h2_session *session = context;
	struct h2_stream *stream = source->ptr;
	struct text body = buf_text(&stream->reply.body);

	(void)engine;
	(void)frame;
	if (session->out->size >= H2_FILL_SIZE)
		return NGHTTP2_ERR_WOULDBLOCK;
	buf_add(session->out, text_of(head, FRAME_HEADER_SIZE));
	buf_add(session->out,
		text_first(text_from_byte(body, stream->body_sent), size));
	stream->body_sent += size;
	stream->waits_since_ms = 0;
	return 0;
}

/* --- Setting up --- */

static void set_callbacks(nghttp2_session_callbacks *callbacks)
{
	nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks,
							      frame_begins);
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks,
								head_begins);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, field_came);
	nghttp2_session_callbacks_set_on_invalid_header_callback(
		callbacks, field_is_malformed);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks,
								  body_came);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks,
							     frame_came);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks,
							       stream_ended);
	nghttp2_session_callbacks_set_on_frame_send_callback(callbacks,
							     frame_went);
	nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks,
								 frame_stayed);
	nghttp2_session_callbacks_set_send_data_callback(callbacks, send_body);
}

static void submit_settings(nghttp2_session *engine,
			    const struct http_limits *limits)
{
	/* The one byte more lets a body that is too large be told so. */
	const nghttp2_settings_entry entries[] = {
		{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, H2_STREAMS_MAX},
		{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE,
		 (uint32_t)limits->body_size + 1},
		{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
		 (uint32_t)limits->head_size},
		{NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
	};

	MUST(nghttp2_submit_settings(engine, NGHTTP2_FLAG_NONE, entries,
				     COUNT_OF(entries)) == 0);
	MUST(nghttp2_session_set_local_window_size(
		     engine, NGHTTP2_FLAG_NONE, 0,
		     (int32_t)(limits->body_size + H2_BODIES_SIZE)) == 0);
}

struct nghttp2_session *h2_engine_new(struct h2_session *session)
{
	nghttp2_session_callbacks *callbacks;
	nghttp2_session *engine;
	nghttp2_option *option;

	MUST(nghttp2_session_callbacks_new(&callbacks) == 0);
	MUST(nghttp2_option_new(&option) == 0);
	set_callbacks(callbacks);
	/* The connection's window bounds what bodies take. */
	nghttp2_option_set_no_auto_window_update(option, 1);
	nghttp2_option_set_no_closed_streams(option, 1);
	nghttp2_option_set_max_outbound_ack(option, ACKNOWLEDGEMENTS_MAX);
	nghttp2_option_set_max_settings(option, SETTINGS_ENTRIES_MAX);
	MUST(nghttp2_session_server_new3(&engine, callbacks, session, option,
					 &wiped_memory) == 0);
	nghttp2_option_del(option);
	nghttp2_session_callbacks_del(callbacks);
	submit_settings(engine, session->limits);
	return engine;
}
