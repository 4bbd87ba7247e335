/* SPDX-License-Identifier: Apache-2.0 */
/* The rings that were used last, as far as they may take memory. */
#pragma once

#include <pthread.h>

#include "base/table.h"
#include "keys/ring.h"

/* What is made of a ring's keys once it is used: a pair with the context that
 * signs (EC: 5 KiB, measured), the JWKs. */
#define RINGS_OPENED_SIZE ((size_t)6 * 1024)

struct rings {
	pthread_rwlock_t lock;
	struct table table; /* by tenant */
	struct ring **all; /* the same, in any order */
	size_t count;
	size_t capacity;
	size_t hand; /* the next of all that may have to give way */
	size_t size;
	size_t size_most;
	uint64_t era; /* how often something was forgotten */
};

void rings_init(struct rings *rings);
void rings_wipe(struct rings *rings);

/* These are thread-safe. */

void rings_limit(struct rings *rings, size_t size_most);
void rings_forget(struct rings *rings);
void rings_forget_one(struct rings *rings, int64_t tenant_id);
/* With a reference more, or NULL: then it may be kept in *era_out. */
struct ring *rings_find(struct rings *rings, int64_t tenant_id,
			uint64_t *era_out);
/* Unless something was forgotten since that era: it may have been read before a
 * rotation. */
void rings_keep(struct rings *rings, struct ring *ring, uint64_t era);
