/* SPDX-License-Identifier: Apache-2.0 */
/* Opens and closes one connection; what a session is set to. */
#include <stdio.h>

#include "store/postgres/internal.h"

/* Before the DSN's words, which override them; and behind them, which nothing
 * overrides. */
#define BEFORE_COUNT 6
#define BEHIND_COUNT 9

/* One of the DSN's hosts, in libpq's words. */
#define NAME_SIZE 256

struct host {
	char name[NAME_SIZE];
	char address[NAME_SIZE];
	char port[NAME_SIZE];
};

/* This machine's own, which nobody listens to between us. */
static bool is_here(const struct host *host)
{
	struct text at = text_from(host->address[0] != '\0' ? host->address
							    : host->name);

	return at.size == 0 || at.at[0] == '/' || at.at[0] == '@' ||
	       text_equal(at, TEXT("localhost")) ||
	       text_equal(at, TEXT("::1")) ||
	       text_starts_with(at, TEXT("127."));
}

static void fill(const char **names, const char **values,
		 const struct postgres_store *store, const struct host *host)
{
	const char *const first[BEFORE_COUNT][2] = {
		{"fallback_application_name", "licet"},
		{"connect_timeout", "3"},
		/* An idle connection that leads nowhere is to be noticed before
		 * something is sent on it, whose fate would be uncertain. */
		{"keepalives_idle", "15"},
		{"keepalives_interval", "5"},
		{"keepalives_count", "3"},
		/* libpq's own would do without when somebody between us says
		 * that there is none. */
		{"sslmode", is_here(host) ? "prefer" : "require"},
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
	if (store->hosts.names != NULL)
		ADD("host", host->name);
	if (store->hosts.addresses != NULL)
		ADD("hostaddr", host->address);
	if (store->hosts.ports != NULL)
		ADD("port", host->port);
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

static const char *find_successor(struct postgres_store *store, PGconn *pg,
				  unsigned long *timeline_out)
{
	if (!postgres_timeline_ask(store->pq, pg, timeline_out))
		return "it does not answer";
	if (!postgres_timeline_meet(store, *timeline_out))
		return "its timeline is over: another has been promoted in its "
		       "place since (after pg_upgrade, restart Licet)";
	return NULL;
}

/* --- Hosts ---------------------------------------------------------------- */

static size_t count_words(const char *list)
{
	size_t count = 1;

	for (; *list != '\0'; list++)
		count += *list == ',' ? 1 : 0;
	return count;
}

/* The last one goes on for those behind it: one port is everybody's. */
static void copy_word(const char *list, size_t at, char word[NAME_SIZE])
{
	struct text rest = text_from(list == NULL ? "" : list);
	struct text piece = rest;

	for (size_t i = 0; i <= at; i++)
		if (!text_cut(&rest, ',', &piece))
			break;
	(void)snprintf(word, NAME_SIZE, "%.*s", TEXT_ARG(piece));
}

static size_t count_hosts(const struct postgres_hosts *hosts)
{
	if (hosts->addresses != NULL)
		return count_words(hosts->addresses);
	return hosts->names == NULL ? 1 : count_words(hosts->names);
}

/* Behind the words of other hosts, as far as there is room. */
static void add_why(char *why, size_t why_size, const char *mistake)
{
	struct text words = text_trim(text_from(mistake));
	size_t size = strlen(why);

	if (text_ends_with(words, TEXT("\n")))
		words.size--;
	(void)snprintf(why + size, why_size - size, "%s%.*s",
		       size > 0 ? "; " : "", TEXT_ARG(words));
}

/* By itself: libpq, given several, ends at the first that answers by an error,
 * as one whose disk is full does. */
static PGconn *open_host(struct postgres_store *store, const struct host *host,
			 unsigned long *timeline_out, char *why,
			 size_t why_size)
{
	const char *names[BEFORE_COUNT + BEHIND_COUNT];
	const char *values[BEFORE_COUNT + BEHIND_COUNT];
	const char *mistake;
	PGconn *pg;

	fill(names, values, store, host);
	pg = store->pq->PQconnectdbParams(names, values, 1);
	mistake = find_mistake(store->pq, pg);
	if (mistake == NULL)
		mistake = find_successor(store, pg, timeline_out);
	if (mistake == NULL)
		return pg;
	add_why(why, why_size, mistake);
	store->pq->PQfinish(pg);
	return NULL;
}

PGconn *postgres_connection_open(struct postgres_store *store,
				 unsigned long *timeline_out, char *why,
				 size_t why_size)
{
	const struct postgres_hosts *hosts = &store->hosts;
	size_t count = count_hosts(hosts);
	PGconn *pg = NULL;
	struct host host;

	why[0] = '\0';
	for (size_t i = 0; pg == NULL && i < count; i++) {
		copy_word(hosts->names, i, host.name);
		copy_word(hosts->addresses, i, host.address);
		copy_word(hosts->ports, i, host.port);
		pg = open_host(store, &host, timeline_out, why, why_size);
	}
	return pg;
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
