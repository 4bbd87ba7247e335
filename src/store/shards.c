/* SPDX-License-Identifier: Apache-2.0 */
/* Several stores for one installation: which one a row lies in. */
#include <stdatomic.h>
#include <stdlib.h>

#include "base/event.h"
#include "store/internal.h"

struct shard {
	uint16_t number;
	unsigned int weight;
	_Atomic(struct store *) store; /* NULL: has not joined */
	_Atomic bool is_away;
	_Atomic enum store_copy copy;
};

/* The home first. */
struct store_shards {
	_Atomic bool is_ending;
	size_t count;
	struct shard list[STORE_SHARD_COUNT_MAX];
};

/* ---- one that is not there ---- */

static enum store_outcome away_read(struct store *store, struct arena *arena,
				    const struct store_statement *statement,
				    struct store_rows *rows_out)
{
	return STORE_AWAY;
}

static void away_submit(struct store *store, struct store_change *change)
{
	change->outcome = STORE_AWAY;
}

static enum store_outcome away_wait(struct store_change *change)
{
	return change->outcome;
}

static enum store_outcome away_begin(struct store *store)
{
	return STORE_AWAY;
}

static const struct store_driver away_driver = {
	.name = "none",
	.read = away_read,
	.submit = away_submit,
	.wait = away_wait,
	.begin = away_begin,
};

/* Never opened, never closed; it makes ids without a lease, for rows that it
 * will not take. */
static struct store away = {
	.driver = &away_driver,
	.ids_lock = PTHREAD_MUTEX_INITIALIZER,
	.lease_until = INT64_MAX,
};

/* ---- finding one ---- */

static struct shard *find(const struct store *home, uint16_t number)
{
	struct store_shards *shards = home->shards;

	for (size_t i = 0; shards != NULL && i < shards->count; i++)
		if (shards->list[i].number == number)
			return &shards->list[i];
	return NULL;
}

static void tell_unlisted(struct store *home, uint16_t number)
{
	if (atomic_exchange(&home->has_told_unlisted, true))
		return;
	event_fault("store.shard.unlisted",
		    "a reference of ours names shard %u, which store.shards "
		    "does not list: its holders are told to try later",
		    number);
}

struct store *store_shard(struct store *home, uint16_t number)
{
	struct shard *shard;

	if (home->shards == NULL && number == 0)
		return home;
	shard = find(home, number);
	if (shard == NULL)
		tell_unlisted(home, number);
	if (shard == NULL || shard->is_away)
		return &away;
	return shard->store;
}

bool store_is_away(const struct store *store)
{
	return store == &away;
}

uint16_t store_number(const struct store *store)
{
	return store->number;
}

struct store_epoch store_epoch_of(const struct store *home, uint16_t number)
{
	const struct shard *shard = find(home, number);
	const struct store *store = shard == NULL ? NULL : shard->store;

	if (number == 0)
		store = home;
	if (store == NULL)
		return (struct store_epoch){0};
	return (struct store_epoch){store->epoch, store->floor};
}

/* ---- choosing one ---- */

/* FNV-1a, with the last steps of splitmix64: near keys go far apart. */
static uint64_t score_of(struct text key, uint16_t number, unsigned int ticket)
{
	uint64_t hash = 0xcbf29ce484222325U ^ ((uint64_t)number << 32 | ticket);

	for (size_t i = 0; i < key.size; i++)
		hash = (hash ^ (unsigned char)key.at[i]) * 0x100000001b3U;
	hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9U;
	hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebU;
	return hash ^ (hash >> 31);
}

static uint64_t best_score(struct text key, const struct shard *shard)
{
	uint64_t best = 0;

	for (unsigned int i = 0; i < shard->weight; i++) {
		uint64_t score = score_of(key, shard->number, i);

		if (score > best)
			best = score;
	}
	return best;
}

/* The highest score wins (rendezvous hashing): a shard that comes or goes moves
 * only the keys that it wins. */
struct store *store_choose(struct store *home, struct text key)
{
	const struct store_shards *shards = home->shards;
	struct store *chosen = &away;
	uint64_t best = 0;

	if (shards == NULL)
		return home;
	for (size_t i = 0; i < shards->count; i++) {
		const struct shard *shard = &shards->list[i];
		uint64_t score;

		if (shard->is_away || shard->copy != STORE_COPY_EQUAL)
			continue;
		score = best_score(key, shard);
		if (score <= best)
			continue;
		best = score;
		chosen = shard->store;
	}
	return chosen;
}

struct store *store_book(struct store *home)
{
	const struct store_shards *shards = home->shards;

	if (shards == NULL || !shards->list[0].is_away)
		return home;
	return store_book_else(home);
}

struct store *store_book_else(struct store *home)
{
	const struct store_shards *shards = home->shards;

	for (size_t i = 1; shards != NULL && i < shards->count; i++)
		if (!shards->list[i].is_away &&
		    shards->list[i].copy == STORE_COPY_EQUAL)
			return shards->list[i].store;
	return &away;
}

/* ---- listing them ---- */

static void add(struct store *home, const struct store_listed *listed)
{
	struct shard *shard = &home->shards->list[home->shards->count++];

	MUST(home->shards->count <= STORE_SHARD_COUNT_MAX);
	shard->number = listed->number;
	shard->weight = listed->weight;
	shard->is_away = listed->number != 0;
	if (listed->number != 0)
		return;
	shard->store = home;
	shard->copy = STORE_COPY_EQUAL;
}

void store_list_shards(struct store *home, const struct store_listed *listed,
		       size_t count)
{
	MUST(home->shards == NULL && count > 0 && listed[0].number == 0);
	home->shards = calloc(1, sizeof(*home->shards));
	MUST(home->shards != NULL);
	for (size_t i = 0; i < count; i++) {
		MUST(find(home, listed[i].number) == NULL);
		add(home, &listed[i]);
	}
}

size_t store_shard_count(const struct store *home)
{
	return home->shards == NULL ? 0 : home->shards->count;
}

static bool is_filled(const struct shard *shard)
{
	const struct store *store = shard->store;

	return shard->number == 0 || (store != NULL && store->book != 0);
}

struct store_standing store_shard_at(const struct store *home, size_t index)
{
	const struct shard *shard = &home->shards->list[index];

	return (struct store_standing){
		.number = shard->number,
		.weight = shard->weight,
		.is_away = shard->is_away,
		.is_filled = is_filled(shard),
		.copy = shard->copy,
		.store = shard->store,
	};
}

void store_join_shard(struct store *home, uint16_t number, struct store *shard)
{
	struct shard *listed = find(home, number);

	MUST(listed != NULL && listed->store == NULL);
	shard->number = number;
	listed->store = shard;
}

bool store_note_shard(struct store *home, uint16_t number, bool is_away)
{
	struct shard *listed = find(home, number);

	MUST(listed != NULL && (is_away || listed->store != NULL));
	return atomic_exchange(&listed->is_away, is_away) != is_away;
}

void store_note_copy(struct store *home, uint16_t number, enum store_copy copy)
{
	struct shard *listed = find(home, number);

	MUST(listed != NULL);
	listed->copy = copy;
}

void store_end_shards(struct store *home)
{
	if (home->shards != NULL)
		home->shards->is_ending = true;
}

bool store_shards_are_ending(const struct store *home)
{
	return home->shards != NULL && home->shards->is_ending;
}

void store_shards_close(struct store *home)
{
	struct store_shards *shards = TAKE(home->shards);

	for (size_t i = 1; shards != NULL && i < shards->count; i++) {
		struct store *store = shards->list[i].store;

		if (store != NULL)
			store_close(&store);
	}
	free(shards);
}
