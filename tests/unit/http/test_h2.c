/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/2 over plain sockets, frame by frame (RFC 9113, H19). */
#include "suite.h"

#include <fcntl.h>
#include <unistd.h>

#include "h2_client.h"

static struct server server;
static struct h2_client client;
static struct h2_frame frame;
static struct h2_reply reply;
static struct buf received;

static int prepare(void **state)
{
	(void)state;
	server_init(&server);
	received = buf_init(1 << 20);
	return 0;
}

static int set_up(void **state)
{
	prepare(state);
	server_start(&server, NULL);
	h2_client_open(&client, &server);
	return 0;
}

static int clean_up(void **state)
{
	(void)state;
	server_stop(&server);
	buf_wipe(&received);
	buf_wipe(&reply.body);
	return 0;
}

static int tear_down(void **state)
{
	h2_client_close(&client);
	return clean_up(state);
}

static void assert_body(const char *expected)
{
	assert_string_equal(expected,
			    (buf_add_byte(&reply.body, '\0'), reply.body.at));
	buf_wipe(&reply.body);
}

static void assert_field(const char *line)
{
	if (strstr(reply.fields, line) == NULL)
		fail_msg("no %s in: %s", line, reply.fields);
}

static void add_data(uint32_t stream, unsigned int flags, const char *bytes)
{
	h2_add_frame(&client.out, H2_DATA, flags, stream, text_from(bytes));
}

/* --- Requests and replies --- */

static void answers(void **state)
{
	(void)state;
	h2_add_request(&client.out, 1, "POST", "/echo?q");
	add_data(1, H2_END_STREAM, "hello");
	h2_client_send(&client);
	h2_client_reply(&client, 1, &reply);
	assert_int_equal(reply.status, 200);
	assert_field("date: ");
	assert_field("content-length: 18\n");
	assert_body("POST /echo?q hello");
	h2_add_get(&client.out, 3, "/echo?again");
	h2_client_send(&client);
	h2_client_reply(&client, 3, &reply);
	assert_body("GET /echo?again ");
}

static void announces_limits(void **state)
{
	bool has_streams = false;

	(void)state;
	h2_client_send(&client);
	h2_client_await(&client, H2_SETTINGS, &frame);
	for (size_t at = 0; at < frame.size; at += 6)
		if (frame.payload[at + 1] == 3)
			has_streams = h2_number(&frame, at + 2) == 128;
	assert_true(has_streams);
}

static void answers_when_ready(void **state)
{
	(void)state;
	h2_add_get(&client.out, 1, "/sleep");
	h2_add_get(&client.out, 3, "/echo?quick");
	h2_client_send(&client);
	h2_client_await(&client, H2_HEADERS, &frame);
	assert_int_equal(frame.stream, 3);
	h2_client_await(&client, H2_HEADERS, &frame);
	assert_int_equal(frame.stream, 1);
}

/* What one send brings is answered by one, however many streams. */
static void writes_once(void **state)
{
	size_t ended = 0;

	(void)state;
	h2_client_send(&client);
	h2_client_await(&client, H2_SETTINGS, &frame);
	usleep(50000); /* the acknowledgement is under way */
	client.in.size = 0;
	for (uint32_t i = 0; i < 32; i++)
		h2_add_get(&client.out, 1 + 2 * i, "/echo");
	h2_client_send(&client);
	assert_true(h2_client_next(&client, &frame));
	/* One recv has brought it; all others are already there. */
	close(client.fd);
	client.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	do
		ended += frame.type == H2_DATA &&
			 (frame.flags & H2_END_STREAM) != 0;
	while (h2_client_next(&client, &frame));
	assert_int_equal(ended, 32);
}

