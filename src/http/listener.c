/* SPDX-License-Identifier: Apache-2.0 */
/* Listens, accepts, and keeps the deadlines of all connections. */
#include "http/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netinet/tcp.h>

#include "base/event.h"
#include "http/connection.h"
#include "http/crowd.h"
#include "loop/clock.h"

/* Accepted in one go, so that those who are here already get their turn. */
#define ACCEPT_AT_ONCE 64
#define LINGER_MS 2000
/* How often the streams of a connection are looked at. */
#define LOOK_MS 250
/* How long nothing is accepted when descriptors have run out. */
#define PAUSE_MS 100
/* The same trouble is told no more often. */
#define TELL_EVERY_MS 1000

const struct http_limits http_limits_default = {
	.head_size = 16384,
	.header_count = 100,
	.body_size = 65536,
	.head_ms = 10000,
	.body_ms = 20000,
	.idle_ms = 60000,
	.write_ms = 20000,
	.connection_count = 10000,
};

/* --- Deadlines --- */

/* Each state allows everybody the same time: a queue in order of arrival is one
 * in order of deadlines. 0: as long as it takes. */
static int64_t allowed_ms(const struct http_limits *limits,
			  enum connection_state state)
{
	switch (state) {
	case CONNECTION_HANDSHAKE:
	case CONNECTION_HEAD:
		return limits->head_ms;
	case CONNECTION_IDLE:
		return limits->idle_ms;
	case CONNECTION_BODY:
		return limits->body_ms;
	case CONNECTION_WRITE:
		return limits->write_ms;
	case CONNECTION_STREAMS:
		return LOOK_MS;
	case CONNECTION_LINGER:
		return LINGER_MS;
	case CONNECTION_BUSY:
	case CONNECTION_STATE_COUNT:
		break;
	}
	return 0;
}

/* The sweep fires when the first deadline of all is due. */
static void sweep_by(struct http_listener *listener, int64_t due_ms,
		     int64_t now_ms)
{
	if (listener->sweep.place == 0 || listener->sweep.due_ms > due_ms + 1)
		loop_timer_set(listener->loop, &listener->sweep,
			       due_ms - now_ms);
}

void http_listener_enqueue(struct http_listener *listener,
			   struct connection *connection,
			   enum connection_state state)
{
	int64_t after_ms = allowed_ms(listener->limits, state);
	int64_t now_ms;

	list_remove(&connection->link);
	list_append(&listener->queues[state], &connection->link);
	connection->due_ms = INT64_MAX;
	connection->since_ms = 0;
	if (after_ms == 0)
		return;
	now_ms = clock_monotonic_ms();
	connection->since_ms = now_ms;
	connection->due_ms = now_ms + after_ms;
	sweep_by(listener, connection->due_ms, now_ms);
}

static struct connection *first_of(const struct http_listener *listener,
				   enum connection_state state)
{
	const struct list *queue = &listener->queues[state];

	if (list_is_empty(queue))
		return NULL;
	return HOLDER_OF(queue->next, struct connection, link);
}

static void expire_queue(struct http_listener *listener,
			 enum connection_state state, int64_t now_ms)
{
	struct connection *first;

	while ((first = first_of(listener, state)) != NULL &&
	       first->due_ms <= now_ms)
		connection_expire(first);
}

static void sweep_fired(struct loop_timer *timer)
{
	struct http_listener *listener =
		HOLDER_OF(timer, struct http_listener, sweep);
	int64_t now_ms = clock_monotonic_ms();

	for (int i = 0; i < CONNECTION_STATE_COUNT; i++) {
		enum connection_state state = (enum connection_state)i;
		struct connection *first;

		expire_queue(listener, state, now_ms);
		first = first_of(listener, state);
		if (first != NULL && first->due_ms != INT64_MAX)
			sweep_by(listener, first->due_ms, now_ms);
	}
}

/* --- Accepting --- */

static void tell_full(struct http_listener *listener, const char *why)
{
	struct event event;

	if (listener->is_full)
		return;
	listener->is_full = true;
	event_begin(&event, EVENT_WARNING, "http.listener.full");
	event_integer(&event, "port", listener->port);
	event_integer(&event, "connections",
		      (int64_t)listener->connection_count);
	event_string(&event, "why", why);
	event_end(&event);
}

