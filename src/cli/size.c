/* SPDX-License-Identifier: Apache-2.0 */
/* `licet size`: how large the store is, and how large it will be. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/commands.h"
#include "cli/place.h"
#include "config/config.h"
#include "loop/clock.h"

static void print_bytes(int64_t size)
{
	if (size < 0)
		printf(" %12s", "?");
	else
		printf(" %8.1f MiB", (double)size / (1024 * 1024));
}

/* Bytes of so many rows, if they are as large as those that are there. */
static int64_t forecast_size(const struct store_noun *noun)
{
	if (noun->size < 0 || noun->row_count == 0)
		return noun->size;
	return (int64_t)((double)noun->size / (double)noun->row_count *
			 (double)noun->forecast_count);
}

static void print_size(const struct store_size *size)
{
	printf("%-14s %12s %12s %14s %12s\n", "", "rows", "size",
	       "rows to come", "size");
	for (size_t i = 0; i < STORE_NOUN_COUNT; i++) {
		const struct store_noun *noun = &size->nouns[i];

		printf("%-14s %12" PRId64, noun->name, noun->row_count);
		print_bytes(noun->size);
		printf(" %14" PRId64, noun->forecast_count);
		print_bytes(forecast_size(noun));
		printf("\n");
	}
	printf("%-14s %12s", "whole store", "");
	print_bytes(size->size);
	printf("\n");
}

static outcome measure(const struct command_line *line, struct buf *why)
{
	CLEANUP(place_close) struct place place = {0};
	struct store_size size;

	TRY(place_open(line, &place, why));
	if (store_measure(place.shard, clock_now(), &size) != STORE_DONE) {
		buf_add(why, TEXT("licet size: the store cannot be read: the "
				  "event log says why\n"));
		return BROKEN;
	}
	print_size(&size);
	return DONE;
}

int cli_size(const struct command_line *line)
{
	CLEANUP(buf_wipe) struct buf why = buf_init(CONFIG_MISTAKES_MAX);

	return measure(line, &why) == DONE ? COMMAND_DONE : place_failed(&why);
}
