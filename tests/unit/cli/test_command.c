/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: what is understood, and what to type instead. */
#include <stdio.h>

#include "suite.h"

#include "cli/command.h"
#include "cli/start.h"

static const struct option key_options[] = {
	{"config", required_argument, NULL, 'c'},
	{"json", no_argument, NULL, 'j'},
	{NULL, 0, NULL, 0},
};

const struct command command_list[] = {
	{
		.name = "explain",
		.arguments = "ID [--json]",
		.summary = "Explains",
		.options = key_options,
		.word_count_min = 1,
		.word_count_max = 1,
	},
	{
		.name = "key list",
		.arguments = "",
		.summary = "Lists",
		.options = key_options,
	},
	{
		.name = "key rotate",
		.arguments = "--config F",
		.summary = "Rotates",
		.options = key_options,
		.required = "c",
	},
};
const size_t command_count = COUNT_OF(command_list);

static char told[1024];

/* Words of a command line, NULL at the end. */
static int find(const char *const *words, int *used_out)
{
	struct buf why = buf_init(sizeof(told) - 1);
	const struct command *found;
	int count = 0;

	while (words[count] != NULL)
		count++;
	found = command_find(count, (char *const *)words, used_out, &why);
	snprintf(told, sizeof(told), "%.*s", TEXT_ARG(buf_text(&why)));
	buf_wipe(&why);
	return found == NULL ? -1 : (int)(found - command_list);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void commands_are_found_by_one_or_two_words(void **state)
{
	int used;

	assert_int_equal(find(WORDS("explain", "x"), &used), 0);
	assert_int_equal(used, 1);
	assert_int_equal(find(WORDS("key", "rotate", "--json"), &used), 2);
	assert_int_equal(used, 2);
	assert_string_equal(told, "");
}

static void unknown_ones_are_answered_with_the_nearest(void **state)
{
	int used;

	assert_int_equal(find(WORDS("exlpain", "x"), &used), -1);
	assert_string_equal(told,
			    "licet: there is no command \"exlpain\"; did you "
			    "mean \"licet explain\"?\n");
	assert_int_equal(find(WORDS("kye", "list"), &used), -1);
	assert_string_equal(told, "licet: there is no command \"kye\"; did you "
				  "mean \"licet key list\"?\n");
	assert_int_equal(find(WORDS("key"), &used), -1);
	assert_string_equal(told, "licet: \"key\" is no command; there is "
				  "\"licet key list\", \"licet key rotate\"\n");
	assert_int_equal(find(WORDS("zebra"), &used), -1);
	assert_string_equal(told, "licet: there is no command \"zebra\"; "
				  "\"licet help\" lists them\n");
}

static outcome parse(const struct command *command, const char *const *words,
		     struct command_line *line)
{
	struct buf why = buf_init(sizeof(told) - 1);
	outcome parsed;
	int count = 0;

	while (words[count] != NULL)
		count++;
	parsed = command_parse(command, count, (char **)words, line, &why);
	snprintf(told, sizeof(told), "%.*s", TEXT_ARG(buf_text(&why)));
	buf_wipe(&why);
	return parsed;
}

static void options_stand_anywhere(void **state)
{
	struct command_line line;

	assert_int_equal(
		parse(&command_list[0],
		      WORDS("explain", "--config", "f", "ID", "--json"), &line),
		DONE);
	assert_string_equal(command_value(&line, 'c'), "f");
	assert_string_equal(command_value(&line, 'j'), "");
	assert_null(command_value(&line, 'h'));
	assert_int_equal(line.word_count, 1);
	assert_string_equal(line.words[0], "ID");
	assert_int_equal(parse(&command_list[0],
			       WORDS("explain", "--config=f", "ID"), &line),
			 DONE);
	assert_string_equal(command_value(&line, 'c'), "f");
	assert_null(command_value(&line, 'j'));
}

static void a_request_id_may_begin_with_a_dash(void **state)
{
	struct command_line line;

	assert_int_equal(parse(&command_list[0],
			       WORDS("explain", "-NTCnY5AAxZeDryXy30TKA",
				     "--config", "-odd-file-name"),
			       &line),
			 DONE);
	assert_string_equal(line.words[0], "-NTCnY5AAxZeDryXy30TKA");
	assert_string_equal(command_value(&line, 'c'), "-odd-file-name");
	assert_int_equal(parse(&command_list[0],
			       WORDS("explain", "--NTCnY5AAxZeDryXy30TKA"),
			       &line),
			 REFUSED);
	assert_int_equal(
		parse(&command_list[0],
		      WORDS("explain", "--", "--NTCnY5AAxZeDryXy30TKA"), &line),
		DONE);
	assert_string_equal(line.words[0], "--NTCnY5AAxZeDryXy30TKA");
}

static void families_are_listed(void **state)
{
	struct buf text = buf_init(4096);

	assert_true(command_help_family(TEXT("key"), &text));
	assert_true(text_find(buf_text(&text), TEXT("key rotate")) < text.size);
	assert_true(text_find(buf_text(&text), TEXT("explain")) == text.size);
	assert_false(command_help_family(TEXT("ke"), &text));
	buf_wipe(&text);
}

static void help_needs_nothing_else(void **state)
{
	struct command_line line;

	assert_int_equal(parse(&command_list[0], WORDS("explain", "--help"),
			       &line),
			 DONE);
	assert_non_null(command_value(&line, 'h'));
	assert_int_equal(parse(&command_list[0], WORDS("explain", "-h"), &line),
			 DONE);
	assert_non_null(command_value(&line, 'h'));
}

static void refused(const char *const *words, const char *sentence)
{
	struct command_line line;

	assert_int_equal(parse(&command_list[0], words, &line), REFUSED);
	assert_string_equal(told, sentence);
}

static void mistakes_say_what_to_type(void **state)
{
	refused(WORDS("explain", "--jsno", "ID"),
		"licet explain: there is no option \"--jsno\"; did you mean "
		"\"--json\"?\n");
	refused(WORDS("explain", "-json", "ID"),
		"licet explain: there is no option \"-json\"; did you mean "
		"\"--json\"?\n");
	refused(WORDS("explain", "ID", "--zebra=1"),
		"licet explain: there is no option \"--zebra=1\"; \"licet help "
		"explain\" lists them\n");
	refused(WORDS("explain", "ID", "--config"),
		"licet explain: \"--config\" needs a value behind it\n");
	refused(WORDS("explain", "--json", "ID", "--json"),
		"licet explain: \"--json\" stands there twice\n");
	refused(WORDS("explain", "ID", "more"),
		"licet explain: \"more\" is one word too many; write: licet "
		"explain ID [--json]\n");
	refused(WORDS("explain", "--json"),
		"licet explain: something is missing; write: licet explain ID "
		"[--json]\n");
}

static void required_options_are_required(void **state)
{
	struct command_line line;

	assert_int_equal(parse(&command_list[2], WORDS("rotate", "--json"),
			       &line),
			 REFUSED);
	assert_string_equal(told, "licet key rotate: something is missing; "
				  "write: licet key rotate --config F\n");
	assert_int_equal(parse(&command_list[2],
			       WORDS("rotate", "--config", "f"), &line),
			 DONE);
}

static void listens(const char *written, const char *host, int port)
{
	struct buf why = buf_init(512);
	struct start_listen listen;

	if (start_parse_listen(written, &listen, &why) != DONE)
		fail_msg("%.*s", TEXT_ARG(buf_text(&why)));
	assert_true(text_equal(listen.host, text_from(host)));
	assert_int_equal(listen.port, port);
	buf_wipe(&why);
}

static void does_not_listen(const char *written)
{
	struct buf why = buf_init(512);
	struct start_listen listen;

	if (start_parse_listen(written, &listen, &why) != REFUSED)
		fail_msg("%s was taken", written);
	assert_true(why.size > 0);
	buf_wipe(&why);
}

static void the_demo_listens_on_loopback_alone(void **state)
{
	listens("localhost:8080", "localhost", 8080);
	listens("127.0.0.1:1", "127.0.0.1", 1);
	listens("[::1]:65535", "[::1]", 65535);
	does_not_listen("0.0.0.0:8080");
	does_not_listen("[::]:8080");
	does_not_listen("192.168.1.1:8080");
	does_not_listen("example.com:8080");
	does_not_listen("localhost.example.com:8080");
	does_not_listen("a@localhost:8080");
	does_not_listen("localhost");
	does_not_listen("8080");
	does_not_listen(":8080");
	does_not_listen("localhost:");
	does_not_listen("localhost:0");
	does_not_listen("localhost:65536");
	does_not_listen("localhost:80x");
	does_not_listen("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("commands are found by one word or two",
			  commands_are_found_by_one_or_two_words),
		test_that("an unknown command is answered with the nearest",
			  unknown_ones_are_answered_with_the_nearest),
		test_that("options stand anywhere", options_stand_anywhere),
		test_that("a request's id may begin with a dash",
			  a_request_id_may_begin_with_a_dash),
		test_that("help lists the commands of a first word",
			  families_are_listed),
		test_that("help needs nothing else", help_needs_nothing_else),
		test_that("mistakes say what to type instead",
			  mistakes_say_what_to_type),
		test_that("what a command cannot do without is asked for",
			  required_options_are_required),
		test_that("the demo listens on loopback alone",
			  the_demo_listens_on_loopback_alone),
	};

	return cmocka_run_group_tests_name("cli/command", tests, NULL, NULL);
}
