/* SPDX-License-Identifier: Apache-2.0 */
/* One connection of the load generator, and the protocols it may speak. */
#pragma once

#include "load.h"

struct ssl_st;
struct nghttp2_session;

/* One request under way. */
struct lane_slot {
	bool is_taken;
	size_t index; /* the source's number */
	int64_t sent_at_us;
	struct load_request request;
	size_t body_sent; /* HTTP/2 */
	struct load_answer answer;
	struct buf head; /* HTTP/2: gathered */
	struct buf body;
};

struct lane {
	int fd; /* -1: closed */
	struct ssl_st *tls;
	bool is_waiting; /* for room to write */
	struct buf out;
	size_t out_sent;
	struct buf in; /* HTTP/1.1: not yet taken apart */
	struct nghttp2_session *http2;
	struct lane_slot *slots;
	size_t slot_count;
	size_t taken_count;
	const struct lane_wire *wire;
	const struct load_target *target;
	/* Whom to tell of an answer that is complete in `slot`. */
	void (*answered)(struct lane *lane, struct lane_slot *slot);
	void *context;
};

/* What a protocol does; false: the connection is good for nothing more. */
struct lane_wire {
	bool (*open)(struct lane *lane);
	/* Takes the request; its bytes are in `out` after `gather`. */
	bool (*submit)(struct lane *lane, struct lane_slot *slot);
	bool (*gather)(struct lane *lane);
	bool (*receive)(struct lane *lane, struct text bytes);
	void (*close)(struct lane *lane);
};

extern const struct lane_wire lane_wire_http1;
extern const struct lane_wire lane_wire_http2;

/* A slot that is free; NULL: none. */
struct lane_slot *lane_free_slot(struct lane *lane);

/* The transport: connects, and shakes hands, waiting for both. */
outcome lane_open(struct lane *lane) MUST_USE;
void lane_close(struct lane *lane);
/* Sends what the protocol has gathered, as much as goes. */
MUST_USE bool lane_flush(struct lane *lane);
/* Reads all there is, and hands it to the protocol. */
MUST_USE bool lane_read(struct lane *lane);
