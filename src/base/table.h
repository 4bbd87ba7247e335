/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table of items that hold their own keys. */
#pragma once

#include "base/outcome.h"
#include "base/text.h"

struct table_place {
	uint64_t hash;
	void *item; /* NULL: free */
};

/* All zero: empty. Items are borrowed. Not for keys that strangers choose: they
 * could make all of them meet at one place. */
struct table {
	struct table_place *places;
	size_t capacity; /* a power of two, or 0 */
	size_t count;
};

void table_wipe(struct table *table);

/* Of a number and bytes, as they are or as if all were lower case. */
uint64_t table_hash(uint64_t number, struct text bytes);
uint64_t table_hash_nocase(uint64_t number, struct text bytes);

/* The first that was added with the hash and that `has` the key; NULL when there
 * is none. */
void *table_find(const struct table *table, uint64_t hash,
		 bool (*has)(const void *item, const void *key),
		 const void *key);
void table_add(struct table *table, uint64_t hash, void *item);
/* What was added with that hash and has not been removed since. */
void table_remove(struct table *table, uint64_t hash, const void *item);
