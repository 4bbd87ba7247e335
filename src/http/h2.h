/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/2 without a socket: bytes into requests, replies into frames (RFC 9113).
 * For this room and its tests. */
#pragma once

#include "base/list.h"
#include "http/listener.h"
#include "http/reader.h"

/* Streams open at once, and requests that run at once: a stream that was reset
 * leaves its task running, which counts until it has ended. */
#define H2_STREAMS_MAX 128
/* Replies waiting for the client's windows, in bytes: above it no further
 * request is begun. */
#define H2_UNSENT_MAX (256 * 1024)
/* Beside one whole body, what bodies under way may take together. */
#define H2_BODIES_SIZE (1024 * 1024)
/* Streams ended before their time, by either side: so many in one go, so many
 * a second, and as many as requests were answered (CVE-2023-44487,
 * CVE-2025-8671). */
#define H2_RESETS_MAX 200
#define H2_RESETS_PER_SECOND 20
#define H2_RESETS_PER_REPLY 1
/* Frames that neither ask nor carry anything: PING, SETTINGS, WINDOW_UPDATE,
 * PRIORITY, empty DATA (CVE-2019-9511 to 9518). */
#define H2_CHATTER_MAX 1000
#define H2_CHATTER_PER_SECOND 100
#define H2_CHATTER_PER_REPLY 16
/* A byte may stand for a field of 4 KiB, which is checked each time it comes: a
 * head is read to so many times its limit, to be told that it is too large. */
#define H2_HEAD_EXCESS 4
/* What h2_session_fill may append to its buffer, once that is below
 * H2_FILL_SIZE. */
#define H2_FILL_SIZE (48 * 1024)
#define H2_FILL_MAX (H2_FILL_SIZE + 2 * 17 * 1024)

struct nghttp2_session;

enum h2_stream_state {
	H2_STREAM_HEAD, /* its header block comes */
	H2_STREAM_BODY, /* its body comes */
	H2_STREAM_WAITS, /* whole, to be begun */
	H2_STREAM_RUNS, /* its task runs */
	H2_STREAM_REPLIES, /* its reply is on the way */
	H2_STREAM_LINGERS, /* answered; the client is still sending */
};

/* One request and its reply; lives in its own arena. */
struct h2_stream {
	struct h2_session *session; /* NULL: cut while its task runs */
	struct list link; /* among all of the session's */
	struct list turn; /* among those to be begun */
	struct arena *arena;
	struct reader reader; /* the request; refused: with status and why */
	struct http_reply reply;
	enum h2_stream_state state;
	int32_t id;
	bool is_gone; /* closed or reset: a reply is dropped */
	bool has_ended; /* the client has sent all */
	bool is_refused; /* what comes of its body is dropped */
	struct text path; /* :path; absent for CONNECT */
	struct text authority; /* absent: only Host names one */
	/* With the trailers, as SETTINGS_MAX_HEADER_LIST_SIZE counts. */
	size_t head_size;
	size_t unconsumed; /* of the connection's window, by the body */
	size_t body_sent;
	size_t unsent; /* as the session counts it */
	int64_t waits_since_ms; /* for the client; 0: not seen waiting yet */
	char status[4];
	char length[24];
};

/* So many in one go, then so many a second. */
struct h2_allowance {
	int64_t left;
	int64_t refilled_at_ms;
};

enum h2_shut {
	H2_OPEN,
	H2_NOTICED, /* told that no more streams are wanted; a PING is out */
	H2_SHUT, /* the last stream is named: later ones are not answered */
};

struct h2_session {
	struct nghttp2_session *engine;
	const struct http_limits *limits;
	struct http_budget *budget; /* where requests are counted */
	struct text peer; /* for events */
	struct list streams; /* the oldest first */
	struct list turn;
	size_t stream_count; /* open ones */
	size_t running_count; /* with those whose stream is gone */
	size_t unsent; /* bytes of replies */
	struct h2_stream *reading; /* whose header block comes */
	struct buf *out; /* while it is filled */
	struct h2_allowance resets;
	struct h2_allowance chatter;
	enum h2_shut shut;
	int64_t noticed_at_ms;
	bool is_flooded; /* ended with ENHANCE_YOUR_CALM */
	bool is_dead; /* libnghttp2 gave up: nothing more is said */
};

/* --- h2_session.c --- */

/* All borrowed; `budget` outlives its streams. Begins with our SETTINGS to be
 * sent. */
void h2_session_init(struct h2_session *session,
		     const struct http_limits *limits,
		     struct http_budget *budget, struct text peer);
/* Streams whose task runs outlive it, to be ended with h2_stream_free. */
void h2_session_wipe(struct h2_session *session);

