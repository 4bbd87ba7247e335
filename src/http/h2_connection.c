/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/2 over one connection: its streams' tasks, its writes, its end. */
#include <stdlib.h>
#include <sys/epoll.h>

#include "http/connection.h"
#include "http/crowd.h"
#include "http/h2.h"
#include "loop/clock.h"
#include "loop/task.h"

/* Measured: what libnghttp2 and this hold for an idle connection, 14 KiB. */
#define ENGINE_COST ((size_t)16 * 1024)

struct h2_connection {
	struct connection *connection;
	struct h2_session session;
	struct loop_hook hook; /* in a list while there may be output */
	uint32_t blocked_for; /* what writing waits for, or 0 */
	int64_t blocked_since_ms; /* 0: not seen blocked yet */
	bool is_deaf; /* the peer has sent all it had */
};

enum h2_preface h2_connection_judge(struct text bytes)
{
	const struct text preface = TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

	if (text_starts_with(bytes, preface))
		return H2_PREFACE_WHOLE;
	return text_starts_with(preface, bytes) ? H2_PREFACE_PART
						: H2_PREFACE_NONE;
}

/* --- Writing: once a round --- */

static void write_later(struct h2_connection *h2)
{
	if (list_is_empty(&h2->hook.link))
		loop_hook_add(h2->connection->listener->loop, &h2->hook);
}

/* Counts in *written what the kernel takes; what it does not take now leaves
 * `blocked_for`. False when the connection is no more. */
static bool write_out(struct connection *connection, struct text bytes,
		      size_t *written)
{
	struct h2_connection *h2 = connection->h2;

	while (*written < bytes.size) {
		struct io io = connection_write(
			connection, text_from_byte(bytes, *written));

		if (io.state == IO_AGAIN) {
			h2->blocked_for = io.wants;
			return true;
		}
		if (io.state != IO_DONE) {
			connection_close(connection);
			return false;
		}
		h2->blocked_since_ms = 0;
		*written += io.size;
	}
	return true;
}

/* Before it is taken, nothing is made of what comes behind it. */
static bool write_rest(struct connection *connection)
{
	struct buf *output = &connection->output;

	if (!write_out(connection, buf_text(output), &connection->written))
		return false;
	if (connection->written == output->size) {
		buf_wipe(output);
		connection->written = 0;
	}
	return true;
}

static bool write_frames(struct connection *connection, bool *has_written)
{
	static _Thread_local char frames[H2_FILL_MAX];
	struct buf out = {.at = frames,
			  .max = sizeof(frames),
			  .capacity = sizeof(frames)};
	size_t written = 0;
	bool goes_on;

	h2_session_fill(&connection->h2->session, &out);
	MUST(!out.is_over && out.at == frames);
	*has_written = out.size > 0;
	goes_on = write_out(connection, buf_text(&out), &written);
	if (goes_on && written < out.size) {
		connection->output = buf_init(out.size - written);
		buf_add(&connection->output,
			text_from_byte(buf_text(&out), written));
	}
	explicit_bzero(frames, out.size);
	return goes_on;
}

static bool write_all(struct connection *connection)
{
	struct h2_connection *h2 = connection->h2;
	bool has_written = true;

	h2->blocked_for = 0;
	if (!write_rest(connection))
		return false;
	while (has_written && h2->blocked_for == 0)
		if (!write_frames(connection, &has_written))
			return false;
	return true;
}

/* --- Requests --- */

/* A task. */
static void serve(void *context)
{
	struct h2_stream *stream = context;
	struct h2_connection *h2 =
		HOLDER_OF(stream->session, struct h2_connection, session);
	struct http_service *service = h2->connection->listener->service;

	http_listener_apply_edge(h2->connection->listener, h2->connection->peer,
				 &stream->reader.request);
	service->answer(service, &stream->reader.request, &stream->reply);
	if (stream->session == NULL) {
		h2_stream_free(&stream);
		return;
	}
	if (stream->reply.must_close)
		h2_session_shut(&h2->session, false);
	h2_session_answer(&h2->session, stream);
	write_later(h2);
}

static void begin(struct h2_connection *h2, struct h2_stream *stream)
{
	struct connection *connection = h2->connection;
	struct http_request *request = &stream->reader.request;

	/* A copy: the task may outlive the connection. */
	request->peer = arena_copy(stream->arena, text_from(connection->peer));
	request->is_tls = connection->tls != NULL;
	if (connection->tls != NULL)
		http_tls_client_certificate(connection->tls, stream->arena,
					    &request->certificate);
	if (task_start(connection->listener->loop, serve, stream) != NULL)
		return;
	h2_session_refuse(&h2->session, stream);
}

static bool begin_all(struct h2_connection *h2)
{
	struct h2_stream *stream;
	bool has_begun = false;

	while ((stream = h2_session_next(&h2->session)) != NULL) {
		if (crowd_has_memory(h2->connection->listener, CROWD_TASK_ROOM,
				     h2->connection))
			begin(h2, stream);
		else
			h2_session_refuse(&h2->session, stream);
		has_begun = true;
	}
	return has_begun;
}

/* --- What comes next --- */

/* False when the connection is no more, or about to end. */
static bool rest(struct connection *connection)
{
	struct h2_connection *h2 = connection->h2;
	const struct h2_session *session = &h2->session;
	bool is_blocked = h2->blocked_for != 0;
	enum connection_state state = CONNECTION_IDLE;

	if (!is_blocked && h2_session_is_over(session)) {
		connection->lingers = session->is_dead || session->is_flooded;
		connection_end(connection);
		return false;
	}
	if (!is_blocked && h2->is_deaf && session->stream_count == 0) {
		connection_close(connection);
		return false;
	}
	if (is_blocked || session->stream_count > 0 ||
	    session->shut == H2_NOTICED)
		state = CONNECTION_STREAMS;
	if (connection->state != state)
		connection_enter(connection, state);
	else
		crowd_count(connection);
	connection_watch(connection,
			 h2->blocked_for | (h2->is_deaf ? 0 : EPOLLIN));
	return true;
}

