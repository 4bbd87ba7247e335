/* SPDX-License-Identifier: Apache-2.0 */
/* Stores to copy from and to, and rows for them. */
#pragma once

#include "store/copy/internal.h"
#include "store/postgres/place.h"

enum stores_engine { STORES_SQLITE, STORES_POSTGRES };

/* An empty one in a place of its own, migrated. */
struct store *stores_open(enum stores_engine engine);
/* Another handle on the one that was opened last on that engine. */
struct store *stores_open_again(enum stores_engine engine);
/* Removes what is on disk; all are closed. */
void stores_clean(void);

/* Runs a text in a transaction of its own; it must succeed. */
void stores_run(struct store *store, const char *text);
/* The integer that a query yields. */
int64_t stores_ask(struct store *store, const char *text);
/* Rows `from` to `to` of every table but settings: NULLs, empty values, ends of
 * ranges, texts beyond ASCII. */
void stores_fill(struct store *store, int64_t from, int64_t to);
