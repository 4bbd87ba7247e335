/* SPDX-License-Identifier: Apache-2.0 */
/* A store on the tests' cluster, in a schema of its own. */
#pragma once

#include "store/postgres/cluster.h"
#include "store/postgres/postgres.h"

/* The cluster of this program's tests. */
extern struct cluster place_cluster;

/* It loses what it acknowledged when the power fails: nothing here is about that. */
extern const char *const place_settings[];

/* For cmocka: makes the cluster, and removes it. */
int place_start(void **state);
int place_stop(void **state);

/* A schema that no test has used, for the stores opened from now on. */
void place_make(void);
/* Its name. */
const char *place_schema(void);
/* The DSN of that place, with `more` words behind it. */
void place_dsn(const char *more, char *dsn, size_t size);
/* Fails the test when it cannot be opened. Statements may take a second. */
struct store *place_open(const char *more);
/* A fresh place, opened and migrated, on the database's clock. */
struct store *place_open_fresh(void);

/* A grant with a code that lasts an hour; its id. */
int64_t place_insert_code(struct store *store);
/* Exchanges it. */
enum store_outcome place_redeem(struct store *store, int64_t id);
/* A session that holds the grant's row until PQfinish. */
PGconn *place_lock_row(int64_t id);
/* Until a question to the cluster has that answer; fails the test after seconds. */
void place_wait(const char *question, const char *answer);