/* Reads on. False: the connection is to be ended, after what h2_session_fill
 * still has to say. */
bool h2_session_take(struct h2_session *session, struct text bytes);
/* The next request that is to be answered, whole; NULL when there is none or
 * enough is under way. */
struct h2_stream *h2_session_next(struct h2_session *session);
/* Its reply stands: sends it when the client lets it, or drops it. The stream
 * is no longer the caller's. */
void h2_session_answer(struct h2_session *session, struct h2_stream *stream);
/* Appends frames while `out` (of at least H2_FILL_MAX) holds fewer than
 * H2_FILL_SIZE bytes; nothing when there is nothing to say now. */
void h2_session_fill(struct h2_session *session, struct buf *out);
/* Ends what has waited too long for the client: 408 for a body, a reset for a
 * reply that does not move. To be called a few times a second; says since when
 * the first of what goes on has waited, `now_ms` when nothing has. */
int64_t h2_session_look(struct h2_session *session, int64_t now_ms);
/* Resets what waits for the client. */
void h2_session_drop_waiting(struct h2_session *session);
/* Resets those whose body is still coming: there is no memory for more, or the
 * peer has sent all it had. */
void h2_session_drop_bodies(struct h2_session *session);
/* The stream that is to be answered is not: there is no memory for it. */
void h2_session_refuse(struct h2_session *session, struct h2_stream *stream);
/* Lets no further streams begin: first says so, and a round trip later which
 * one was the last (RFC 9113 section 6.8); `is_final`: at once. */
void h2_session_shut(struct h2_session *session, bool is_final);
/* Nothing more is to be read or sent. */
bool h2_session_is_over(const struct h2_session *session);

/* --- h2_stream.c --- */

struct h2_stream *h2_stream_new(struct h2_session *session, int32_t id);
/* Takes it out of its session. */
void h2_stream_free(struct h2_stream **stream);
/* One field of the head or the trailers, already checked by libnghttp2. What is
 * too much is dropped, and refused when the head ends. False when it is so much
 * that no reply is worth reading on for. */
bool h2_stream_add_field(struct h2_stream *stream, struct text name,
			 struct text value);
/* REFUSED: a reply says why (reader.status). BROKEN: to be reset. */
outcome h2_stream_end_head(struct h2_stream *stream) MUST_USE;
/* False when there is too much of it. */
bool h2_stream_add_body(struct h2_stream *stream, struct text bytes);
/* Hands the reply to libnghttp2; false when that cannot be. */
bool h2_stream_submit(struct h2_stream *stream);

/* --- h2_engine.c: between libnghttp2 and the session --- */

/* With our SETTINGS to be sent. */
struct nghttp2_session *h2_engine_new(struct h2_session *session);

/* What libnghttp2 tells, to h2_session.c: */
void h2_session_begin_stream(struct h2_session *session, int32_t id);
void h2_session_end_head(struct h2_session *session, struct h2_stream *stream);
void h2_session_add_body(struct h2_session *session, struct h2_stream *stream,
			 struct text bytes);
void h2_session_end_request(struct h2_session *session,
			    struct h2_stream *stream);
void h2_session_end_stream(struct h2_session *session,
			   struct h2_stream *stream);
/* All of the reply has gone; NULL-safe. */
void h2_session_end_reply(struct h2_stream *stream);
/* One stream more that ended before its time, or one frame more of chatter. */
void h2_session_count_reset(struct h2_session *session);
void h2_session_count_chatter(struct h2_session *session);
/* Ends it with ENHANCE_YOUR_CALM, and tells why. */
void h2_session_flood(struct h2_session *session, const char *why);
/* An event: what the protocol forbids. */
void h2_session_tell_refused(const struct h2_session *session, const char *why);

/* --- h2_connection.c --- */

struct connection;

/* The bytes that a client begins with who knows that we speak it. */
enum h2_preface { H2_PREFACE_NONE, H2_PREFACE_PART, H2_PREFACE_WHOLE };
enum h2_preface h2_connection_judge(struct text bytes);

/* From here on the connection speaks HTTP/2. */
void h2_connection_open(struct connection *connection);
/* Bytes that came already. */
void h2_connection_take(struct connection *connection, struct text bytes);
void h2_connection_ready(struct connection *connection, uint32_t events);
void h2_connection_expire(struct connection *connection);
/* Of what it holds, that is not in its streams' arenas; 0 when it speaks
 * HTTP/1.1. */
size_t h2_connection_held(const struct connection *connection);
/* Others need the room: what waits for the client is reset; `at_once`: closed. */
void h2_connection_give_way(struct connection *connection, bool at_once);
/* Before the descriptor is closed; nothing when it speaks HTTP/1.1. */
void h2_connection_free(struct connection *connection);
