/* SPDX-License-Identifier: Apache-2.0 */
/* GETs from a server of the test's own, which misbehaves by path. */
#include "suite.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fetch/fetch.h"

#define NOW ((instant)1700000000 * INSTANT_SECOND)
#define REPLY(status, more, body) "HTTP/1.1 " status "\r\n" more "\r\n" body

static int listening = -1;
static unsigned short port;
static atomic_int asked;
static atomic_bool is_held; /* /held is answered once it is not */
static pthread_t server;
static struct fetch *near; /* loopback allowed */
static struct fetch *closed;

static void say(int fd, const char *text)
{
	(void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* Until the other side has had enough. */
static void say_endlessly(int fd, useconds_t pause)
{
	static const char some[1000] = {'x'};
	size_t size = pause == 0 ? sizeof(some) : 1;

	say(fd, "HTTP/1.1 200 OK\r\n\r\n");
	while (send(fd, some, size, MSG_NOSIGNAL) > 0)
		if (pause > 0)
			usleep(pause);
}

static void say_once_let_go(int fd)
{
	while (atomic_load(&is_held))
		usleep(1000);
	say(fd, REPLY("200 OK", "Content-Length: 4\r\n", "good"));
}

static void serve_one(int fd)
{
	char request[2048] = "";

	(void)!read(fd, request, sizeof(request) - 1);
	atomic_fetch_add(&asked, 1);
	if (strncmp(request, "GET /redirect", 13) == 0)
		say(fd, REPLY("302 Found",
			      "Location: /good\r\nContent-Length: 0\r\n", ""));
	else if (strncmp(request, "GET /endless", 12) == 0)
		say_endlessly(fd, 0);
	else if (strncmp(request, "GET /announced", 14) == 0)
		say(fd, REPLY("200 OK", "Content-Length: 1073741824\r\n", "x"));
	else if (strncmp(request, "GET /trickle", 12) == 0)
		say_endlessly(fd, 50000);
	else if (strncmp(request, "GET /held", 9) == 0)
		say_once_let_go(fd);
	else if (strncmp(request, "GET /gone", 9) == 0)
		say(fd, REPLY("404 Not Found", "Content-Length: 0\r\n", ""));
	else if (strncmp(request, "GET /nothing", 12) == 0)
		say(fd, REPLY("200 OK", "Content-Length: 0\r\n", ""));
	else if (strstr(request, "Accept-Encoding") != NULL)
		say(fd, REPLY("500 Oh", "Content-Length: 0\r\n", ""));
	else
		say(fd, REPLY("200 OK", "Content-Length: 4\r\n", "good"));
	close(fd);
}

static void *serve(void *context)
{
	int fd;

	while ((fd = accept(listening, NULL, NULL)) >= 0)
		serve_one(fd);
	return NULL;
}

static int open_all(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);
	struct fetch_options options = {.thread_count = 4, .waiting_max = 64};

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listening = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(listening, (struct sockaddr *)&address,
			      sizeof(address)),
			 0);
	assert_int_equal(listen(listening, 64), 0);
	assert_int_equal(
		getsockname(listening, (struct sockaddr *)&address, &size), 0);
	port = ntohs(address.sin_port);
	assert_int_equal(pthread_create(&server, NULL, serve, NULL), 0);
	closed = fetch_new(&options);
	options.guard.allows_loopback = true;
	near = fetch_new(&options);
	return closed == NULL || near == NULL ? -1 : 0;
}

static int close_all(void **state)
{
	fetch_free(&near);
	fetch_free(&closed);
	shutdown(listening, SHUT_RDWR);
	close(listening);
	return pthread_join(server, NULL);
}

static void refuses(struct fetch *fetch, const char *uri, const char *why)
{
	struct buf body = buf_init(FETCH_SIZE_MAX);
	const char *said = NULL;

	assert_int_equal(fetch_get(fetch, text_from(uri), &body, &said),
			 REFUSED);
	if (strcmp(said, why) != 0)
		fail_msg("%s: %s", uri, said);
	assert_int_equal(body.size, 0);
	buf_wipe(&body);
}

static const char *at(const char *path)
{
	static _Thread_local char uri[128];

	snprintf(uri, sizeof(uri), "http://127.0.0.1:%u%s", port, path);
	return uri;
}

static void good(void **state)
{
	struct buf body = buf_init(FETCH_SIZE_MAX);
	const char *why;

	if (fetch_get(near, text_from(at("/good")), &body, &why) != DONE)
		fail_msg("%s", why);
	assert_true(text_equal(buf_text(&body), TEXT("good")));
	buf_wipe(&body);
}

