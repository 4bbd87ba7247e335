/* SPDX-License-Identifier: Apache-2.0 */
/* Who gives way when connections or memory run out (attack H07). */
#include "suite.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/connection.h"
#include "server.h"

#define BODY_SIZE 60000
/* A head, and a body that never ends. */
#define BEGINNING                                                              \
	"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n"
/* What is slow: the server's second, and some. */
#define UNTIL_SLOW_US 1200000

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
	assert_int_equal(server.budget.held, 0);
	buf_wipe(&received);
	return 0;
}

static int connect_from(const char *address)
{
	struct sockaddr_in from = {.sin_family = AF_INET};
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(server.port)};
	const struct timeval patience = {.tv_sec = 10};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, address, &from.sin_addr);
	inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
	assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

/* Sends so much of a body that it is held. */
static int begin_from(const char *address)
{
	static char most[BODY_SIZE - 1];
	int fd = connect_from(address);

	memset(most, 'x', sizeof(most));
	client_send(fd, BEGINNING);
	assert_int_equal(send(fd, most, sizeof(most), MSG_NOSIGNAL),
			 sizeof(most));
	return fd;
}

static void assert_served(int fd)
{
	received.size = 0;
	client_send(fd, ECHO);
	client_receive(fd, &received, "POST /echo?q hello", 1);
}

/* Whether the server has closed it, or will within so many milliseconds. */
static bool is_closed(int fd, int within_ms)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	char piece[4096];

	return poll(&ready, 1, within_ms) == 1 &&
	       recv(fd, piece, sizeof(piece), 0) <= 0;
}

static size_t held;

static void look_at_held(struct server *looked_at)
{
	held = looked_at->budget.held;
}

static size_t held_now(void)
{
	server_call(&server, look_at_held);
	return held;
}

/* --- Memory --- */

static void counts_what_is_held(void **state)
{
	size_t idle;
	int fd;

	(void)state;
	fd = client_start(&server);
	assert_served(fd);
	idle = held_now();
	assert_in_range(idle, 1, 4096);
	close(fd);
	fd = begin_from("127.0.0.1");
	usleep(100000);
	assert_in_range(held_now(), BODY_SIZE, 4 * BODY_SIZE);
	client_send(fd, "x");
	client_receive(fd, &received, "200 OK", 1);
	usleep(100000);
	assert_int_equal(held_now(), idle);
	close(fd);
	server_await_connections(&server, 0);
	assert_int_equal(held_now(), 0);
}

static void answers_503(void **state)
{
	int first;
	int second;

	(void)state;
	server.budget.share = 300000;
	server_start(&server, NULL);
	first = begin_from("127.0.0.1");
	usleep(100000);
	/* The first has just come and is not sent away for it. */
	second = begin_from("127.0.0.1");
	client_receive(second, &received, "}", 1);
	assert_int_equal(count_in(&received, "HTTP/1.1 503 "), 1);
	assert_int_equal(count_in(&received, "Retry-After: 1\r\n"), 1);
	assert_int_equal(count_in(&received, "Connection: close\r\n"), 1);
	received.size = 0;
	client_send(first, "x");
	client_receive(first, &received, "200 OK", 1);
	close(first);
	close(second);
	server_await_connections(&server, 0);
}

static void slow_bodies_give_way(void **state)
{
	int slow;
	int quick;

	(void)state;
	server.budget.share = 300000;
	server_start(&server, NULL);
	slow = begin_from("127.0.0.1");
	usleep(UNTIL_SLOW_US);
	quick = begin_from("127.0.0.1");
	client_send(quick, "x");
	client_receive(quick, &received, "200 OK", 1);
	received.size = 0;
	client_receive(slow, &received, "Retry-After: 1\r\n", 1);
	assert_int_equal(count_in(&received, "HTTP/1.1 503 "), 1);
	close(slow);
	close(quick);
	server_await_connections(&server, 0);
}

/* By something else than connections. */
static void use_up(struct server *used)
{
	used->budget.held += 100000;
}

static void release(struct server *used)
{
	used->budget.held -= 100000;
}

static void connections_wait_for_memory(void **state)
{
	int first;
	int second;

	(void)state;
	server.budget.share = 100000;
	server_start(&server, NULL);
	server_call(&server, use_up);
	first = client_connect(&server);
	second = client_connect(&server);
	client_send(first, ECHO);
	assert_false(is_closed(first, 300));
	server_call(&server, release);
	client_receive(first, &received, "hello", 1);
	assert_served(second);
	close(first);
	close(second);
	server_await_connections(&server, 0);
}

/* --- Places --- */

