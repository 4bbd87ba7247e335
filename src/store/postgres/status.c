/* SPDX-License-Identifier: Apache-2.0 */
/* What PostgreSQL says of itself: for the operator alone. */
#include <inttypes.h>
#include <stdio.h>

#include "store/postgres/internal.h"

enum store_outcome postgres_ask(struct postgres_lane *lane, const char *text,
				bool is_quiet, struct arena *arena,
				struct store_rows *rows_out)
{
	struct postgres_item *item = postgres_item_new(POSTGRES_READ);

	item->text = text;
	item->is_quiet = is_quiet;
	item->arena = arena;
	item->rows = rows_out;
	return postgres_lane_run(lane, item);
}

/* --- Where it is ---------------------------------------------------------- */

void postgres_describe(struct store *store, struct buf *out)
{
	struct postgres_store *ours = postgres_store_of(store);
	struct postgres_connection *connection =
		&postgres_lane_plain(ours)->connections[0];
	const struct postgres_library *pq = ours->pq;
	const char *version;
	PGconn *pg = connection->pg;

	if (connection->state != POSTGRES_OPEN) {
		buf_add(out, TEXT("postgres, which cannot be reached"));
		return;
	}
	version = pq->PQparameterStatus(pg, "server_version");
	buf_format(out, "postgres %s, database %s at %s:%s%s",
		   version == NULL ? "?" : version, pq->PQdb(pg),
		   pq->PQhost(pg), pq->PQport(pg),
		   pq->PQsslInUse(pg) ? ", over TLS" : "");
}

/* --- Its standbys --------------------------------------------------------- */

/* Of a role that may not read it, the server tells that there are some, and
 * nothing of their state. */
static const char standbys[] =
	"SELECT application_name, COALESCE(CAST(client_addr AS TEXT), 'local'),"
	" state, sync_state,"
	" CAST(pg_wal_lsn_diff(pg_current_wal_lsn(), flush_lsn) AS BIGINT),"
	" CAST(EXTRACT(EPOCH FROM flush_lag) * 1000 AS BIGINT)"
	" FROM pg_stat_replication ORDER BY 1, 2 LIMIT 32";

static void tell_standby(const struct store_row *row, struct buf *out)
{
	const struct store_value *of = row->columns;

	buf_format(out, "standby %.*s (%.*s), ", TEXT_ARG(of[0].text),
		   TEXT_ARG(of[1].text));
	buf_format(out, "%.*s, %.*s: ", TEXT_ARG(of[2].text),
		   TEXT_ARG(of[3].text));
	if (of[4].type != STORE_INTEGER)
		buf_add(out, TEXT("has confirmed nothing yet"));
	else
		buf_format(out, "%" PRId64 " bytes behind", of[4].integer);
	if (of[5].type == STORE_INTEGER)
		buf_format(out, ", its last commit %" PRId64 " ms",
			   of[5].integer);
	buf_add(out, TEXT("\n"));
}

static bool may_see(const struct store_row *row)
{
	return row->columns[2].type == STORE_TEXT &&
	       row->columns[3].type == STORE_TEXT;
}

static void tell_standbys(struct postgres_lane *lane, struct buf *out)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(65536);
	struct store_rows rows;

	if (postgres_ask(lane, standbys, true, arena, &rows) != STORE_DONE) {
		buf_add(out, TEXT("standby the engine does not say\n"));
		return;
	}
	if (rows.count == 0)
		buf_add(out, TEXT("standby none is connected\n"));
	for (size_t i = 0; i < rows.count; i++) {
		if (may_see(&rows.rows[i])) {
			tell_standby(&rows.rows[i], out);
			continue;
		}
		buf_format(out,
			   "standby %zu or more, of which this role may not "
			   "see the state: GRANT pg_monitor to it\n",
			   rows.count - i);
		return;
	}
}

static void tell_clock(struct postgres_store *store, struct buf *out)
{
	buf_format(out,
		   "clock   the database's is %+.3f s from this "
		   "machine's\n",
		   (double)postgres_clock_offset(&store->clock) /
			   INSTANT_SECOND);
}

void postgres_report(struct store *store, struct buf *out)
{
	struct postgres_store *ours = postgres_store_of(store);

	tell_standbys(postgres_lane_plain(ours), out);
	tell_clock(ours, out);
}

/* --- How large it is ------------------------------------------------------ */

/* Of the schema that our tables are in: others may share the database. */
static const char of_all[] =
	"SELECT CAST(SUM(pg_total_relation_size(oid)) AS BIGINT) FROM pg_class"
	" WHERE relkind IN ('r', 'p') AND relnamespace ="
	" (SELECT relnamespace FROM pg_class"
	"   WHERE oid = CAST('settings' AS regclass))";

enum store_outcome postgres_measure(struct store *store, const char *table,
				    int64_t *size_out)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(4096);
	struct store_rows rows;
	char text[128];

	/* A name of ours. */
	(void)snprintf(text, sizeof(text),
		       "SELECT pg_total_relation_size('%s')",
		       table == NULL ? "" : table);
	*size_out = -1;
	if (postgres_ask(postgres_lane_plain(postgres_store_of(store)),
			 table == NULL ? of_all : text, true, arena,
			 &rows) == STORE_DONE &&
	    rows.count == 1 && rows.rows[0].columns[0].type == STORE_INTEGER)
		*size_out = rows.rows[0].columns[0].integer;
	return STORE_DONE;
}
