/* SPDX-License-Identifier: Apache-2.0 */
/* The store on PostgreSQL passes the suite of all stores, with statements that
 * are prepared and without; $LICET_SUITE_DSN names an engine that runs already. */
#include "store/suite_store.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/postgres/cluster.h"
#include "store/postgres/postgres.h"

/* Nothing here is about power failures. */
static const char *const settings[] = {"fsync=off", NULL};

static struct cluster cluster;
static bool prepares;
static int schema;

static struct store *open_again(void)
{
	struct postgres_options options = {
		.connection_count = POSTGRES_CONNECTIONS,
		.prepares = prepares,
		.timeout_ms = 30000,
		.takes_callers_clock = true,
	};
	struct store *store = NULL;
	char dsn[512];
	char why[512];

	(void)snprintf(dsn, sizeof(dsn),
		       "%s connect_timeout=30 options='-c search_path=s%d'",
		       cluster.dsn, schema);
	options.dsn = dsn;
	if (store_postgres_open(&options, &store, why, sizeof(why)) != DONE)
		fail_msg("%s", why);
	return store;
}

static struct store *open_fresh(void)
{
	char sql[64];

	(void)snprintf(sql, sizeof(sql), "CREATE SCHEMA s%d", ++schema);
	cluster_run(&cluster, sql);
	return open_again();
}

static void clean(void)
{
	char sql[64];

	(void)snprintf(sql, sizeof(sql),
		       "SET client_min_messages = warning;"
		       " DROP SCHEMA s%d CASCADE",
		       schema);
	cluster_run(&cluster, sql);
}

static int run_suite(void)
{
	return suite_store_config() + suite_store_keys() +
	       suite_store_grants() + suite_store_once() + suite_store_races();
}

int main(void)
{
	static const struct suite_driver driver = {
		.name = "postgres",
		.open_fresh = open_fresh,
		.open_again = open_again,
		.clean = clean,
	};
	const char *dsn = getenv("LICET_SUITE_DSN");
	int failed;

	suite_driver = &driver;
	if (dsn != NULL)
		cluster_meet(&cluster, dsn);
	else
		cluster_create(&cluster, settings);
	prepares = true;
	failed = run_suite();
	prepares = false;
	failed += run_suite();
	cluster_remove(&cluster);
	return failed;
}