static void tell_ignored(struct http_listener *listener, const char *peer)
{
	int64_t now_ms = clock_monotonic_ms();
	struct event event;

	listener->ignored_count++;
	if (listener->ignored_told_ms != 0 &&
	    now_ms < listener->ignored_told_ms + TELL_EVERY_MS)
		return;
	event_begin(&event, EVENT_WARNING, "http.edge.ignored");
	event_integer(&event, "port", listener->port);
	event_string(&event, "peer", peer);
	event_integer(&event, "count", (int64_t)listener->ignored_count);
	event_end(&event);
	listener->ignored_told_ms = now_ms;
	listener->ignored_count = 0;
}

void http_listener_apply_edge(struct http_listener *listener, const char *peer,
			      struct http_request *request)
{
	if (!http_edge_apply(listener->edge, request))
		tell_ignored(listener, peer);
}

/* Those who come wait in the kernel; always false. */
static bool pause_accepting(struct http_listener *listener)
{
	loop_watch_change(listener->loop, &listener->watch, 0);
	loop_timer_set(listener->loop, &listener->pause, PAUSE_MS);
	return false;
}

/* Somebody gives way, or those who come wait. */
static bool make_room(struct http_listener *listener, const char *why)
{
	tell_full(listener, why);
	return crowd_yields_place(listener) || pause_accepting(listener);
}

/* `is_first`: somebody is known to wait; of others that is not known yet, and
 * nobody gives way for them. */
static bool has_room(struct http_listener *listener, bool is_first)
{
	if (listener->connection_count >= listener->limits->connection_count)
		return is_first && make_room(listener, "as many as allowed");
	if (!crowd_has_memory(listener, crowd_connection_cost(listener), NULL))
		return pause_accepting(listener);
	listener->is_full = false;
	return true;
}

static void open_accepted(struct http_listener *listener, int fd,
			  const struct sockaddr_storage *address)
{
	int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	connection_open(listener, fd, address);
}

static void stop_listening(struct http_listener *listener)
{
	if (!listener->is_listening)
		return;
	listener->is_listening = false;
	loop_timer_cancel(listener->loop, &listener->pause);
	loop_watch_remove(listener->loop, &listener->watch);
	close(listener->watch.fd);
}

/* False when there is nothing more to accept now. */
static bool accept_failed(struct http_listener *listener)
{
	switch (errno) {
	case EINTR:
	case ECONNABORTED:
		return true;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return make_room(listener, "no more descriptors or memory");
	default:
		return false;
	}
}

static void pause_over(struct loop_timer *timer)
{
	struct http_listener *listener =
		HOLDER_OF(timer, struct http_listener, pause);

	loop_watch_change(listener->loop, &listener->watch, EPOLLIN);
}

static void accept_ready(struct loop_watch *watch, uint32_t events)
{
	struct http_listener *listener =
		HOLDER_OF(watch, struct http_listener, watch);

	(void)events;
	for (int i = 0; i < ACCEPT_AT_ONCE && has_room(listener, i == 0); i++) {
		struct sockaddr_storage address;
		socklen_t size = sizeof(address);
		int fd = accept4(watch->fd, (struct sockaddr *)&address, &size,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0)
			open_accepted(listener, fd, &address);
		else if (!accept_failed(listener))
			return;
	}
}

/* --- Opening --- */

static _Thread_local char why_buffer[256];

static const char *say_why(const char *what,
			   const struct http_listener_options *options)
{
	snprintf(why_buffer, sizeof(why_buffer), "%s %.100s, port %u: %s", what,
		 options->address, options->port, strerror(errno));
	return why_buffer;
}

/* The size of the address, 0 when it is neither IPv4 nor IPv6. */
static socklen_t parse_address(const struct http_listener_options *options,
			       struct sockaddr_storage *address_out)
{
	struct sockaddr_in *v4 = (void *)address_out;
	struct sockaddr_in6 *v6 = (void *)address_out;

