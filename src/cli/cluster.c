/* SPDX-License-Identifier: Apache-2.0 */
/* `licet cluster status`: the store, its standbys, and the servers at work on it. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/commands.h"
#include "cli/place.h"
#include "config/config.h"
#include "loop/clock.h"

#define ARENA_BUDGET ((size_t)4 * 1024 * 1024)
/* Servers say every ten seconds that they are here. */
#define SEEN_WITHIN_SECONDS 25

static int64_t seconds_between(instant from, instant to)
{
	return (to - from) / INSTANT_SECOND;
}

static void print_store(struct store *store, const struct store_epochs *epochs)
{
	CLEANUP(buf_wipe) struct buf about = buf_init(4096);
	CLEANUP(buf_wipe) struct buf report = buf_init(16384);

	store_describe(store, &about);
	printf("store   %.*s\n", TEXT_ARG(buf_text(&about)));
	printf("schema  %" PRId64 "; serves a Licet of schema %" PRId64
	       " or later; this one is of %" PRId64 "\n",
	       epochs->schema, epochs->schema_floor, store_schema_number());
	printf("epoch   %" PRId64 ", from %" PRId64
	       " on; configuration %" PRId64 "\n",
	       epochs->current, epochs->floor, epochs->config);
	store_report(store, &report);
	printf("%.*s", TEXT_ARG(buf_text(&report)));
}

static void print_server(const struct store_server *server, instant store_now)
{
	int64_t ago = seconds_between(server->seen_at, store_now);

	printf("%-32.*s %-9.*s %6" PRId64 " %8" PRId64 "s %6" PRId64
	       "s %+10.3fs%s\n",
	       TEXT_ARG(server->name), TEXT_ARG(server->version),
	       server->schema, seconds_between(server->started_at, store_now),
	       ago,
	       (double)(server->clock_at - server->seen_at) / INSTANT_SECOND,
	       ago > SEEN_WITHIN_SECONDS ? "  gone?" : "");
}

static outcome print_servers(struct store *store, struct buf *why)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(ARENA_BUDGET);
	struct store_server *servers;
	instant store_now;
	size_t count;

	if (store_load_servers(store, arena, clock_now(), &servers, &count,
			       &store_now) != STORE_DONE) {
		buf_add(why, TEXT("licet cluster status: the servers cannot be "
				  "read: the event log says why\n"));
		return BROKEN;
	}
	if (count == 0) {
		printf("\nno server is at work on it\n");
		return DONE;
	}
	printf("\n%-32s %-9s %6s %9s %7s %11s\n", "server", "version", "schema",
	       "up", "seen", "clock");
	for (size_t i = 0; i < count; i++)
		print_server(&servers[i], store_now);
	return DONE;
}

static outcome status(const struct command_line *line, struct buf *why)
{
	CLEANUP(place_close) struct place place = {0};
	struct store_epochs epochs;

	TRY(place_open(line, &place, why));
	if (store_load_epochs(place.store, &epochs) != STORE_DONE) {
		buf_add(why, TEXT("licet cluster status: the store cannot be "
				  "read: the event log says why\n"));
		return BROKEN;
	}
	print_store(place.store, &epochs);
	return print_servers(place.store, why);
}

int cli_cluster_status(const struct command_line *line)
{
	CLEANUP(buf_wipe) struct buf why = buf_init(CONFIG_MISTAKES_MAX);

	return status(line, &why) == DONE ? COMMAND_DONE : place_failed(&why);
}
