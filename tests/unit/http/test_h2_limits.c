/* SPDX-License-Identifier: Apache-2.0 */
/* What an HTTP/2 client may do at most, and its ends (H07, H08, H16). */
#include "suite.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "h2_client.h"
#include "http/h2.h"

static struct server server;
static struct h2_client client;
static struct h2_frame frame;
static struct h2_reply reply;

static int prepare(void **state)
{
	(void)state;
	server_init(&server);
	return 0;
}

static int clean_up(void **state)
{
	(void)state;
	h2_client_close(&client);
	server_stop(&server);
	assert_int_equal(server.budget.held, 0);
	buf_wipe(&reply.body);
	return 0;
}

static void start(void)
{
	server_start(&server, NULL);
	h2_client_open(&client, &server);
}

static void assert_serves_others(void)
{
	struct h2_client other;

	h2_client_open(&other, &server);
	h2_add_get(&other.out, 1, "/echo");
	h2_client_send(&other);
	h2_client_reply(&other, 1, &reply);
	assert_int_equal(reply.status, 200);
	h2_client_close(&other);
	buf_wipe(&reply.body);
}

/* Until so many requests for /sleep have been under way. */
static void await_sleepers(int count)
{
	for (int i = 0; i < 5000 && atomic_load(&server.slept_most) < count;
	     i++)
		usleep(1000);
	assert_int_equal(atomic_load(&server.slept_most), count);
}

/* The server has told this client off, and nobody else. */
static void assert_calmed(void)
{
	h2_client_await(&client, H2_GOAWAY, &frame);
	assert_int_equal(h2_number(&frame, 4), H2_CALM);
	while (h2_client_next(&client, &frame))
		;
	assert_serves_others();
}

/* --- H16: floods --- */

static void bounds_resets(void **state)
{
	(void)state;
	start();
	for (uint32_t i = 0; i < H2_RESETS_MAX + 50; i++) {
		h2_add_get(&client.out, 1 + 2 * i, "/sleep");
		h2_add_number_frame(&client.out, H2_RST_STREAM, 1 + 2 * i,
				    H2_CANCEL);
	}
	h2_client_send(&client);
	assert_calmed();
	assert_in_range(atomic_load(&server.slept_most), 0, H2_STREAMS_MAX);
}

/* The requests were begun before they were reset: their tasks count. */
static void bounds_tasks_of_reset_streams(void **state)
{
	(void)state;
	start();
	for (uint32_t i = 0; i < H2_RESETS_MAX - 10; i++) {
		h2_add_get(&client.out, 1 + 2 * i, "/sleep");
		h2_client_send(&client);
		if (i % 10 == 0)
			usleep(2000);
		h2_add_number_frame(&client.out, H2_RST_STREAM, 1 + 2 * i,
				    H2_CANCEL);
	}
	h2_client_send(&client);
	h2_add_get(&client.out, 1001, "/echo?after");
	h2_client_send(&client);
	h2_client_reply(&client, 1001, &reply);
	assert_int_equal(reply.status, 200);
	assert_in_range(atomic_load(&server.slept_most), 1, H2_STREAMS_MAX);
}

/* Frames that make the server reset the stream (CVE-2025-8671). */
static void bounds_provoked_resets(void **state)
{
	(void)state;
	start();
	for (uint32_t i = 0; i < H2_RESETS_MAX + 50; i++) {
		h2_add_get(&client.out, 1 + 2 * i, "/sleep");
		/* More than a window holds. */
		h2_add_number_frame(&client.out, H2_WINDOW_UPDATE, 1 + 2 * i,
				    0x7fffffff);
		if (i % 50 == 49) {
			h2_client_send(&client);
			usleep(2000);
		}
	}
	h2_client_send(&client);
	assert_calmed();
	assert_in_range(atomic_load(&server.slept_most), 0, H2_STREAMS_MAX);
}

