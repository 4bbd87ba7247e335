/* SPDX-License-Identifier: Apache-2.0 */
/* `limits.memory`: the budget, who gets which share, and keeping to it. */
#pragma once

#include "server/server.h"

struct memory_plan {
	size_t budget; /* of the process, bytes */
	size_t loop_share; /* of each loop: what its connections may hold */
	size_t loop_least; /* what a loop cannot do without */
	size_t decision_size; /* of remembered decisions */
	size_t keys_size; /* of the tenants' keys that it remembers */
	size_t client_size; /* of the clients, likewise */
	unsigned int loop_count;
	unsigned int password_threads;
};

/*
 * Divides the memory that the options name; without one, half of what the
 * machine or its control group has. `in_use` is what the process holds before
 * it answers anybody, 0 when that is not known yet. REFUSED, with a sentence
 * that names the least, when it is too small for the settings.
 */
outcome memory_plan(const struct server_options *options, size_t in_use,
		    struct memory_plan *plan_out, struct buf *why) MUST_USE;

/* What the process holds now: its resident set. */
size_t memory_resident(void);

/*
 * The share that each loop may have while `resident` bytes are held: less than
 * its plan's when the process as a whole holds too much, because the heap is
 * torn or tenants have become many; never less than the least.
 */
size_t memory_share_now(const struct memory_plan *plan, size_t resident);