/* Writes, begins what waited until this was written, and so on. */
static bool go_on(struct connection *connection)
{
	struct h2_connection *h2 = connection->h2;

	if (connection->listener->is_draining)
		h2_session_shut(&h2->session, false);
	do
		if (!write_all(connection))
			return false;
	while (h2->blocked_for == 0 && begin_all(h2));
	loop_hook_remove(&h2->hook);
	return rest(connection);
}

static void round_ended(struct loop_hook *hook)
{
	struct h2_connection *h2 = HOLDER_OF(hook, struct h2_connection, hook);

	(void)go_on(h2->connection);
}

void h2_connection_open(struct connection *connection)
{
	struct h2_connection *h2 = calloc(1, sizeof(*h2));

	MUST(h2 != NULL);
	h2->connection = connection;
	h2->hook.round_ended = round_ended;
	list_init(&h2->hook.link);
	h2_session_init(&h2->session, connection->listener->limits,
			connection->listener->budget,
			text_from(connection->peer));
	connection->h2 = h2;
	write_later(h2);
}

void h2_connection_free(struct connection *connection)
{
	struct h2_connection *h2 = TAKE(connection->h2);

	if (h2 == NULL)
		return;
	loop_hook_remove(&h2->hook);
	h2_session_wipe(&h2->session);
	free(h2);
}

/* Heads and bodies are held before anything is begun. False when the connection
 * is no more: nobody reads there that it is to hold less. */
static bool has_room(struct h2_connection *h2)
{
	struct connection *connection = h2->connection;

	if (crowd_has_memory(connection->listener, CROWD_TASK_ROOM, connection))
		return true;
	h2_session_drop_bodies(&h2->session);
	if (h2->blocked_for == 0)
		return true;
	connection_close(connection);
	return false;
}

/* Written at once when all that was asked is answered, else when the round has
 * ended, together with what is answered until then. */
void h2_connection_take(struct connection *connection, struct text bytes)
{
	struct h2_connection *h2 = connection->h2;
	bool is_sound = h2_session_take(&h2->session, bytes);

	if (!has_room(h2))
		return;
	if (is_sound)
		(void)begin_all(h2);
	if (!is_sound || h2->session.running_count == 0)
		(void)go_on(connection);
	else
		write_later(h2);
}

static void read_more(struct connection *connection)
{
	struct http_listener *listener = connection->listener;
	struct io io =
		connection_read(connection, listener->piece, HTTP_PIECE_SIZE);

	switch (io.state) {
	case IO_DONE:
		h2_connection_take(connection,
				   text_of(listener->piece, io.size));
		explicit_bzero(listener->piece, io.size);
		break;
	case IO_AGAIN:
		connection_watch(connection,
				 connection->watch.wanted | io.wants);
		break;
	case IO_ENDED:
		connection->h2->is_deaf = true;
		h2_session_drop_bodies(&connection->h2->session);
		(void)go_on(connection);
		break;
	case IO_BROKEN:
		connection_close(connection);
		break;
	}
}

void h2_connection_ready(struct connection *connection, uint32_t events)
{
	struct h2_connection *h2 = connection->h2;

	if (h2->is_deaf && (events & (EPOLLERR | EPOLLHUP))) {
		connection_close(connection);
		return;
	}
	if (h2->blocked_for != 0 && !go_on(connection))
		return;
	if (!h2->is_deaf && (events & ~(uint32_t)EPOLLOUT))
		read_more(connection);
}

static void look(struct connection *connection)
{
	struct h2_connection *h2 = connection->h2;
	int64_t now_ms = clock_monotonic_ms();
	int64_t most_ms = connection->listener->limits->write_ms;
	int64_t since_ms;

	if (h2->blocked_for != 0 && h2->blocked_since_ms == 0)
		h2->blocked_since_ms = now_ms;
	if (h2->blocked_for != 0 && most_ms > 0 &&
	    now_ms - h2->blocked_since_ms >= most_ms) {
		connection_close(connection);
		return;
	}
	since_ms = h2_session_look(&h2->session, now_ms);
	connection_enter(connection, CONNECTION_STREAMS);
	connection->since_ms = since_ms;
	(void)go_on(connection);
}

size_t h2_connection_held(const struct connection *connection)
{
	return connection->h2 == NULL ? 0 : ENGINE_COST;
}

/* Called while others are at work: nothing is begun here. */
void h2_connection_give_way(struct connection *connection, bool at_once)
{
	struct h2_connection *h2 = connection->h2;

	if (!at_once && connection->state == CONNECTION_STREAMS &&
	    h2->blocked_for == 0) {
		h2_session_drop_waiting(&h2->session);
		connection->since_ms = clock_monotonic_ms();
		if (write_all(connection))
			write_later(h2);
		return;
	}
	if (connection->state == CONNECTION_IDLE)
		h2_session_shut(&h2->session, true);
	if (write_all(connection))
		connection_close(connection);
}

void h2_connection_expire(struct connection *connection)
{
	if (connection->state == CONNECTION_STREAMS) {
		look(connection);
		return;
	}
	h2_session_shut(&connection->h2->session,
			!connection->listener->is_draining);
	if (go_on(connection) && connection->state == CONNECTION_IDLE)
		connection_close(connection);
}
