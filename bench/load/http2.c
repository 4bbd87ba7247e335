/* SPDX-License-Identifier: Apache-2.0 */
/* The load generator's HTTP/2 (RFC 9113), by libnghttp2: many requests at once. */
#include <nghttp2/nghttp2.h>
#include <stdio.h>

#include "lane.h"

#define HEADERS_MAX 32
#define NUMBER_SIZE 24
#define WINDOW_SIZE (16 * 1024 * 1024)

/* --- What comes --- */

static int begin_headers(nghttp2_session *session, const nghttp2_frame *frame,
			 void *context)
{
	struct lane_slot *slot = nghttp2_session_get_stream_user_data(
		session, frame->hd.stream_id);

	(void)context;
	if (slot == NULL)
		return 0;
	slot->head.size = 0;
	slot->body.size = 0;
	return 0;
}

static int header(nghttp2_session *session, const nghttp2_frame *frame,
		  const uint8_t *name, size_t name_size, const uint8_t *value,
		  size_t value_size, uint8_t flags, void *context)
{
	struct lane_slot *slot = nghttp2_session_get_stream_user_data(
		session, frame->hd.stream_id);
	int64_t status;

	(void)flags;
	(void)context;
	if (slot == NULL)
		return 0;
	if (text_equal(text_of(name, name_size), TEXT(":status"))) {
		if (text_parse_integer(text_of(value, value_size), &status))
			slot->answer.status = (int)status;
		return 0;
	}
	buf_format(&slot->head, "%.*s: %.*s\r\n", (int)name_size,
		   (const char *)name, (int)value_size, (const char *)value);
	return 0;
}

static int data(nghttp2_session *session, uint8_t flags, int32_t stream,
		const uint8_t *at, size_t size, void *context)
{
	struct lane_slot *slot =
		nghttp2_session_get_stream_user_data(session, stream);

	(void)flags;
	(void)context;
	if (slot != NULL)
		buf_add(&slot->body, text_of(at, size));
	return 0;
}

/* An answer, or the stream was reset and there is none. */
static int stream_close(nghttp2_session *session, int32_t stream,
			uint32_t error, void *context)
{
	struct lane *lane = context;
	struct lane_slot *slot =
		nghttp2_session_get_stream_user_data(session, stream);

	if (slot == NULL)
		return 0;
	if (error != NGHTTP2_NO_ERROR)
		slot->answer.status = 0;
	slot->answer.head = buf_text(&slot->head);
	slot->answer.body = buf_text(&slot->body);
	lane->answered(lane, slot);
	return 0;
}

static bool http2_receive(struct lane *lane, struct text bytes)
{
	ssize_t taken = nghttp2_session_mem_recv(
		lane->http2, (const uint8_t *)bytes.at, bytes.size);

	return taken == (ssize_t)bytes.size &&
	       (nghttp2_session_want_read(lane->http2) != 0 ||
		nghttp2_session_want_write(lane->http2) != 0);
}

/* --- What goes --- */

static ssize_t body_of(nghttp2_session *session, int32_t stream, uint8_t *at,
		       size_t size, uint32_t *flags,
		       nghttp2_data_source *source, void *context)
{
	struct lane_slot *slot = source->ptr;
	struct text rest = text_from_byte(slot->request.body, slot->body_sent);
	size_t count = rest.size < size ? rest.size : size;

	(void)session;
	(void)stream;
	(void)context;
	memcpy(at, rest.at, count);
	slot->body_sent += count;
	if (count == rest.size)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)count;
}

struct header_list {
	nghttp2_nv rows[HEADERS_MAX];
	size_t count;
};

static bool add_header(struct header_list *list, struct text name,
		       struct text value)
{
	/* A proof is another one each time: no use in a table. */
	bool is_once = text_equal(name, TEXT("dpop"));

	if (list->count == HEADERS_MAX)
		return false;
	list->rows[list->count++] = (nghttp2_nv){
		.name = (uint8_t *)(uintptr_t)name.at,
		.namelen = name.size,
		.value = (uint8_t *)(uintptr_t)value.at,
		.valuelen = value.size,
		.flags = is_once ? NGHTTP2_NV_FLAG_NO_INDEX
				 : NGHTTP2_NV_FLAG_NONE,
	};
	return true;
}

static bool add_headers(struct header_list *list, struct text lines)
{
	while (lines.size > 0) {
		size_t end = text_find(lines, TEXT("\r\n"));
		struct text line = text_first(lines, end);
		size_t colon = text_find_byte(line, ':');

		if (!add_header(list, text_first(line, colon),
				text_trim(text_from_byte(line, colon + 1))))
			return false;
		lines = text_from_byte(lines, end + 2);
	}
	return true;
}

static bool http2_submit(struct lane *lane, struct lane_slot *slot)
{
	const struct load_request *request = &slot->request;
	nghttp2_data_provider provider = {
		.source.ptr = slot,
		.read_callback = body_of,
	};
	struct header_list list = {.count = 0};
	char size[NUMBER_SIZE];
	bool has_body = text_is_present(request->body);

	snprintf(size, sizeof(size), "%zu", request->body.size);
	return add_header(&list, TEXT(":method"), text_from(request->method)) &&
	       add_header(&list, TEXT(":scheme"),
			  lane->target->is_tls ? TEXT("https")
					       : TEXT("http")) &&
	       add_header(&list, TEXT(":authority"),
			  text_from(lane->target->authority)) &&
	       add_header(&list, TEXT(":path"), request->path) &&
	       add_headers(&list, request->headers) &&
	       (!has_body ||
		add_header(&list, TEXT("content-length"), text_from(size))) &&
	       nghttp2_submit_request(lane->http2, NULL, list.rows, list.count,
				      has_body ? &provider : NULL, slot) > 0;
}

static bool http2_gather(struct lane *lane)
{
	const uint8_t *at;
	ssize_t size;

	while ((size = nghttp2_session_mem_send(lane->http2, &at)) > 0)
		buf_add(&lane->out, text_of(at, (size_t)size));
	return size == 0 && !lane->out.is_over;
}

/* --- The connection --- */

static bool open_session(struct lane *lane, nghttp2_session_callbacks *does)
{
	const nghttp2_settings_entry settings[] = {
		{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
		{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW_SIZE},
	};

	nghttp2_session_callbacks_set_on_begin_headers_callback(does,
								begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(does, header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(does, data);
	nghttp2_session_callbacks_set_on_stream_close_callback(does,
							       stream_close);
	return nghttp2_session_client_new(&lane->http2, does, lane) == 0 &&
	       nghttp2_submit_settings(lane->http2, NGHTTP2_FLAG_NONE, settings,
				       COUNT_OF(settings)) == 0 &&
	       nghttp2_session_set_local_window_size(
		       lane->http2, NGHTTP2_FLAG_NONE, 0, WINDOW_SIZE) == 0;
}

static bool http2_open(struct lane *lane)
{
	nghttp2_session_callbacks *does;
	bool is_open;

	if (nghttp2_session_callbacks_new(&does) != 0)
		return false;
	is_open = open_session(lane, does);
	nghttp2_session_callbacks_del(does);
	return is_open;
}

static void http2_close(struct lane *lane)
{
	nghttp2_session_del(lane->http2);
	lane->http2 = NULL;
}

const struct lane_wire lane_wire_http2 = {
	.open = http2_open,
	.submit = http2_submit,
	.gather = http2_gather,
	.receive = http2_receive,
	.close = http2_close,
};
