/* SPDX-License-Identifier: Apache-2.0 */
/* `licet store copy`: moves the store to the one that store.next names. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#include "cli/commands.h"
#include "cli/place.h"
#include "config/config.h"
#include "crypto/crypto.h"
#include "loop/clock.h"
#include "store/copy/copy.h"

#define WHY_SIZE 1024
#define TELL_EVERY_MS 1000

struct stores {
	struct site *site;
	struct store *from;
	struct store *to;
};

struct telling {
	int64_t told_ms;
	bool has_totals;
};

static volatile sig_atomic_t is_told_to_end;

static void stores_close(struct stores *stores)
{
	if (stores->to != NULL)
		store_close(&stores->to);
	if (stores->from != NULL)
		store_close(&stores->from);
	site_free(&stores->site);
}

/* --- What is told --------------------------------------------------------- */

static void tell_copied(void *context, const char *table, int64_t row_count,
			bool is_all)
{
	struct telling *telling = context;
	int64_t now_ms = clock_monotonic_ms();

	if (!is_all && now_ms < telling->told_ms + TELL_EVERY_MS)
		return;
	telling->told_ms = now_ms;
	printf("%-16s %12" PRId64 "%s\n", table, row_count,
	       is_all ? "" : " and more");
	(void)fflush(stdout);
}

static void tell_caught_up(void *context, int64_t row_count, int64_t ms)
{
	struct telling *telling = context;
	int64_t now_ms = clock_monotonic_ms();

	if (now_ms < telling->told_ms + TELL_EVERY_MS)
		return;
	telling->told_ms = now_ms;
	printf("%-16s %12" PRId64 " in %" PRId64 " ms\n", "changes", row_count,
	       ms);
	(void)fflush(stdout);
}

static void tell_thawed(void *context, int64_t ms, bool is_moved)
{
	printf("%s after %" PRId64 " ms without changes\n",
	       is_moved ? "moved" : "not moved yet,", ms);
	(void)fflush(stdout);
}

static void tell_total(void *context, const struct copy_total *total)
{
	struct telling *telling = context;

	if (!telling->has_totals)
		printf("\n%-16s %12s  %s\n", "table", "rows",
		       "sum of the rows' hashes");
	telling->has_totals = true;
	printf("%-16s %12" PRId64 "  %016" PRIx64 "%016" PRIx64 "\n",
	       total->table, total->row_count, total->hash[1], total->hash[0]);
	(void)fflush(stdout);
}

static bool is_over(void *context)
{
	return is_told_to_end != 0;
}

/* --- The command ---------------------------------------------------------- */

static void end_soon(int signal)
{
	is_told_to_end = 1;
}

static outcome open_stores(const struct command_line *line, bool needs_both,
			   struct stores *stores, struct buf *why)
{
	TRY(place_find(line, &stores->site, why));
	TRY(crypto_open());
	TRY(site_make_folders(stores->site, why));
	TRY(site_open_named(stores->site, &stores->from, why));
	return needs_both ? site_open_next(stores->site, &stores->to, why)
			  : DONE;
}

static void print_stores(const struct stores *stores)
{
	CLEANUP(buf_wipe) struct buf from = buf_init(4096);
	CLEANUP(buf_wipe) struct buf to = buf_init(4096);

	store_describe(stores->from, &from);
	store_describe(stores->to, &to);
	printf("from  %.*s\nto    %.*s\n\n", TEXT_ARG(buf_text(&from)),
	       TEXT_ARG(buf_text(&to)));
}

static outcome copy(const struct command_line *line, struct buf *why)
{
	CLEANUP(stores_close) struct stores stores = {0};
	struct telling telling = {0};
	const struct copy_ways ways = {
		.context = &telling,
		.is_copied = tell_copied,
		.is_caught_up = tell_caught_up,
		.is_thawed = tell_thawed,
		.is_verified = tell_total,
		.is_over = is_over,
		.notice_ms = COPY_NOTICE_MS,
	};
	char sentence[WHY_SIZE];
	outcome copied;

	TRY(open_stores(line, true, &stores, why));
	print_stores(&stores);
	copied = copy_store(stores.from, stores.to, &ways, sentence,
			    sizeof(sentence));
	if (copied != DONE)
		buf_format(why, "licet store copy: %s\n", sentence);
	if (copied == REFUSED && is_told_to_end)
		buf_add(why, TEXT("the same command goes on from here, "
				  "--abort gives it up\n"));
	return copied;
}

static outcome give_up(const struct command_line *line, struct buf *why)
{
	CLEANUP(stores_close) struct stores stores = {0};
	char sentence[WHY_SIZE];

	TRY(open_stores(line, false, &stores, why));
	if (copy_abort(stores.from, sentence, sizeof(sentence)) == DONE)
		return DONE;
	buf_format(why, "licet store copy: %s\n", sentence);
	return REFUSED;
}

int cli_store_copy(const struct command_line *line)
{
	CLEANUP(buf_wipe) struct buf why = buf_init(CONFIG_MISTAKES_MAX);
	bool gives_up = command_value(line, 'a') != NULL;

	signal(SIGINT, end_soon);
	signal(SIGTERM, end_soon);
	if ((gives_up ? give_up(line, &why) : copy(line, &why)) != DONE)
		return place_failed(&why);
	printf(gives_up ? "given up: the store serves as if nothing had been "
			  "begun; what is in the other may be removed\n"
			: "\nalike: servers with store.next serve from there "
			  "now; name it as store in each configuration\n");
	return COMMAND_DONE;
}
