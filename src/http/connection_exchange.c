/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of HTTP/1.1 in, replies out, one after the other (RFC 9112 section 9). */
#include "http/connection.h"
#include "http/crowd.h"
#include "loop/task.h"

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

void connection_exchange_free(struct exchange **exchange)
{
	struct arena *arena;

	if (*exchange == NULL)
		return;
	arena = (*exchange)->arena;
	arena_free(&arena);
	*exchange = NULL;
}

/* --- Replies --- */

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
	connection_exchange_free(&connection->exchange);
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

void connection_exchange_refuse(struct connection *connection, int status,
				const char *why)
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

void connection_exchange_refuse_short(struct connection *connection)
{
	connection_exchange_refuse(connection, 503,
				   "the server is short of memory");
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
		connection_exchange_refuse(connection, reader->status,
					   reader->why);
	else
		wait_for_rest(connection);
	return false;
}

/* Goes on with what came behind the last request. */
static bool next_is_ready(struct connection *connection)
{
	struct buf *left = &connection->left;

	if (left->size == 0 && connection->exchange == NULL) {
		connection_rest(connection);
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
		connection_exchange_refuse_short(connection);
}

void connection_exchange_read(struct connection *connection, struct text bytes)
{
	size_t taken = take(connection, bytes);

	connection->left = buf_init(HTTP_PIECE_SIZE);
	if (taken < bytes.size)
		buf_add(&connection->left, text_from_byte(bytes, taken));
	crowd_count(connection);
	if (!crowd_has_memory(connection->listener, CROWD_TASK_ROOM,
			      connection))
		connection_exchange_refuse_short(connection);
	else if (is_ready(connection))
		start_task(connection);
}

void connection_exchange_write(struct connection *connection)
{
	if (flush(connection) && next_is_ready(connection))
		start_task(connection);
}
