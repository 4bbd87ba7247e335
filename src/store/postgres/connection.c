/* SPDX-License-Identifier: Apache-2.0 */
/* Opens and closes one connection; what a session is set to. */
#include <stdio.h>

#include "store/postgres/internal.h"

/* Before the DSN's words, which override them; and behind them, which nothing
 * overrides. */
#define BEFORE_COUNT 6

static void fill(const char **names, const char **values,
		 const struct postgres_store *store)
{
	static const char *const first[BEFORE_COUNT][2] = {
		{"fallback_application_name", "licet"},
		{"connect_timeout", "3"},
		/* An idle connection that leads nowhere is to be noticed before
		 * something is sent on it, whose fate would be uncertain. */
		{"keepalives_idle", "15"},
		{"keepalives_interval", "5"},
		{"keepalives_count", "3"},
		{"sslmode", "prefer"},
	};
	size_t count = 0;

	for (; count < BEFORE_COUNT; count++) {
		names[count] = first[count][0];
		values[count] = first[count][1];
	}
#define ADD(name, value)                                                       \
	do {                                                                   \
		names[count] = (name);                                         \
		values[count++] = (value);                                     \
	} while (0)
	ADD("dbname", store->options.dsn);
	if (store->options.password != NULL)
		ADD("password", store->options.password);
	ADD("options", store->session);
	ADD("client_encoding", "UTF8");
	ADD("target_session_attrs", "read-write");
	ADD(NULL, NULL);
#undef ADD
}

static const char *find_mistake(const struct postgres_library *pq, PGconn *pg)
{
	const char *encoding;

	if (pq->PQstatus(pg) != CONNECTION_OK)
		return pq->PQerrorMessage(pg);
	encoding = pq->PQparameterStatus(pg, "server_encoding");
	if (encoding == NULL || strcmp(encoding, "UTF8") != 0)
		return "the database's encoding is not UTF8: create it with "
		       "ENCODING 'UTF8'";
	return NULL;
}

PGconn *postgres_connection_open(struct postgres_store *store, char *why,
				 size_t why_size)
{
	const char *names[BEFORE_COUNT + 6];
	const char *values[BEFORE_COUNT + 6];
	const char *mistake;
	PGconn *pg;

	fill(names, values, store);
	pg = store->pq->PQconnectdbParams(names, values, 1);
	mistake = find_mistake(store->pq, pg);
	if (mistake == NULL)
		return pg;
	(void)snprintf(why, why_size, "%.*s",
		       TEXT_ARG(text_trim(text_first(
			       text_from(mistake),
			       text_ends_with(text_from(mistake), TEXT("\n"))
				       ? strlen(mistake) - 1
				       : why_size))));
	store->pq->PQfinish(pg);
	return NULL;
}

void postgres_connection_start(struct postgres_connection *connection,
			       PGconn *pg)
{
	const struct postgres_library *pq = connection->pq;

	/* Neither fails on a fresh connection. */
	MUST(pq->PQsetnonblocking(pg, 1) == 0);
	MUST(pq->PQenterPipelineMode(pg) == 1);
	(void)pq->PQsetNoticeReceiver(pg, postgres_receive_notice, connection);
	memset(connection->is_prepared, 0, sizeof(connection->is_prepared));
	connection->pg = pg;
	connection->state = POSTGRES_OPEN;
	connection->prepare_fate = POSTGRES_FINE;
	connection->is_held = false;
	connection->is_doomed = false;
	connection->failure_count = 0;
}

void postgres_connection_close(struct postgres_connection *connection)
{
	if (connection->state != POSTGRES_OPEN)
		return;
	if (connection->lane->loop != NULL)
		loop_watch_remove(connection->lane->loop, &connection->watch);
	connection->pq->PQfinish(connection->pg);
	connection->pg = NULL;
	connection->state = POSTGRES_CLOSED;
}