static void addresses(void **state)
{
	static const char *const uris[] = {
		"https://127.0.0.1/",
		"https://127.1/",
		"https://2130706433/",
		"https://0177.0.0.1/",
		"https://0x7f.0.0.1/",
		"https://[::1]/",
		"https://[::ffff:127.0.0.1]/",
		"https://[::ffff:7f00:1]/",
		"https://0.0.0.0/",
		"https://0/",
		"https://10.1.2.3/",
		"https://192.168.0.1/",
		"https://169.254.169.254/latest/meta-data",
		"https://localhost/",
		"https://[fe80::1]/",
	};
	int before = atomic_load(&asked);

	for (size_t i = 0; i < COUNT_OF(uris); i++)
		refuses(closed, uris[i],
			"its address is not one that may be connected to");
	assert_int_equal(atomic_load(&asked), before);
}

static void schemes(void **state)
{
	static const char *const uris[] = {
		"file:///etc/passwd", "gopher://127.0.0.1/",
		"ftp://127.0.0.1/",   "dict://127.0.0.1:11211/stat",
		"ldap://127.0.0.1/",
	};

	refuses(closed, at("/good"), "it is not https");
	for (size_t i = 0; i < COUNT_OF(uris); i++) {
		refuses(closed, uris[i], "it is not https");
		refuses(near, uris[i], "it is not https");
	}
	refuses(near, "http://10.0.0.1/",
		"its address is not one that may be connected to");
	refuses(near, "", "its URI is too long, or not one");
}

static void redirects(void **state)
{
	int before = atomic_load(&asked);

	refuses(near, at("/redirect"), "it redirects, which is not followed");
	assert_int_equal(atomic_load(&asked), before + 1);
}

static void sizes(void **state)
{
	refuses(near, at("/endless"), "it is larger than 64 KiB");
	refuses(near, at("/announced"), "it is larger than 64 KiB");
}

static void slow(void **state)
{
	time_t begun = time(NULL);

	refuses(near, at("/trickle"), "it took longer than 5 s");
	assert_in_range(time(NULL) - begun, 4, 8);
}

static void gone(void **state)
{
	refuses(near, at("/gone"), "its status is not 200");
}

static outcome document(const char *path, instant now, bool wants_newer)
{
	CLEANUP(arena_free) struct arena *arena = arena_new((size_t)1 << 20);
	struct text body = TEXT_ABSENT;
	const char *why;
	outcome got = fetch_document(near, arena, text_from(at(path)), now,
				     wants_newer, &body, &why);

	if (got == DONE)
		assert_true(text_equal(body, TEXT("good")));
	return got;
}

/* Fetched, then taken from what was kept. */
static void nothing(void **state)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(4096);
	int before = atomic_load(&asked);

	for (int i = 0; i < 2; i++) {
		struct text body = TEXT("before");
		const char *why;

		assert_int_equal(fetch_document(near, arena,
						text_from(at("/nothing")), NOW,
						false, &body, &why),
				 DONE);
		assert_int_equal(body.size, 0);
	}
	assert_int_equal(atomic_load(&asked), before + 1);
}

/* S05: ten thousand unknown keys, one GET that renews what is kept a minute. */
static void storm(void **state)
{
	int before = atomic_load(&asked);

	for (int i = 0; i < 10000; i++)
		assert_int_equal(document("/storm", NOW, true), DONE);
	assert_int_equal(atomic_load(&asked), before + 2);
	assert_int_equal(document("/storm", instant_after(NOW, 59), true),
			 DONE);
	assert_int_equal(atomic_load(&asked), before + 2);
	assert_int_equal(document("/storm", instant_after(NOW, 60), true),
			 DONE);
	assert_int_equal(atomic_load(&asked), before + 3);
}

static void failing(void **state)
{
	int before = atomic_load(&asked);

	for (int i = 0; i < 100; i++)
		assert_int_equal(document("/gone/a", NOW, false), REFUSED);
	assert_int_equal(atomic_load(&asked), before + 1);
}

static void fresh(void **state)
{
	int before = atomic_load(&asked);

	assert_int_equal(document("/fresh", NOW, false), DONE);
	assert_int_equal(document("/fresh", instant_after(NOW, 599), false),
			 DONE);
	assert_int_equal(atomic_load(&asked), before + 1);
	assert_int_equal(document("/fresh", instant_after(NOW, 600), false),
			 DONE);
	assert_int_equal(atomic_load(&asked), before + 2);
}

static void *ask(void *context)
{
	return document("/together", NOW, false) == DONE ? context : NULL;
}

