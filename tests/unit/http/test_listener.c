/* SPDX-License-Identifier: Apache-2.0 */
/* Connections over real sockets: order, deadlines, ends (H07, H08, H19). */
#include "suite.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server.h"

#define LOOK(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

static struct server server;
static struct buf received;

static int set_up(void **state)
{
	(void)state;
	server_init(&server);
	received = buf_init(16 << 20);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	server_stop(&server);
	buf_wipe(&received);
	return 0;
}

static void assert_received(const char *part)
{
	if (count_in(&received, part) == 0)
		fail_msg("no %s in: %.*s", part, TEXT_ARG(buf_text(&received)));
}

/* --- Requests and replies --- */

static void keeps_alive(void **state)
{
	int fd;

	(void)state;
	fd = client_start(&server);
	for (size_t i = 1; i <= 3; i++) {
		client_send(fd, ECHO);
		client_receive(fd, &received, "POST /echo?q hello", i);
	}
	assert_int_equal(count_in(&received, "HTTP/1.1 200 OK\r\nDate: "), 3);
	assert_int_equal(count_in(&received, "Content-Length: 18\r\n"), 3);
	assert_int_equal(count_in(&received, "Connection"), 0);
	close(fd);
	server_await_connections(&server, 0);
}

static void answers_in_order(void **state)
{
	size_t slept;
	int fd;

	(void)state;
	fd = client_start(&server);
	client_send(fd, LOOK("/sleep") LOOK("/echo?second") LOOK("/sleep")
				LOOK("/empty") LOOK("/echo?last"));
	client_receive(fd, &received, "?last ", 1);
	slept = text_find(buf_text(&received), TEXT("slept"));
	assert_true(slept < text_find(buf_text(&received), TEXT("?second")));
	assert_int_equal(count_in(&received, "slept"), 2);
	assert_int_equal(count_in(&received, "HTTP/1.1 204 No Content"), 1);
	close(fd);
}

static void answers_many_in_one_piece(void **state)
{
	struct buf requests = buf_init(1 << 20);
	int fd;

	(void)state;
	fd = client_start(&server);
	for (int i = 0; i < 1000; i++)
		buf_add(&requests, TEXT(ECHO));
	buf_add_byte(&requests, '\0');
	client_send(fd, requests.at);
	client_receive(fd, &received, "POST /echo?q hello", 1000);
	close(fd);
	buf_wipe(&requests);
}

static void reads_byte_by_byte(void **state)
{
	const char *bytes = ECHO;
	int fd;

	(void)state;
	fd = client_start(&server);
	for (size_t i = 0; i < strlen(bytes); i++) {
		char byte[2] = {bytes[i], '\0'};

		client_send(fd, byte);
		usleep(500);
	}
	client_receive(fd, &received, "POST /echo?q hello", 1);
	close(fd);
}

static void reads_chunks(void **state)
{
	int fd;

	(void)state;
	fd = client_start(&server);
	client_send(fd, "POST /echo HTTP/1.1\r\nHost: a\r\n"
			"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n");
	usleep(10000);
	client_send(fd, "3\r\nllo\r\n0\r\n\r\n" LOOK("/echo?next"));
	client_receive(fd, &received, "?next ", 1);
	assert_received("POST /echo? hello");
	close(fd);
}

static void leaves_the_body_out_for_head(void **state)
{
	int fd;

	(void)state;
	fd = client_start(&server);
	client_send(fd, "HEAD /big HTTP/1.1\r\nHost: a\r\n\r\n"
			"HEAD /echo HTTP/1.1\r\nHost: a\r\n"
			"Connection: close\r\n\r\n");
	assert_true(client_receive_all(fd, &received));
	assert_received("Content-Length: 1000000\r\n\r\nHTTP/1.1 200 OK\r\n");
	assert_received("Content-Length: 12\r\nConnection: close\r\n\r\n");
	assert_int_equal(count_in(&received, "HEAD"), 0);
	close(fd);
}

static size_t count_x(void)
{
	size_t count = 0;

	for (size_t i = 0; i < received.size; i++)
		if (received.at[i] == 'x')
			count++;
	return count;
}

static void sends_big_replies(void **state)
{
	int fd;

	(void)state;
	fd = client_start(&server);
	client_send(fd, LOOK("/big") LOOK("/big") LOOK("/close"));
	usleep(100000); /* until nothing more fits into the sockets */
	assert_true(client_receive_all(fd, &received));
	assert_int_equal(count_x(), 2 * SERVER_BIG_SIZE);
	assert_received("bye");
	close(fd);
}

