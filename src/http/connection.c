/* SPDX-License-Identifier: Apache-2.0 */
/* One connection: requests in, replies out, one after the other (RFC 9112
 * section 9). */
#include "http/connection.h"
#include "http/crowd.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/event.h"
#include "http/h2.h"
#include "http/reader.h"
#include "loop/task.h"

/* For the rooms above, besides what the reader may take and what they make of
 * the request itself: its parameters decoded, encoded, copied. */
#define ANSWER_BUDGET ((size_t)2 * 1024 * 1024)
#define COPIES_MAX 8

#define NO_MEMORY "the server is short of memory"

size_t connection_request_budget(const struct http_limits *limits)
{
	return ANSWER_BUDGET + HTTP_REPLY_BUDGET +
	       COPIES_MAX * (limits->head_size + limits->body_size) +
	       reader_budget(limits);
}

/* One request and its reply; lives in its own arena. */
struct exchange {
	struct arena *arena;
	struct reader reader;
	struct http_reply reply;
};

static struct exchange *exchange_new(const struct connection *connection)
{
	const struct http_limits *limits = connection->listener->limits;
	struct arena *arena =
		arena_new_counted(connection_request_budget(limits),
				  &connection->listener->budget->held);
	struct exchange *exchange = ARENA_NEW(arena, struct exchange);

	exchange->arena = arena;
	exchange->reply = http_reply_init(arena);
	reader_init(&exchange->reader, arena, limits);
	exchange->reader.request.peer = text_from(connection->peer);
	exchange->reader.request.is_tls = connection->tls != NULL;
	exchange->reader.request.arrived_at = loop_now();
	if (connection->tls != NULL)
		http_tls_client_certificate(
			connection->tls, arena,
			&exchange->reader.request.certificate);
	return exchange;
}

static void exchange_free(struct exchange **exchange)
{
	struct arena *arena;

	if (*exchange == NULL)
		return;
	arena = (*exchange)->arena;
	arena_free(&arena);
	*exchange = NULL;
}

/* --- Life --- */

void connection_watch(struct connection *connection, uint32_t wanted)
{
	loop_watch_change(connection->listener->loop, &connection->watch,
			  wanted);
}

void connection_enter(struct connection *connection,
		      enum connection_state state)
{
	connection->state = state;
	http_listener_enqueue(connection->listener, connection, state);
	crowd_count(connection);
}

static void close_descriptor(struct connection *connection)
{
	struct http_listener *listener = connection->listener;

	h2_connection_free(connection);
	loop_watch_remove(listener->loop, &connection->watch);
	http_tls_close(&connection->tls);
	close(connection->watch.fd);
	list_remove(&connection->link);
	address_leave(&connection->address);
	listener->budget->held -= connection->counted;
	listener->connection_count--;
	connection->listener = NULL;
}

static void connection_free(struct connection *connection)
{
	exchange_free(&connection->exchange);
	buf_wipe(&connection->left);
	buf_wipe(&connection->output);
	free(connection);
}

void connection_close(struct connection *connection)
{
	MUST(connection->state != CONNECTION_BUSY);
	close_descriptor(connection);
	connection_free(connection);
}

/* A task is never torn down: it finds out when it has answered. */
void connection_cut(struct connection *connection)
{
	close_descriptor(connection);
	if (connection->state != CONNECTION_BUSY)
		connection_free(connection);
}

/* --- Replies --- */

/* Closing while unread bytes are there would reset the connection and take
 * the reply away from the peer (RFC 9112 section 9.6). */
void connection_end(struct connection *connection)
{
	if (connection->tls != NULL)
		http_tls_end(connection->tls);
	if (!connection->lingers && connection->left.size == 0) {
		connection_close(connection);
		return;
	}
	h2_connection_free(connection);
	(void)shutdown(connection->watch.fd, SHUT_WR);
	buf_wipe(&connection->left);
	connection_enter(connection, CONNECTION_LINGER);
	connection_watch(connection, EPOLLIN);
}

