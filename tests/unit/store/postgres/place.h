/* SPDX-License-Identifier: Apache-2.0 */
/* A store on the tests' cluster, in a schema of its own. */
#pragma once

#include "store/postgres/cluster.h"
#include "store/postgres/postgres.h"

/* The cluster of this program's tests. */
extern struct cluster place_cluster;

/* A schema that no test has used, for the stores opened from now on. */
void place_make(void);
/* The DSN of that place, with `more` words behind it. */
void place_dsn(const char *more, char *dsn, size_t size);
/* Fails the test when it cannot be opened. Statements may take a second. */
struct store *place_open(const char *more);
/* A fresh place, opened and migrated, on the database's clock. */
struct store *place_open_fresh(void);