static void reads_byte_by_byte(void **state)
{
	struct buf all = client.out;

	(void)state;
	h2_add_request(&all, 1, "POST", "/echo");
	h2_add_frame(&all, H2_DATA, H2_END_STREAM, 1, TEXT("slow"));
	for (size_t i = 0; i < all.size; i++) {
		client.out = (struct buf){.at = all.at + i, .size = 1};
		h2_client_send(&client);
		usleep(200);
	}
	client.out = all;
	h2_client_reply(&client, 1, &reply);
	assert_body("POST /echo? slow");
}

static void joins_bodies(void **state)
{
	(void)state;
	h2_add_request(&client.out, 1, "POST", "/echo");
	add_data(1, 0, "he");
	h2_add_frame(&client.out, H2_DATA, H2_PADDED, 1,
		     text_of("\x03llo\0\0\0", 7));
	add_data(1, H2_END_STREAM, "");
	h2_client_send(&client);
	h2_client_reply(&client, 1, &reply);
	assert_body("POST /echo? hello");
}

static void drops_trailers(void **state)
{
	struct buf block = buf_init(256);

	(void)state;
	h2_add_request(&client.out, 1, "POST", "/echo");
	add_data(1, 0, "body");
	h2_add_field(&block, "x-trailer", "dropped");
	h2_add_frame(&client.out, H2_HEADERS, H2_WHOLE, 1, buf_text(&block));
	h2_client_send(&client);
	h2_client_reply(&client, 1, &reply);
	assert_body("POST /echo? body");
	buf_wipe(&block);
}

static void leaves_the_body_out_for_head(void **state)
{
	struct buf block = buf_init(256);

	(void)state;
	h2_add_field(&block, ":method", "HEAD");
	h2_add_field(&block, ":scheme", "http");
	h2_add_field(&block, ":path", "/big");
	h2_add_field(&block, "host", "a");
	h2_add_frame(&client.out, H2_HEADERS, H2_WHOLE, 1, buf_text(&block));
	h2_client_send(&client);
	h2_client_reply(&client, 1, &reply);
	assert_field("content-length: 1000000\n");
	assert_int_equal(reply.body.size, 0);
	buf_wipe(&block);
}

static void sends_no_length_with_204(void **state)
{
	(void)state;
	h2_add_get(&client.out, 1, "/empty");
	h2_client_send(&client);
	h2_client_reply(&client, 1, &reply);
	assert_int_equal(reply.status, 204);
	assert_null(strstr(reply.fields, "content-length"));
}

static void answers_500(void **state)
{
	(void)state;
	h2_add_get(&client.out, 1, "/none");
	h2_client_send(&client);
	h2_client_reply(&client, 1, &reply);
	assert_int_equal(reply.status, 500);
}

static void sends_big_replies(void **state)
{
	(void)state;
	h2_add_setting(&client.out, H2_SETTING_WINDOW, 0x7fffffff);
	h2_add_number_frame(&client.out, H2_WINDOW_UPDATE, 0, 0x7fff0000);
	for (uint32_t i = 0; i < 8; i++)
		h2_add_get(&client.out, 1 + 2 * i, "/big");
	h2_client_send(&client);
	usleep(100000); /* until nothing more fits into the sockets */
	for (size_t ended = 0, size = 0; ended < 8;) {
		assert_true(h2_client_next(&client, &frame));
		if (frame.type != H2_DATA)
			continue;
		size += frame.size;
		if (frame.flags & H2_END_STREAM && ++ended == 8)
			assert_int_equal(size, 8 * SERVER_BIG_SIZE);
	}
}

static void opens_its_window_again(void **state)
{
	static char piece[16000];
	size_t window = 65535;

	(void)state;
	memset(piece, 'x', sizeof(piece));
	h2_client_send(&client);
	h2_client_await(&client, H2_WINDOW_UPDATE, &frame);
	window += h2_number(&frame, 0);
	/* Bodies of more than that together, each answered before the next. */
	for (uint32_t i = 0; i < 100; i++) {
		h2_add_request(&client.out, 1 + 2 * i, "POST", "/empty");
		h2_add_frame(&client.out, H2_DATA, H2_END_STREAM, 1 + 2 * i,
			     text_of(piece, sizeof(piece)));
		h2_client_send(&client);
		do {
			assert_true(h2_client_next(&client, &frame));
			if (frame.type == H2_WINDOW_UPDATE)
				window += h2_number(&frame, 0);
		} while (frame.type != H2_HEADERS);
		assert_true(window >= sizeof(piece));
		window -= sizeof(piece);
	}
}