/* The deadline moves on with every byte that the peer takes. */
static void wait_for_peer(struct connection *connection, uint32_t wants,
			  bool has_progress)
{
	if (has_progress || connection->state != CONNECTION_WRITE)
		connection_enter(connection, CONNECTION_WRITE);
	crowd_count(connection);
	connection_watch(connection, wants);
}

/* Sends what it can of the output. True when all of it has been sent and the
 * connection goes on; otherwise it waits or is no more. */
static bool flush(struct connection *connection)
{
	size_t before = connection->written;

	while (connection->written < connection->output.size) {
		struct io io = connection_write(
			connection,
			text_from_byte(buf_text(&connection->output),
				       connection->written));

		if (io.state == IO_AGAIN) {
			wait_for_peer(connection, io.wants,
				      connection->written > before);
			return false;
		}
		if (io.state != IO_DONE) {
			connection_close(connection);
			return false;
		}
		connection->written += io.size;
	}
	buf_wipe(&connection->output);
	connection->written = 0;
	if (!connection->closes)
		return true;
	connection_end(connection);
	return false;
}

/* The exchange is over. */
static void write_reply(struct connection *connection, struct buf *out)
{
	struct exchange *exchange = connection->exchange;

	http_reply_write(&exchange->reply,
			 exchange->reader.request.method == HTTP_HEAD,
			 connection->closes, out);
	exchange_free(&connection->exchange);
}

/* From the listener's piece, which has been read by then; what the kernel does
 * not take at once is kept. False when the connection is no more. */
static bool send_from_piece(struct connection *connection)
{
	char *piece = connection->listener->piece;
	struct buf out = {.at = piece,
			  .max = HTTP_PIECE_SIZE,
			  .capacity = HTTP_PIECE_SIZE};
	struct io io;

	write_reply(connection, &out);
	io = connection_write(connection, buf_text(&out));
	if (io.size < out.size) {
		connection->output = buf_init(out.size - io.size);
		buf_add(&connection->output,
			text_from_byte(buf_text(&out), io.size));
	}
	explicit_bzero(piece, out.size);
	if (io.state == IO_DONE || io.state == IO_AGAIN)
		return true;
	connection_close(connection);
	return false;
}

/* Returns as flush. */
static bool send_reply(struct connection *connection)
{
	struct http_reply *reply = &connection->exchange->reply;
	size_t size;

	http_reply_settle(reply);
	size = reply->headers.size + reply->body.size + HTTP_REPLY_OWN_MAX;
	if (size > HTTP_PIECE_SIZE) {
		connection->output = buf_init(size);
		(void)buf_reserve(&connection->output, size);
		write_reply(connection, &connection->output);
	} else if (!send_from_piece(connection)) {
		return false;
	}
	return flush(connection);
}

void connection_tell_refused(struct text peer, int status, const char *why)
{
	struct event event;

	event_begin(&event, EVENT_INFO, "http.request.refused");
	event_integer(&event, "status", status);
	event_string(&event, "why", why);
	event_text(&event, "peer", peer);
	event_end(&event);
}

/* Answers what is no request, or came too late, and closes. */
static void refuse(struct connection *connection, int status, const char *why)
{
	const char *error = status < 500 ? "invalid_request"
					 : "temporarily_unavailable";

	connection_tell_refused(text_from(connection->peer), status, why);
	http_reply_error(&connection->exchange->reply, status, error, why);
	if (status == 503)
		http_reply_header(&connection->exchange->reply, "Retry-After",
				  TEXT("1"));
	connection->closes = true;
	connection->lingers = true;
	connection_enter(connection, CONNECTION_WRITE);
	(void)send_reply(connection);
}

/* --- Requests --- */

static size_t take(struct connection *connection, struct text bytes)
{
	if (connection->exchange == NULL)
		connection->exchange = exchange_new(connection);
	return reader_feed(&connection->exchange->reader, bytes);
}

/* RFC 9110 section 10.1.1: unless the body has begun to come by itself. */
static bool owes_continue(struct reader *reader)
{
	bool owes = reader->expects_continue && reader->body.size == 0;

	reader->expects_continue = false;
	return owes;
}