	memset(address_out, 0, sizeof(*address_out));
	if (inet_pton(AF_INET, options->address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(options->port);
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, options->address, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(options->port);
		return sizeof(*v6);
	}
	return 0;
}

static bool bind_and_listen(int fd, const struct sockaddr_storage *address,
			    socklen_t size, bool shares_port)
{
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
		return false;
	if (shares_port &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0)
		return false;
	if (address->ss_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0)
		return false;
	return bind(fd, (const struct sockaddr *)address, size) == 0 &&
	       listen(fd, SOMAXCONN) == 0;
}

static outcome open_socket(const struct http_listener_options *options,
			   int *fd_out, const char **why_out)
{
	struct sockaddr_storage address;
	socklen_t size = parse_address(options, &address);
	int fd;

	if (size == 0) {
		errno = EINVAL;
		*why_out = say_why("not an IP address:", options);
		return REFUSED;
	}
	fd = socket(address.ss_family,
		    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 &&
	    bind_and_listen(fd, &address, size, options->shares_port)) {
		*fd_out = fd;
		return DONE;
	}
	*why_out = say_why("cannot listen on", options);
	if (fd >= 0)
		close(fd);
	return REFUSED;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);
	const struct sockaddr_in *v4 = (const void *)&address;
	const struct sockaddr_in6 *v6 = (const void *)&address;

	MUST(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
	return ntohs(address.ss_family == AF_INET ? v4->sin_port
						  : v6->sin6_port);
}

/* Of the loop on this thread: it may outlive its listeners. */
static _Thread_local struct http_budget without_end;

static struct http_listener *
listener_new(struct loop *loop, const struct http_listener_options *options,
	     int fd)
{
	struct http_listener *listener = calloc(1, sizeof(*listener));

	MUST(listener != NULL);
	listener->loop = loop;
	listener->service = options->service;
	listener->limits = options->limits;
	listener->budget = options->budget ? options->budget : &without_end;
	address_table_init(&listener->addresses);
	listener->edge = options->edge;
	listener->allows_http2 = options->allows_http2;
	if (options->tls != NULL)
		listener->tls = http_tls_ref(options->tls);
	listener->watch.fd = fd;
	listener->watch.ready = accept_ready;
	listener->sweep.fired = sweep_fired;
	listener->pause.fired = pause_over;
	listener->port = port_of(fd);
	for (int i = 0; i < CONNECTION_STATE_COUNT; i++)
		list_init(&listener->queues[i]);
	return listener;
}

outcome http_listener_open(struct loop *loop,
			   const struct http_listener_options *options,
			   struct http_listener **listener_out,
			   const char **why_out)
{
	struct http_listener *listener;
	int fd;

	TRY(open_socket(options, &fd, why_out));
	listener = listener_new(loop, options, fd);
	listener->is_listening = true;
	if (loop_watch_add(loop, &listener->watch, EPOLLIN) != DONE) {
		*why_out = say_why("cannot watch", options);
		http_listener_close(&listener);
		return REFUSED;
	}
	*listener_out = listener;
	return DONE;
}

uint16_t http_listener_port(const struct http_listener *listener)
{
	return listener->port;
}

/* --- Ending --- */

void http_listener_drain(struct http_listener *listener)
{
	struct connection *idle;

	listener->is_draining = true;
	stop_listening(listener);
	while ((idle = first_of(listener, CONNECTION_IDLE)) != NULL)
		connection_expire(idle);
}

bool http_listener_is_idle(const struct http_listener *listener)
{
	return listener->connection_count == 0;
}

void http_listener_close(struct http_listener **listener)
{
	struct http_listener *ended = TAKE(*listener);
	struct connection *first;

	if (ended == NULL)
		return;
	stop_listening(ended);
	for (int i = 0; i < CONNECTION_STATE_COUNT; i++)
		while ((first = first_of(ended, (enum connection_state)i)))
			connection_cut(first);
	loop_timer_cancel(ended->loop, &ended->sweep);
	http_tls_unref(&ended->tls);
	explicit_bzero(ended->piece, sizeof(ended->piece));
	free(ended);
}
