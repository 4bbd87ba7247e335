/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table: open addressing, at most half full, one place after the other. */
#include "base/table.h"

#include <ctype.h>
#include <stdlib.h>

#define CAPACITY_LEAST 16
/* FNV-1a. */
#define OFFSET 0xcbf29ce484222325u
#define PRIME 0x100000001b3u

void table_wipe(struct table *table)
{
	free(table->places);
	*table = (struct table){0};
}

/* So that neighbours do not lie side by side (MurmurHash3's end). */
static uint64_t mix(uint64_t hash)
{
	hash ^= hash >> 33;
	hash *= 0xff51afd7ed558ccdu;
	hash ^= hash >> 33;
	hash *= 0xc4ceb9fe1a85ec53u;
	return hash ^ hash >> 33;
}

uint64_t table_hash(uint64_t number, struct text bytes)
{
	uint64_t hash = OFFSET ^ number;

	for (size_t i = 0; i < bytes.size; i++)
		hash = (hash ^ (unsigned char)bytes.at[i]) * PRIME;
	return mix(hash);
}

uint64_t table_hash_nocase(uint64_t number, struct text bytes)
{
	uint64_t hash = OFFSET ^ number;

	for (size_t i = 0; i < bytes.size; i++)
		hash = (hash ^ (uint64_t)tolower((unsigned char)bytes.at[i])) *
		       PRIME;
	return mix(hash);
}

static size_t after(const struct table *table, size_t place)
{
	return (place + 1) & (table->capacity - 1);
}

static size_t home_of(const struct table *table, uint64_t hash)
{
	return (size_t)hash & (table->capacity - 1);
}

void *table_find(const struct table *table, uint64_t hash,
		 bool (*has)(const void *item, const void *key),
		 const void *key)
{
	const struct table_place *place;

	if (table->capacity == 0)
		return NULL;
	for (size_t at = home_of(table, hash);; at = after(table, at)) {
		place = &table->places[at];
		if (place->item == NULL)
			return NULL;
		if (place->hash == hash && has(place->item, key))
			return place->item;
	}
}

static void put(struct table *table, struct table_place added)
{
	size_t at = home_of(table, added.hash);

	while (table->places[at].item != NULL)
		at = after(table, at);
	table->places[at] = added;
}

static void grow(struct table *table)
{
	struct table old = *table;

	table->capacity = old.capacity == 0 ? CAPACITY_LEAST : 2 * old.capacity;
	table->places = calloc(table->capacity, sizeof(*table->places));
	MUST(table->places != NULL);
	for (size_t i = 0; i < old.capacity; i++)
		if (old.places[i].item != NULL)
			put(table, old.places[i]);
	free(old.places);
}

void table_add(struct table *table, uint64_t hash, void *item)
{
	if (2 * (table->count + 1) > table->capacity)
		grow(table);
	put(table, (struct table_place){hash, item});
	table->count++;
}

/* What stands behind a place that has become free would not be found any more:
 * whatever may stand there moves up. */
static void close_gap(struct table *table, size_t gap)
{
	for (size_t at = after(table, gap); table->places[at].item != NULL;
	     at = after(table, at)) {
		size_t home = home_of(table, table->places[at].hash);
		size_t from_home = (at - home) & (table->capacity - 1);
		size_t from_gap = (at - gap) & (table->capacity - 1);

		if (from_home < from_gap)
			continue;
		table->places[gap] = table->places[at];
		gap = at;
	}
	table->places[gap] = (struct table_place){0};
}

void table_remove(struct table *table, uint64_t hash, const void *item)
{
	size_t at = home_of(table, hash);

	while (table->places[at].item != item) {
		MUST(table->places[at].item != NULL);
		at = after(table, at);
	}
	close_gap(table, at);
	table->count--;
}