static void together(void **state)
{
	int before = atomic_load(&asked);
	pthread_t threads[16];

	for (size_t i = 0; i < COUNT_OF(threads); i++)
		pthread_create(&threads[i], NULL, ask, &asked);
	for (size_t i = 0; i < COUNT_OF(threads); i++) {
		void *answer = NULL;

		pthread_join(threads[i], &answer);
		assert_non_null(answer);
	}
	assert_int_equal(atomic_load(&asked), before + 1);
}

#define CROWD 300
#define CROWD_WAITING 256

static atomic_int done;
static atomic_int refused;

/* All ask once all are there: starting so many takes a busy machine longer than
 * a fetch may. */
static pthread_barrier_t all_there;

static void *ask_held(void *now)
{
	bool got;

	(void)pthread_barrier_wait(&all_there);
	got = document("/held", *(instant *)now, false) == DONE;

	atomic_fetch_add(got ? &done : &refused, 1);
	return NULL;
}

static void wait_until(atomic_int *count, int wanted)
{
	for (int i = 0; i < 4000 && atomic_load(count) < wanted; i++)
		usleep(1000);
	assert_int_equal(atomic_load(count), wanted);
}

/* All who come while a slow server is asked; `early` is where those are counted
 * who did not wait for it. */
static void crowd(instant now, atomic_int *early)
{
	pthread_t threads[CROWD];

	atomic_store(&done, 0);
	atomic_store(&refused, 0);
	atomic_store(&is_held, true);
	assert_int_equal(pthread_barrier_init(&all_there, NULL, CROWD), 0);
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, ask_held, &now), 0);
	wait_until(early, CROWD - CROWD_WAITING - 1);
	atomic_store(&is_held, false);
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&all_there);
}

static void crowded(void **state)
{
	int before = atomic_load(&asked);

	crowd(NOW, &refused);
	assert_int_equal(atomic_load(&done), CROWD_WAITING + 1);
	crowd(instant_after(NOW, 600), &done);
	assert_int_equal(atomic_load(&done), CROWD);
	assert_int_equal(atomic_load(&asked), before + 2);
}

static void *occupy(void *fetch)
{
	struct buf body = buf_init(FETCH_SIZE_MAX);
	const char *why;
	outcome got =
		fetch_get(fetch, text_from(at("/held/other")), &body, &why);

	buf_wipe(&body);
	return got == DONE ? fetch : NULL;
}

/* Whom nobody could ask for is asked for as soon as somebody can. */
static void busy(void **state)
{
	CLEANUP(arena_free) struct arena *arena = arena_new((size_t)1 << 20);
	CLEANUP(fetch_free)
	struct fetch *one = fetch_new(&(struct fetch_options){
		.guard = {.allows_loopback = true}, .thread_count = 1});
	int before = atomic_load(&asked);
	struct text body = TEXT_ABSENT;
	void *answer = NULL;
	const char *why;
	pthread_t thread;

	atomic_store(&is_held, true);
	pthread_create(&thread, NULL, occupy, one);
	wait_until(&asked, before + 1);
	assert_int_equal(fetch_document(one, arena, text_from(at("/busy")), NOW,
					false, &body, &why),
			 REFUSED);
	assert_string_equal(why, "too many are waiting for others");
	atomic_store(&is_held, false);
	pthread_join(thread, &answer);
	assert_non_null(answer);
	assert_int_equal(fetch_document(one, arena, text_from(at("/busy")), NOW,
					false, &body, &why),
			 DONE);
}

static void many(void **state)
{
	char path[32];

	for (int i = 0; i < 600; i++) {
		snprintf(path, sizeof(path), "/many/%d", i);
		assert_int_equal(document(path, instant_after(NOW, i), false),
				 DONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("a document is fetched, and no compression asked for",
			  good),
		test_that("S01: no spelling of an internal address is "
			  "connected to",
			  addresses),
		test_that("S01: no other scheme is spoken", schemes),
		test_that("S02: a redirect is not followed", redirects),
		test_that("S04: what has no end is cut off", sizes),
		test_that("S04: what trickles is given up after 5 s", slow),
		test_that("what is not there is refused", gone),
		test_that("an empty document is a document", nothing),
		test_that("S05: unknown keys cause one GET a minute", storm),
		test_that("S05: so do failures", failing),
		test_that("a document is taken as it is for ten minutes",
			  fresh),
		test_that("who comes at once shares one GET", together),
		test_that("S04: of a crowd so many wait for a slow server, the "
			  "others get what is kept",
			  crowded),
		test_that("S04: who finds all busy may ask again at once",
			  busy),
		test_that("more documents than places push out the oldest",
			  many),
	};

	return cmocka_run_group_tests_name("fetch", tests, open_all, close_all);
}