static void bounds_malformed_requests(void **state)
{
	struct buf block = buf_init(256);

	(void)state;
	start();
	h2_add_field(&block, "X-Upper", "case");
	for (uint32_t i = 0; i < H2_RESETS_MAX + 50; i++) {
		h2_add_frame(&client.out, H2_HEADERS, H2_WHOLE, 1 + 2 * i,
			     buf_text(&block));
		if (i % 50 == 49) {
			h2_client_send(&client);
			usleep(2000);
		}
	}
	h2_client_send(&client);
	assert_calmed();
	buf_wipe(&block);
}

static void allows_resets_between_replies(void **state)
{
	(void)state;
	start();
	for (uint32_t i = 0; i < 2 * H2_RESETS_MAX; i++) {
		uint32_t stream = 1 + 4 * i;

		h2_add_get(&client.out, stream, "/echo");
		h2_add_get(&client.out, stream + 2, "/empty");
		h2_add_number_frame(&client.out, H2_RST_STREAM, stream + 2,
				    H2_CANCEL);
		h2_client_send(&client);
		h2_client_reply(&client, stream, &reply);
		assert_int_equal(reply.status, 200);
		buf_wipe(&reply.body);
	}
}

static void bounds_continuations(void **state)
{
	struct buf block = buf_init(256);

	(void)state;
	start();
	h2_add_field(&block, "x", "y");
	h2_add_frame(&client.out, H2_HEADERS, H2_END_STREAM, 1,
		     buf_text(&block));
	for (int i = 0; i < 10000; i++)
		h2_add_frame(&client.out, H2_CONTINUATION, 0, 1,
			     buf_text(&block));
	h2_client_send(&client);
	while (h2_client_next(&client, &frame))
		assert_int_not_equal(frame.type, H2_HEADERS);
	assert_int_equal(atomic_load(&server.asked), 0);
	buf_wipe(&block);
}

/* Frames that ask for nothing and carry nothing. */
struct chatter {
	unsigned int type;
	unsigned int flags;
	uint32_t stream;
	struct text payload;
};

static void bounds_chatter(void **state)
{
	static const struct chatter rows[] = {
		{H2_PING, 0, 0, {"12345678", 8}},
		{H2_PING, H2_ACK, 0, {"12345678", 8}},
		{H2_SETTINGS, 0, 0, {"", 0}},
		{H2_PRIORITY, 0, 1001, {"\0\0\0\0\1", 5}},
		{H2_WINDOW_UPDATE, 0, 0, {"\0\0\0\1", 4}},
		{H2_DATA, 0, 1, {"", 0}},
		{H2_DATA, H2_PADDED, 1, {"\0", 1}},
	};

	(void)state;
	server_start(&server, NULL);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (i > 0)
			h2_client_close(&client);
		h2_client_open(&client, &server);
		h2_add_request(&client.out, 1, "POST", "/echo");
		for (int k = 0; k < H2_CHATTER_MAX + 500; k++) {
			h2_add_frame(&client.out, rows[i].type, rows[i].flags,
				     rows[i].stream, rows[i].payload);
			if (k % 50 != 49)
				continue;
			h2_client_send(&client);
			usleep(1000);
		}
		/* At once when too many acknowledgements wait to be sent. */
		while (h2_client_next(&client, &frame))
			if (frame.type == H2_GOAWAY)
				assert_int_equal(h2_number(&frame, 4), H2_CALM);
		server_await_connections(&server, 0);
		assert_serves_others();
	}
}

/* Each 4 KiB field costs the client one byte. */
static void add_repeated_field(struct buf *block, int count)
{
	static char value[3900];

	memset(value, 'v', sizeof(value));
	h2_add_field_text(block, TEXT("x"), text_of(value, sizeof(value)));
	/* Literal with indexing instead of without. */
	block->at[block->size - sizeof(value) - 6] = 0x40;
	for (int i = 1; i < count; i++)
		buf_add_byte(block, (char)(0x80 | 62));
}

static void add_repeating_head(uint32_t stream, int count)
{
	struct buf block = buf_init(1 << 16);

	h2_add_field(&block, ":method", "GET");
	h2_add_field(&block, ":scheme", "http");
	h2_add_field(&block, ":path", "/echo");
	h2_add_field(&block, ":authority", "a");
	add_repeated_field(&block, count);
	h2_add_frame(&client.out, H2_HEADERS, H2_WHOLE, stream,
		     buf_text(&block));
	buf_wipe(&block);
}

