/* SPDX-License-Identifier: Apache-2.0 */
/* A listener with a tiny service on a thread of its own, and plain clients. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "http/listener.h"

/*
 * The service:
 *   /echo   "METHOD path?query body"
 *   /sleep  waits 300 ms, then "slept"
 *   /big    SERVER_BIG_SIZE bytes 'x'
 *   /empty  204        /close  "bye", and closes      /none  no status
 */
#define SERVER_BIG_SIZE (1000 * 1000)
#define SERVER_SLEEP_MS 300
/* Answered by "POST /echo?q hello". */
#define ECHO                                                                   \
	"POST /echo?q HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"

struct server {
	struct http_limits limits; /* set before server_start */
	const char *address; /* NULL: 127.0.0.1 */
	struct http_budget budget; /* its share likewise */
	const struct http_edge *edge;
	pthread_t thread;
	struct loop *loop;
	struct http_listener *listener;
	struct http_service service;
	uint16_t port;
	atomic_int sleeping; /* requests for /sleep under way */
	atomic_int slept_most; /* the most of them at once */
	atomic_int asked; /* requests so far */
	bool is_http1_only;
};

/* As every test begins: usual limits, and events that nobody reads. */
void server_init(struct server *server);
void server_start(struct server *server, struct http_tls *tls);
/* Closes the listener, waits for the thread. */
void server_stop(struct server *server);
/* Runs it on the server's thread and waits for it. */
void server_call(struct server *server, void (*run)(struct server *server));
/* Waits until there are so many connections; fails after 5 s. */
void server_await_connections(struct server *server, size_t count);

/* A blocking client, each wait of which fails the test after 10 s. */
int client_connect(const struct server *server);
/* The first one of a plain server, which it starts. */
int client_start(struct server *server);
void client_send(int fd, const char *bytes);
/* Receives until `count` times `mark` has come. */
void client_receive(int fd, struct buf *received, const char *mark,
		    size_t count);
/* Receives until the server closes; false when it reset the connection. */
bool client_receive_all(int fd, struct buf *received);
size_t count_in(const struct buf *received, const char *mark);
