/* SPDX-License-Identifier: Apache-2.0 */
/* The load generator's HTTP/1.1 (RFC 9112): one request at a time. */
#include <stdlib.h>

#include "lane.h"

static bool http1_open(struct lane *lane)
{
	return lane->slot_count == 1;
}

static bool http1_submit(struct lane *lane, struct lane_slot *slot)
{
	const struct load_request *request = &slot->request;
	struct buf *out = &lane->out;

	buf_add_string(out, request->method);
	buf_add_byte(out, ' ');
	buf_add(out, request->path);
	buf_add_string(out, " HTTP/1.1\r\nhost: ");
	buf_add_string(out, lane->target->authority);
	buf_add_string(out, "\r\n");
	buf_add(out, request->headers);
	if (text_is_present(request->body)) {
		buf_add_string(out, "content-length: ");
		buf_add_integer(out, (int64_t)request->body.size);
		buf_add_string(out, "\r\n");
	}
	buf_add_string(out, "\r\n");
	buf_add(out, request->body);
	return !out->is_over;
}

/* Takes "HTTP/1.1 200 OK" and the headers apart; false: no HTTP. */
static bool take_head(struct text head, struct load_answer *answer)
{
	size_t line = text_find(head, TEXT("\r\n"));
	int64_t status;

	if (!text_starts_with(head, TEXT("HTTP/1.1 ")) || line < 12 ||
	    !text_parse_integer(text_of(head.at + 9, 3), &status))
		return false;
	answer->status = (int)status;
	answer->head = text_from_byte(head, line + 2);
	return true;
}

/* Of a chunked body (RFC 9112 section 7.1): what it holds; false when it has
 * not come whole. `size_out`: how many bytes of the wire it took. */
static bool take_chunks(struct text rest, struct buf *body, size_t *size_out)
{
	struct text at = rest;

	for (;;) {
		size_t line = text_find(at, TEXT("\r\n"));
		unsigned long size;

		if (line == at.size)
			return false;
		size = strtoul(at.at, NULL, 16);
		at = text_from_byte(at, line + 2);
		if (at.size < size + 2)
			return false;
		buf_add(body, text_first(at, size));
		at = text_from_byte(at, size + 2);
		if (size == 0)
			break;
	}
	*size_out = rest.size - at.size;
	return true;
}

static bool has_no_body(int status)
{
	return status == 204 || status == 304;
}

/* Whether the body has come whole; `size_out`: how much of `rest` it is. */
static bool take_body(struct lane_slot *slot, struct text rest,
		      size_t *size_out)
{
	struct load_answer *answer = &slot->answer;
	struct text length = load_answer_header(answer, "content-length", 0);
	struct text coding = load_answer_header(answer, "transfer-encoding", 0);
	int64_t size = 0;

	*size_out = 0;
	if (has_no_body(answer->status))
		return true;
	if (text_equal_nocase(coding, TEXT("chunked"))) {
		slot->body.size = 0;
		if (!take_chunks(rest, &slot->body, size_out))
			return false;
		answer->body = buf_text(&slot->body);
		return true;
	}
	if (!text_parse_integer(length, &size) || (size_t)size > rest.size)
		return false;
	*size_out = (size_t)size;
	answer->body = text_first(rest, *size_out);
	return true;
}

static bool must_close(const struct load_answer *answer)
{
	return text_equal_nocase(load_answer_header(answer, "connection", 0),
				 TEXT("close"));
}

/* Whether the connection may be used again. */
static bool take_answer(struct lane *lane, struct lane_slot *slot)
{
	struct text all = buf_text(&lane->in);
	size_t end = text_find(all, TEXT("\r\n\r\n"));
	bool closes;
	size_t size;

	if (end == all.size)
		return true;
	if (!take_head(text_first(all, end + 2), &slot->answer))
		return false;
	if (!take_body(slot, text_from_byte(all, end + 4), &size))
		return true;
	closes = must_close(&slot->answer);
	/* Nothing more can have come: nothing more was asked. */
	if (end + 4 + size != all.size)
		return false;
	lane->answered(lane, slot);
	lane->in.size = 0;
	return !closes;
}

static bool http1_receive(struct lane *lane, struct text bytes)
{
	if (!lane->slots[0].is_taken)
		return false;
	buf_add(&lane->in, bytes);
	return !lane->in.is_over && take_answer(lane, &lane->slots[0]);
}

static bool http1_gather(struct lane *lane)
{
	(void)lane;
	return true;
}

static void http1_close(struct lane *lane)
{
	(void)lane;
}

const struct lane_wire lane_wire_http1 = {
	.open = http1_open,
	.submit = http1_submit,
	.gather = http1_gather,
	.receive = http1_receive,
	.close = http1_close,
};