static void assert_goes_on(uint32_t stream)
{
	h2_add_get(&client.out, stream, "/echo?after");
	h2_client_send(&client);
	h2_client_reply(&client, stream, &reply);
	assert_int_equal(reply.status, 200);
}

static void refuses_compressed_heads(void **state)
{
	(void)state;
	start();
	add_repeating_head(1, 10);
	h2_client_send(&client);
	h2_client_reply(&client, 1, &reply);
	assert_int_equal(reply.status, 431);
	buf_wipe(&reply.body);
	assert_goes_on(3);
}

/* It would be checked field by field, 31 MB in all. */
static void stops_reading_compressed_heads(void **state)
{
	(void)state;
	start();
	add_repeating_head(1, 8000);
	h2_client_send(&client);
	h2_client_await(&client, H2_RST_STREAM, &frame);
	assert_int_equal(h2_number(&frame, 0), H2_CALM);
	assert_goes_on(3);
	assert_int_equal(atomic_load(&server.asked), 1);
}

static void stops_reading_compressed_trailers(void **state)
{
	struct buf block = buf_init(1 << 16);

	(void)state;
	start();
	h2_add_request(&client.out, 1, "POST", "/echo");
	add_repeated_field(&block, 8000);
	h2_add_frame(&client.out, H2_HEADERS, H2_WHOLE, 1, buf_text(&block));
	buf_wipe(&block);
	h2_client_send(&client);
	h2_client_await(&client, H2_RST_STREAM, &frame);
	assert_int_equal(h2_number(&frame, 0), H2_CALM);
	assert_goes_on(3);
	assert_int_equal(atomic_load(&server.asked), 1);
}

static void bounds_streams(void **state)
{
	(void)state;
	start();
	h2_client_send(&client);
	h2_client_await(&client, H2_SETTINGS, &frame);
	h2_add_frame(&client.out, H2_SETTINGS, H2_ACK, 0, TEXT(""));
	for (uint32_t i = 0; i < H2_STREAMS_MAX + 1; i++)
		h2_add_get(&client.out, 1 + 2 * i, "/sleep");
	h2_client_send(&client);
	h2_client_await(&client, H2_GOAWAY, &frame);
	assert_int_equal(h2_number(&frame, 4), H2_PROTOCOL_ERROR);
	assert_in_range(atomic_load(&server.slept_most), 0, H2_STREAMS_MAX);
}

/* --- Windows that stay shut --- */

static void bounds_unsent_replies(void **state)
{
	(void)state;
	server.limits.write_ms = 400;
	start();
	h2_add_setting(&client.out, H2_SETTING_WINDOW, 0);
	for (uint32_t i = 0; i < 20; i++)
		h2_add_get(&client.out, 1 + 2 * i, "/big");
	h2_client_send(&client);
	usleep(100000);
	assert_int_equal(atomic_load(&server.asked), 1);
	/* The reply that does not move gives way to the next one. */
	h2_client_await(&client, H2_RST_STREAM, &frame);
	assert_int_equal(frame.stream, 1);
	assert_int_equal(h2_number(&frame, 0), H2_CANCEL);
	h2_client_await(&client, H2_HEADERS, &frame);
	assert_int_equal(frame.stream, 3);
}

static void cuts_who_does_not_read(void **state)
{
	(void)state;
	server.limits.write_ms = 300;
	start();
	h2_add_setting(&client.out, H2_SETTING_WINDOW, 0x7fffffff);
	h2_add_number_frame(&client.out, H2_WINDOW_UPDATE, 0, 0x7fff0000);
	for (uint32_t i = 0; i < 60; i++)
		h2_add_get(&client.out, 1 + 2 * i, "/big");
	h2_client_send(&client);
	server_await_connections(&server, 0);
	assert_in_range(atomic_load(&server.asked), 1, 59);
}

