/* SPDX-License-Identifier: Apache-2.0 */
/* Failures by key, how long they are waited for, and how they fade. */
#include "decision/internal.h"

#define DOUBLINGS_MAX 20

/* The most that one key is charged with: it is forgotten after some five times
 * `most_for`, whatever was tried. */
static unsigned int failures_max(const struct limiter *limiter)
{
	return 4 * limiter->free_count + 10;
}

static int64_t wait_after(const struct limiter *limiter, unsigned int failures)
{
	unsigned int over = failures - limiter->free_count;
	int64_t wait;

	if (failures <= limiter->free_count)
		return 0;
	wait = (int64_t)1 << (over < DOUBLINGS_MAX ? over - 1 : DOUBLINGS_MAX);
	return wait < limiter->most_for ? wait : limiter->most_for;
}

/* Each `most_for` of quiet gives back the free ones, and no more: who waits for
 * it has no more tries than who keeps to the waits. */
static void fade(const struct limiter *limiter, struct limiter_entry *entry,
		 instant now)
{
	instant most_for = limiter->most_for * INSTANT_SECOND;
	unsigned int gives = limiter->free_count > 0 ? limiter->free_count : 1;
	instant times;

	/* The clock was set back. */
	if (entry->failed_at > now + most_for)
		entry->failed_at = entry->faded_at = now;
	times = (now - entry->faded_at) / most_for;
	if (times <= 0)
		return;
	entry->faded_at += times * most_for;
	if (times <= entry->failures / gives)
		entry->failures -= (unsigned int)times * gives;
	else
		entry->failures = 0;
	if (entry->failures == 0)
		entry->untold = 0;
}

/* Whoever came before the last failure, and is looked at after it, does not
 * wait for having come early. */
static int64_t wait_left(const struct limiter *limiter,
			 struct limiter_entry *entry, instant now)
{
	instant wait;
	instant passed;

	fade(limiter, entry, now);
	wait = wait_after(limiter, entry->failures) * INSTANT_SECOND;
	passed = now - entry->failed_at;
	if (passed >= wait)
		return 0;
	if (passed > 0)
		wait -= passed;
	return (wait + INSTANT_SECOND - 1) / INSTANT_SECOND;
}

int64_t limiter_wait_for(struct limiter *limiter, struct text key, instant now)
{
	uint64_t hash = limiter_hash(limiter, key);
	int64_t left_for = 0;
	struct limiter_entry *entry;

	pthread_mutex_lock(&limiter->lock);
	entry = limiter_find(limiter, hash);
	if (entry != NULL)
		left_for = wait_left(limiter, entry, now);
	pthread_mutex_unlock(&limiter->lock);
	return left_for;
}

/* `at`: when they failed, some time before `now`. */
static struct limiter_entry *count_failures(struct limiter *limiter,
					    uint64_t key, unsigned int count,
					    instant at, instant now)
{
	struct limiter_entry *entry = limiter_find_or_add(limiter, key, at);
	unsigned int room;

	fade(limiter, entry, now);
	room = failures_max(limiter) - entry->failures;
	entry->failures += count < room ? count : room;
	if (entry->failed_at < at)
		entry->failed_at = at;
	entry->faded_at = entry->failed_at;
	return entry;
}

static void count_own_failure(struct limiter *limiter, uint64_t key,
			      instant now)
{
	limiter_note(limiter, count_failures(limiter, key, 1, now, now), 1);
}

static void forget(struct limiter *limiter, struct limiter_entry *entry,
		   instant now)
{
	if (entry == NULL || entry->failures == 0)
		return;
	entry->failures = 0;
	entry->untold = 0;
	entry->is_forgotten = true;
	entry->failed_at = now;
	limiter_note(limiter, entry, 0);
}

void limiter_failed(struct limiter *limiter, struct text key, instant now)
{
	uint64_t hash = limiter_hash(limiter, key);

	pthread_mutex_lock(&limiter->lock);
	count_own_failure(limiter, hash, now);
	pthread_mutex_unlock(&limiter->lock);
}

void limiter_succeeded(struct limiter *limiter, struct text key, instant now)
{
	uint64_t hash = limiter_hash(limiter, key);

	pthread_mutex_lock(&limiter->lock);
	forget(limiter, limiter_find(limiter, hash), now);
	pthread_mutex_unlock(&limiter->lock);
}

/* As if those under way had failed; but one at a time is always let in. */
static bool is_crowded(const struct limiter *limiter,
		       const struct limiter_entry *entry)
{
	return entry->under_way > 0 &&
	       entry->failures + entry->under_way > limiter->free_count;
}

int64_t limiter_begin(struct limiter *limiter, struct text key, instant now)
{
	uint64_t hash = limiter_hash(limiter, key);
	struct limiter_entry *entry;
	int64_t wait_for;

	pthread_mutex_lock(&limiter->lock);
	entry = limiter_find_or_add(limiter, hash, now);
	wait_for = wait_left(limiter, entry, now);
	if (wait_for == 0 && is_crowded(limiter, entry))
		wait_for = LIMITER_LINE;
	if (wait_for == 0)
		entry->under_way++;
	pthread_mutex_unlock(&limiter->lock);
	return wait_for;
}

void limiter_end(struct limiter *limiter, struct text key, enum limiter_end how,
		 instant now)
{
	uint64_t hash = limiter_hash(limiter, key);
	struct limiter_entry *entry;

	pthread_mutex_lock(&limiter->lock);
	entry = limiter_find(limiter, hash);
	if (entry != NULL && entry->under_way > 0)
		entry->under_way--;
	if (how == LIMITER_SUCCEEDED)
		forget(limiter, entry, now);
	if (how == LIMITER_FAILED)
		count_own_failure(limiter, hash, now);
	pthread_mutex_unlock(&limiter->lock);
}

/* What is as old as the waits is not worth hearing, whatever else it says. */
void limiter_hear_failed(struct limiter *limiter,
			 const struct limiter_news *news, instant now)
{
	instant at = news->at < now ? news->at : now;
	struct limiter_entry *entry;

	if (at <= now - limiter->most_for * INSTANT_SECOND)
		return;
	pthread_mutex_lock(&limiter->lock);
	entry = limiter_find(limiter, news->key);
	if (entry != NULL && news->is_forgotten && entry->failed_at <= at) {
		entry->failures = 0;
		entry->untold = 0;
	}
	if (news->count > 0)
		(void)count_failures(limiter, news->key, news->count, at, now);
	pthread_mutex_unlock(&limiter->lock);
}
