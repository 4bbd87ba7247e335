/* SPDX-License-Identifier: Apache-2.0 */
/* Failure counts in a fixed table of small buckets, keyed by a secret hash. */
#include "decision/limiter.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define BUCKET_COUNT 4096
#define BUCKET_SIZE 4
#define DOUBLINGS_MAX 20
#define FAILURES_MAX 1000000

struct entry {
	uint64_t key;
	unsigned int failures;
	unsigned int under_way; /* free when this and `failures` are 0 */
	instant failed_at;
};

struct limiter {
	pthread_mutex_t lock;
	uint64_t secret[2];
	unsigned int free_count;
	int64_t most_for;
	struct entry buckets[BUCKET_COUNT][BUCKET_SIZE];
	struct limiter_news news[LIMITER_NEWS_MAX]; /* key 0: none */
};

struct limiter *limiter_new(unsigned int free_count, int64_t most_for)
{
	struct limiter *limiter = calloc(1, sizeof(*limiter));

	MUST(limiter != NULL);
	MUST(getrandom(limiter->secret, sizeof(limiter->secret), 0) ==
	     (ssize_t)sizeof(limiter->secret));
	limiter->free_count = free_count;
	limiter->most_for = most_for;
	pthread_mutex_init(&limiter->lock, NULL);
	return limiter;
}

void limiter_share(struct limiter *limiter,
		   const unsigned char secret[LIMITER_SECRET_SIZE])
{
	_Static_assert(sizeof(limiter->secret) == LIMITER_SECRET_SIZE,
		       "all of it is used");
	memcpy(limiter->secret, secret, LIMITER_SECRET_SIZE);
}

void limiter_free(struct limiter **limiter)
{
	struct limiter *old = TAKE(*limiter);

	if (old == NULL)
		return;
	pthread_mutex_destroy(&old->lock);
	free(old);
}

/* Two rounds of multiply-and-fold per byte under a secret: nobody outside sees
 * a value of it, and a collision costs a wait, not a secret. */
static uint64_t hash_of(const struct limiter *limiter, struct text key)
{
	uint64_t hash = limiter->secret[0] ^ key.size;

	for (size_t i = 0; i < key.size; i++) {
		hash ^= (unsigned char)key.at[i];
		hash *= limiter->secret[1] | 1;
		hash ^= hash >> 29;
	}
	return hash == 0 ? 1 : hash;
}

static bool is_free(const struct entry *entry)
{
	return entry->failures == 0 && entry->under_way == 0;
}

static struct entry *find(struct limiter *limiter, uint64_t key)
{
	struct entry *bucket = limiter->buckets[key % BUCKET_COUNT];

	for (size_t i = 0; i < BUCKET_SIZE; i++)
		if (bucket[i].key == key && !is_free(&bucket[i]))
			return &bucket[i];
	return NULL;
}

static struct entry *oldest(struct limiter *limiter, uint64_t key)
{
	struct entry *bucket = limiter->buckets[key % BUCKET_COUNT];
	struct entry *chosen = &bucket[0];

	for (size_t i = 0; i < BUCKET_SIZE; i++) {
		if (is_free(&bucket[i]))
			return &bucket[i];
		if (bucket[i].failed_at < chosen->failed_at)
			chosen = &bucket[i];
	}
	return chosen;
}

