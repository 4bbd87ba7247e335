/* SPDX-License-Identifier: Apache-2.0 */
/* The installation that a command is about: --config FILE or --data DIR. */
#pragma once

#include "cli/command.h"
#include "server/site.h"

/* REFUSED with sentences in `why`, also when none or both were given. */
outcome place_find(const struct command_line *line, struct site **site_out,
		   struct buf *why) MUST_USE;

/* A found installation with what is in it. */
struct place {
	struct site *site;
	struct store *store; /* the home; closes its shards with it */
	struct store *shard; /* which --shard names; else the home */
	struct master *master;
};

/* place_find, and opens store and master key, and the shard that is asked for. */
outcome place_open(const struct command_line *line, struct place *place_out,
		   struct buf *why) MUST_USE;
/* Has all shards join; `why_away` is told of those that are away, `makes_folders`
 * as site_join_shard has it. */
void place_open_shards(struct place *place, bool makes_folders,
		       void (*tell)(uint16_t number, const char *why_away));
/* Safe on what was opened in part. */
void place_close(struct place *place);

/* Prints what stands in `why` to standard error; the exit status. */
int place_failed(const struct buf *why);
