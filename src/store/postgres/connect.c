/* SPDX-License-Identifier: Apache-2.0 */
/* Opens connections without holding up a loop: names are looked up, hosts tried
 * one after the other and keys agreed on by a thread that is there for it. */
#include <signal.h>
#include <stdio.h>

#include "base/event.h"
#include "loop/clock.h"
#include "store/postgres/internal.h"

#define RETRY_MS 100
#define RETRY_MS_MAX 1000

/* Told once per outage, not at each try. */
static void note_failure(struct postgres_connection *connection,
			 const char *why)
{
	unsigned int before = connection->failure_count++;
	int64_t wait_ms = RETRY_MS << (before < 4 ? before : 4);

	if (before == 0)
		event_fault("store.postgres.unreachable", "%s", why);
	connection->state = POSTGRES_CLOSED;
	connection->retry_ms =
		clock_monotonic_ms() +
		(wait_ms < RETRY_MS_MAX ? wait_ms : RETRY_MS_MAX);
}

static void note_success(struct postgres_connection *connection, PGconn *pg)
{
	struct event event;

	event_begin(&event,
		    connection->failure_count > 0 ? EVENT_INFO : EVENT_DEBUG,
		    "store.postgres.connected");
	event_string(&event, "host", connection->pq->PQhost(pg));
	event_string(&event, "port", connection->pq->PQport(pg));
	event_end(&event);
	connection->failure_count = 0;
	connection->retry_ms = 0;
	postgres_connection_start(connection, pg);
}

/* --- A plain thread's ----------------------------------------------------- */

static void connect_here(struct postgres_connection *connection)
{
	char why[POSTGRES_WHY_SIZE];
	PGconn *pg = postgres_connection_open(connection->lane->store,
					      &connection->timeline, why,
					      sizeof(why));

	if (pg == NULL)
		note_failure(connection, why);
	else
		note_success(connection, pg);
}

/* --- A loop's ------------------------------------------------------------- */

static bool watch(struct postgres_connection *connection, PGconn *pg)
{
	connection->watch.fd = connection->pq->PQsocket(pg);
	return loop_watch_add(connection->lane->loop, &connection->watch,
			      EPOLLIN) == DONE;
}

/* On the loop: the thread is at its end. */
static void has_connected(struct loop_message *message)
{
	struct postgres_connection *connection =
		HOLDER_OF(message, struct postgres_connection, connected);
	PGconn *pg;

	MUST(pthread_join(connection->thread, NULL) == 0);
	pg = TAKE(connection->connecting);
	if (pg != NULL && watch(connection, pg)) {
		note_success(connection, pg);
		return;
	}
	if (pg != NULL)
		connection->pq->PQfinish(pg);
	note_failure(connection, connection->why);
}

static void *run(void *context)
{
	struct postgres_connection *connection = context;

	connection->connecting = postgres_connection_open(
		connection->lane->store, &connection->timeline, connection->why,
		sizeof(connection->why));
	loop_post(connection->lane->loop, &connection->connected);
	return NULL;
}

static void start_thread(struct postgres_connection *connection)
{
	sigset_t all;
	sigset_t before;
	int code;

	connection->connected.run = has_connected;
	connection->connecting = NULL;
	connection->state = POSTGRES_CONNECTING;
	/* Signals are for the threads that expect them. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	code = pthread_create(&connection->thread, NULL, run, connection);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (code != 0)
		note_failure(connection, "no thread could be started");
}

void postgres_connect(struct postgres_connection *connection)
{
	if (clock_monotonic_ms() < connection->retry_ms)
		return;
	if (connection->lane->loop == NULL)
		connect_here(connection);
	else
		start_thread(connection);
}

void postgres_connect_abandon(struct postgres_connection *connection)
{
	if (connection->state != POSTGRES_CONNECTING)
		return;
	MUST(pthread_join(connection->thread, NULL) == 0);
	if (connection->connecting != NULL)
		connection->pq->PQfinish(TAKE(connection->connecting));
	connection->state = POSTGRES_CLOSED;
}