/* The key's entry, or an empty one in the place of the oldest. */
static struct entry *find_or_add(struct limiter *limiter, uint64_t key,
				 instant now)
{
	struct entry *entry = find(limiter, key);

	if (entry == NULL) {
		entry = oldest(limiter, key);
		*entry = (struct entry){.key = key, .failed_at = now};
	}
	return entry;
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

static bool is_faded(const struct limiter *limiter, const struct entry *entry,
		     instant now)
{
	return now >= instant_after(entry->failed_at, limiter->most_for);
}

/* Whoever came before the last failure, and is looked at after it, does not
 * wait for having come early. */
static int64_t wait_left(const struct limiter *limiter,
			 const struct entry *entry, instant now)
{
	instant wait = wait_after(limiter, entry->failures) * INSTANT_SECOND;
	instant passed = now - entry->failed_at;

	if (is_faded(limiter, entry, now) || passed >= wait)
		return 0;
	if (passed > 0)
		wait -= passed;
	return (wait + INSTANT_SECOND - 1) / INSTANT_SECOND;
}

int64_t limiter_wait_for(struct limiter *limiter, struct text key, instant now)
{
	int64_t left_for = 0;
	struct entry *entry;

	pthread_mutex_lock(&limiter->lock);
	entry = find(limiter, hash_of(limiter, key));
	if (entry != NULL)
		left_for = wait_left(limiter, entry, now);
	pthread_mutex_unlock(&limiter->lock);
	return left_for;
}

/* Of two keys with one place the later one is told. */
static struct limiter_news *note(struct limiter *limiter, uint64_t key,
				 instant now)
{
	struct limiter_news *news = &limiter->news[key % LIMITER_NEWS_MAX];

	if (news->key != key)
		*news = (struct limiter_news){.key = key};
	news->at = now;
	return news;
}

static void count_failures(struct limiter *limiter, uint64_t key,
			   unsigned int count, instant at)
{
	struct entry *entry = find_or_add(limiter, key, at);

	if (is_faded(limiter, entry, at))
		entry->failures = 0;
	entry->failures = count < FAILURES_MAX - entry->failures
				  ? entry->failures + count
				  : FAILURES_MAX;
	entry->failed_at = at;
}

static void count_own_failure(struct limiter *limiter, uint64_t key,
			      instant now)
{
	count_failures(limiter, key, 1, now);
	note(limiter, key, now)->count++;
}

static void forget_own_failures(struct limiter *limiter, struct entry *entry,
				instant now)
{
	if (entry == NULL || entry->failures == 0)
		return;
	entry->failures = 0;
	*note(limiter, entry->key, now) = (struct limiter_news){
		.key = entry->key,
		.at = now,
		.is_forgotten = true,
	};
}

void limiter_failed(struct limiter *limiter, struct text key, instant now)
{
	uint64_t hash = hash_of(limiter, key);

	pthread_mutex_lock(&limiter->lock);
	count_own_failure(limiter, hash, now);
	pthread_mutex_unlock(&limiter->lock);
}

void limiter_succeeded(struct limiter *limiter, struct text key, instant now)
{
	uint64_t hash = hash_of(limiter, key);

	pthread_mutex_lock(&limiter->lock);
	forget_own_failures(limiter, find(limiter, hash), now);
	pthread_mutex_unlock(&limiter->lock);
}

/* As if those under way had failed; but one at a time is always let in. */
static bool is_crowded(const struct limiter *limiter, const struct entry *entry,
		       instant now)
{
	unsigned int failures = is_faded(limiter, entry, now) ? 0
							      : entry->failures;

	return entry->under_way > 0 &&
	       failures + entry->under_way > limiter->free_count;
}

int64_t limiter_begin(struct limiter *limiter, struct text key, instant now)
{
	uint64_t hash = hash_of(limiter, key);
	struct entry *entry;
	int64_t wait_for;

	pthread_mutex_lock(&limiter->lock);
	entry = find_or_add(limiter, hash, now);
	wait_for = wait_left(limiter, entry, now);
	if (wait_for == 0 && is_crowded(limiter, entry, now))
		wait_for = LIMITER_LINE;
	if (wait_for == 0)
		entry->under_way++;
	pthread_mutex_unlock(&limiter->lock);
	return wait_for;
}

void limiter_end(struct limiter *limiter, struct text key, enum limiter_end how,
		 instant now)
{
	uint64_t hash = hash_of(limiter, key);
	struct entry *entry;

	pthread_mutex_lock(&limiter->lock);
	entry = find(limiter, hash);
	if (entry != NULL && entry->under_way > 0)
		entry->under_way--;
	if (how == LIMITER_SUCCEEDED)
		forget_own_failures(limiter, entry, now);
	if (how == LIMITER_FAILED)
		count_own_failure(limiter, hash, now);
	pthread_mutex_unlock(&limiter->lock);
}

/* What was taken flows back evenly; a whole piece at a time, so that rounding
 * gives nothing away. */
static void refill(struct entry *entry, instant piece_for, instant now)
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
			      const struct entry *entry, instant now)
{
	if (entry->failures < limiter->free_count)
		return 0;
	return (entry->failed_at + piece_of(limiter) - now + INSTANT_SECOND -
		1) /
	       INSTANT_SECOND;
}

int64_t limiter_take(struct limiter *limiter, struct text key, instant now)
{
	uint64_t hash = hash_of(limiter, key);
	struct entry *entry;
	int64_t wait_for;

	pthread_mutex_lock(&limiter->lock);
	entry = find_or_add(limiter, hash, now);
	refill(entry, piece_of(limiter), now);
	wait_for = wait_for_piece(limiter, entry, now);
	if (wait_for == 0) {
		entry->failures++;
		note(limiter, hash, now)->count++;
	}
	pthread_mutex_unlock(&limiter->lock);
	return wait_for;
}

int64_t limiter_look(struct limiter *limiter, struct text key, instant now)
{
	uint64_t hash = hash_of(limiter, key);
	struct entry *entry;
	int64_t wait_for = 0;

	pthread_mutex_lock(&limiter->lock);
	entry = find(limiter, hash);
	if (entry != NULL) {
		refill(entry, piece_of(limiter), now);
		wait_for = wait_for_piece(limiter, entry, now);
	}
	pthread_mutex_unlock(&limiter->lock);
	return wait_for;
}

size_t limiter_take_news(struct limiter *limiter,
			 struct limiter_news news_out[LIMITER_NEWS_MAX])
{
	size_t count = 0;

	pthread_mutex_lock(&limiter->lock);
	for (size_t i = 0; i < LIMITER_NEWS_MAX; i++) {
		if (limiter->news[i].key != 0)
			news_out[count++] = limiter->news[i];
		limiter->news[i] = (struct limiter_news){0};
	}
	pthread_mutex_unlock(&limiter->lock);
	return count;
}

void limiter_hear_failed(struct limiter *limiter,
			 const struct limiter_news *news, instant now)
{
	instant at = news->at < now ? news->at : now;
	struct entry *entry;

	pthread_mutex_lock(&limiter->lock);
	entry = find(limiter, news->key);
	if (entry != NULL && news->is_forgotten)
		entry->failures = 0;
	if (news->count > 0)
		count_failures(limiter, news->key, news->count, at);
	pthread_mutex_unlock(&limiter->lock);
}

void limiter_hear_taken(struct limiter *limiter,
			const struct limiter_news *news, instant now)
{
	struct entry *entry;

	pthread_mutex_lock(&limiter->lock);
	entry = find_or_add(limiter, news->key, now);
	refill(entry, piece_of(limiter), now);
	entry->failures = news->count < limiter->free_count - entry->failures
				  ? entry->failures + news->count
				  : limiter->free_count;
	pthread_mutex_unlock(&limiter->lock);
}