static void says_continue(void **state)
{
	struct buf block = buf_init(256);

	(void)state;
	h2_add_field(&block, ":method", "POST");
	h2_add_field(&block, ":scheme", "http");
	h2_add_field(&block, ":path", "/echo");
	h2_add_field(&block, ":authority", "a");
	h2_add_field(&block, "expect", "100-continue");
	h2_add_frame(&client.out, H2_HEADERS, H2_END_HEADERS, 1,
		     buf_text(&block));
	h2_client_send(&client);
	h2_client_await(&client, H2_HEADERS, &frame);
	assert_string_equal(frame.fields, ":status: 100\n");
	add_data(1, H2_END_STREAM, "now");
	h2_client_send(&client);
	h2_client_reply(&client, 1, &reply);
	assert_body("POST /echo? now");
	buf_wipe(&block);
}

/* --- Which protocol --- */

static void knows_http1_from_a_preface(void **state)
{
	int fd;

	(void)state;
	fd = client_start(&server);
	client_send(fd, "PR");
	usleep(10000);
	client_send(fd, "OPFIND /echo HTTP/1.1\r\nHost: a\r\n\r\n"
			"GET /echo?next HTTP/1.1\r\nHost: a\r\n\r\n");
	client_receive(fd, &received, "GET /echo?next ", 1);
	assert_int_equal(count_in(&received, "PROPFIND /echo? "), 1);
	close(fd);
}

static void closes_slow_prefaces(void **state)
{
	int fd;

	(void)state;
	server.limits.head_ms = 100;
	fd = client_start(&server);
	client_send(fd, "PRI * HTTP/2.0\r\n\r\n");
	assert_true(client_receive_all(fd, &received));
	assert_int_equal(received.size, 0);
	close(fd);
}

static void speaks_http1_alone(void **state)
{
	int fd;

	(void)state;
	server.is_http1_only = true;
	fd = client_start(&server);
	client_send(fd, H2_PREFACE);
	client_receive(fd, &received, "HTTP/1.1 400 ", 1);
	close(fd);
}

static void ignores_upgrade(void **state)
{
	int fd;

	(void)state;
	fd = client_start(&server);
	client_send(fd, "GET /echo HTTP/1.1\r\nHost: a\r\n"
			"Connection: Upgrade, HTTP2-Settings\r\n"
			"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
			"GET /echo?next HTTP/1.1\r\nHost: a\r\n\r\n");
	client_receive(fd, &received, "GET /echo?next ", 1);
	assert_int_equal(count_in(&received, "HTTP/1.1 200 OK\r\n"), 2);
	assert_int_equal(count_in(&received, "101"), 0);
	close(fd);
}

/* --- Malformed requests (RFC 9113 section 8.1.1) --- */

struct malformed {
	const char *what;
	const char *fields[12]; /* name, value, … */
};

#define GOOD                                                                   \
	":method", "GET", ":scheme", "http", ":path", "/echo", ":authority", "a"

