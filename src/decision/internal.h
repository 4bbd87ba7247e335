/* SPDX-License-Identifier: Apache-2.0 */
/* The table behind the limiters: small buckets of a fixed number. */
#pragma once

#include <pthread.h>

#include "crypto/siphash.h"
#include "decision/limiter.h"

#define LIMITER_BUCKET_COUNT 4096
#define LIMITER_BUCKET_SIZE 4

_Static_assert(LIMITER_SECRET_SIZE == SIPHASH_KEY_SIZE, "it is the hash's key");

struct limiter_entry {
	uint64_t key; /* the hash of a key */
	unsigned int failures; /* of a quota: what is taken */
	unsigned int under_way;
	unsigned int
		untold; /* of the failures: not yet told to other servers */
	bool is_forgotten; /* and that is not yet told */
	instant failed_at; /* of a quota: since when pieces flow back */
	instant faded_at; /* since when it has been quiet */
};

struct limiter {
	pthread_mutex_t lock;
	unsigned char secret[LIMITER_SECRET_SIZE];
	unsigned int free_count;
	int64_t most_for;
	bool has_news;
	struct limiter_entry buckets[LIMITER_BUCKET_COUNT][LIMITER_BUCKET_SIZE];
};

MUST_USE uint64_t limiter_hash(const struct limiter *limiter, struct text key);

/* All of these under the lock. */

/* NULL when nothing is known of the key. */
struct limiter_entry *limiter_find(struct limiter *limiter, uint64_t key);
/* Or an empty one, in the place of the oldest. */
struct limiter_entry *limiter_find_or_add(struct limiter *limiter, uint64_t key,
					  instant now);
/* Something has happened here that the other servers may have to know. */
void limiter_note(struct limiter *limiter, struct limiter_entry *entry,
		  unsigned int count);
