/* SPDX-License-Identifier: Apache-2.0 */
/* What rounds, watches, messages and hooks promise. */
#include "loop/clock.h"
#include "loop/loop.h"
#include "suite.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct loop *loop;

static int open_loop(void **state)
{
	(void)state;
	loop = loop_new();
	return loop == NULL;
}

static int close_loop(void **state)
{
	(void)state;
	loop_free(&loop);
	return 0;
}

static void run_one_round(void)
{
	loop_stop(loop);
	loop_run(loop);
}

/* --- Watches -------------------------------------------------------------- */

struct socket {
	struct loop_watch watch;
	int peer;
	int told_count;
	uint32_t told;
	struct socket *other;
};

static void note(struct loop_watch *watch, uint32_t events)
{
	struct socket *socket = HOLDER_OF(watch, struct socket, watch);

	socket->told_count++;
	socket->told = events;
}

static void remove_other(struct loop_watch *watch, uint32_t events)
{
	struct socket *socket = HOLDER_OF(watch, struct socket, watch);

	note(watch, events);
	loop_watch_remove(loop, &socket->other->watch);
}

static void pause_other(struct loop_watch *watch, uint32_t events)
{
	struct socket *socket = HOLDER_OF(watch, struct socket, watch);

	note(watch, events);
	loop_watch_change(loop, &socket->other->watch, 0);
}

static void socket_open(struct socket *socket,
			void (*ready)(struct loop_watch *, uint32_t))
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	*socket = (struct socket){
		.watch = {.fd = pair[0], .ready = ready},
		.peer = pair[1],
	};
	assert_int_equal(loop_watch_add(loop, &socket->watch, EPOLLIN), DONE);
}

static void socket_close(struct socket *socket)
{
	loop_watch_remove(loop, &socket->watch);
	close(socket->watch.fd);
	if (socket->peer >= 0)
		close(socket->peer);
}

static void send_byte(struct socket *socket)
{
	assert_int_equal(write(socket->peer, "x", 1), 1);
}

static void level_triggered(void **state)
{
	struct socket socket;

	(void)state;
	socket_open(&socket, note);
	run_one_round();
	assert_int_equal(socket.told_count, 0);
	send_byte(&socket);
	run_one_round();
	run_one_round();
	assert_int_equal(socket.told_count, 2);
	assert_int_equal(socket.told, EPOLLIN);
	socket_close(&socket);
}

static void changed(void **state)
{
	struct socket socket;

	(void)state;
	socket_open(&socket, note);
	loop_watch_change(loop, &socket.watch, EPOLLOUT);
	send_byte(&socket);
	run_one_round();
	assert_int_equal(socket.told, EPOLLOUT);
	loop_watch_change(loop, &socket.watch, EPOLLIN | EPOLLOUT);
	run_one_round();
	assert_int_equal(socket.told, EPOLLIN | EPOLLOUT);
	socket_close(&socket);
}

/* Whichever of the two is told first, the other is not told any more. */
static void removed_within_round(void **state)
{
	struct socket sockets[2];

	(void)state;
	for (int i = 0; i < 2; i++)
		socket_open(&sockets[i], remove_other);
	for (int i = 0; i < 2; i++) {
		sockets[i].other = &sockets[1 - i];
		send_byte(&sockets[i]);
	}
	run_one_round();
	assert_int_equal(sockets[0].told_count + sockets[1].told_count, 1);
	for (int i = 0; i < 2; i++)
		socket_close(&sockets[i]);
}

static void remove_and_free(struct loop_watch *watch, uint32_t events)
{
	struct socket *socket = HOLDER_OF(watch, struct socket, watch);
	struct socket *other = socket->other;

	note(watch, events);
	if (other == NULL)
		return;
	other->other = NULL;
	socket->other = NULL;
	socket_close(other);
	free(other);
}

/* ASan sees it when the loop still looks at the freed one. */
static void freed_within_round(void **state)
{
	struct socket *sockets[2];
	struct socket *left = NULL;

	(void)state;
	for (int i = 0; i < 2; i++) {
		sockets[i] = malloc(sizeof(*sockets[i]));
		socket_open(sockets[i], remove_and_free);
		send_byte(sockets[i]);
	}
	sockets[0]->other = sockets[1];
	run_one_round();
	left = sockets[0];
	assert_null(left->other);
	assert_int_equal(left->told_count, 1);
	socket_close(left);
	free(left);
}