static const struct malformed malformed[] = {
	{"upper case", {GOOD, "X-Upper", "1"}},
	{"Connection", {GOOD, "connection", "keep-alive"}},
	{"Keep-Alive", {GOOD, "keep-alive", "1"}},
	{"Proxy-Connection", {GOOD, "proxy-connection", "close"}},
	{"Transfer-Encoding", {GOOD, "transfer-encoding", "chunked"}},
	{"Upgrade", {GOOD, "upgrade", "h2c"}},
	{"TE other than trailers", {GOOD, "te", "gzip"}},
	{"pseudo field twice", {GOOD, ":method", "GET"}},
	{"pseudo field behind others", {"a", "b", GOOD}},
	{"a reply's pseudo field", {GOOD, ":status", "200"}},
	{"unknown pseudo field", {GOOD, ":protocol", "websocket"}},
	{"no path", {":method", "GET", ":scheme", "http", ":authority", "a"}},
	{"empty path",
	 {":method", "GET", ":scheme", "http", ":path", "", ":authority", "a"}},
	{"no method", {":scheme", "http", ":path", "/", ":authority", "a"}},
	{"no scheme", {":method", "GET", ":path", "/", ":authority", "a"}},
	{"no authority", {":method", "GET", ":scheme", "http", ":path", "/"}},
	{"Host is another", {GOOD, "host", "b"}},
	{"CR LF in a value", {GOOD, "x", "a\r\nb: c"}},
	{"space in a name", {GOOD, "x y", "1"}},
	{"colon in a name", {GOOD, "x:y", "1"}},
	{"length without body", {GOOD, "content-length", "3"}},
	{"malformed length", {GOOD, "content-length", "+0"}},
};

static void add_fields(struct buf *block, const char *const *fields)
{
	for (size_t i = 0; i < 12 && fields[i] != NULL; i += 2)
		h2_add_field(block, fields[i], fields[i + 1]);
}

static void resets_malformed(void **state)
{
	uint32_t stream = 1;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(malformed); i++, stream += 2) {
		struct buf block = buf_init(4096);

		add_fields(&block, malformed[i].fields);
		h2_add_frame(&client.out, H2_HEADERS, H2_WHOLE, stream,
			     buf_text(&block));
		h2_client_send(&client);
		buf_wipe(&block);
		do
			assert_true(h2_client_next(&client, &frame));
		while (frame.stream != stream);
		if (frame.type != H2_RST_STREAM ||
		    h2_number(&frame, 0) != H2_PROTOCOL_ERROR)
			fail_msg("%s: frame %u, %s", malformed[i].what,
				 frame.type, frame.fields);
	}
	assert_int_equal(atomic_load(&server.asked), 0);
	h2_add_get(&client.out, stream, "/echo?after");
	h2_client_send(&client);
	h2_client_reply(&client, stream, &reply);
	assert_body("GET /echo?after ");
}

static void resets_wrong_lengths(void **state)
{
	struct buf block = buf_init(256);

	(void)state;
	add_fields(&block,
		   (const char *const[12]){GOOD, "content-length", "4"});
	h2_add_frame(&client.out, H2_HEADERS, H2_END_HEADERS, 1,
		     buf_text(&block));
	add_data(1, H2_END_STREAM, "hello");
	h2_client_send(&client);
	h2_client_await(&client, H2_RST_STREAM, &frame);
	assert_int_equal(h2_number(&frame, 0), H2_PROTOCOL_ERROR);
	assert_int_equal(atomic_load(&server.asked), 0);
	buf_wipe(&block);
}

/* --- What is refused by a reply, as in HTTP/1.1 --- */

struct refused {
	int status;
	const char *fields[12];
};

static const struct refused refused[] = {
	{400,
	 {":method", "GET", ":scheme", "ftp", ":path", "http://b/echo",
	  ":authority", "a"}},
	{400,
	 {":method", "GET", ":scheme", "ftp", ":path", "echo", ":authority",
	  "a"}},
	{400,
	 {":method", "GET", ":scheme", "http", ":path", "/#x", ":authority",
	  "a"}},
	{400,
	 {":method", "GET", ":scheme", "http", ":path", "/", ":authority",
	  "u@a"}},
	{400,
	 {":method", "GET", ":scheme", "http", ":path", "/", ":authority",
	  "a:99999"}},
	{400, {":method", "CONNECT", ":authority", "a:443"}},
	{417, {GOOD, "expect", "200-ok"}},
	{413, {GOOD, "content-length", "65537"}},
};

