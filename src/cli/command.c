/* SPDX-License-Identifier: Apache-2.0 */
/* Finds a command by its words, reads its options, lists and explains it. */
#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/nearest.h"

#define OPTION_COUNT_MAX 16

/* How many words a name has that argv begins with; 0: it does not. */
static int match(const char *name, int argc, char *const *argv)
{
	struct text rest = text_from(name);
	struct text word;
	int used = 0;

	while (text_next_word(&rest, &word)) {
		if (used >= argc || !text_equal(word, text_from(argv[used])))
			return 0;
		used++;
	}
	return used;
}

static struct text nearest_command(struct text wanted)
{
	struct nearest nearest = nearest_init(wanted);

	for (size_t i = 0; i < command_count; i++)
		nearest_offer(&nearest, text_from(command_list[i].name));
	return nearest.best;
}

static void tell_unknown(int argc, char *const *argv, struct buf *why)
{
	struct text best = nearest_command(text_from(argv[0]));
	char two_words[2 * NEAREST_SIZE_MAX];

	if (!text_is_present(best) && argc > 1) {
		snprintf(two_words, sizeof(two_words), "%s %s", argv[0],
			 argv[1]);
		best = nearest_command(text_from(two_words));
	}
	buf_format(why, "licet: there is no command \"%s\"", argv[0]);
	if (text_is_present(best))
		buf_format(why, "; did you mean \"licet %.*s\"?",
			   TEXT_ARG(best));
	else
		buf_add(why, TEXT("; \"licet help\" lists them"));
	buf_add_byte(why, '\n');
}

/* The first word is there, but the second is missing or wrong. */
static bool tell_family(int argc, char *const *argv, struct buf *why)
{
	struct buf family = buf_init(1024);
	struct text first = text_from(argv[0]);

	for (size_t i = 0; i < command_count; i++) {
		struct text name = text_from(command_list[i].name);

		if (text_starts_with(name, first) && name.size > first.size &&
		    name.at[first.size] == ' ')
			buf_format(&family, "%s\"licet %s\"",
				   family.size ? ", " : "",
				   command_list[i].name);
	}
	if (family.size > 0)
		buf_format(why,
			   "licet: \"%s%s%s\" is no command; there is %.*s\n",
			   argv[0], argc > 1 ? " " : "",
			   argc > 1 ? argv[1] : "",
			   TEXT_ARG(buf_text(&family)));
	buf_wipe(&family);
	return why->size > 0;
}

const struct command *command_find(int argc, char *const *argv, int *used_out,
				   struct buf *why)
{
	for (size_t i = 0; i < command_count; i++) {
		*used_out = match(command_list[i].name, argc, argv);
		if (*used_out > 0)
			return &command_list[i];
	}
	if (!tell_family(argc, argv, why))
		tell_unknown(argc, argv, why);
	return NULL;
}

/* The option that was meant; absent when none is near. */
static struct text nearest_option(const struct command *command,
				  const char *given)
{
	struct text name = text_from(given);
	struct nearest nearest;

	while (text_starts_with(name, TEXT("-")))
		name = text_from_byte(name, 1);
	nearest = nearest_init(text_first(name, text_find_byte(name, '=')));
	for (const struct option *option = command->options;
	     option->name != NULL; option++)
		nearest_offer(&nearest, text_from(option->name));
	return nearest.best;
}

static void tell_option(const struct command *command, const char *given,
			struct buf *why)
{
	struct text best = nearest_option(command, given);

	buf_format(why, "licet %s: there is no option \"%s\"", command->name,
		   given);
	if (text_is_present(best))
		buf_format(why, "; did you mean \"--%.*s\"?", TEXT_ARG(best));
	else
		buf_format(why, "; \"licet help %s\" lists them",
			   command->name);
	buf_add_byte(why, '\n');
}

static outcome tell_mistake(const struct command *command, int mistake,
			    const char *given, struct buf *why)
{
	if (mistake == ':')
		buf_format(why, "licet %s: \"%s\" needs a value behind it\n",
			   command->name, given);
	else
		tell_option(command, given, why);
	return REFUSED;
}

static outcome tell_twice(const struct command *command, int letter,
			  struct buf *why)
{
	const struct option *option = command->options;

	while (option->name != NULL && option->val != letter)
		option++;
	buf_format(why, "licet %s: \"--%s\" stands there twice\n",
		   command->name, option->name ? option->name : "help");
	return REFUSED;
}

/* getopt_long moves words behind options; it starts afresh at 0. */
static outcome read_options(const struct command *command, int argc,
			    char **argv, struct command_line *line,
			    struct buf *why)
{
	struct option options[OPTION_COUNT_MAX] = {
		{"help", no_argument, NULL, 'h'}};
	size_t count = 1;

