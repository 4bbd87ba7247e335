/* SPDX-License-Identifier: Apache-2.0 */
/* A client that sends any frame, right or wrong (RFC 9113 sections 4 and 6). */
#include "h2_client.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "suite.h"

#define HEAD_SIZE 9

/* --- Frames out --- */

static void add_number(struct buf *out, uint32_t number, int bytes)
{
	while (bytes-- > 0)
		buf_add_byte(out, (char)(number >> (8 * bytes)));
}

void h2_add_frame(struct buf *out, unsigned int type, unsigned int flags,
		  uint32_t stream, struct text payload)
{
	add_number(out, (uint32_t)payload.size, 3);
	add_number(out, type, 1);
	add_number(out, flags, 1);
	add_number(out, stream, 4);
	buf_add(out, payload);
}

void h2_add_number_frame(struct buf *out, unsigned int type, uint32_t stream,
			 uint32_t number)
{
	struct buf payload = buf_init(4);

	add_number(&payload, number, 4);
	h2_add_frame(out, type, 0, stream, buf_text(&payload));
	buf_wipe(&payload);
}

void h2_add_setting(struct buf *out, unsigned int id, uint32_t value)
{
	struct buf payload = buf_init(6);

	add_number(&payload, id, 2);
	add_number(&payload, value, 4);
	h2_add_frame(out, H2_SETTINGS, 0, 0, buf_text(&payload));
	buf_wipe(&payload);
}

/* A length in 7 bits and more (RFC 7541 section 5.1). */
static void add_string(struct buf *block, struct text string)
{
	size_t left = string.size;

	if (left < 127) {
		add_number(block, (uint32_t)left, 1);
	} else {
		add_number(block, 127, 1);
		for (left -= 127; left >= 128; left >>= 7)
			add_number(block, (left & 0x7f) | 0x80, 1);
		add_number(block, (uint32_t)left, 1);
	}
	buf_add(block, string);
}

void h2_add_field_text(struct buf *block, struct text name, struct text value)
{
	add_number(block, 0, 1);
	add_string(block, name);
	add_string(block, value);
}

void h2_add_field(struct buf *block, const char *name, const char *value)
{
	h2_add_field_text(block, text_from(name), text_from(value));
}

static void add_head(struct buf *out, uint32_t stream, unsigned int flags,
		     const char *method, const char *path)
{
	struct buf block = buf_init(4096);

	h2_add_field(&block, ":method", method);
	h2_add_field(&block, ":scheme", "http");
	h2_add_field(&block, ":authority", "a");
	h2_add_field(&block, ":path", path);
	h2_add_frame(out, H2_HEADERS, H2_END_HEADERS | flags, stream,
		     buf_text(&block));
	buf_wipe(&block);
}

void h2_add_request(struct buf *out, uint32_t stream, const char *method,
		    const char *path)
{
	add_head(out, stream, 0, method, path);
}

void h2_add_get(struct buf *out, uint32_t stream, const char *path)
{
	add_head(out, stream, H2_END_STREAM, "GET", path);
}

void h2_client_send(struct h2_client *client)
{
	size_t sent = 0;

	while (sent < client->out.size) {
		ssize_t size = send(client->fd, client->out.at + sent,
				    client->out.size - sent, MSG_NOSIGNAL);

		/* The server may have had enough. */
		if (size <= 0)
			break;
		sent += (size_t)size;
	}
	client->out.size = 0;
}

/* --- Frames in --- */

static bool receive(struct h2_client *client, size_t least)
{
	char piece[65536];

	while (client->in.size < least) {
		ssize_t got = recv(client->fd, piece, sizeof(piece), 0);

		if (got <= 0)
			return false;
		buf_add(&client->in, text_of(piece, (size_t)got));
	}
	return true;
}

static uint32_t number_at(const char *at, int bytes)
{
	uint32_t number = 0;

	for (int i = 0; i < bytes; i++)
		number = number << 8 | (unsigned char)at[i];
	return number;
}

uint32_t h2_number(const struct h2_frame *frame, size_t at)
{
	assert_true(at + 4 <= frame->size);
	return number_at(frame->payload + at, 4) & 0x7fffffff;
}