static void slow_heads_give_way(void **state)
{
	int slow[3];
	int fd;

	(void)state;
	server.limits.connection_count = COUNT_OF(slow);
	server_start(&server, NULL);
	for (size_t i = 0; i < COUNT_OF(slow); i++) {
		slow[i] = client_connect(&server);
		client_send(slow[i], "GET / HTTP/1.1\r\n");
	}
	usleep(UNTIL_SLOW_US);
	fd = client_connect(&server);
	assert_served(fd);
	assert_true(is_closed(slow[0], 1000));
	assert_false(is_closed(slow[1], 0));
	assert_false(is_closed(slow[2], 0));
	for (size_t i = 0; i < COUNT_OF(slow); i++)
		close(slow[i]);
	close(fd);
	server_await_connections(&server, 0);
}

static void the_many_give_way_first(void **state)
{
	int one;
	int many[3];
	int fd;

	(void)state;
	server.limits.connection_count = 4;
	server_start(&server, NULL);
	one = connect_from("127.0.0.3");
	client_send(one, "GET / HTTP/1.1\r\n");
	for (size_t i = 0; i < COUNT_OF(many); i++) {
		many[i] = connect_from("127.0.0.2");
		client_send(many[i], "GET / HTTP/1.1\r\n");
	}
	usleep(UNTIL_SLOW_US);
	fd = client_connect(&server);
	assert_served(fd);
	/* It has been slow for longest, but is alone. */
	assert_false(is_closed(one, 0));
	assert_true(is_closed(many[0], 1000));
	for (size_t i = 0; i < COUNT_OF(many); i++)
		close(many[i]);
	close(one);
	close(fd);
	server_await_connections(&server, 0);
}

static void an_edge_counts_as_one(void **state)
{
	struct http_network edge_network;
	const struct http_edge edge = {.trusted = &edge_network,
				       .trusted_count = 1};
	int edges[3];
	int many[2];
	int fd;

	(void)state;
	assert_true(http_network_parse(TEXT("127.0.0.3"), &edge_network));
	server.edge = &edge;
	server.limits.connection_count = 5;
	server.limits.connection_count_per_address = 2;
	server_start(&server, NULL);
	for (size_t i = 0; i < COUNT_OF(edges); i++) {
		edges[i] = connect_from("127.0.0.3");
		client_send(edges[i], "GET / HTTP/1.1\r\n");
	}
	for (size_t i = 0; i < COUNT_OF(many); i++) {
		many[i] = connect_from("127.0.0.2");
		client_send(many[i], "GET / HTTP/1.1\r\n");
	}
	usleep(UNTIL_SLOW_US);
	fd = client_connect(&server);
	assert_served(fd);
	assert_true(is_closed(many[0], 1000));
	for (size_t i = 0; i < COUNT_OF(edges); i++) {
		assert_false(is_closed(edges[i], 0));
		close(edges[i]);
	}
	for (size_t i = 0; i < COUNT_OF(many); i++)
		close(many[i]);
	close(fd);
	server_await_connections(&server, 0);
}

static void an_address_has_its_limit(void **state)
{
	int held_open[2];
	int other;
	int refused;

	(void)state;
	server.limits.connection_count_per_address = 2;
	server_start(&server, NULL);
	for (size_t i = 0; i < COUNT_OF(held_open); i++) {
		held_open[i] = connect_from("127.0.0.2");
		assert_served(held_open[i]);
	}
	refused = connect_from("127.0.0.2");
	assert_true(is_closed(refused, 2000));
	other = connect_from("127.0.0.3");
	assert_served(other);
	close(held_open[0]);
	server_await_connections(&server, 2);
	close(refused);
	refused = connect_from("127.0.0.2");
	assert_served(refused);
	close(refused);
	close(held_open[1]);
	close(other);
	server_await_connections(&server, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that_with("what is held is counted, and counted out",
			       counts_what_is_held, set_up, tear_down),
		test_that_with("a request without room is a 503 that says when "
			       "to try again",
			       answers_503, set_up, tear_down),
		test_that_with("a body that has been slow for a second gives "
			       "way",
			       slow_bodies_give_way, set_up, tear_down),
		test_that_with("connections wait while memory is short",
			       connections_wait_for_memory, set_up, tear_down),
		test_that_with("a head that has been slow for a second gives "
			       "its place",
			       slow_heads_give_way, set_up, tear_down),
		test_that_with("among the slow those of the greatest crowd "
			       "give way",
			       the_many_give_way_first, set_up, tear_down),
		test_that_with("a trusted edge counts as one",
			       an_edge_counts_as_one, set_up, tear_down),
		test_that_with("an address has no more connections than its "
			       "limit",
			       an_address_has_its_limit, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("http crowd", tests, NULL, NULL);
}
