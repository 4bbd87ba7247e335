/* SPDX-License-Identifier: Apache-2.0 */
/* Opens stores on the tests' cluster. */
#include "store/postgres/place.h"

#include <stdio.h>
#include <unistd.h>

#include "loop/clock.h"
#include "store/internal.h"

#define HOUR (3600 * INSTANT_SECOND)

struct cluster place_cluster;
const char *const place_settings[] = {"fsync=off", NULL};
static int schema_number;
static char schema[16];

int place_start(void **state)
{
	cluster_create(&place_cluster, place_settings);
	return 0;
}

int place_stop(void **state)
{
	cluster_remove(&place_cluster);
	return 0;
}

void place_make(void)
{
	char sql[64];

	(void)snprintf(schema, sizeof(schema), "p%d", ++schema_number);
	(void)snprintf(sql, sizeof(sql), "CREATE SCHEMA %s", schema);
	cluster_run(&place_cluster, sql);
}

const char *place_schema(void)
{
	return schema;
}

void place_dsn(const char *more, char *dsn, size_t size)
{
	(void)snprintf(dsn, size,
		       "host=%s user=licet dbname=postgres connect_timeout=30"
		       " options='-c search_path=%s' %s",
		       place_cluster.folder, schema, more);
}

struct store *place_open(const char *more)
{
	struct postgres_options options = {
		.connection_count = 2,
		.prepares = true,
		.timeout_ms = 1000,
	};
	struct store *store = NULL;
	char dsn[512];
	char why[512];

	place_dsn(more, dsn, sizeof(dsn));
	options.dsn = dsn;
	if (store_postgres_open(&options, &store, why, sizeof(why)) != DONE)
		fail_msg("%s", why);
	return store;
}

struct store *place_open_fresh(void)
{
	struct store *store;

	place_make();
	store = place_open("");
	assert_int_equal(store_migrate(store), STORE_DONE);
	return store;
}

int64_t place_insert_code(struct store *store)
{
	instant now = clock_now();
	struct grant grant = {
		.id = store_new_id(store, now),
		.tenant_id = 1,
		.user_id = 2,
		.client_id = TEXT("web"),
		.created_at = now,
		.code_expires_at = now + HOUR,
		.purge_at = now + HOUR,
	};

	assert_int_equal(store_insert_grant(store, &grant, NULL), STORE_DONE);
	return grant.id;
}

enum store_outcome place_redeem(struct store *store, int64_t id)
{
	struct arena *arena = arena_new((size_t)64 * 1024);
	struct store_redeem redeem = {
		.grant_id = id,
		.now = clock_now(),
		.purge_at = clock_now() + HOUR,
	};
	enum store_outcome result =
		store_wait(store_submit_redeem(store, arena, &redeem));

	arena_free(&arena);
	return result;
}

PGconn *place_lock_row(int64_t id)
{
	PGconn *pg = cluster_connect(&place_cluster);
	char sql[256];

	(void)snprintf(sql, sizeof(sql),
		       "BEGIN; SELECT 1 FROM %s.grants WHERE id = %lld"
		       " FOR UPDATE",
		       schema, (long long)id);
	PQclear(PQexec(pg, sql));
	assert_int_equal(PQtransactionStatus(pg), PQTRANS_INTRANS);
	return pg;
}

void place_wait(const char *question, const char *answer)
{
	char is[64];

	for (int i = 0; i < 500; i++) {
		cluster_ask(&place_cluster, question, is, sizeof(is));
		if (strcmp(is, answer) == 0)
			return;
		(void)usleep(5000);
	}
	fail_msg("%s: %s", question, is);
}
