/* SPDX-License-Identifier: Apache-2.0 */
/* A name that changes its address (S01: DNS rebinding): the resolver and
 * connect(2) are the test's own. */
#include "suite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fetch/fetch.h"

#define PUBLIC "93.184.215.14"
#define PUBLIC6 "2606:2800:21f:cb07::1"
#define INSIDE "127.0.0.1"
#define ANSWER_MAX 4
#define CONNECTED_MAX 64

int getaddrinfo(const char *node, const char *service,
		const struct addrinfo *hints, struct addrinfo **result);
int connect(int fd, const struct sockaddr *address, socklen_t size);

/* What the name answers the first time, the second time, … */
static const char *answers[ANSWER_MAX][ANSWER_MAX];
static atomic_int asked_names;
static char connected[CONNECTED_MAX][INET6_ADDRSTRLEN];
static atomic_int connected_count;

static int listening = -1;
static unsigned short port;
static pthread_t server;

static struct addrinfo *one_of(const char *spelling, unsigned short at,
			       struct addrinfo *next)
{
	struct addrinfo *info =
		calloc(1, sizeof(*info) + sizeof(struct sockaddr_in6));
	struct sockaddr_in *in = (void *)(info + 1);
	struct sockaddr_in6 *in6 = (void *)(info + 1);
	bool is_v4 = inet_pton(AF_INET, spelling, &in->sin_addr) == 1;

	if (!is_v4)
		MUST(inet_pton(AF_INET6, spelling, &in6->sin6_addr) == 1);
	in->sin_family = is_v4 ? AF_INET : AF_INET6;
	in->sin_port = htons(at);
	info->ai_family = in->sin_family;
	info->ai_socktype = SOCK_STREAM;
	info->ai_addrlen = is_v4 ? sizeof(*in) : sizeof(*in6);
	info->ai_addr = (void *)in;
	info->ai_next = next;
	return info;
}

/* libcurl's, since the program's own come before those of libraries. */
int getaddrinfo(const char *node, const char *service,
		const struct addrinfo *hints, struct addrinfo **result)
{
	int turn = atomic_fetch_add(&asked_names, 1);
	unsigned short at = (unsigned short)(service ? atoi(service) : 0);

	*result = NULL;
	for (size_t i = ANSWER_MAX; i-- > 0;)
		if (answers[turn % ANSWER_MAX][i] != NULL)
			*result = one_of(answers[turn % ANSWER_MAX][i], at,
					 *result);
	return *result == NULL ? EAI_NONAME : 0;
}

/* Nothing outside of this machine is reached, whatever the test says. */
int connect(int fd, const struct sockaddr *address, socklen_t size)
{
	const struct sockaddr_in *in = (const void *)address;
	const struct sockaddr_in6 *in6 = (const void *)address;
	int at = atomic_fetch_add(&connected_count, 1) % CONNECTED_MAX;

	inet_ntop(in->sin_family,
		  in->sin_family == AF_INET ? (const void *)&in->sin_addr
					    : &in6->sin6_addr,
		  connected[at], sizeof(connected[at]));
	if (strcmp(connected[at], INSIDE) == 0)
		return (int)syscall(SYS_connect, fd, address, size);
	errno = ENETUNREACH;
	return -1;
}

static void *serve(void *context)
{
	static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n"
				    "Connection: close\r\n\r\ngood";
	char request[2048];
	int fd;

	while ((fd = accept(listening, NULL, NULL)) >= 0) {
		(void)!read(fd, request, sizeof(request));
		(void)!write(fd, reply, sizeof(reply) - 1);
		close(fd);
	}
	return NULL;
}

static int open_server(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listening = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(listening, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(listening, 16), 0);
	assert_int_equal(
		getsockname(listening, (struct sockaddr *)&address, &size), 0);
	port = ntohs(address.sin_port);
	return pthread_create(&server, NULL, serve, NULL);
}

static int close_server(void **state)
{
	shutdown(listening, SHUT_RDWR);
	close(listening);
	return pthread_join(server, NULL);
}

static void begin(void)
{
	memset(answers, 0, sizeof(answers));
	atomic_store(&asked_names, 0);
	atomic_store(&connected_count, 0);
}