static void paused_within_round(void **state)
{
	struct socket sockets[2];

	(void)state;
	for (int i = 0; i < 2; i++)
		socket_open(&sockets[i], pause_other);
	for (int i = 0; i < 2; i++) {
		sockets[i].other = &sockets[1 - i];
		send_byte(&sockets[i]);
	}
	run_one_round();
	assert_int_equal(sockets[0].told_count + sockets[1].told_count, 1);
	for (int i = 0; i < 2; i++)
		socket_close(&sockets[i]);
}

static void narrow_other(struct loop_watch *watch, uint32_t events)
{
	struct socket *socket = HOLDER_OF(watch, struct socket, watch);

	note(watch, events);
	loop_watch_change(loop, &socket->other->watch, EPOLLOUT);
}

/* Both are readable and writable; the one told second wants less by then. */
static void narrowed_within_round(void **state)
{
	struct socket sockets[2];

	(void)state;
	for (int i = 0; i < 2; i++)
		socket_open(&sockets[i], narrow_other);
	for (int i = 0; i < 2; i++) {
		sockets[i].other = &sockets[1 - i];
		send_byte(&sockets[i]);
		loop_watch_change(loop, &sockets[i].watch, EPOLLIN | EPOLLOUT);
	}
	run_one_round();
	assert_int_equal(sockets[0].told | sockets[1].told, EPOLLIN | EPOLLOUT);
	assert_int_equal(sockets[0].told & sockets[1].told, EPOLLOUT);
	for (int i = 0; i < 2; i++)
		socket_close(&sockets[i]);
}

static void end_round_trip(struct loop_timer *timer)
{
	(void)timer;
	loop_stop(loop);
}

static void count_round(struct loop_hook *hook);

struct counter {
	struct loop_hook hook;
	int count;
};

/* A paused watch whose peer has gone must not make the loop spin. */
static void paused_is_quiet(void **state)
{
	struct counter rounds = {.hook.round_ended = count_round};
	struct loop_timer timer = {.fired = end_round_trip};
	struct socket socket;

	(void)state;
	socket_open(&socket, note);
	loop_watch_change(loop, &socket.watch, 0);
	close(socket.peer);
	socket.peer = -1;
	loop_hook_add(loop, &rounds.hook);
	loop_timer_set(loop, &timer, 20);
	loop_run(loop);
	assert_int_equal(socket.told_count, 0);
	assert_in_range(rounds.count, 1, 5);
	loop_watch_change(loop, &socket.watch, EPOLLIN);
	run_one_round();
	assert_int_equal(socket.told_count, 1);
	assert_true(socket.told & EPOLLHUP);
	socket_close(&socket);
}

static void unwatchable(void **state)
{
	struct loop_watch watch = {.fd = -1, .ready = note};

	(void)state;
	assert_int_equal(loop_watch_add(loop, &watch, EPOLLIN), BROKEN);
}

/* --- Messages ------------------------------------------------------------- */

#define SENDERS 4
#define EACH 2000

struct numbered {
	struct loop_message message;
	int sender;
	int number;
};

static int next_number[SENDERS];
static int in_order_count;
static int arrived_count;

static void arrived(struct loop_message *message)
{
	struct numbered *numbered =
		HOLDER_OF(message, struct numbered, message);

	if (numbered->number == next_number[numbered->sender]++)
		in_order_count++;
	free(numbered);
	if (++arrived_count == SENDERS * EACH)
		loop_stop(loop);
}

static void *send_numbers(void *context)
{
	int sender = *(int *)context;

	for (int i = 0; i < EACH; i++) {
		struct numbered *numbered = malloc(sizeof(*numbered));

		*numbered = (struct numbered){
			.message.run = arrived, .sender = sender, .number = i};
		loop_post(loop, &numbered->message);
	}
	return NULL;
}