static void closes_when_asked(void **state)
{
	static const char *const requests[] = {
		LOOK("/close"),
		"GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"GET /echo HTTP/1.0\r\n\r\n",
	};

	(void)state;
	server_start(&server, NULL);
	for (size_t i = 0; i < COUNT_OF(requests); i++) {
		int fd = client_connect(&server);

		client_send(fd, requests[i]);
		received.size = 0;
		assert_true(client_receive_all(fd, &received));
		assert_received("HTTP/1.1 200 OK\r\n");
		assert_received("Connection: close\r\n");
		close(fd);
	}
	server_await_connections(&server, 0);
}

static void answers_500(void **state)
{
	int fd;

	(void)state;
	fd = client_start(&server);
	client_send(fd, LOOK("/none") LOOK("/echo?next"));
	client_receive(fd, &received, "?next ", 1);
	assert_received("HTTP/1.1 500 Internal Server Error\r\n");
	assert_received("server_error");
	close(fd);
}

static void says_continue(void **state)
{
	int fd;

	(void)state;
	fd = client_start(&server);
	client_send(fd, "POST /echo HTTP/1.1\r\nHost: a\r\n"
			"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n");
	client_receive(fd, &received, "HTTP/1.1 100 Continue\r\n\r\n", 1);
	client_send(fd, "hello");
	client_receive(fd, &received, "POST /echo? hello", 1);
	/* A body that came along needs no 100. */
	client_send(fd,
		    "POST /echo HTTP/1.1\r\nHost: a\r\n"
		    "Expect: 100-continue\r\nContent-Length: 5\r\n\r\nagain");
	client_receive(fd, &received, "POST /echo? again", 1);
	assert_int_equal(count_in(&received, "100 Continue"), 1);
	close(fd);
}

/* --- Refusals --- */

static void refuses_and_closes(void **state)
{
	int fd;

	(void)state;
	fd = client_start(&server);
	client_send(fd, LOOK("/echo?first") "GET / HTTP/1.1\r\n\r\n" LOOK(
				"/echo?never"));
	assert_true(client_receive_all(fd, &received));
	assert_received("?first ");
	assert_received("HTTP/1.1 400 Bad Request\r\n");
	assert_received("Content-Type: application/json\r\n");
	assert_received("Connection: close\r\n");
	assert_received("{\"error\":\"invalid_request\",\"error_description\":"
			"\"there must be exactly one Host header\"}");
	assert_int_equal(count_in(&received, "never"), 0);
	close(fd);
	server_await_connections(&server, 0);
}

/* A reset would take the reply away from the client. */
static void refuses_without_reset(void **state)
{
	char junk[8193];
	int fd;

	(void)state;
	memset(junk, 'x', sizeof(junk) - 1);
	junk[sizeof(junk) - 1] = '\0';
	fd = client_start(&server);
	client_send(fd, "POST /echo HTTP/1.1\r\nHost: a\r\n"
			"Content-Length: 1000000\r\n\r\n");
	usleep(20000); /* the head alone is refused, then more comes */
	for (int i = 0; i < 50; i++) {
		client_send(fd, junk);
		usleep(1000);
	}
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	assert_true(client_receive_all(fd, &received));
	assert_received("HTTP/1.1 413 Content Too Large\r\n");
	close(fd);
	server_await_connections(&server, 0);
}

/* --- Deadlines --- */

/* A trickle does not prolong the time. */
static void assert_cut_off(int fd)
{
	int sent = 0;

	while (recv(fd, &(char){0}, 1, MSG_PEEK | MSG_DONTWAIT) < 0) {
		client_send(fd, "x");
		usleep(50000);
		assert_true(++sent < 20);
	}
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	assert_true(client_receive_all(fd, &received));
	assert_received("HTTP/1.1 408 Request Timeout\r\n");
	assert_true(sent >= 4);
	close(fd);
}

static void cuts_slow_heads(void **state)
{
	int fd;

	(void)state;
	server.limits.head_ms = 300;
	fd = client_start(&server);
	client_send(fd, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
	assert_cut_off(fd);
	server_await_connections(&server, 0);
}

static void cuts_slow_bodies(void **state)
{
	int fd;

	(void)state;
	server.limits.body_ms = 300;
	fd = client_start(&server);
	client_send(fd, "POST /echo HTTP/1.1\r\nHost: a\r\n"
			"Content-Length: 1000\r\n\r\nx");
	assert_cut_off(fd);
}

static void closes_idle_ones(void **state)
{
	int used;
	int unused;

	(void)state;
	server.limits.idle_ms = 200;
	server_start(&server, NULL);
	used = client_connect(&server);
	unused = client_connect(&server);
	client_send(used, LOOK("/echo"));
	client_receive(used, &received, "GET /echo", 1);
	received.size = 0;
	assert_true(client_receive_all(used, &received));
	assert_true(client_receive_all(unused, &received));
	assert_int_equal(received.size, 0);
	close(used);
	close(unused);
	server_await_connections(&server, 0);
}

static void keeps_busy_ones(void **state)
{
	int fd;

	(void)state;
	server.limits.idle_ms = 20;
	server.limits.head_ms = 20;
	fd = client_start(&server);
	client_send(fd, LOOK("/sleep"));
	client_receive(fd, &received, "slept", 1);
	close(fd);
}

static void cuts_slow_readers(void **state)
{
	int small = 4096;
	int fd;

	(void)state;
	server.limits.write_ms = 200;
	fd = client_start(&server);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small,
				    sizeof(small)),
			 0);
	for (int i = 0; i < 10; i++)
		client_send(fd, LOOK("/big"));
	server_await_connections(&server, 1);
	server_await_connections(&server, 0);
	close(fd);
}

