/* SPDX-License-Identifier: Apache-2.0 */
/* The insides that the files of this room share. */
#pragma once

#include <setjmp.h>
#include <stdatomic.h>
#include <sys/epoll.h>

#include "loop/loop.h"
#include "loop/task.h"

/* Events taken from the kernel in one round. */
#define LOOP_READY_MAX 256

/* One set timer; `order` keeps those of one millisecond in the order set. */
struct timer_entry {
	int64_t due_ms;
	uint64_t order;
	struct loop_timer *timer;
};

/* A binary heap, the next to fire first. */
struct timer_heap {
	struct timer_entry *entries;
	size_t count;
	size_t capacity;
	uint64_t next_order;
};

struct loop {
	int epoll_fd;
	struct loop_watch wake_up; /* an eventfd */
	_Atomic(struct loop_message *) posted; /* the last one first */
	atomic_bool is_stopping;
	bool is_running;
	bool is_ending; /* no round comes after this one */
	instant now;

	/* What of this round's events is still to be told. */
	struct epoll_event ready[LOOP_READY_MAX];
	size_t ready_next;
	size_t ready_count;

	struct timer_heap timers;
	struct list hooks;
	struct list guests;

	/* Every task is in one of these, but for the one that runs. */
	struct list woken;
	struct list parked;
	struct list spare; /* ended; the last one first to be used again */
	size_t stack_count; /* in all three */
	size_t spare_count;
	size_t spare_least; /* since the last trim */
	struct loop_timer trim;
};

/* For a task that is started before its loop runs. */
void loop_set_current(struct loop *loop);

/* Milliseconds until the next timer, rounded up; -1 without one. */
int timer_wait_ms(const struct loop *loop);
/* Fires those due now; one set meanwhile waits for the next round. */
void timer_fire_due(struct loop *loop);
void timer_forget_all(struct loop *loop);

enum task_state { TASK_SPARE, TASK_RUNS, TASK_PARKED, TASK_WOKEN };

/* Lives at the upper end of its own stack. */
struct task {
	struct list link;
	struct loop *loop;
	enum task_state state;
	bool is_fresh; /* its stack has never run */
	bool has_wake; /* one that came before the park */
	void (*run)(void *context);
	void *context;
	char *stack; /* its lowest usable byte */
	size_t stack_size;
	sigjmp_buf here; /* where the task goes on */
	sigjmp_buf back; /* where the one who let it go on does */
	/* What the sanitizers want to be told; unused without them. */
	void *fiber;
	void *back_fiber;
	void *fake_stack;
	void *back_fake_stack;
	const void *back_stack;
	size_t back_stack_size;
};

/* Lets the woken tasks go on. */
void task_run_woken(struct loop *loop);

/* A spare task or a new one; NULL without memory. */
struct task *stack_take(struct loop *loop);
/* Of a task that has ended. */
void stack_return(struct task *task);
/* Unmaps all of the loop's, ended or not. */
void stack_free_all(struct loop *loop);
/* In task.c, where the sanitizers are spoken to. */
void task_sanitizer_born(struct task *task);
void task_sanitizer_gone(struct task *task);
