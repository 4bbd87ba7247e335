/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks: plain top-to-bottom code that may wait, many of them on one loop. */
#pragma once

#include "loop/loop.h"

struct task;

/* What a task's stack holds at most; a guard page ends it. */
#define TASK_STACK_SIZE (256 * 1024)

/*
 * Runs `run(context)` on a stack of its own, at once and until it first parks;
 * then goes on when woken. Stacks are pooled per loop. NULL when there is no
 * memory for a stack: nothing has run. The task is gone once `run` returns.
 */
struct task *task_start(struct loop *loop, void (*run)(void *context),
			void *context);
/* Stacks that the loop's tasks have now, the spare ones too. */
size_t task_stack_count(const struct loop *loop);
/* The task that runs now, NULL outside one. */
struct task *task_current(void);

/*
 * Waits until task_wake. A wake that came before the park is remembered (once).
 * Spurious returns do not happen. Never between a call to OpenSSL and the
 * reading of its error queue.
 */
void task_park(void);
/*
 * Waits until `*is_over`, which somebody sets before a task_wake. A wake that
 * was meant for another wait is kept for that one.
 */
void task_park_until(const bool *is_over);
/* On the task's own loop: it goes on later in this round, or in the next one,
 * with no wait between, when a hook wakes it or tasks keep waking each other.
 */
void task_wake(struct task *task);
/* Waits at least so long, in a task. */
void task_sleep(int64_t ms);
