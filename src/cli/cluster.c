/* SPDX-License-Identifier: Apache-2.0 */
/* `licet cluster status` and `fill`: the store, its standbys and shards, and the
 * servers at work on it. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/commands.h"
#include "cli/place.h"
#include "config/config.h"
#include "loop/clock.h"
#include "store/book.h"

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
	if (epochs->copying == STORE_COPYING ||
	    epochs->copying == STORE_COPYING_FROZEN)
		printf("copy    under way: `licet store copy` goes on with it, "
		       "--abort gives it up\n");
	store_report(store, &report);
	printf("%.*s", TEXT_ARG(buf_text(&report)));
}

static void print_server(const struct store_server *server, instant store_now)
{
	int64_t ago = seconds_between(server->seen_at, store_now);
	/* Whole milliseconds: what is less is no difference, of either sign. */
	int64_t off_ms =
		(server->clock_at - server->seen_at) * 1000 / INSTANT_SECOND;

	printf("%-32.*s %-9.*s %6" PRId64 " %8" PRId64 "s %6" PRId64
	       "s %+10.3fs%s\n",
	       TEXT_ARG(server->name), TEXT_ARG(server->version),
	       server->schema, seconds_between(server->started_at, store_now),
	       ago, (double)off_ms / 1000,
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

static void tell_away(uint16_t number, const char *why_away)
{
	fprintf(stderr, "shard %u is away: %s\n", number, why_away);
}

static const char *state_of(const struct store_standing *standing)
{
	if (standing->is_away)
		return "away";
	return standing->weight == 0 ? "drained" : "open";
}

static void print_shard(const struct store_standing *standing, int64_t book)
{
	CLEANUP(buf_wipe) struct buf about = buf_init(4096);
	struct store_epochs epochs = {0};
	const char *copy = "?";

	if (standing->store != NULL) {
		store_describe(standing->store, &about);
		if (store_load_epochs(standing->store, &epochs) == STORE_DONE)
			copy = epochs.book == book ? "equal" : "behind";
	}
	printf("%5u %-8s %6u %-7s %.*s\n", standing->number, state_of(standing),
	       standing->weight, copy, TEXT_ARG(buf_text(&about)));
}

static void print_shards(struct place *place, int64_t book)
{
	size_t count = store_shard_count(place->store);

	if (count == 0)
		return;
	place_open_shards(place, false, tell_away);
	printf("\n%5s %-8s %6s %-7s\n", "shard", "state", "weight", "copy");
	for (size_t i = 0; i < count; i++) {
		struct store_standing standing =
			store_shard_at(place->store, i);

		print_shard(&standing, book);
	}
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
	print_shards(&place, epochs.book);
	return print_servers(place.store, why);
}

int cli_cluster_status(const struct command_line *line)
{
	CLEANUP(buf_wipe) struct buf why = buf_init(CONFIG_MISTAKES_MAX);

	return status(line, &why) == DONE ? COMMAND_DONE : place_failed(&why);
}

static bool fill_one(struct store *home, const struct store_standing *standing)
{
	CLEANUP(buf_wipe) struct buf why = buf_init(1024);
	struct store_filling filling;

	if (standing->store == NULL)
		return false;
	if (store_book_fill(home, standing->store, standing->number,
			    clock_now(), &filling, &why) != DONE) {
		fprintf(stderr, "shard %u was not filled: %.*s\n",
			standing->number, TEXT_ARG(buf_text(&why)));
		return false;
	}
	printf("shard %u: %" PRId64 " people, %" PRId64 " clients, %" PRId64
	       " resources written; %" PRId64 " people dropped, %" PRId64
	       " grants ended\n",
	       standing->number, filling.user_count, filling.client_count,
	       filling.resource_count, filling.dropped_count,
	       filling.revoked_count);
	return true;
}

static void tell_unopened(uint16_t number, const char *why_away)
{
	fprintf(stderr, "shard %u: %s\n", number, why_away);
}

static outcome fill(const struct command_line *line, struct buf *why)
{
	CLEANUP(place_close) struct place place = {0};
	outcome filled = DONE;

	TRY(place_open(line, &place, why));
	if (store_shard_count(place.store) == 0) {
		buf_add(why, TEXT("licet cluster fill: store.shards lists no "
				  "shard\n"));
		return REFUSED;
	}
	place_open_shards(&place, true, tell_unopened);
	for (size_t i = 1; i < store_shard_count(place.store); i++) {
		struct store_standing standing = store_shard_at(place.store, i);

		if (!fill_one(place.store, &standing))
			filled = REFUSED;
	}
	return filled;
}

int cli_cluster_fill(const struct command_line *line)
{
	CLEANUP(buf_wipe) struct buf why = buf_init(CONFIG_MISTAKES_MAX);

	return fill(line, &why) == DONE ? COMMAND_DONE : place_failed(&why);
}