static struct fetch *new_fetch(bool allows_loopback)
{
	struct fetch_options options = {.thread_count = 1, .waiting_max = 4};
	struct fetch *fetch;

	options.guard.allows_loopback = allows_loopback;
	fetch = fetch_new(&options);
	assert_non_null(fetch);
	return fetch;
}

/* "good", or why not. */
static const char *ask(struct fetch *fetch, const char *scheme)
{
	struct buf body = buf_init(FETCH_SIZE_MAX);
	const char *why = "good";
	char uri[64];

	snprintf(uri, sizeof(uri), "%s://rebinding.example:%u/jwks", scheme,
		 port);
	if (fetch_get(fetch, text_from(uri), &body, &why) == DONE)
		assert_true(text_equal(buf_text(&body), TEXT("good")));
	buf_wipe(&body);
	return why == NULL ? "good" : why;
}

static bool has_connected(const char *spelling)
{
	for (int i = 0; i < atomic_load(&connected_count); i++)
		if (strcmp(connected[i], spelling) == 0)
			return true;
	return false;
}

#define GUARDED "its address is not one that may be connected to"

/* That the tests below would see a connection, if there were one. */
static void sees_connections(void **state)
{
	struct fetch *fetch = new_fetch(true);

	begin();
	answers[0][0] = INSIDE;
	assert_string_equal(ask(fetch, "http"), "good");
	assert_true(has_connected(INSIDE));
	assert_int_equal(atomic_load(&asked_names), 1);
	fetch_free(&fetch);
}

/* The first answer is public, every later one is not. */
static void changes_between_gets(void **state)
{
	struct fetch *fetch = new_fetch(false);

	begin();
	answers[0][0] = PUBLIC;
	answers[1][0] = answers[2][0] = answers[3][0] = INSIDE;
	assert_string_equal(ask(fetch, "https"), "it cannot be reached");
	assert_true(has_connected(PUBLIC));
	/* Judged and connected to by one look at the name. */
	assert_int_equal(atomic_load(&asked_names), 1);
	assert_string_equal(ask(fetch, "https"), GUARDED);
	assert_int_equal(atomic_load(&asked_names), 2);
	assert_false(has_connected(INSIDE));
	fetch_free(&fetch);
}

/* One answer of both: the public one does not vouch for the other. */
static void mixes_addresses(void **state)
{
	static const char *const inside[] = {INSIDE, "10.0.0.1", "::1",
					     "169.254.169.254",
					     "::ffff:127.0.0.1"};
	struct fetch *fetch = new_fetch(false);

	for (size_t i = 0; i < COUNT_OF(inside); i++) {
		begin();
		answers[0][0] = PUBLIC;
		answers[0][1] = inside[i];
		answers[0][2] = PUBLIC6;
		assert_string_equal(ask(fetch, "https"), GUARDED);
		assert_true(has_connected(PUBLIC));
		assert_false(has_connected(inside[i]));
		begin();
		answers[0][0] = inside[i];
		assert_string_equal(ask(fetch, "https"), GUARDED);
		assert_int_equal(atomic_load(&connected_count), 0);
	}
	fetch_free(&fetch);
}

/* http is for this machine: by address, not by what the name was before. */
static void speaks_http_to_nobody_else(void **state)
{
	struct fetch *fetch = new_fetch(true);

	begin();
	answers[0][0] = INSIDE;
	answers[1][0] = PUBLIC;
	assert_string_equal(ask(fetch, "http"), "good");
	assert_string_equal(ask(fetch, "http"), GUARDED);
	assert_false(has_connected(PUBLIC));
	fetch_free(&fetch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("a name's address is connected to, and seen",
			  sees_connections),
		test_that("S01: a name that was public and then is loopback is "
			  "not connected to",
			  changes_between_gets),
		test_that("S01: a public address among a name's does not vouch "
			  "for an internal one",
			  mixes_addresses),
		test_that("S01: plain http goes to loopback's address, not to "
			  "a name that had it",
			  speaks_http_to_nobody_else),
	};

	return cmocka_run_group_tests_name("rebinding", tests, open_server,
					   close_server);
}
