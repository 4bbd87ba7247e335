/* SPDX-License-Identifier: Apache-2.0 */
/* Rounds over epoll: watches, messages, hooks. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/event.h"
#include "loop/clock.h"
#include "loop/internal.h"

/* Signatures take 20 to 700 us each: after so much of them, what other threads
 * have posted comes first, replies that may be sent now among it. */
#define SLICE_US 1000
/* A round is not much longer, so that its commit is not kept waiting; and not
 * much shorter while there is work, because a commit costs as much as twenty
 * rows in it. */
#define ROUND_US 20000

static _Thread_local struct loop *current;

struct loop *loop_current(void)
{
	return current;
}

void loop_set_current(struct loop *loop)
{
	current = loop;
}

instant loop_now(void)
{
	return current != NULL && current->is_running ? current->now
						      : clock_now();
}

/* --- Watches -------------------------------------------------------------- */

static int tell_epoll(struct loop *loop, struct loop_watch *watch, int what)
{
	/* A watch that wants nothing must not hear of EPOLLHUP for ever:
	 * oneshot says it once, and tell_watch drops that. */
	struct epoll_event event = {
		.events = watch->wanted ? watch->wanted : EPOLLONESHOT,
		.data.ptr = watch,
	};

	return epoll_ctl(loop->epoll_fd, what, watch->fd, &event);
}

outcome loop_watch_add(struct loop *loop, struct loop_watch *watch,
		       uint32_t wanted)
{
	watch->wanted = wanted;
	if (tell_epoll(loop, watch, EPOLL_CTL_ADD) == 0)
		return DONE;
	watch->wanted = 0;
	event_fault("loop.watch_failed", "epoll_ctl: %s", strerror(errno));
	return BROKEN;
}

void loop_watch_change(struct loop *loop, struct loop_watch *watch,
		       uint32_t wanted)
{
	if (watch->wanted == wanted)
		return;
	watch->wanted = wanted;
	MUST(tell_epoll(loop, watch, EPOLL_CTL_MOD) == 0);
}

