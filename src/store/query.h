/* SPDX-License-Identifier: Apache-2.0 */
/* Every statement that the store ever runs: one SQL text for all engines. */
#pragma once

#include <stdint.h>

/*
 * Parameters are $1, $2, … in order of first use, and `$now` is the instant of
 * the statement. Hot statements touch one row by its primary key. Nothing here
 * that PostgreSQL, SQLite, Citus, YugabyteDB and CockroachDB do not all have.
 */
enum store_query {
	QUERY_PING,
	QUERY_COUNT_ROWS,
	QUERY_COUNT_ROW_SECONDS,
	QUERY_LOAD_SETTINGS,
	QUERY_RECORD_SCHEMA,
	QUERY_BEGIN_EPOCH,
	QUERY_RAISE_FLOOR,
	QUERY_RAISE_CONFIG,
	QUERY_MOVE_COPYING,
	QUERY_ADD_SETTING,
	QUERY_SAVE_SETTING,
	QUERY_HOLD_BOOK,
	QUERY_MOVE_BOOK,

	QUERY_SAVE_SERVER,
	QUERY_LOAD_SERVERS,
	QUERY_DELETE_SERVER,
	QUERY_PURGE_SERVERS,
	QUERY_SAVE_GOSSIP,
	QUERY_LOAD_GOSSIP,
	QUERY_PURGE_GOSSIP,

	QUERY_FIND_NODE,
	QUERY_LAST_NODE,
	QUERY_INSERT_NODE,
	QUERY_LEASE_NODE,

	QUERY_SAVE_TENANT,
	QUERY_LOAD_TENANTS,
	QUERY_SAVE_CLIENT,
	QUERY_PAGE_CLIENTS,
	QUERY_LOAD_CLIENT,
	QUERY_LOAD_CLIENTS,
	QUERY_LOAD_WEB_ORIGINS,
	QUERY_SAVE_USER,
	QUERY_PAGE_USERS,
	QUERY_DELETE_USER,
	QUERY_LOAD_USER,
	QUERY_LOAD_USER_NAMED,
	QUERY_SAVE_RESOURCE,
	QUERY_PAGE_RESOURCES,
	QUERY_LOAD_RESOURCE,

	QUERY_INSERT_SIGNING_KEY,
	QUERY_DEMOTE_SIGNING_KEY,
	QUERY_PROMOTE_SIGNING_KEY,
	QUERY_RETIRE_SIGNING_KEYS,
	QUERY_LOAD_SIGNING_KEYS,
	QUERY_LOAD_KEY_STATES,
	QUERY_INSERT_SERVER_SECRET,
	QUERY_LOAD_SERVER_SECRETS,

	QUERY_INSERT_SESSION,
	QUERY_LOAD_SESSION,
	QUERY_REVOKE_SESSION,
	QUERY_SAVE_CONSENT,
	QUERY_LOAD_CONSENT,
	QUERY_DELETE_CONSENT,
	QUERY_INSERT_REQUEST,
	QUERY_LOAD_REQUEST,
	QUERY_CONSUME_REQUEST,

	QUERY_INSERT_GRANT,
	QUERY_LOAD_GRANT,
	QUERY_REDEEM_GRANT,
	QUERY_ROTATE_GRANT,
	QUERY_KEEP_GRANT,
	QUERY_OVERLAP_GRANT,
	QUERY_REVOKE_GRANT,
	QUERY_BURN_GRANT,
	QUERY_REVOKE_GRANTS,
	QUERY_MARK_GRANT,

	QUERY_INSERT_SPENT,
	QUERY_FIND_SPENT,

	QUERY_PURGE_GRANTS,
	QUERY_PURGE_REQUESTS,
	QUERY_PURGE_SESSIONS,
	QUERY_PURGE_SPENT,
	QUERY_PAGE_SPENT,
	QUERY_PURGE_SPENT_PAGE,
	QUERY_PURGE_SIGNING_KEYS,

	STORE_QUERY_COUNT,
};

extern const char *const store_query_texts[STORE_QUERY_COUNT];

/*
 * Migrations, append-only: number n is store_migration_texts[n - 1]. Each is a
 * few idempotent statements, safe while the version before serves. A driver
 * substitutes its own words for:
 *   BYTEA               bytes
 *   BIGINT PRIMARY KEY  a 63-bit key that rows are stored by
 *   BY_KEY              (behind a table) rows are stored by the primary key
 * and may leave out the index `spent_purge` (store_driver's lies_by_key).
 */
extern const char *const store_migration_texts[];
extern const int64_t store_migration_count;

/* Makes the table that QUERY_RECORD_SCHEMA writes to; runs before any
 * migration, under the same substitutions. */
extern const char store_migration_start[];
