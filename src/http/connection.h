/* SPDX-License-Identifier: Apache-2.0 */
/* The insides that the files of this room share. */
#pragma once

#include <netinet/in.h>

#include "base/list.h"
#include "http/address.h"
#include "http/http.h"
#include "http/listener.h"
#include "http/reader.h"
#include "loop/loop.h"

/* --- reply.c --- */

#define HTTP_REPLY_HEADERS_MAX (64 * 1024)
/* Growing takes up to twice the final size; an error may come in its place. */
#define HTTP_REPLY_BUDGET                                                      \
	((size_t)2 * (HTTP_REPLY_MAX + HTTP_REPLY_HEADERS_MAX) + 4096)
/* More than the status line and the headers that http_reply_write adds. */
#define HTTP_REPLY_OWN_MAX 512

/* Takes HTTP_REPLY_BUDGET of the arena at most. */
struct http_reply http_reply_init(struct arena *arena);
/* Makes it the plain JSON of an error; both texts are literals. */
void http_reply_error(struct http_reply *reply, int status, const char *error,
		      const char *why);
/* A reply that cannot be sent as it is becomes a 500. */
void http_reply_settle(struct http_reply *reply);
/* The value of Date: this thread's, until its next call. */
struct text http_reply_date(void);
/* Whether its status lets it have one. */
bool http_reply_has_body(const struct http_reply *reply);
/* Appends it to `out`, with Date, Content-Length and Connection. */
void http_reply_write(const struct http_reply *reply, bool is_head, bool closes,
		      struct buf *out);

/* --- tls.c --- */

struct ssl_st; /* OpenSSL's SSL, one per connection */

enum io_state {
	IO_DONE, /* `size` bytes moved */
	IO_AGAIN, /* when the descriptor is ready for `wants` */
	IO_ENDED, /* the peer has sent all it had */
	IO_BROKEN,
};

struct io {
	enum io_state state;
	size_t size;
	uint32_t wants; /* EPOLLIN or EPOLLOUT */
};

struct http_tls *http_tls_ref(struct http_tls *tls);
/* NULL without memory. */
struct ssl_st *http_tls_open(struct http_tls *tls, int fd);
/* What the client showed in the handshake, copied; absent when nothing. */
void http_tls_client_certificate(struct ssl_st *session, struct arena *arena,
				 struct http_client_certificate *shown_out);
/* IO_DONE once requests may be read. */
struct io http_tls_handshake(struct ssl_st *session);
/* Whether the client chose HTTP/2 (ALPN). */
bool http_tls_speaks_http2(struct ssl_st *session);
struct io http_tls_read(struct ssl_st *session, char *at, size_t size);
struct io http_tls_write(struct ssl_st *session, struct text bytes);
/* Tells the peer that no more will come (close_notify), if it still hears. */
void http_tls_end(struct ssl_st *session);
void http_tls_close(struct ssl_st **session);

/* --- connection.c --- */

/* Each state has a queue in the listener, in the order of their deadlines. */
enum connection_state {
	CONNECTION_HANDSHAKE,
	CONNECTION_IDLE, /* between requests: holds no buffer */
	CONNECTION_HEAD, /* of a request */
	CONNECTION_BODY, /* of a request */
	CONNECTION_BUSY, /* its task runs; no deadline */
	CONNECTION_WRITE, /* a reply that the peer takes slowly */
	CONNECTION_STREAMS, /* of HTTP/2; looked at a few times a second */
	CONNECTION_LINGER, /* nothing more is sent, what comes is dropped */
	CONNECTION_STATE_COUNT,
};

struct connection {
	struct loop_watch watch;
	struct list link; /* in the queue of its state */
	enum connection_state state;
	bool closes; /* after the reply */
	bool lingers; /* the peer may still be sending */
	bool is_settled; /* which protocol is spoken */
	int64_t due_ms;
	int64_t since_ms; /* in this state; 0 where no time is kept */
	size_t counted; /* bytes, in the budget */
	struct address *address;
	struct http_listener *listener; /* NULL: cut while its task runs */
	struct ssl_st *tls;
	struct h2_connection *h2; /* NULL: it speaks HTTP/1.1 */
	struct exchange *exchange; /* the request under way, or NULL */
	struct buf left; /* bytes that came behind the request */
	struct buf output;
	size_t written;
	char peer[INET6_ADDRSTRLEN];
};

