/* SPDX-License-Identifier: Apache-2.0 */
/* Embedded stores, each in a folder of its own, as shards of one home. */
#pragma once

#include "store/sqlite/sqlite.h"
#include "suite.h"

#define SHARDS_NOW ((instant)1800000000 * INSTANT_SECOND)

/* By their numbers: 0, 1 and 7. */
#define SHARDS_COUNT 3
extern const struct store_listed shards_listed[SHARDS_COUNT];

/* A store of its own, migrated, removed by shards_tear_down. */
struct store *shards_open_one(void);
/* Opens it and says that it is there. */
void shards_join(struct store *home, uint16_t number);
/* *state is the home; the others have not joined, or have. */
int shards_set_up(void **state);
int shards_set_up_joined(void **state);
int shards_tear_down(void **state);
