/* SPDX-License-Identifier: Apache-2.0 */
/* Opens stores on the tests' cluster. */
#include "store/postgres/place.h"

#include <stdio.h>

struct cluster place_cluster;
static int schema;

void place_make(void)
{
	char sql[64];

	(void)snprintf(sql, sizeof(sql), "CREATE SCHEMA p%d", ++schema);
	cluster_run(&place_cluster, sql);
}

void place_dsn(const char *more, char *dsn, size_t size)
{
	(void)snprintf(dsn, size,
		       "host=%s user=licet dbname=postgres connect_timeout=30"
		       " options='-c search_path=p%d' %s",
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