static void refuses_like_http1(void **state)
{
	uint32_t stream = 1;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++, stream += 2) {
		struct buf block = buf_init(4096);

		add_fields(&block, refused[i].fields);
		h2_add_frame(&client.out, H2_HEADERS, H2_END_HEADERS, stream,
			     buf_text(&block));
		h2_client_send(&client);
		buf_wipe(&block);
		h2_client_reply(&client, stream, &reply);
		assert_int_equal(reply.status, refused[i].status);
		assert_field("content-type: application/json\n");
		buf_wipe(&reply.body);
	}
	/* They were still to send their bodies: told to stop, politely. */
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		h2_client_await(&client, H2_RST_STREAM, &frame);
		assert_int_equal(h2_number(&frame, 0), 0);
	}
	assert_int_equal(atomic_load(&server.asked), 0);
}

static void refuses_large_bodies(void **state)
{
	static char piece[16384];

	(void)state;
	h2_client_send(&client);
	h2_client_await(&client, H2_SETTINGS, &frame);
	h2_add_frame(&client.out, H2_SETTINGS, H2_ACK, 0, TEXT(""));
	h2_add_request(&client.out, 1, "POST", "/echo");
	for (int i = 0; i < 4; i++)
		h2_add_frame(&client.out, H2_DATA, 0, 1,
			     text_of(piece, sizeof(piece)));
	add_data(1, H2_END_STREAM, "x");
	h2_client_send(&client);
	h2_client_reply(&client, 1, &reply);
	assert_int_equal(reply.status, 413);
	assert_int_equal(atomic_load(&server.asked), 0);
}

static void refuses_many_headers(void **state)
{
	struct buf block = buf_init(1 << 16);

	(void)state;
	add_fields(&block, (const char *const[12]){GOOD});
	for (int i = 0; i < 101; i++)
		h2_add_field(&block, "x", "y");
	h2_add_frame(&client.out, H2_HEADERS, H2_WHOLE, 1, buf_text(&block));
	h2_client_send(&client);
	h2_client_reply(&client, 1, &reply);
	assert_int_equal(reply.status, 431);
	buf_wipe(&block);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define talk(sentence, function)                                               \
	test_that_with(sentence, function, set_up, tear_down)
#define start(sentence, function)                                              \
	test_that_with(sentence, function, prepare, clean_up)
		talk("a request over HTTP/2 is answered", answers),
		talk("the limits are announced", announces_limits),
		talk("replies leave when they are ready, in any order",
		     answers_when_ready),
		talk("what is asked in one piece is answered by one write",
		     writes_once),
		talk("bytes may come one by one", reads_byte_by_byte),
		talk("a body in padded pieces is joined", joins_bodies),
		talk("trailers are dropped", drops_trailers),
		talk("HEAD is answered without a body",
		     leaves_the_body_out_for_head),
		talk("a 204 has no content-length", sends_no_length_with_204),
		talk("an unusable reply becomes a 500", answers_500),
		talk("big replies come whole, several at once",
		     sends_big_replies),
		talk("the connection's window opens as bodies are done with",
		     opens_its_window_again),
		talk("a client that waits for 100 gets it", says_continue),
		start("HTTP/1.1 that begins like the preface is HTTP/1.1",
		      knows_http1_from_a_preface),
		start("a preface that does not go on is cut off",
		      closes_slow_prefaces),
		start("a listener without HTTP/2 refuses the preface",
		      speaks_http1_alone),
		start("Upgrade: h2c is ignored (H19)", ignores_upgrade),
		talk("a malformed request is reset, and the next answered",
		     resets_malformed),
		talk("a body of another length than stated is reset",
		     resets_wrong_lengths),
		talk("what HTTP/1.1 refuses is refused in the same words",
		     refuses_like_http1),
		talk("a body that is too large is refused with 413",
		     refuses_large_bodies),
		talk("too many headers are refused with 431",
		     refuses_many_headers),
	};

	return cmocka_run_group_tests_name("http/h2", tests, NULL, NULL);
}