void loop_watch_remove(struct loop *loop, struct loop_watch *watch)
{
	/* A descriptor that was closed first has left epoll by itself. */
	(void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
	watch->wanted = 0;
	for (size_t i = loop->ready_next; i < loop->ready_count; i++)
		if (loop->ready[i].data.ptr == watch)
			loop->ready[i].data.ptr = NULL;
}

/* What was gathered for a watch that meanwhile wants less is dropped. */
static void tell_watch(struct loop_watch *watch, uint32_t events)
{
	if (watch == NULL || watch->wanted == 0)
		return;
	events &= watch->wanted | EPOLLERR | EPOLLHUP;
	if (events != 0)
		watch->ready(watch, events);
}

static bool is_all_told(const struct loop *loop)
{
	return loop->ready_next == loop->ready_count;
}

/* What does not fit into the slice is told in the next one, before the kernel is
 * asked again: else whoever is ready anew would come before it. */
static void tell_ready(struct loop *loop)
{
	int64_t until_us = clock_monotonic_us() + SLICE_US;

	while (!is_all_told(loop)) {
		struct epoll_event *event = &loop->ready[loop->ready_next++];

		tell_watch(event->data.ptr, event->events);
		if (clock_monotonic_us() >= until_us)
			return;
	}
}

/* --- Messages ------------------------------------------------------------- */

static void wake_up(struct loop *loop)
{
	uint64_t one = 1;
	ssize_t written;

	do
		written = write(loop->wake_up.fd, &one, sizeof(one));
	while (written < 0 && errno == EINTR);
}

void loop_post(struct loop *loop, struct loop_message *message)
{
	struct loop_message *last = atomic_load(&loop->posted);

	do
		message->next = last;
	while (!atomic_compare_exchange_weak(&loop->posted, &last, message));
	/* Whoever finds others there relies on the first one's wake-up: all
	 * are taken at once. */
	if (last == NULL)
		wake_up(loop);
}

static struct loop_message *take_posted(struct loop *loop)
{
	struct loop_message *last = atomic_exchange(&loop->posted, NULL);
	struct loop_message *first = NULL;

	while (last != NULL) {
		struct loop_message *before = last->next;

		last->next = first;
		first = last;
		last = before;
	}
	return first;
}

static void run_posted(struct loop *loop)
{
	struct loop_message *message;
	struct loop_message *next;

	for (message = take_posted(loop); message != NULL; message = next) {
		next = message->next;
		message->run(message);
	}
}

/* The count is cleared before the messages are taken: one that comes between
 * costs an empty round, the other way round it would be lost. */
static void woken_up(struct loop_watch *watch, uint32_t events)
{
	struct loop *loop = HOLDER_OF(watch, struct loop, wake_up);
	uint64_t count;

	(void)events;
	if (read(watch->fd, &count, sizeof(count)) < 0)
		MUST(errno == EAGAIN || errno == EINTR);
	run_posted(loop);
}

/* --- Hooks ---------------------------------------------------------------- */

void loop_hook_add(struct loop *loop, struct loop_hook *hook)
{
	list_append(&loop->hooks, &hook->link);
}

void loop_hook_remove(struct loop_hook *hook)
{
	list_remove(&hook->link);
}

/* Through a list of those still to be called, so that any may be removed. */
static void call_hooks(struct loop *loop)
{
	struct list *end = loop->hooks.before;
	struct list to_call = loop->hooks;
	struct list *link;

	if (list_is_empty(&loop->hooks))
		return;
	to_call.next->before = &to_call;
	end->next = &to_call;
	list_init(&loop->hooks);
	while ((link = list_take_first(&to_call)) != NULL) {
		struct loop_hook *hook =
			HOLDER_OF(link, struct loop_hook, link);

		list_append(&loop->hooks, link);
		hook->round_ended(hook);
	}
}

/* --- Guests --------------------------------------------------------------- */

void loop_guest_add(struct loop *loop, struct loop_guest *guest)
{
	list_append(&loop->guests, &guest->link);
}

void loop_guest_remove(struct loop_guest *guest)
{
	list_remove(&guest->link);
}

static void tell_guests(struct loop *loop)
{
	struct list *link;

	while ((link = list_take_first(&loop->guests)) != NULL) {
		struct loop_guest *guest =
			HOLDER_OF(link, struct loop_guest, link);

		guest->loop_ended(guest);
	}
}

/* --- Rounds --------------------------------------------------------------- */

/* Once all is told. */
static void ask_kernel(struct loop *loop, int wait_ms)
{
	int count = epoll_wait(loop->epoll_fd, loop->ready, LOOP_READY_MAX,
			       wait_ms);

	MUST(count >= 0 || errno == EINTR);
	loop->ready_next = 0;
	loop->ready_count = count < 0 ? 0 : (size_t)count;
}

static void wait_for_events(struct loop *loop)
{
	if (is_all_told(loop))
		ask_kernel(loop, list_is_empty(&loop->woken)
					 ? timer_wait_ms(loop)
					 : 0);
}

bool loop_is_pressed(struct loop *loop)
{
	if (!loop->is_running || loop->is_ending)
		return false;
	if (is_all_told(loop))
		ask_kernel(loop, 0);
	return !is_all_told(loop);
}

static void run_slice(struct loop *loop)
{
	loop->now = clock_now();
	tell_ready(loop);
	if (!is_all_told(loop))
		run_posted(loop);
	timer_fire_due(loop);
	task_run_woken(loop);
}

static void run_round(struct loop *loop)
{
	int64_t until_us;

	wait_for_events(loop);
	until_us = clock_monotonic_us() + ROUND_US;
	do
		run_slice(loop);
	while (!is_all_told(loop) && clock_monotonic_us() < until_us);
	loop->is_ending = atomic_load(&loop->is_stopping);
	call_hooks(loop);
	event_flush();
}

void loop_run(struct loop *loop)
{
	MUST(current == NULL);
	current = loop;
	loop->is_running = true;
	event_hold(true);
	loop->is_ending = false;
	loop->now = clock_now();
	/* What tasks started before now have left for a round's end. */
	call_hooks(loop);
	do
		run_round(loop);
	while (!loop->is_ending);
	atomic_store(&loop->is_stopping, false);
	event_hold(false);
	loop->is_running = false;
	current = NULL;
}

void loop_stop(struct loop *loop)
{
	atomic_store(&loop->is_stopping, true);
	wake_up(loop);
}

/* --- Birth and end -------------------------------------------------------- */

static bool open_descriptors(struct loop *loop)
{
	loop->wake_up.ready = woken_up;
	loop->wake_up.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->wake_up.fd >= 0 && loop->epoll_fd >= 0)
		return loop_watch_add(loop, &loop->wake_up, EPOLLIN) == DONE;
	event_fault("loop.open_failed", "epoll or eventfd: %s",
		    strerror(errno));
	return false;
}

struct loop *loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	MUST(loop != NULL);
	list_init(&loop->hooks);
	list_init(&loop->guests);
	list_init(&loop->woken);
	list_init(&loop->parked);
	list_init(&loop->spare);
	if (!open_descriptors(loop))
		loop_free(&loop);
	return loop;
}

void loop_free(struct loop **loop)
{
	if (*loop == NULL)
		return;
	MUST(!(*loop)->is_running && task_current() == NULL);
	tell_guests(*loop);
	stack_free_all(*loop);
	timer_forget_all(*loop);
	if ((*loop)->epoll_fd >= 0)
		close((*loop)->epoll_fd);
	if ((*loop)->wake_up.fd >= 0)
		close((*loop)->wake_up.fd);
	free(*loop);
	*loop = NULL;
}
