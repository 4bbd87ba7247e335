/* SPDX-License-Identifier: Apache-2.0 */
/* The store on PostgreSQL, or on what speaks its protocol and SQL. */
#pragma once

#include "store/driver.h"

struct postgres_options {
	/* A connection string or URI of libpq; may name several hosts, of which
	 * the one that takes writes is looked for. */
	const char *dsn;
	const char *password; /* NULL: in the DSN, or none is asked for */
	/* Connections of each loop; other threads have one each. */
	unsigned int connection_count;
	/* Whether statements are prepared once per connection; not behind a
	 * pooler that gives each transaction another one. */
	bool prepares;
	/* How long a statement may take, the wait for a connection included. */
	int64_t timeout_ms;
	/* Tests alone: $now is the caller's, as with SQLite; else the
	 * database's own clock. */
	bool takes_callers_clock;
	/* Of a shard beside the home: its clock moves nothing, but must not be
	 * far. */
	bool leaves_clock;
};

#define POSTGRES_CONNECTIONS 4
#define POSTGRES_CONNECTIONS_MAX 32
#define POSTGRES_TIMEOUT_MS 5000

/*
 * Connects once, to tell of mistakes; the schema is not touched. All strings are
 * copied. REFUSED with a sentence in `why` (at least 512 bytes), never with the
 * password: no libpq, a DSN that makes no sense, no server that takes writes, a
 * database that is not in UTF-8.
 */
outcome store_postgres_open(const struct postgres_options *options,
			    struct store **store_out, char *why,
			    size_t why_size) MUST_USE;
/*
 * Whether the database, as it is set now, can lose what it has acknowledged: in
 * a crash, or when a standby takes over. REFUSED with a sentence in `why` (at
 * least 512 bytes) that says what to set. Outside a task.
 */
outcome store_postgres_check(struct store *store, char *why, size_t why_size)
	MUST_USE;
