/* SPDX-License-Identifier: Apache-2.0 */
/* A subcommand as a record, and what its arguments turn into. */
#pragma once

#include <getopt.h>

#include "base/buf.h"

/* Exit statuses: 0, what was asked happened; 1, it did not; 2, it was asked
 * wrongly. */
#define COMMAND_DONE 0
#define COMMAND_FAILED 1
#define COMMAND_MISUSED 2

#define COMMAND_WORD_COUNT_MAX 4

/* What stood on the command line. */
struct command_line {
	/* By the option's letter; "" for a flag; NULL when not given. */
	const char *values[128];
	const char *words[COMMAND_WORD_COUNT_MAX]; /* what is no option */
	size_t word_count;
};

struct command {
	const char *name; /* one word or two: "key list" */
	const char *arguments; /* "FILE [--tenant NAME]" */
	const char *summary; /* half a sentence */
	/* What `licet help NAME` adds; a line per option that begins with it.
	 */
	const char *help;
	/* Each with a letter of its own as val; ends with zeros. */
	const struct option *options;
	const char
		*required; /* letters of options that must be given, or NULL */
	size_t word_count_min;
	size_t word_count_max;
	int (*run)(const struct command_line *line);
};

/* All of them, in the order in which they are listed. */
extern const struct command command_list[];
extern const size_t command_count;

/* The command of the first words of `argv`; *used_out says how many they are.
 * NULL, with what to type instead in `why`, when there is none. */
const struct command *command_find(int argc, char *const *argv, int *used_out,
				   struct buf *why);
/* Reads what follows the command's name. REFUSED with a sentence that says what
 * to type instead. `--help` is everybody's, its letter 'h'. */
outcome command_parse(const struct command *command, int argc, char **argv,
		      struct command_line *line_out, struct buf *why) MUST_USE;

/* "usage: licet import …", what it does, its options. */
void command_help(const struct command *command, struct buf *text);
/* The commands whose first word is `family`, with their summaries; all when it
 * is empty. false when there is none. */
bool command_help_family(struct text family, struct buf *text);

static inline const char *command_value(const struct command_line *line,
					char letter)
{
	return line->values[(unsigned char)letter];
}
