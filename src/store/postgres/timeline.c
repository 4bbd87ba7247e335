/* SPDX-License-Identifier: Apache-2.0 */
/* Tells a primary from one that another has replaced, by the log's timeline. */
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "loop/clock.h"
#include "store/postgres/internal.h"

/*
 * PostgreSQL counts its promotions in the timeline of its log. A primary that stood
 * still, or was cut off, while another was elected goes on saying that it takes
 * writes until it is told; no write of it would be acknowledged, but what it lacks
 * it reads as if it had never been.
 */
#define ASK_FOR_MS 3000
#define DIGIT_COUNT 8 /* of a segment's name, the first of which say it */

static const char question[] =
	"SELECT pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn())";

/* False when it does not answer in time. */
static bool wait_for_answer(const struct postgres_library *pq, PGconn *pg)
{
	int64_t until_ms = clock_monotonic_ms() + ASK_FOR_MS;

	while (pq->PQisBusy(pg)) {
		struct pollfd fd = {.fd = pq->PQsocket(pg), .events = POLLIN};
		int64_t left_ms = until_ms - clock_monotonic_ms();

		if (left_ms <= 0 || poll(&fd, 1, (int)left_ms) < 0 ||
		    pq->PQconsumeInput(pg) != 1)
			return false;
	}
	return true;
}

/* 0 when it does not say: no PostgreSQL, or one that does not tell this role. */
static unsigned long read_answer(const struct postgres_library *pq,
				 PGresult *result)
{
	char digits[DIGIT_COUNT + 1] = "";

	if (pq->PQresultStatus(result) == PGRES_TUPLES_OK &&
	    pq->PQntuples(result) == 1 && pq->PQnfields(result) == 1)
		(void)snprintf(digits, sizeof(digits), "%s",
			       pq->PQgetvalue(result, 0, 0));
	return strtoul(digits, NULL, 16);
}

bool postgres_timeline_ask(const struct postgres_library *pq, PGconn *pg,
			   unsigned long *timeline_out)
{
	PGresult *result;

	*timeline_out = 0;
	if (pq->PQsendQueryParams(pg, question, 0, NULL, NULL, NULL, NULL, 0) !=
	    1)
		return false;
	while (true) {
		if (!wait_for_answer(pq, pg))
			return false;
		result = pq->PQgetResult(pg);
		if (result == NULL)
			return pq->PQstatus(pg) == CONNECTION_OK;
		if (*timeline_out == 0)
			*timeline_out = read_answer(pq, result);
		pq->PQclear(result);
	}
}

bool postgres_timeline_meet(struct postgres_store *store,
			    unsigned long timeline)
{
	unsigned long known = atomic_load(&store->timeline);

	while (timeline > known)
		if (atomic_compare_exchange_weak(&store->timeline, &known,
						 timeline))
			return true;
	return timeline == 0 || timeline == known;
}

bool postgres_timeline_is_over(const struct postgres_connection *connection)
{
	return connection->timeline != 0 &&
	       connection->timeline <
		       atomic_load(&connection->lane->store->timeline);
}
