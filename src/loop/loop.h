/* SPDX-License-Identifier: Apache-2.0 */
/* One thread's event loop: descriptors, timers, messages from other threads. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "base/instant.h"
#include "base/list.h"
#include "base/outcome.h"

struct loop;

/* NULL when the kernel gives no epoll or eventfd (an event says so). */
struct loop *loop_new(void);
/* When nobody may post to it any more. Tasks that have not ended are dropped
 * with their stacks; what they own is not freed. */
void loop_free(struct loop **loop);

/* Runs on the calling thread until loop_stop; loop_current() is this loop
 * meanwhile. Events up to EVENT_INFO are written once in a round. */
void loop_run(struct loop *loop);
/* From any thread: loop_run returns after the round it is in; called in a hook,
 * after the next one. */
void loop_stop(struct loop *loop);
/* The loop that runs on this thread, NULL outside. */
struct loop *loop_current(void);

/*
 * The wall clock as of this round's start, read again within a long one, never
 * stepping back within the process: the monotonic clock plus an offset taken
 * at start and adjusted by clock_adjust. Outside a loop: a fresh reading.
 */
instant loop_now(void);

/* A descriptor to watch. The caller owns both; it is level-triggered. */
struct loop_watch {
	int fd;
	/* `events` is a mask of EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP. */
	void (*ready)(struct loop_watch *watch, uint32_t events);
	uint32_t wanted; /* EPOLLIN | EPOLLOUT */
};

outcome loop_watch_add(struct loop *loop, struct loop_watch *watch,
		       uint32_t wanted) MUST_USE;
/* `wanted` 0 pauses it: `ready` is not even called for errors. */
void loop_watch_change(struct loop *loop, struct loop_watch *watch,
		       uint32_t wanted);
/* After this `ready` is not called again, not even for events already
 * gathered in this round. Does not close the descriptor. */
void loop_watch_remove(struct loop *loop, struct loop_watch *watch);

/* A timer; the caller owns it. Zero-initialise, then set `fired`. */
struct loop_timer {
	void (*fired)(struct loop_timer *timer);
	int64_t due_ms; /* loop's monotonic milliseconds */
	size_t place; /* index in the loop's heap + 1; 0 when not set */
};

/* Sets or moves it. Fires once, never early; a set timer may be cancelled
 * safely at any time on the loop's thread. */
void loop_timer_set(struct loop *loop, struct loop_timer *timer,
		    int64_t after_ms);
void loop_timer_cancel(struct loop *loop, struct loop_timer *timer);

/* A message to a loop, run on its thread. The sender owns it until `run` is
 * called; it must not be posted again before. */
struct loop_message {
	void (*run)(struct loop_message *message);
	struct loop_message *next;
};

/* From any thread. Messages of one sender keep their order. */
void loop_post(struct loop *loop, struct loop_message *message);

/* Called at the end of every round, before the loop waits, and before its first
 * wait: where a round's work is handed on in one go. A round takes at most
 * twenty milliseconds and what its last callback takes. May be called often;
 * must be cheap when idle. */
struct loop_hook {
	void (*round_ended)(struct loop_hook *hook);
	struct list link;
};

void loop_hook_add(struct loop *loop, struct loop_hook *hook);
void loop_hook_remove(struct loop_hook *hook);
/* In a hook: whether the next round comes without a wait, and its end with it,
 * so that what gathers well may go on gathering. Asks the kernel. */
bool loop_is_pressed(struct loop *loop);

/* Whoever keeps watches, timers and hooks on a loop for as long as it lasts is
 * told of its end in loop_free: the last chance to take them away. */
struct loop_guest {
	void (*loop_ended)(struct loop_guest *guest);
	struct list link;
};

void loop_guest_add(struct loop *loop, struct loop_guest *guest);
void loop_guest_remove(struct loop_guest *guest);
