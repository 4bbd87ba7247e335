/* SPDX-License-Identifier: Apache-2.0 */
/* A listener with a tiny service on a thread of its own, and plain clients. */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/event.h"
#include "http/connection.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "suite.h"

/* --- The service --- */

static void echo(const struct http_request *request, struct http_reply *reply)
{
	buf_add(&reply->body, request->method_name);
	buf_add(&reply->body, TEXT(" "));
	buf_add(&reply->body, request->path);
	buf_add(&reply->body, TEXT("?"));
	buf_add(&reply->body, request->query);
	buf_add(&reply->body, TEXT(" "));
	buf_add(&reply->body, request->body);
}

static void add_big(struct http_reply *reply)
{
	char *at = buf_reserve(&reply->body, SERVER_BIG_SIZE);

	memset(at, 'x', SERVER_BIG_SIZE);
	buf_advance(&reply->body, SERVER_BIG_SIZE);
}

static void count_sleeping(struct server *server)
{
	int now = atomic_fetch_add(&server->sleeping, 1) + 1;

	if (now > atomic_load(&server->slept_most))
		atomic_store(&server->slept_most, now);
}

static void answer(struct http_service *service,
		   const struct http_request *request, struct http_reply *reply)
{
	struct server *server = HOLDER_OF(service, struct server, service);

	atomic_fetch_add(&server->asked, 1);
	reply->status = 200;
	if (text_equal(request->path, TEXT("/echo"))) {
		echo(request, reply);
	} else if (text_equal(request->path, TEXT("/sleep"))) {
		count_sleeping(server);
		task_sleep(SERVER_SLEEP_MS);
		atomic_fetch_sub(&server->sleeping, 1);
		buf_add(&reply->body, TEXT("slept"));
	} else if (text_equal(request->path, TEXT("/certificate"))) {
		buf_format(&reply->body, "%zu bytes of certificate",
			   request->certificate.der.size);
	} else if (text_equal(request->path, TEXT("/big"))) {
		add_big(reply);
	} else if (text_equal(request->path, TEXT("/empty"))) {
		reply->status = 204;
	} else if (text_equal(request->path, TEXT("/close"))) {
		buf_add(&reply->body, TEXT("bye"));
		reply->must_close = true;
	} else if (text_equal(request->path, TEXT("/none"))) {
		reply->status = 0;
	} else {
		reply->status = 404;
	}
}

/* --- Its thread --- */

static void *run_loop(void *context)
{
	struct server *server = context;

	loop_run(server->loop);
	return NULL;
}

void server_init(struct server *server)
{
	event_log_to(open("/dev/null", O_WRONLY | O_CLOEXEC), EVENT_INFO);
	*server = (struct server){.limits = http_limits_default};
}

void server_start(struct server *server, struct http_tls *tls)
{
	struct http_listener_options options = {
		.address = server->address ? server->address : "127.0.0.1",
		.tls = tls,
		.service = &server->service,
		.allows_http2 = !server->is_http1_only,
		.limits = &server->limits,
		.budget = &server->budget,
		.edge = server->edge,
	};
	const char *why = "";

	server->service.answer = answer;
	server->loop = loop_new();
	assert_non_null(server->loop);
	if (http_listener_open(server->loop, &options, &server->listener,
			       &why) != DONE)
		fail_msg("%s", why);
	server->port = http_listener_port(server->listener);
	assert_int_equal(
		pthread_create(&server->thread, NULL, run_loop, server), 0);
}

struct call {
	struct loop_message message;
	struct server *server;
	void (*run)(struct server *server);
	atomic_bool is_over;
};

static void run_call(struct loop_message *message)
{
	struct call *call = HOLDER_OF(message, struct call, message);

	call->run(call->server);
	atomic_store(&call->is_over, true);
}

void server_call(struct server *server, void (*run)(struct server *server))
{
	struct call call = {
		.message.run = run_call,
		.server = server,
		.run = run,
	};

	loop_post(server->loop, &call.message);
	while (!atomic_load(&call.is_over))
		usleep(100);
}

static void end(struct server *server)
{
	http_listener_close(&server->listener);
}

void server_stop(struct server *server)
{
	server_call(server, end);
	/* Tasks of connections that were cut end by themselves. */
	for (int i = 0; i < 500 && atomic_load(&server->sleeping) > 0; i++)
		usleep(10000);
	loop_stop(server->loop);
	pthread_join(server->thread, NULL);
	loop_free(&server->loop);
}

static _Atomic size_t counted;

static void count_connections(struct server *server)
{
	counted = server->listener->connection_count;
}

void server_await_connections(struct server *server, size_t count)
{
	for (int i = 0; i < 500; i++) {
		server_call(server, count_connections);
		if (counted == count)
			return;
		usleep(10000);
	}
	fail_msg("%zu connections instead of %zu", counted, count);
}

/* --- Clients --- */

static int connect_to(const char *address, uint16_t port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, address, &v4.sin_addr) == 1) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		v4.sin_port = htons(port);
		assert_int_equal(
			connect(fd, (struct sockaddr *)&v4, sizeof(v4)), 0);
		return fd;
	}
	assert_int_equal(inet_pton(AF_INET6, address, &v6.sin6_addr), 1);
	v6.sin6_port = htons(port);
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&v6, sizeof(v6)), 0);
	return fd;
}

int client_connect(const struct server *server)
{
	struct timeval limit = {.tv_sec = 10};
	int fd = connect_to(server->address ? server->address : "127.0.0.1",
			    server->port);

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit,
				    sizeof(limit)),
			 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit,
				    sizeof(limit)),
			 0);
	return fd;
}

int client_start(struct server *server)
{
	server_start(server, NULL);
	return client_connect(server);
}

void client_send(int fd, const char *bytes)
{
	size_t size = strlen(bytes);

	assert_int_equal(send(fd, bytes, size, MSG_NOSIGNAL), (ssize_t)size);
}

size_t count_in(const struct buf *received, const char *mark)
{
	struct text rest = buf_text(received);
	struct text wanted = text_from(mark);
	size_t count = 0;
	size_t at;

	while ((at = text_find(rest, wanted)) < rest.size) {
		rest = text_from_byte(rest, at + wanted.size);
		count++;
	}
	return count;
}

static ssize_t receive(int fd, struct buf *received)
{
	char piece[65536];
	ssize_t got = recv(fd, piece, sizeof(piece), 0);

	if (got > 0)
		buf_add(received, text_of(piece, (size_t)got));
	return got;
}

void client_receive(int fd, struct buf *received, const char *mark,
		    size_t count)
{
	while (count_in(received, mark) < count) {
		ssize_t got = receive(fd, received);

		if (got <= 0)
			fail_msg("%s after: %.*s",
				 got == 0 ? "closed" : strerror(errno),
				 TEXT_ARG(buf_text(received)));
	}
}

bool client_receive_all(int fd, struct buf *received)
{
	ssize_t got;

	while ((got = receive(fd, received)) > 0)
		;
	if (got < 0 && errno != ECONNRESET)
		fail_msg("%s after: %.*s", strerror(errno),
			 TEXT_ARG(buf_text(received)));
	return got == 0;
}