/* Takes the descriptor over. */
void connection_open(struct http_listener *listener, int fd,
		     const struct sockaddr_storage *peer);
/* Not while its task runs. */
void connection_close(struct connection *connection);
/* The time for its state has run out. */
void connection_expire(struct connection *connection);
/* Closes it at once; one whose task runs ends with the task. */
void connection_cut(struct connection *connection);

/* An event: what is no acceptable request. */
void connection_tell_refused(struct text peer, int status, const char *why);
/* What the arena of one request may grow to. */
size_t connection_request_budget(const struct http_limits *limits);
void connection_watch(struct connection *connection, uint32_t wanted);
/* Moves it to the state's queue, with a new deadline. */
void connection_enter(struct connection *connection,
		      enum connection_state state);
/* Between requests. */
void connection_rest(struct connection *connection);
/* Says goodbye and closes, now or when the peer has heard. */
void connection_end(struct connection *connection);
/* After a task: of one that was cut meanwhile. */
void connection_free(struct connection *connection);

/* Closes it, for others need the room; what has begun is answered 503 unless
 * its place is needed `at_once`. */
void connection_give_way(struct connection *connection, bool at_once);

/* --- connection_exchange.c: HTTP/1.1 --- */

/* Takes what has come, and answers a request that is whole; the connection may be
 * no more afterwards. */
void connection_exchange_read(struct connection *connection, struct text bytes);
/* Goes on with a reply that the peer takes slowly, and behind it. */
void connection_exchange_write(struct connection *connection);
/* Of a connection with an exchange: answers what is no request, or came too late,
 * and closes. */
void connection_exchange_refuse(struct connection *connection, int status,
				const char *why);
/* The same for want of memory. */
void connection_exchange_refuse_short(struct connection *connection);
/* NULL-safe; clears it. */
void connection_exchange_free(struct exchange **exchange);

/* --- connection_io.c --- */

struct io connection_read(struct connection *connection, char *at, size_t size);
struct io connection_write(struct connection *connection, struct text bytes);
/* What comes over the wire, even if it is TLS. */
struct io connection_read_raw(struct connection *connection, char *at,
			      size_t size);

/* --- listener.c --- */

/* A TLS record at most, so that OpenSSL never holds plaintext back. */
#define HTTP_PIECE_SIZE 16384

struct http_listener {
	struct loop *loop;
	struct http_service *service;
	const struct http_limits *limits;
	struct http_tls *tls;
	const struct http_edge *edge; /* NULL: none is trusted */
	struct http_budget *budget;
	struct address_table addresses;
	size_t ignored_count; /* headers of others than the edge, since told */
	int64_t ignored_told_ms;
	struct loop_watch watch;
	struct loop_timer sweep; /* fires when the first deadline is due */
	struct loop_timer pause; /* runs while nothing can be accepted */
	struct list queues[CONNECTION_STATE_COUNT];
	size_t connection_count;
	uint16_t port;
	bool allows_http2; /* plain: by the first bytes; TLS says by itself */
	bool is_listening;
	bool is_draining;
	bool is_full;
	int64_t short_told_ms; /* when lack of memory was told last */
	int64_t crowded_told_ms; /* when an address's limit was */
	char piece[HTTP_PIECE_SIZE]; /* read just now, or to be sent */
};

/* Lets a trusted edge speak for its client. When somebody else sent what only an
 * edge may: an event, one a second. */
void http_listener_apply_edge(struct http_listener *listener, const char *peer,
			      struct http_request *request);
/* Moves the connection to the end of the queue and sets its deadline. */
void http_listener_enqueue(struct http_listener *listener,
			   struct connection *connection,
			   enum connection_state state);