	for (; command->options[count - 1].name != NULL; count++) {
		MUST(count + 1 < OPTION_COUNT_MAX);
		options[count] = command->options[count - 1];
	}
	optind = 0;
	opterr = 0;
	for (;;) {
		int at = optind > 0 ? optind : 1;
		int letter = getopt_long(argc, argv, ":h", options, NULL);

		if (letter < 0)
			return DONE;
		if (letter == '?' || letter == ':')
			return tell_mistake(command, letter,
					    argv[optind > at ? optind - 1 : at],
					    why);
		if (line->values[letter] != NULL)
			return tell_twice(command, letter, why);
		line->values[letter] = optarg ? optarg : "";
	}
}

static outcome tell_missing(const struct command *command, struct buf *why)
{
	buf_format(why, "licet %s: something is missing; write: licet %s %s\n",
		   command->name, command->name, command->arguments);
	return REFUSED;
}

static bool has_required(const struct command *command,
			 const struct command_line *line)
{
	for (const char *letter = command->required;
	     letter != NULL && *letter != '\0'; letter++)
		if (command_value(line, *letter) == NULL)
			return false;
	return true;
}

static bool add_word(const struct command *command, const char *word,
		     struct command_line *line, struct buf *why)
{
	if (line->word_count < command->word_count_max) {
		line->words[line->word_count++] = word;
		return true;
	}
	buf_format(
		why,
		"licet %s: \"%s\" is one word too many; write: licet %s %s\n",
		command->name, word, command->name, command->arguments);
	return false;
}

/* A word that begins with a dash, as a request's id may: no option has one dash
 * and several letters. */
static bool is_dashed_word(const struct command *command, const char *word)
{
	return word[0] == '-' && word[1] != '-' && strlen(word) > 2 &&
	       !text_is_present(nearest_option(command, word));
}

/* Whether the next of argv is the value of this one. */
static bool takes_next(const struct command *command, const char *word)
{
	const struct option *option = command->options;

	if (strncmp(word, "--", 2) != 0)
		return false;
	while (option->name != NULL && strcmp(option->name, word + 2) != 0)
		option++;
	return option->name != NULL && option->has_arg == required_argument;
}

/* Takes dashed words out of argv, where getopt_long would take them for
 * options; the number of those that stay. */
static int take_dashed_words(const struct command *command, int argc,
			     char **argv, struct command_line *line)
{
	int kept = 1;

	for (int i = 1; i < argc; i++) {
		bool is_value = i > 1 && takes_next(command, argv[i - 1]);

		if (!is_value && is_dashed_word(command, argv[i]) &&
		    line->word_count < command->word_count_max)
			line->words[line->word_count++] = argv[i];
		else
			argv[kept++] = argv[i];
	}
	return kept;
}

outcome command_parse(const struct command *command, int argc, char **argv,
		      struct command_line *line_out, struct buf *why)
{
	*line_out = (struct command_line){0};
	argc = take_dashed_words(command, argc, argv, line_out);
	TRY(read_options(command, argc, argv, line_out, why));
	if (command_value(line_out, 'h') != NULL)
		return DONE;
	for (; optind < argc; optind++)
		if (!add_word(command, argv[optind], line_out, why))
			return REFUSED;
	if (line_out->word_count < command->word_count_min ||
	    !has_required(command, line_out))
		return tell_missing(command, why);
	return DONE;
}

void command_help(const struct command *command, struct buf *text)
{
	buf_format(text, "usage: licet %s%s%s\n\n%s.\n", command->name,
		   command->arguments[0] ? " " : "", command->arguments,
		   command->summary);
	if (command->help != NULL)
		buf_format(text, "\n%s", command->help);
}

static bool is_of_family(const struct command *command, struct text family)
{
	struct text name = text_from(command->name);

	return family.size == 0 ||
	       (text_starts_with(name, family) && name.size > family.size &&
		name.at[family.size] == ' ');
}

bool command_help_family(struct text family, struct buf *text)
{
	bool has_any = false;

	buf_format(text, "usage: licet %.*s%sCOMMAND [OPTION…]\n\n",
		   TEXT_ARG(family), family.size > 0 ? " " : "");
	for (size_t i = 0; i < command_count; i++) {
		if (!is_of_family(&command_list[i], family))
			continue;
		has_any = true;
		buf_format(text, "  %-14s %s\n", command_list[i].name,
			   command_list[i].summary);
	}
	buf_add(text, TEXT("\n\"licet help COMMAND\" tells its options.\n"));
	return has_any;
}
