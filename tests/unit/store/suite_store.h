/* SPDX-License-Identifier: Apache-2.0 */
/* What every store driver passes; each brings a way to open a fresh store. */
#pragma once

#include "store/store.h"
#include "suite.h"

struct suite_driver {
	const char *name;
	/* An empty store without a schema, in a place of its own. */
	struct store *(*open_fresh)(void);
	/* Another handle on the store that was opened last. */
	struct store *(*open_again)(void);
	/* Removes what open_fresh made; all handles are closed. */
	void (*clean)(void);
};

/* Set by the driver's test program before it runs the groups. */
extern const struct suite_driver *suite_driver;

/* Number of failed tests. */
int suite_store_config(void);
int suite_store_keys(void);
int suite_store_grants(void);
int suite_store_once(void);
int suite_store_races(void);

/* ---- what the groups share ---- */

/* An instant to start from; tests pass instants around it. */
#define SUITE_NOW ((instant)1800000000 * INSTANT_SECOND)

struct suite_store {
	struct store *store; /* migrated */
	struct arena *arena;
};

int suite_store_setup(void **state);
int suite_store_teardown(void **state);

#define test_of_store(sentence, function)                                      \
	test_that_with(sentence, function, suite_store_setup,                  \
		       suite_store_teardown)

void suite_assert_text(struct text got, struct text wanted);
/* A coded grant of tenant 1, user 2, client "web", all fields set. */
struct grant suite_grant(struct store *store);
/* Inserts it and returns its id. */
int64_t suite_insert_grant(struct store *store);
struct store_redeem suite_redeem(int64_t grant_id);
/* Refreshes generation `generation` of a grant redeemed by suite_redeem. */
struct store_refresh suite_refresh(int64_t grant_id, int64_t generation);
enum store_outcome suite_redeem_now(struct store *store,
				    const struct store_redeem *redeem);
enum store_outcome suite_refresh_now(struct store *store,
				     const struct store_refresh *refresh);
struct request suite_request(struct store *store);