/* --- Time --- */

static void refuses_slow_bodies(void **state)
{
	(void)state;
	server.limits.body_ms = 200;
	start();
	h2_add_request(&client.out, 1, "POST", "/echo");
	h2_add_get(&client.out, 3, "/echo?other");
	h2_client_send(&client);
	h2_client_reply(&client, 1, &reply);
	assert_int_equal(reply.status, 408);
	h2_client_await(&client, H2_RST_STREAM, &frame);
	assert_int_equal(atomic_load(&server.asked), 1);
}

static void ends_slow_heads(void **state)
{
	struct buf block = buf_init(256);

	(void)state;
	server.limits.head_ms = 200;
	start();
	h2_add_field(&block, ":method", "GET");
	h2_add_frame(&client.out, H2_HEADERS, H2_END_STREAM, 1,
		     buf_text(&block));
	h2_client_send(&client);
	h2_client_await(&client, H2_GOAWAY, &frame);
	assert_false(h2_client_next(&client, &frame));
	buf_wipe(&block);
}

static void ends_idle_connections(void **state)
{
	(void)state;
	server.limits.idle_ms = 300;
	start();
	h2_add_get(&client.out, 1, "/echo");
	h2_client_send(&client);
	h2_client_reply(&client, 1, &reply);
	usleep(200000);
	h2_add_frame(&client.out, H2_PING, 0, 0, TEXT("no-alive"));
	h2_client_send(&client);
	h2_client_await(&client, H2_GOAWAY, &frame);
	assert_int_equal(h2_number(&frame, 0), 1);
	assert_int_equal(h2_number(&frame, 4), 0);
	assert_false(h2_client_next(&client, &frame));
	server_await_connections(&server, 0);
}

/* --- Memory: what is slow gives way (http/crowd.c) --- */

/* Sixteen of them, which never end. */
static void begin_bodies(struct h2_client *of)
{
	static char piece[16000];

	for (uint32_t i = 0; i < 16; i++) {
		h2_add_request(&of->out, 1 + 2 * i, "POST", "/echo");
		for (int k = 0; k < 2; k++)
			h2_add_frame(&of->out, H2_DATA, 0, 1 + 2 * i,
				     text_of(piece, sizeof(piece)));
	}
	h2_client_send(of);
}

static void lets_slow_bodies_give_way(void **state)
{
	(void)state;
	start();
	begin_bodies(&client);
	usleep(1600000); /* until they are slow */
	atomic_store(&server.budget.share, 512 * 1024);
	assert_serves_others();
	for (uint32_t i = 0; i < 16; i++) {
		h2_client_await(&client, H2_RST_STREAM, &frame);
		assert_int_equal(h2_number(&frame, 0), H2_REFUSED_STREAM);
	}
}

static size_t held;

static void look_at_held(struct server *looked_at)
{
	held = looked_at->budget.held;
}

/* None of them is slow yet, and nobody asks for anything else. */
static void holds_no_more_bodies_than_allowed(void **state)
{
	const size_t share = (size_t)1024 * 1024;
	struct h2_client others[8];

	(void)state;
	atomic_store(&server.budget.share, share);
	start();
	for (size_t i = 0; i < COUNT_OF(others); i++)
		h2_client_open(&others[i], &server);
	server_await_connections(&server, 1 + COUNT_OF(others));
	for (size_t i = 0; i < COUNT_OF(others); i++)
		begin_bodies(&others[i]);
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		h2_client_await(&others[i], H2_RST_STREAM, &frame);
		assert_int_equal(h2_number(&frame, 0), H2_REFUSED_STREAM);
	}
	server_call(&server, look_at_held);
	/* What one piece brings is looked at after it has come. */
	assert_in_range(held, 0, share + 256 * 1024);
	for (size_t i = 0; i < COUNT_OF(others); i++)
		h2_client_close(&others[i]);
	server_await_connections(&server, 1);
	assert_serves_others();
}

