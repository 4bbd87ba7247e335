/* SPDX-License-Identifier: Apache-2.0 */
/* The limiters' table as a quota: so many at once, and then at an even pace. */
#include "decision/internal.h"

/* What was taken flows back evenly; a whole piece at a time, so that rounding
 * gives nothing away. */
static void refill(struct limiter_entry *entry, instant piece_for, instant now)
{
	instant pieces = (now - entry->failed_at) / piece_for;

	if (pieces <= 0)
		return;
	if (pieces >= entry->failures) {
		entry->failures = 0;
		entry->failed_at = now;
		return;
	}
	entry->failures -= (unsigned int)pieces;
	entry->failed_at += pieces * piece_for;
}

static instant piece_of(const struct limiter *limiter)
{
	return limiter->most_for * INSTANT_SECOND / limiter->free_count;
}

/* Until a piece has flowed back; 0 when there is one. */
static int64_t wait_for_piece(const struct limiter *limiter,
			      const struct limiter_entry *entry, instant now)
{
	if (entry->failures < limiter->free_count)
		return 0;
	return (entry->failed_at + piece_of(limiter) - now + INSTANT_SECOND -
		1) /
	       INSTANT_SECOND;
}

int64_t limiter_take(struct limiter *limiter, struct text key, instant now)
{
	uint64_t hash = limiter_hash(limiter, key);
	struct limiter_entry *entry;
	int64_t wait_for;

	pthread_mutex_lock(&limiter->lock);
	entry = limiter_find_or_add(limiter, hash, now);
	refill(entry, piece_of(limiter), now);
	wait_for = wait_for_piece(limiter, entry, now);
	if (wait_for == 0) {
		entry->failures++;
		limiter_note(limiter, entry, 1);
	}
	pthread_mutex_unlock(&limiter->lock);
	return wait_for;
}

int64_t limiter_look(struct limiter *limiter, struct text key, instant now)
{
	uint64_t hash = limiter_hash(limiter, key);
	struct limiter_entry *entry;
	int64_t wait_for = 0;

	pthread_mutex_lock(&limiter->lock);
	entry = limiter_find(limiter, hash);
	if (entry != NULL) {
		refill(entry, piece_of(limiter), now);
		wait_for = wait_for_piece(limiter, entry, now);
	}
	pthread_mutex_unlock(&limiter->lock);
	return wait_for;
}

void limiter_hear_taken(struct limiter *limiter,
			const struct limiter_news *news, instant now)
{
	struct limiter_entry *entry;

	pthread_mutex_lock(&limiter->lock);
	entry = limiter_find_or_add(limiter, news->key, now);
	refill(entry, piece_of(limiter), now);
	entry->failures = news->count < limiter->free_count - entry->failures
				  ? entry->failures + news->count
				  : limiter->free_count;
	pthread_mutex_unlock(&limiter->lock);
}