static void wait_for_rest(struct connection *connection)
{
	struct reader *reader = &connection->exchange->reader;
	enum connection_state state = reader->state <= READER_HEADERS
					      ? CONNECTION_HEAD
					      : CONNECTION_BODY;

	if (state == CONNECTION_BODY && owes_continue(reader)) {
		connection->output = buf_init(HTTP_REPLY_OWN_MAX);
		buf_add(&connection->output,
			TEXT("HTTP/1.1 100 Continue\r\n\r\n"));
		if (!flush(connection))
			return;
	}
	if (connection->state != state)
		connection_enter(connection, state);
	connection_watch(connection, EPOLLIN);
}

/* Whether a whole request stands ready to be answered. */
static bool is_ready(struct connection *connection)
{
	struct reader *reader = &connection->exchange->reader;

	if (reader->state == READER_WHOLE) {
		connection_enter(connection, CONNECTION_BUSY);
		return true;
	}
	if (reader->state == READER_REFUSED)
		refuse(connection, reader->status, reader->why);
	else
		wait_for_rest(connection);
	return false;
}

static void rest(struct connection *connection)
{
	if (connection->listener->is_draining) {
		connection_end(connection);
		return;
	}
	connection_enter(connection, CONNECTION_IDLE);
	connection_watch(connection, EPOLLIN);
}

/* Goes on with what came behind the last request. */
static bool next_is_ready(struct connection *connection)
{
	struct buf *left = &connection->left;

	if (left->size == 0 && connection->exchange == NULL) {
		rest(connection);
		return false;
	}
	if (left->size > 0)
		buf_consume(left, take(connection, buf_text(left)));
	if (left->size == 0)
		buf_wipe(left);
	return is_ready(connection);
}

/* True when the connection goes on. */
static bool answer(struct connection *connection)
{
	struct http_service *service = connection->listener->service;
	struct exchange *exchange = connection->exchange;

	http_listener_apply_edge(connection->listener, connection->peer,
				 &exchange->reader.request);
	service->answer(service, &exchange->reader.request, &exchange->reply);
	if (connection->listener == NULL) {
		connection_free(connection);
		return false;
	}
	connection->closes = !exchange->reader.keeps_alive ||
			     exchange->reply.must_close ||
			     connection->listener->is_draining;
	connection_enter(connection, CONNECTION_WRITE);
	return send_reply(connection);
}

/* A task: requests that came in one piece are answered by one. */
static void serve(void *context)
{
	struct connection *connection = context;

	while (answer(connection) && next_is_ready(connection))
		;
}

static void start_task(struct connection *connection)
{
	if (task_start(connection->listener->loop, serve, connection) == NULL)
		refuse(connection, 503, NO_MEMORY);
}

static void read_request(struct connection *connection, struct text bytes)
{
	size_t taken = take(connection, bytes);

	connection->left = buf_init(HTTP_PIECE_SIZE);
	if (taken < bytes.size)
		buf_add(&connection->left, text_from_byte(bytes, taken));
	crowd_count(connection);
	if (!crowd_has_memory(connection->listener, CROWD_TASK_ROOM,
			      connection))
		refuse(connection, 503, NO_MEMORY);
	else if (is_ready(connection))
		start_task(connection);
}

/* The first bytes of a plain connection say which protocol it speaks (RFC 9113
 * section 3.3). */
static void meet(struct connection *connection, struct text bytes)
{
	struct buf begun = connection->left;
	enum h2_preface preface;

	connection->left = buf_init(2 * HTTP_PIECE_SIZE);
	if (begun.size > 0) {
		buf_add(&begun, bytes);
		bytes = buf_text(&begun);
	}
	preface = h2_connection_judge(bytes);
	connection->is_settled = preface != H2_PREFACE_PART;
	if (preface == H2_PREFACE_PART) {
		buf_add(&connection->left, bytes);
		if (connection->state != CONNECTION_HEAD)
			connection_enter(connection, CONNECTION_HEAD);
	} else if (preface == H2_PREFACE_NONE) {
		read_request(connection, bytes);
	} else {
		h2_connection_open(connection);
		h2_connection_take(connection, bytes);
	}
	buf_wipe(&begun);
}

