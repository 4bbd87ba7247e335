/* SPDX-License-Identifier: Apache-2.0 */
/* The program: finds the command that was asked for and runs it. */
#include <stdio.h>

#include "cli/commands.h"

static int fail(const struct buf *why)
{
	fprintf(stderr, "%.*s", TEXT_ARG(buf_text(why)));
	return COMMAND_MISUSED;
}

static int print(const struct buf *text)
{
	printf("%.*s", TEXT_ARG(buf_text(text)));
	return COMMAND_DONE;
}

/* `licet help`, `licet help key rotate`. */
static int help(int argc, char **argv)
{
	CLEANUP(buf_wipe) struct buf text = buf_init(16 * 1024);
	CLEANUP(buf_wipe) struct buf why = buf_init(4096);
	const struct command *command;
	int used;

	if (argc < 2 &&
	    command_help_family(argc == 0 ? TEXT("") : text_from(argv[0]),
				&text))
		return print(&text);
	text.size = 0;
	command = command_find(argc, argv, &used, &why);
	if (command == NULL)
		return fail(&why);
	command_help(command, &text);
	return print(&text);
}

/* argv[0] of the rest is the command's last word, as getopt_long expects. */
static int run(int argc, char **argv)
{
	CLEANUP(buf_wipe) struct buf why = buf_init(4096);
	struct command_line line;
	const struct command *command;
	int used;

	command = command_find(argc, argv, &used, &why);
	if (command == NULL ||
	    command_parse(command, argc - used + 1, argv + used - 1, &line,
			  &why) != DONE)
		return fail(&why);
	if (command_value(&line, 'h') != NULL)
		return help(used, argv);
	return command->run(&line);
}

int main(int argc, char **argv)
{
	CLEANUP(buf_wipe) struct buf all = buf_init(16 * 1024);

	if (argc < 2) {
		(void)command_help_family(TEXT(""), &all);
		return fail(&all);
	}
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0)
		return help(argc - 2, argv + 2);
	if (strcmp(argv[1], "--version") == 0)
		return cli_version(NULL);
	return run(argc - 1, argv + 1);
}