static void refuses_without_memory(void **state)
{
	(void)state;
	start();
	h2_client_send(&client);
	h2_client_await(&client, H2_SETTINGS, &frame);
	atomic_store(&server.budget.share, 1);
	h2_add_get(&client.out, 1, "/echo");
	h2_client_send(&client);
	h2_client_reply(&client, 1, &reply);
	assert_int_equal(reply.status, 503);
	assert_non_null(strstr(reply.fields, "retry-after: 1\n"));
	assert_int_equal(atomic_load(&server.asked), 0);
}

/* --- Ends --- */

static void lets_reset_requests_end(void **state)
{
	(void)state;
	start();
	h2_add_get(&client.out, 1, "/sleep");
	h2_client_send(&client);
	await_sleepers(1);
	h2_add_number_frame(&client.out, H2_RST_STREAM, 1, H2_CANCEL);
	h2_add_get(&client.out, 3, "/sleep");
	h2_client_send(&client);
	h2_client_await(&client, H2_HEADERS, &frame);
	assert_int_equal(frame.stream, 3);
	assert_int_equal(atomic_load(&server.asked), 2);
	assert_int_equal(atomic_load(&server.sleeping), 0);
}

static void lets_requests_end_without_client(void **state)
{
	(void)state;
	start();
	for (uint32_t i = 0; i < 50; i++)
		h2_add_get(&client.out, 1 + 2 * i, "/sleep");
	h2_client_send(&client);
	await_sleepers(50);
	close(client.fd);
	client.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	server_await_connections(&server, 0);
}

/* As the listener does when it is closed at the end of a drain. */
static void lets_requests_end_when_cut(void **state)
{
	(void)state;
	start();
	for (uint32_t i = 0; i < 50; i++)
		h2_add_get(&client.out, 1 + 2 * i, "/sleep");
	h2_client_send(&client);
	/* The rest is in clean_up: it closes the listener and waits. */
	await_sleepers(50);
}

static void answers_who_sends_no_more(void **state)
{
	(void)state;
	start();
	h2_add_get(&client.out, 1, "/sleep");
	h2_client_send(&client);
	assert_int_equal(shutdown(client.fd, SHUT_WR), 0);
	h2_client_reply(&client, 1, &reply);
	assert_int_equal(reply.status, 200);
	assert_false(h2_client_next(&client, &frame));
}

/* Not after body_ms: what is missing can no longer come. */
static void forgets_bodies_of_who_sends_no_more(void **state)
{
	(void)state;
	start();
	h2_add_get(&client.out, 1, "/sleep");
	h2_add_request(&client.out, 3, "POST", "/echo");
	h2_client_send(&client);
	assert_int_equal(shutdown(client.fd, SHUT_WR), 0);
	h2_client_await(&client, H2_RST_STREAM, &frame);
	assert_int_equal(frame.stream, 3);
	h2_client_reply(&client, 1, &reply);
	assert_int_equal(reply.status, 200);
	server_await_connections(&server, 0);
	assert_int_equal(atomic_load(&server.asked), 1);
}

static void says_goodbye(void **state)
{
	(void)state;
	start();
	h2_add_get(&client.out, 1, "/close");
	h2_client_send(&client);
	h2_client_await(&client, H2_PING, &frame);
	h2_client_await(&client, H2_GOAWAY, &frame);
	assert_int_equal(h2_number(&frame, 0), 0x7fffffff);
	h2_add_frame(&client.out, H2_PING, H2_ACK, 0,
		     text_of("\0\0\0\0\0\0\0\0", 8));
	h2_client_send(&client);
	h2_client_await(&client, H2_GOAWAY, &frame);
	assert_int_equal(h2_number(&frame, 0), 1);
	assert_false(h2_client_next(&client, &frame));
}

static void drain(struct server *at)
{
	http_listener_drain(at->listener);
}