/* --- Many --- */

static void lets_the_oldest_idle_go(void **state)
{
	int fds[4];

	(void)state;
	server.limits.connection_count = 3;
	server_start(&server, NULL);
	for (size_t i = 0; i < COUNT_OF(fds); i++) {
		fds[i] = client_connect(&server);
		client_send(fds[i], LOOK("/echo"));
		client_receive(fds[i], &received, "GET /echo", i + 1);
	}
	/* The first has given way to the fourth; the second still serves. */
	assert_int_equal(recv(fds[0], &(char){0}, 1, 0), 0);
	client_send(fds[1], LOOK("/echo"));
	client_receive(fds[1], &received, "GET /echo", 5);
	server_await_connections(&server, 3);
	for (size_t i = 0; i < COUNT_OF(fds); i++)
		close(fds[i]);
}

static void waits_while_all_are_busy(void **state)
{
	int busy;
	int extra;

	(void)state;
	server.limits.connection_count = 1;
	server_start(&server, NULL);
	busy = client_connect(&server);
	client_send(busy, LOOK("/sleep"));
	usleep(SERVER_SLEEP_MS * 1000 / 3);
	extra = client_connect(&server);
	client_send(extra, ECHO);
	client_receive(busy, &received, "slept", 1);
	assert_int_equal(count_in(&received, "hello"), 0);
	client_receive(extra, &received, "POST /echo?q hello", 1);
	close(extra);
	close(busy);
}

#define MANY 1000

static void serves_a_thousand(void **state)
{
	struct rlimit files = {4096, 4096};
	static int fds[MANY];

	(void)state;
	(void)setrlimit(RLIMIT_NOFILE, &files);
	server_start(&server, NULL);
	for (int i = 0; i < MANY; i++)
		fds[i] = client_connect(&server);
	server_await_connections(&server, MANY);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < MANY; i++)
			client_send(fds[i], ECHO);
		for (int i = 0; i < MANY; i++) {
			received.size = 0;
			client_receive(fds[i], &received, "?q hello", 1);
		}
	}
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
	server_await_connections(&server, 0);
}

static void parks_a_thousand(void **state)
{
	static int fds[MANY];

	(void)state;
	server_start(&server, NULL);
	for (int i = 0; i < MANY; i++) {
		fds[i] = client_connect(&server);
		client_send(fds[i], LOOK("/sleep"));
	}
	for (int i = 0; i < MANY; i++) {
		received.size = 0;
		client_receive(fds[i], &received, "slept", 1);
		close(fds[i]);
	}
	server_await_connections(&server, 0);
}

/* --- Ends --- */

static void drops_the_reply_of_one_gone(void **state)
{
	struct linger reset = {.l_onoff = 1};
	int polite;
	int rude;

	(void)state;
	server_start(&server, NULL);
	polite = client_connect(&server);
	rude = client_connect(&server);
	client_send(polite, LOOK("/sleep"));
	client_send(rude, LOOK("/sleep") LOOK("/big"));
	usleep(SERVER_SLEEP_MS * 1000 / 3);
	close(polite);
	assert_int_equal(setsockopt(rude, SOL_SOCKET, SO_LINGER, &reset,
				    sizeof(reset)),
			 0);
	close(rude);
	server_await_connections(&server, 2); /* their tasks still run */
	server_await_connections(&server, 0);
}

static void drain(struct server *drained)
{
	http_listener_drain(drained->listener);
}

static void assert_not_idle(struct server *drained)
{
	assert_false(http_listener_is_idle(drained->listener));
}

static void assert_idle(struct server *drained)
{
	assert_true(http_listener_is_idle(drained->listener));
}

static void drains(void **state)
{
	int idle;
	int busy;
	int reading;

	(void)state;
	server_start(&server, NULL);
	idle = client_connect(&server);
	busy = client_connect(&server);
	reading = client_connect(&server);
	client_send(busy, LOOK("/sleep") LOOK("/echo?dropped"));
	client_send(reading, "GET /echo HTTP/1.1\r\n");
	usleep(SERVER_SLEEP_MS * 1000 / 3);
	server_call(&server, drain);
	server_call(&server, assert_not_idle);
	assert_true(client_receive_all(idle, &received));
	assert_int_equal(received.size, 0);
	assert_true(client_receive_all(busy, &received));
	assert_received("slept");
	assert_received("Connection: close\r\n");
	assert_int_equal(count_in(&received, "dropped"), 0);
	received.size = 0;
	client_send(reading, "Host: a\r\n\r\n");
	assert_true(client_receive_all(reading, &received));
	assert_received("Connection: close\r\n");
	close(idle);
	close(busy);
	close(reading);
	server_await_connections(&server, 0);
	server_call(&server, assert_idle);
}

