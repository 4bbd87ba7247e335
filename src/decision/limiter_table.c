/* SPDX-License-Identifier: Apache-2.0 */
/* The table behind the limiters, and what is told of it to other servers. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "decision/internal.h"

/* Of the free ones a part that is not worth telling: 1 / TOLD_FROM. */
#define TOLD_FROM 8

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
	memcpy(limiter->secret, secret, LIMITER_SECRET_SIZE);
}

void limiter_free(struct limiter **limiter)
{
	struct limiter *old = TAKE(*limiter);

	if (old == NULL)
		return;
	pthread_mutex_destroy(&old->lock);
	explicit_bzero(old->secret, sizeof(old->secret));
	free(old);
}

uint64_t limiter_hash(const struct limiter *limiter, struct text key)
{
	return siphash(limiter->secret, key);
}

static bool is_free(const struct limiter_entry *entry)
{
	return entry->failures == 0 && entry->under_way == 0 &&
	       !entry->is_forgotten;
}

struct limiter_entry *limiter_find(struct limiter *limiter, uint64_t key)
{
	struct limiter_entry *bucket =
		limiter->buckets[key % LIMITER_BUCKET_COUNT];

	for (size_t i = 0; i < LIMITER_BUCKET_SIZE; i++)
		if (bucket[i].key == key && !is_free(&bucket[i]))
			return &bucket[i];
	return NULL;
}

/* Those under way last: their ends are still to come. */
static bool gives_way_before(const struct limiter_entry *one,
			     const struct limiter_entry *other)
{
	if (is_free(one) != is_free(other))
		return is_free(one);
	if ((one->under_way == 0) != (other->under_way == 0))
		return one->under_way == 0;
	return one->failed_at < other->failed_at;
}

struct limiter_entry *limiter_find_or_add(struct limiter *limiter, uint64_t key,
					  instant now)
{
	struct limiter_entry *bucket =
		limiter->buckets[key % LIMITER_BUCKET_COUNT];
	struct limiter_entry *entry = limiter_find(limiter, key);

	if (entry != NULL)
		return entry;
	entry = &bucket[0];
	for (size_t i = 1; i < LIMITER_BUCKET_SIZE; i++)
		if (gives_way_before(&bucket[i], entry))
			entry = &bucket[i];
	*entry = (struct limiter_entry){
		.key = key,
		.failed_at = now,
		.faded_at = now,
	};
	return entry;
}

void limiter_note(struct limiter *limiter, struct limiter_entry *entry,
		  unsigned int count)
{
	entry->untold += count;
	limiter->has_news = true;
}

static bool has_news(const struct limiter *limiter,
		     const struct limiter_entry *entry)
{
	return entry->is_forgotten ||
	       (entry->untold > 0 &&
		entry->failures > limiter->free_count / TOLD_FROM);
}

/* Those that matter most: where there are too many, of the most failures. */
struct selection {
	struct limiter_entry *entries[LIMITER_NEWS_MAX];
	size_t count;
	size_t least; /* once there are as many as fit */
	bool is_over;
};

static void find_least(struct selection *selection)
{
	selection->least = 0;
	for (size_t i = 1; i < selection->count; i++)
		if (selection->entries[i]->failures <
		    selection->entries[selection->least]->failures)
			selection->least = i;
}

static void consider(struct selection *selection, struct limiter_entry *entry)
{
	if (selection->count < LIMITER_NEWS_MAX) {
		selection->entries[selection->count++] = entry;
		if (selection->count == LIMITER_NEWS_MAX)
			find_least(selection);
		return;
	}
	selection->is_over = true;
	if (entry->failures <= selection->entries[selection->least]->failures)
		return;
	selection->entries[selection->least] = entry;
	find_least(selection);
}

static void select_entries(struct limiter *limiter, struct selection *selection)
{
	for (size_t i = 0; i < LIMITER_BUCKET_COUNT; i++)
		for (size_t k = 0; k < LIMITER_BUCKET_SIZE; k++)
			if (has_news(limiter, &limiter->buckets[i][k]))
				consider(selection, &limiter->buckets[i][k]);
}

static struct limiter_news take_news(struct limiter_entry *entry)
{
	struct limiter_news news = {
		.key = entry->key,
		.at = entry->failed_at,
		.count = entry->untold,
		.is_forgotten = entry->is_forgotten,
	};

	entry->untold = 0;
	entry->is_forgotten = false;
	return news;
}

size_t limiter_take_news(struct limiter *limiter,
			 struct limiter_news news_out[LIMITER_NEWS_MAX])
{
	struct selection selection = {.count = 0};

	pthread_mutex_lock(&limiter->lock);
	if (limiter->has_news)
		select_entries(limiter, &selection);
	limiter->has_news = selection.is_over;
	for (size_t i = 0; i < selection.count; i++)
		news_out[i] = take_news(selection.entries[i]);
	pthread_mutex_unlock(&limiter->lock);
	return selection.count;
}