static void decode(struct h2_client *client, struct h2_frame *frame)
{
	struct buf fields = buf_init(sizeof(frame->fields) - 1);
	const uint8_t *at = (const uint8_t *)frame->payload;
	size_t left = frame->size;
	int flags = 0;

	assert_int_equal(frame->flags & H2_PADDED, 0);
	while ((flags & NGHTTP2_HD_INFLATE_FINAL) == 0) {
		nghttp2_nv field;
		ssize_t read = nghttp2_hd_inflate_hd2(client->inflater, &field,
						      &flags, at, left, 1);

		assert_true(read >= 0);
		at += read;
		left -= (size_t)read;
		if (flags & NGHTTP2_HD_INFLATE_EMIT)
			buf_format(&fields, "%.*s: %.*s\n", (int)field.namelen,
				   (const char *)field.name,
				   (int)field.valuelen,
				   (const char *)field.value);
	}
	nghttp2_hd_inflate_end_headers(client->inflater);
	memcpy(frame->fields, fields.at, fields.size);
	frame->fields[fields.size] = '\0';
	buf_wipe(&fields);
}

bool h2_client_next(struct h2_client *client, struct h2_frame *frame_out)
{
	const char *at;

	if (!receive(client, HEAD_SIZE))
		return false;
	at = client->in.at;
	frame_out->size = number_at(at, 3);
	frame_out->type = number_at(at + 3, 1);
	frame_out->flags = number_at(at + 4, 1);
	frame_out->stream = number_at(at + 5, 4) & 0x7fffffff;
	assert_true(frame_out->size <= sizeof(frame_out->payload));
	if (!receive(client, HEAD_SIZE + frame_out->size))
		return false;
	memcpy(frame_out->payload, client->in.at + HEAD_SIZE, frame_out->size);
	buf_consume(&client->in, HEAD_SIZE + frame_out->size);
	frame_out->fields[0] = '\0';
	if (frame_out->type == H2_HEADERS)
		decode(client, frame_out);
	return true;
}

void h2_client_await(struct h2_client *client, unsigned int type,
		     struct h2_frame *frame_out)
{
	while (h2_client_next(client, frame_out))
		if (frame_out->type == type)
			return;
	fail_msg("the server closed before a frame of type %u", type);
}

static int status_of(const char *fields)
{
	int status = 0;

	assert_int_equal(sscanf(fields, ":status: %d", &status), 1);
	return status;
}

void h2_client_reply(struct h2_client *client, uint32_t stream,
		     struct h2_reply *reply_out)
{
	static struct h2_frame frame;

	reply_out->status = 0;
	reply_out->body = buf_init(16 << 20);
	while (h2_client_next(client, &frame)) {
		if (frame.stream != stream)
			continue;
		if (frame.type == H2_RST_STREAM)
			fail_msg("reset with %u", h2_number(&frame, 0));
		if (frame.type == H2_HEADERS) {
			reply_out->status = status_of(frame.fields);
			memcpy(reply_out->fields, frame.fields,
			       sizeof(frame.fields));
		}
		if (frame.type == H2_DATA)
			buf_add(&reply_out->body,
				text_of(frame.payload, frame.size));
		if ((frame.type == H2_DATA || frame.type == H2_HEADERS) &&
		    (frame.flags & H2_END_STREAM))
			return;
	}
	fail_msg("the server closed without a reply on %u", stream);
}

void h2_client_open(struct h2_client *client, const struct server *server)
{
	client->fd = client_connect(server);
	client->in = buf_init(16 << 20);
	client->out = buf_init(16 << 20);
	assert_int_equal(nghttp2_hd_inflate_new(&client->inflater), 0);
	buf_add(&client->out, TEXT(H2_PREFACE));
	h2_add_frame(&client->out, H2_SETTINGS, 0, 0, TEXT(""));
}

void h2_client_close(struct h2_client *client)
{
	close(client->fd);
	buf_wipe(&client->in);
	buf_wipe(&client->out);
	nghttp2_hd_inflate_del(client->inflater);
}