static void drains(void **state)
{
	(void)state;
	start();
	h2_add_get(&client.out, 1, "/sleep");
	h2_client_send(&client);
	await_sleepers(1);
	server_call(&server, drain);
	h2_client_await(&client, H2_GOAWAY, &frame);
	assert_int_equal(h2_number(&frame, 0), 0x7fffffff);
	/* Sent before the client could hear of it. */
	h2_add_get(&client.out, 3, "/echo?late");
	h2_client_send(&client);
	h2_client_reply(&client, 3, &reply);
	assert_int_equal(reply.status, 200);
	h2_add_frame(&client.out, H2_PING, H2_ACK, 0,
		     text_of("\0\0\0\0\0\0\0\0", 8));
	h2_client_send(&client);
	h2_client_await(&client, H2_GOAWAY, &frame);
	assert_int_equal(h2_number(&frame, 0), 3);
	server_await_connections(&server, 0);
}

static void drains_idle(void **state)
{
	(void)state;
	start();
	h2_add_get(&client.out, 1, "/echo");
	h2_client_send(&client);
	h2_client_reply(&client, 1, &reply);
	server_call(&server, drain);
	/* This client answers no PING: it is waited for a second. */
	h2_client_await(&client, H2_GOAWAY, &frame);
	h2_client_await(&client, H2_GOAWAY, &frame);
	assert_int_equal(h2_number(&frame, 0), 1);
	assert_false(h2_client_next(&client, &frame));
	server_await_connections(&server, 0);
}

static void idle_gives_way(void **state)
{
	int fd;

	(void)state;
	server.limits.connection_count = 1;
	start();
	h2_add_get(&client.out, 1, "/echo");
	h2_client_send(&client);
	h2_client_reply(&client, 1, &reply);
	usleep(20000);
	fd = client_connect(&server);
	h2_client_await(&client, H2_GOAWAY, &frame);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define check(sentence, function)                                              \
	test_that_with(sentence, function, prepare, clean_up)
		check("H16: rapid resets end in ENHANCE_YOUR_CALM",
		      bounds_resets),
		check("H16: tasks of reset streams count until they end",
		      bounds_tasks_of_reset_streams),
		check("H16: resets that the client provokes end alike",
		      bounds_provoked_resets),
		check("H16: malformed requests end alike",
		      bounds_malformed_requests),
		check("as many resets as replies are no flood",
		      allows_resets_between_replies),
		check("H16: a head in endless CONTINUATIONs is cut off",
		      bounds_continuations),
		check("H16: frames without a request end in calm",
		      bounds_chatter),
		check("H16: a head that unpacks to more than allowed is a 431",
		      refuses_compressed_heads),
		check("H16: a head that unpacks to megabytes is not read on",
		      stops_reading_compressed_heads),
		check("H16: trailers that unpack to megabytes are not read on",
		      stops_reading_compressed_trailers),
		check("H16: more streams than announced end the connection",
		      bounds_streams),
		check("H16: a shut window lets no replies pile up",
		      bounds_unsent_replies),
		check("a client that does not read is cut off",
		      cuts_who_does_not_read),
		check("H07: a body that does not come is refused with 408",
		      refuses_slow_bodies),
		check("H07: a head that does not come ends the connection",
		      ends_slow_heads),
		check("an idle connection ends, whatever its PINGs",
		      ends_idle_connections),
		check("slow bodies give way when memory is short",
		      lets_slow_bodies_give_way),
		check("H07: bodies of all streams keep to the memory allowed",
		      holds_no_more_bodies_than_allowed),
		check("a request that finds no memory is a 503",
		      refuses_without_memory),
		check("a reset request is run to its end, its reply dropped",
		      lets_reset_requests_end),
		check("requests are run to their end without their client",
		      lets_requests_end_without_client),
		check("requests are run to their end without their listener",
		      lets_requests_end_when_cut),
		check("a client that sends no more is answered",
		      answers_who_sends_no_more),
		check("a body ends with the client that was sending it",
		      forgets_bodies_of_who_sends_no_more),
		check("a service that wants to close says goodbye first",
		      says_goodbye),
		check("draining answers what was sent in time", drains),
		check("draining ends idle connections", drains_idle),
		check("an idle connection gives way to a new one",
		      idle_gives_way),
	};

	return cmocka_run_group_tests_name("http/h2_limits", tests, NULL, NULL);
}
