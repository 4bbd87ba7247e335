/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded pools of threads for what takes milliseconds of CPU. */
#pragma once

#include "loop/task.h"

struct worker_pool;

/* `threads` threads; at most `waiting_max` jobs wait. NULL: no threads. */
struct worker_pool *worker_pool_new(unsigned int threads,
				    unsigned int waiting_max);
/* Waits for what runs; to be called when no task waits any more. */
void worker_pool_free(struct worker_pool **pool);

/*
 * Runs `work(context)` on a thread of the pool. In a task: parks it until the
 * work is done. Outside one: blocks. REFUSED when too many wait already: the
 * work was not done.
 */
outcome worker_run(struct worker_pool *pool, void (*work)(void *context),
		   void *context) MUST_USE;