static void close_listener(struct server *closed)
{
	http_listener_close(&closed->listener);
}

static void cuts_what_is_left(void **state)
{
	int busy;
	int idle;

	(void)state;
	server_start(&server, NULL);
	busy = client_connect(&server);
	idle = client_connect(&server);
	client_send(busy, LOOK("/sleep"));
	usleep(SERVER_SLEEP_MS * 1000 / 3);
	server_call(&server, close_listener);
	client_receive_all(busy, &received);
	client_receive_all(idle, &received);
	assert_int_equal(received.size, 0);
	close(busy);
	close(idle);
}

/* --- Opening --- */

static void listens_on_ipv6(void **state)
{
	int fd;

	(void)state;
	server.address = "::1";
	fd = client_start(&server);
	client_send(fd, LOOK("/echo"));
	client_receive(fd, &received, "GET /echo", 1);
	close(fd);
}

static void says_why_it_cannot_listen(void **state)
{
	struct http_listener_options options = {.service = &server.service,
						.limits = &server.limits};
	struct http_listener *listener = NULL;
	const char *why = NULL;

	(void)state;
	server_start(&server, NULL);
	options.address = "localhost";
	assert_int_equal(http_listener_open(server.loop, &options, &listener,
					    &why),
			 REFUSED);
	assert_non_null(strstr(why, "localhost"));
	options.address = "127.0.0.1";
	options.port = server.port;
	assert_int_equal(http_listener_open(server.loop, &options, &listener,
					    &why),
			 REFUSED);
	assert_non_null(strstr(why, "in use"));
	assert_null(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that_with("one connection serves several requests",
			       keeps_alive, set_up, tear_down),
		test_that_with("requests sent ahead are answered in order",
			       answers_in_order, set_up, tear_down),
		test_that_with("a thousand requests sent ahead are answered",
			       answers_many_in_one_piece, set_up, tear_down),
		test_that_with("a request may come byte by byte",
			       reads_byte_by_byte, set_up, tear_down),
		test_that_with("a body may come in chunks", reads_chunks,
			       set_up, tear_down),
		test_that_with("HEAD is answered without a body",
			       leaves_the_body_out_for_head, set_up, tear_down),
		test_that_with("replies larger than the sockets arrive whole",
			       sends_big_replies, set_up, tear_down),
		test_that_with("a connection closes when either side says so",
			       closes_when_asked, set_up, tear_down),
		test_that_with("a reply without status is a 500", answers_500,
			       set_up, tear_down),
		test_that_with("a client that waits for a 100 is told one",
			       says_continue, set_up, tear_down),
		test_that_with("a malformed request is refused and the last",
			       refuses_and_closes, set_up, tear_down),
		test_that_with("a refusal reaches a client that still sends",
			       refuses_without_reset, set_up, tear_down),
		test_that_with("a head that trickles is cut off",
			       cuts_slow_heads, set_up, tear_down),
		test_that_with("a body that trickles is cut off",
			       cuts_slow_bodies, set_up, tear_down),
		test_that_with("idle connections are closed in time",
			       closes_idle_ones, set_up, tear_down),
		test_that_with("a request that is answered has no deadline",
			       keeps_busy_ones, set_up, tear_down),
		test_that_with("a client that does not read is cut off",
			       cuts_slow_readers, set_up, tear_down),
		test_that_with("the oldest idle connection gives way",
			       lets_the_oldest_idle_go, set_up, tear_down),
		test_that_with("when all are busy a new one waits",
			       waits_while_all_are_busy, set_up, tear_down),
		test_that_with("a thousand connections are served",
			       serves_a_thousand, set_up, tear_down),
		test_that_with("a thousand requests wait at once",
			       parks_a_thousand, set_up, tear_down),
		test_that_with("the reply to a client that has gone is dropped",
			       drops_the_reply_of_one_gone, set_up, tear_down),
		test_that_with("draining answers what is under way", drains,
			       set_up, tear_down),
		test_that_with("closing cuts all but the tasks",
			       cuts_what_is_left, set_up, tear_down),
		test_that_with("it listens on IPv6", listens_on_ipv6, set_up,
			       tear_down),
		test_that_with("it says why it cannot listen",
			       says_why_it_cannot_listen, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("http listener", tests, NULL, NULL);
}
