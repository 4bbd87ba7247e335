/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a connection: its states, its protocol, its end. */
#include "http/connection.h"
#include "http/crowd.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/event.h"
#include "http/h2.h"
#include "http/reader.h"

/* For the rooms above, besides what the reader may take and what they make of
 * the request itself: its parameters decoded, encoded, copied. */
#define ANSWER_BUDGET ((size_t)2 * 1024 * 1024)
#define COPIES_MAX 8

size_t connection_request_budget(const struct http_limits *limits)
{
	return ANSWER_BUDGET + HTTP_REPLY_BUDGET +
	       COPIES_MAX * (limits->head_size + limits->body_size) +
	       reader_budget(limits);
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

void connection_free(struct connection *connection)
{
	connection_exchange_free(&connection->exchange);
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

void connection_rest(struct connection *connection)
{
	if (connection->listener->is_draining) {
		connection_end(connection);
		return;
	}
	connection_enter(connection, CONNECTION_IDLE);
	connection_watch(connection, EPOLLIN);
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

/* --- What comes --- */

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
		connection_exchange_read(connection, bytes);
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
		connection_exchange_read(connection, text_of(piece, io.size));
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
		connection_rest(connection);
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
		connection_exchange_write(connection);
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
		connection_exchange_refuse(connection, 408,
					   "the request took too long to come");
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
		connection_exchange_refuse_short(connection);
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