static void read_more(struct connection *connection)
{
	char *piece = connection->listener->piece;
	struct io io = connection_read(connection, piece, HTTP_PIECE_SIZE);

	if (io.state == IO_AGAIN) {
		connection_watch(connection, io.wants);
		return;
	}
	if (io.state != IO_DONE) {
		connection_close(connection);
		return;
	}
	if (connection->is_settled)
		read_request(connection, text_of(piece, io.size));
	else
		meet(connection, text_of(piece, io.size));
	explicit_bzero(piece, io.size);
}

/* --- What the loop tells --- */

static void handshake(struct connection *connection)
{
	struct io io = http_tls_handshake(connection->tls);

	if (io.state == IO_AGAIN)
		connection_watch(connection, io.wants);
	else if (io.state != IO_DONE)
		connection_close(connection);
	else if (http_tls_speaks_http2(connection->tls))
		h2_connection_open(connection);
	else
		rest(connection);
}

static void write_more(struct connection *connection)
{
	if (flush(connection) && next_is_ready(connection))
		start_task(connection);
}

static void drop_what_comes(struct connection *connection)
{
	struct io io = connection_read_raw(
		connection, connection->listener->piece, HTTP_PIECE_SIZE);

	if (io.state == IO_ENDED || io.state == IO_BROKEN)
		connection_close(connection);
}

static void connection_ready(struct loop_watch *loop_watch, uint32_t events)
{
	struct connection *connection =
		HOLDER_OF(loop_watch, struct connection, watch);

	switch (connection->h2 != NULL ? CONNECTION_STREAMS
				       : connection->state) {
	case CONNECTION_HANDSHAKE:
		handshake(connection);
		break;
	case CONNECTION_IDLE:
	case CONNECTION_HEAD:
	case CONNECTION_BODY:
		read_more(connection);
		break;
	case CONNECTION_BUSY:
		/* The next request, or the peer went away: both can wait. */
		connection_watch(connection, 0);
		break;
	case CONNECTION_WRITE:
		write_more(connection);
		break;
	case CONNECTION_STREAMS:
		h2_connection_ready(connection, events);
		break;
	case CONNECTION_LINGER:
		drop_what_comes(connection);
		break;
	case CONNECTION_STATE_COUNT:
		break;
	}
}

void connection_expire(struct connection *connection)
{
	if (connection->h2 != NULL)
		h2_connection_expire(connection);
	else if (connection->exchange != NULL &&
		 (connection->state == CONNECTION_HEAD ||
		  connection->state == CONNECTION_BODY))
		refuse(connection, 408, "the request took too long to come");
	else if (connection->state == CONNECTION_IDLE)
		connection_end(connection);
	else
		connection_close(connection);
}

void connection_give_way(struct connection *connection, bool at_once)
{
	if (connection->h2 != NULL)
		h2_connection_give_way(connection, at_once);
	else if (connection->state == CONNECTION_IDLE)
		connection_end(connection);
	else if (!at_once && connection->exchange != NULL &&
		 (connection->state == CONNECTION_HEAD ||
		  connection->state == CONNECTION_BODY))
		refuse(connection, 503, NO_MEMORY);
	else
		connection_close(connection);
}

void connection_open(struct http_listener *listener, int fd,
		     const struct sockaddr_storage *peer)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	bool is_admitted;

	MUST(connection != NULL);
	connection->listener = listener;
	connection->is_settled = listener->tls != NULL ||
				 !listener->allows_http2;
	connection->watch.fd = fd;
	connection->watch.ready = connection_ready;
	list_init(&connection->link);
	listener->connection_count++;
	is_admitted = address_admit(connection, peer);
	connection_enter(connection, listener->tls != NULL
					     ? CONNECTION_HANDSHAKE
					     : CONNECTION_IDLE);
	if (listener->tls != NULL && is_admitted)
		connection->tls = http_tls_open(listener->tls, fd);
	if (!is_admitted ||
	    (listener->tls != NULL && connection->tls == NULL) ||
	    loop_watch_add(listener->loop, &connection->watch, EPOLLIN) != DONE)
		connection_close(connection);
}