static void posts_from_threads(void **state)
{
	pthread_t threads[SENDERS];
	int senders[SENDERS];

	(void)state;
	for (int i = 0; i < SENDERS; i++) {
		senders[i] = i;
		assert_int_equal(pthread_create(&threads[i], NULL, send_numbers,
						&senders[i]),
				 0);
	}
	loop_run(loop);
	for (int i = 0; i < SENDERS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(arrived_count, SENDERS * EACH);
	assert_int_equal(in_order_count, SENDERS * EACH);
}

struct relay {
	struct loop_message message;
	int left;
};

static void post_again(struct loop_message *message)
{
	struct relay *relay = HOLDER_OF(message, struct relay, message);

	if (--relay->left == 0)
		loop_stop(loop);
	else
		loop_post(loop, message);
}

static void posted_while_run(void **state)
{
	struct relay relay = {.message.run = post_again, .left = 3};

	(void)state;
	loop_post(loop, &relay.message);
	loop_run(loop);
	assert_int_equal(relay.left, 0);
}

static void *stop_later(void *context)
{
	nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	loop_stop(context);
	return NULL;
}

static void stopped_by_thread(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, stop_later, loop), 0);
	loop_run(loop);
	pthread_join(thread, NULL);
	assert_null(loop_current());
	/* It can run again, and a stop that came before is not lost. */
	run_one_round();
}

/* --- Hooks and the round's time ------------------------------------------- */

static void count_round(struct loop_hook *hook)
{
	HOLDER_OF(hook, struct counter, hook)->count++;
}

static void remove_itself(struct loop_hook *hook)
{
	count_round(hook);
	loop_hook_remove(hook);
}

static struct counter victim = {.hook.round_ended = count_round};

static void remove_victim(struct loop_hook *hook)
{
	count_round(hook);
	loop_hook_remove(&victim.hook);
}

#define SLOW_COUNT 4

struct slow {
	struct socket sockets[SLOW_COUNT];
	struct loop_message message;
	int told_count;
	int told_before_message;
};

static struct slow slow;

static void slow_message(struct loop_message *message)
{
	(void)message;
	slow.told_before_message = slow.told_count;
}

static void slow_ready(struct loop_watch *watch, uint32_t events)
{
	int64_t until_us = clock_monotonic_us() + 1200;
	char byte;

	note(watch, events);
	assert_int_equal(read(watch->fd, &byte, 1), 1);
	if (slow.told_count++ == 0)
		loop_post(loop, &slow.message);
	while (clock_monotonic_us() < until_us)
		;
}

static void messages_within_long_round(void **state)
{
	(void)state;
	slow = (struct slow){.message.run = slow_message};
	for (int i = 0; i < SLOW_COUNT; i++) {
		socket_open(&slow.sockets[i], slow_ready);
		assert_int_equal(write(slow.sockets[i].peer, "x", 1), 1);
	}
	run_one_round();
	assert_int_equal(slow.told_before_message, 1);
	assert_int_equal(slow.told_count, SLOW_COUNT);
	for (int i = 0; i < SLOW_COUNT; i++) {
		assert_int_equal(slow.sockets[i].told_count, 1);
		socket_close(&slow.sockets[i]);
	}
}

struct patient {
	struct loop_hook hook;
	int put_off_count;
	int done_count;
};

static void put_off(struct loop_hook *hook)
{
	struct patient *patient = HOLDER_OF(hook, struct patient, hook);

	if (loop_is_pressed(loop))
		patient->put_off_count++;
	else
		patient->done_count++;
}

static void pressed_while_more_is_ready(void **state)
{
	struct patient patient = {.hook.round_ended = put_off};
	struct loop_timer timer = {.fired = end_round_trip};
	struct socket socket;

	(void)state;
	socket_open(&socket, note);
	loop_hook_add(loop, &patient.hook);
	loop_timer_set(loop, &timer, 5);
	assert_int_equal(write(socket.peer, "x", 1), 1);
	loop_run(loop);
	/* Readable in every round; the last one puts nothing off. */
	assert_true(patient.put_off_count > 1);
	assert_int_equal(socket.told_count, patient.put_off_count);
	assert_int_equal(patient.done_count, 1);
	loop_hook_remove(&patient.hook);
	socket_close(&socket);
}

static void idle_is_not_pressed(void **state)
{
	struct patient patient = {.hook.round_ended = put_off};
	struct loop_timer timer = {.fired = end_round_trip};

	(void)state;
	loop_hook_add(loop, &patient.hook);
	loop_timer_set(loop, &timer, 5);
	loop_run(loop);
	assert_int_equal(patient.put_off_count, 0);
	assert_true(patient.done_count > 0);
	loop_hook_remove(&patient.hook);
}

