/* SPDX-License-Identifier: Apache-2.0 */
/* `licet backup` and `licet store restored`: a copy, and what follows its use. */
#include <stdio.h>
#include <sys/stat.h>

#include "cli/commands.h"
#include "cli/place.h"
#include "config/config.h"
#include "loop/clock.h"
#include "store/copy/copy.h"

static outcome back_up(const struct command_line *line, struct buf *why)
{
	CLEANUP(place_close) struct place place = {0};
	const char *path = line->words[0];
	char sentence[1024];
	struct stat about;

	TRY(place_open(line, &place, why));
	if (store_back_up(place.shard, path, sentence, sizeof(sentence)) !=
	    DONE) {
		buf_format(why, "licet backup: %s\n", sentence);
		return REFUSED;
	}
	if (stat(path, &about) == 0)
		printf("%s: %.1f MiB, checked\n", path,
		       (double)about.st_size / (1024 * 1024));
	return DONE;
}

int cli_backup(const struct command_line *line)
{
	CLEANUP(buf_wipe) struct buf why = buf_init(CONFIG_MISTAKES_MAX);

	return back_up(line, &why) == DONE ? COMMAND_DONE : place_failed(&why);
}

/* The other store is ahead of what was put back. */
static outcome give_up_copying(struct store *store, struct buf *why)
{
	char sentence[512];
	outcome given_up = copy_abort(store, sentence, sizeof(sentence));

	if (given_up == DONE)
		printf("`licet store copy` was under way, and is given up\n");
	if (given_up != BROKEN)
		return DONE;
	buf_format(
		why,
		"licet store restored: `licet store copy` could not be given "
		"up: %s\nnothing is void yet: when `licet store copy "
		"--abort` has succeeded, type this again\n",
		sentence);
	return BROKEN;
}

static outcome begin_epoch(const struct command_line *line, struct buf *why)
{
	CLEANUP(place_close) struct place place = {0};

	TRY(place_open(line, &place, why));
	TRY(give_up_copying(place.shard, why));
	if (store_begin_epoch(place.shard, clock_now()) == STORE_DONE)
		return DONE;
	buf_add(why, TEXT("licet store restored: the new epoch could not be "
			  "written, and nothing is void: the event log says "
			  "why\n"));
	return BROKEN;
}

int cli_store_restored(const struct command_line *line)
{
	CLEANUP(buf_wipe) struct buf why = buf_init(CONFIG_MISTAKES_MAX);

	if (begin_epoch(line, &why) != DONE)
		return place_failed(&why);
	printf("a new epoch has begun: what was issued before is void\n");
	return COMMAND_DONE;
}
