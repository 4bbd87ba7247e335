/* SPDX-License-Identifier: Apache-2.0 */
/* A client that sends any frame, right or wrong (RFC 9113 sections 4 and 6). */
#pragma once

#include "server.h"

enum {
	H2_DATA = 0,
	H2_HEADERS = 1,
	H2_PRIORITY = 2,
	H2_RST_STREAM = 3,
	H2_SETTINGS = 4,
	H2_PING = 6,
	H2_GOAWAY = 7,
	H2_WINDOW_UPDATE = 8,
	H2_CONTINUATION = 9,

	H2_END_STREAM = 0x1,
	H2_ACK = 0x1,
	H2_END_HEADERS = 0x4,
	H2_PADDED = 0x8,
	H2_WHOLE = H2_END_STREAM | H2_END_HEADERS,

	H2_PROTOCOL_ERROR = 1,
	H2_REFUSED_STREAM = 7,
	H2_CANCEL = 8,
	H2_CALM = 11,
};

#define H2_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define H2_SETTING_WINDOW 4

struct h2_client {
	int fd;
	struct buf in; /* what has come and is not looked at yet */
	struct buf out; /* frames to be sent */
	struct nghttp2_hd_inflater *inflater;
};

struct h2_frame {
	unsigned int type;
	unsigned int flags;
	uint32_t stream;
	char payload[20000];
	size_t size;
	char fields[20000]; /* of HEADERS: "name: value\n"… */
};

/* A reply, put together from its frames. */
struct h2_reply {
	int status;
	char fields[20000];
	struct buf body;
};

/* With preface and an empty SETTINGS, not sent yet. */
void h2_client_open(struct h2_client *client, const struct server *server);
/* From a connection that stands; TLS is not for this client. */
void h2_client_close(struct h2_client *client);

/* To `out`: */
void h2_add_frame(struct buf *out, unsigned int type, unsigned int flags,
		  uint32_t stream, struct text payload);
void h2_add_number_frame(struct buf *out, unsigned int type, uint32_t stream,
			 uint32_t number);
void h2_add_setting(struct buf *out, unsigned int id, uint32_t value);
/* A field of a header block, literal, not indexed (RFC 7541 section 6.2.2). */
void h2_add_field(struct buf *block, const char *name, const char *value);
void h2_add_field_text(struct buf *block, struct text name, struct text value);
/* HEADERS with the four pseudo fields; "GET" has H2_END_STREAM. */
void h2_add_request(struct buf *out, uint32_t stream, const char *method,
		    const char *path);
void h2_add_get(struct buf *out, uint32_t stream, const char *path);

void h2_client_send(struct h2_client *client);
/* The next frame; false when the server has closed. */
bool h2_client_next(struct h2_client *client, struct h2_frame *frame_out);
/* The next of that type; fails the test when none comes. */
void h2_client_await(struct h2_client *client, unsigned int type,
		     struct h2_frame *frame_out);
/* The whole of a stream's reply, past frames of others; fails the test when it
 * is reset. The body is to be wiped. */
void h2_client_reply(struct h2_client *client, uint32_t stream,
		     struct h2_reply *reply_out);
/* The four bytes at the place, as a number. */
uint32_t h2_number(const struct h2_frame *frame, size_t at);