static void hooks_each_round(void **state)
{
	struct counter once = {.hook.round_ended = remove_itself};
	struct counter killer = {.hook.round_ended = remove_victim};
	struct counter always = {.hook.round_ended = count_round};

	(void)state;
	loop_hook_add(loop, &once.hook);
	loop_hook_add(loop, &killer.hook);
	loop_hook_add(loop, &victim.hook);
	loop_hook_add(loop, &always.hook);
	for (int i = 0; i < 3; i++)
		run_one_round();
	/* Each run calls them before its first wait and after its round. */
	assert_int_equal(once.count, 1);
	assert_int_equal(killer.count, 6);
	assert_int_equal(victim.count, 0);
	assert_int_equal(always.count, 6);
	loop_hook_remove(&killer.hook);
	run_one_round();
	assert_int_equal(killer.count, 6);
	assert_int_equal(always.count, 8);
}

struct guest {
	struct loop_guest guest;
	struct loop_watch watch;
	struct loop *loop;
	int told_count;
};

static void take_away(struct loop_guest *at)
{
	struct guest *guest = HOLDER_OF(at, struct guest, guest);

	guest->told_count++;
	loop_watch_remove(guest->loop, &guest->watch);
	loop_guest_remove(at);
}

static void guests_hear_of_the_end(void **state)
{
	struct loop *own = loop_new();
	struct guest stays = {.guest.loop_ended = take_away, .loop = own};
	struct guest leaves = {.guest.loop_ended = take_away, .loop = own};

	(void)state;
	stays.watch.fd = leaves.watch.fd = -1;
	loop_guest_add(own, &stays.guest);
	loop_guest_add(own, &leaves.guest);
	loop_guest_remove(&leaves.guest);
	loop_free(&own);
	assert_int_equal(stays.told_count, 1);
	assert_int_equal(leaves.told_count, 0);
}

struct reader {
	struct loop_timer timer;
	instant first;
	instant second;
	struct loop *seen;
};

static void read_twice(struct loop_timer *timer)
{
	struct reader *reader = HOLDER_OF(timer, struct reader, timer);

	reader->seen = loop_current();
	reader->first = loop_now();
	nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	reader->second = loop_now();
	loop_stop(loop);
}

static void one_reading(void **state)
{
	struct reader reader = {.timer.fired = read_twice};
	instant before = loop_now();

	(void)state;
	loop_timer_set(loop, &reader.timer, 0);
	loop_run(loop);
	assert_ptr_equal(reader.seen, loop);
	assert_int_equal(reader.first, reader.second);
	assert_true(reader.first >= before);
	assert_true(loop_now() >= reader.second + 2000);
}

#define test_on_loop(sentence, function)                                       \
	test_that_with(sentence, function, open_loop, close_loop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_on_loop("a watch is told in every round while it lasts",
			     level_triggered),
		test_on_loop("a watch is told of what it wants now", changed),
		test_on_loop("a watch removed within a round is not told",
			     removed_within_round),
		test_on_loop("a watch removed within a round may be freed",
			     freed_within_round),
		test_on_loop("a watch paused within a round is not told",
			     paused_within_round),
		test_on_loop("a watch that wants less within a round is told "
			     "less",
			     narrowed_within_round),
		test_on_loop("a paused watch neither hears of nor spins on a "
			     "peer that has gone",
			     paused_is_quiet),
		test_on_loop("a descriptor that epoll declines is broken",
			     unwatchable),
		test_on_loop("posts of several threads all arrive, each "
			     "thread's in order",
			     posts_from_threads),
		test_on_loop("a message may be posted again while it runs",
			     posted_while_run),
		test_on_loop("another thread stops the loop",
			     stopped_by_thread),
		test_on_loop("what others post comes before the rest of a "
			     "long round",
			     messages_within_long_round),
		test_on_loop("a hook may put off its work while more is ready,"
			     " but not at the last round's end",
			     pressed_while_more_is_ready),
		test_on_loop("nothing is put off when the loop is to wait",
			     idle_is_not_pressed),
		test_on_loop("hooks run each round and may be removed by "
			     "themselves and by others",
			     hooks_each_round),
		test_that("guests are told of their loop's end, but for those "
			  "that have left",
			  guests_hear_of_the_end),
		test_on_loop("a round has one reading of the clock",
			     one_reading),
	};

	return cmocka_run_group_tests_name("loop_loop", tests, NULL, NULL);
}
