/* SPDX-License-Identifier: Apache-2.0 */
/* Settings: what is taken, and the sentences for what is not. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "suite.h"

#include "config/config.h"

static const struct config_row rows[] = {
	{.name = "listeners",
	 .type = CONFIG_LIST,
	 .is_required = true,
	 .min = 1,
	 .max = 3,
	 .help = "Where to listen."},
	{.name = "listeners[].port",
	 .type = CONFIG_INTEGER,
	 .is_required = true,
	 .min = 1,
	 .max = 65535,
	 .help = "The port."},
	{.name = "listeners[].tls.certificate",
	 .type = CONFIG_PATH,
	 .needs = "listeners[].tls.key",
	 .help = "A PEM file."},
	{.name = "listeners[].tls.key",
	 .type = CONFIG_PATH,
	 .needs = "listeners[].tls.certificate",
	 .help = "A PEM file."},
	{.name = "store.folder",
	 .type = CONFIG_PATH,
	 .is_required = true,
	 .help = "A folder."},
	{.name = "log.level",
	 .type = CONFIG_CHOICE,
	 .choices = "debug info error",
	 .otherwise = "info",
	 .help = "How much."},
	{.name = "limits.body",
	 .type = CONFIG_SIZE,
	 .otherwise = "64KiB",
	 .min = 1024,
	 .max = 1048576,
	 .help = "Largest body."},
	{.name = "limits.idle",
	 .type = CONFIG_DURATION,
	 .otherwise = "60s",
	 .min = 1,
	 .max = 3600,
	 .help = "Longest silence."},
	{.name = "strict",
	 .type = CONFIG_BOOLEAN,
	 .otherwise = "true",
	 .help = "Whether."},
	{.name = "title", .type = CONFIG_TEXT, .max = 10, .help = "A name."},
	{.name = "tags",
	 .type = CONFIG_LIST,
	 .otherwise = NULL,
	 .help = "Words."},
	{.name = "tags[]", .type = CONFIG_TEXT, .help = "A word."},
};

static const struct config_schema schema = {rows, COUNT_OF(rows)};

#define RIGHT "listeners:\n  - port: 80\nstore:\n  folder: data\n"

static struct config *parse_with(const char *text,
				 const char *const *environment)
{
	struct buf mistakes = buf_init(CONFIG_MISTAKES_MAX);
	struct config_input input = {"/etc/licet.yaml", text_from(text),
				     environment};
	struct config *config = NULL;

	if (config_parse(&input, &schema, &mistakes, &config) != DONE)
		fail_msg("refused: %.*s", TEXT_ARG(buf_text(&mistakes)));
	assert_int_equal(mistakes.size, 0);
	buf_wipe(&mistakes);
	return config;
}

static void refused_as(const char *text, const char *const *environment,
		       const char *sentences)
{
	struct buf mistakes = buf_init(CONFIG_MISTAKES_MAX);
	struct config_input input = {"licet.yaml", text_from(text),
				     environment};
	struct config *config = NULL;
	char told[4096];

	assert_int_equal(config_parse(&input, &schema, &mistakes, &config),
			 REFUSED);
	assert_null(config);
	snprintf(told, sizeof(told), "%.*s", TEXT_ARG(buf_text(&mistakes)));
	assert_string_equal(told, sentences);
	buf_wipe(&mistakes);
}

static void values_are_read(void **state)
{
	struct config *config = parse_with(
		"listeners:\n"
		"  - port: 80\n"
		"  - {port: 443, tls: {certificate: a.pem, key: /k/b.pem}}\n"
		"store: {folder: data}\n"
		"log:\n  level: \"debug\"\n"
		"limits: {body: 2KiB, idle: 5m}\n"
		"strict: false\n"
		"title: 'a: b'\n"
		"tags: [one, two]\n",
		NULL);

	assert_int_equal(config_count(config, "listeners"), 2);
	assert_int_equal(config_item_integer(config, "listeners[].port", 1),
			 443);
	assert_null(
		config_item_string(config, "listeners[].tls.certificate", 0));
	assert_string_equal(
		config_item_string(config, "listeners[].tls.certificate", 1),
		"/etc/a.pem");
	assert_string_equal(config_item_string(config, "listeners[].tls.key",
					       1),
			    "/k/b.pem");
	assert_string_equal(config_string(config, "store.folder"), "/etc/data");
	assert_string_equal(config_string(config, "log.level"), "debug");
	assert_int_equal(config_integer(config, "limits.body"), 2048);
	assert_int_equal(config_integer(config, "limits.idle"), 300);
	assert_false(config_boolean(config, "strict"));
	assert_string_equal(config_string(config, "title"), "a: b");
	assert_int_equal(config_count(config, "tags"), 2);
	assert_string_equal(config_item_string(config, "tags[]", 1), "two");
	config_free(&config);
	assert_null(config);
}

static void defaults_fill_what_is_not_given(void **state)
{
	struct config *config = parse_with(RIGHT "limits:\n", NULL);

	assert_int_equal(config_integer(config, "limits.body"), 65536);
	assert_int_equal(config_integer(config, "limits.idle"), 60);
	assert_true(config_boolean(config, "strict"));
	assert_string_equal(config_string(config, "log.level"), "info");
	assert_false(config_has(config, "title"));
	assert_false(text_is_present(config_text(config, "title")));
	assert_int_equal(config_count(config, "tags"), 0);
	config_free(&config);
}

static void no_file_means_defaults(void **state)
{
	struct config *config = config_of_defaults(&schema);

	assert_int_equal(config_integer(config, "limits.body"), 65536);
	assert_null(config_string(config, "store.folder"));
	assert_int_equal(config_count(config, "listeners"), 0);
	config_free(&config);
}

static void misspelt_names_are_guessed(void **state)
{
	refused_as("listner:\n  - port: 80\n" RIGHT, NULL,
		   "licet.yaml:1:1: \"listner\" is not a setting here; did you "
		   "mean \"listeners\"?\n");
	refused_as(RIGHT "log:\n    levle: info\n", NULL,
		   "licet.yaml:6:5: \"log.levle\" is not a setting here; did "
		   "you mean \"level\"?\n");
	refused_as(RIGHT "idle: 3s\n", NULL,
		   "licet.yaml:5:1: \"idle\" is not a setting here; did you "
		   "mean \"limits.idle\"?\n");
	refused_as(RIGHT "zebra: 3s\n", NULL,
		   "licet.yaml:5:1: \"zebra\" is not a setting here\n");
	refused_as("store: {folder: a}\nlisteners:\n  - port: 1\n    tsl: 2\n",
		   NULL,
		   "licet.yaml:4:5: \"listeners[0].tsl\" is not a setting "
		   "here; did you mean \"tls\"?\n");
}

static void all_mistakes_are_told_at_once(void **state)
{
	refused_as("listeners:\n"
		   "  - port: 80x\n"
		   "  - tls: {key: a}\n"
		   "log: {level: loud}\n"
		   "log: {level: info}\n"
		   "limits: {body: 2KB, idle: 2h}\n"
		   "strict: yes\n"
		   "title: abcdefghijk\n"
		   "tags: one\n",
		   NULL,
		   "licet.yaml:2:11: \"listeners[0].port\" must be a number, "
		   "not \"80x\"\n"
		   "licet.yaml:3:5: \"listeners[1].port\" is missing: The "
		   "port.\n"
		   "licet.yaml:4:14: \"log.level\" must be one of: debug info "
		   "error, not \"loud\"\n"
		   "licet.yaml:5:1: \"log\" stands here twice: first in line "
		   "4\n"
		   "licet.yaml:6:16: \"limits.body\" must be a size with its "
		   "unit (B, KiB, MiB or GiB), such as 64KiB, not \"2KB\"\n"
		   "licet.yaml:6:27: \"limits.idle\" must be from 1s to 1h, "
		   "not \"2h\"\n"
		   "licet.yaml:7:9: \"strict\" must be true or false, not "
		   "\"yes\"\n"
		   "licet.yaml:8:8: \"title\" must have at most 10 bytes, not "
		   "\"abcdefghijk\"\n"
		   "licet.yaml:9:7: \"tags\" is a list: begin each entry with "
		   "\"- \"\n"
		   "licet.yaml: \"store.folder\" is missing: A folder.\n"
		   "licet.yaml:3:16: \"listeners[].tls.key\" needs "
		   "\"listeners[].tls.certificate\" beside it\n");
}

static void nothing_at_all_lacks_what_is_required(void **state)
{
	const char *missing =
		"licet.yaml: \"listeners\" is missing: Where to listen.\n"
		"licet.yaml: \"store.folder\" is missing: A folder.\n";

	refused_as("", NULL, missing);
	refused_as("# only a comment\n", NULL, missing);
	refused_as("~\n", NULL, missing);
}

static void shapes_must_fit(void **state)
{
	refused_as(RIGHT "title: [a]\n", NULL,
		   "licet.yaml:5:8: \"title\" is one value, not a list\n");
	refused_as(RIGHT "title: {a: b}\n", NULL,
		   "licet.yaml:5:8: \"title\" is one value, not a section\n");
	refused_as(RIGHT "title:\n", NULL,
		   "licet.yaml:5:7: \"title\" has no value: give it one, or "
		   "take the line out\n");
	refused_as(RIGHT "log: 7\n", NULL,
		   "licet.yaml:5:6: \"log\" is a section of settings, not a "
		   "value\n");
	refused_as(RIGHT "tags: [[a]]\n", NULL,
		   "licet.yaml:5:8: \"tags[0]\" is one value, not a list\n");
	refused_as("store: {folder: a}\nlisteners: [7]\n", NULL,
		   "licet.yaml:2:13: \"listeners[0]\" is a section of "
		   "settings, not a value\n");
	refused_as("- a\n", NULL,
		   "licet.yaml:1:1: the file must hold settings, as in \"name: "
		   "value\"\n"
		   "licet.yaml: \"listeners\" is missing: Where to listen.\n"
		   "licet.yaml: \"store.folder\" is missing: A folder.\n");
	refused_as(RIGHT "? [a]\n: b\n", NULL,
		   "licet.yaml:5:3: a setting's name must stand here\n");
}

static void lists_have_bounds(void **state)
{
	refused_as("store: {folder: a}\nlisteners: []\n", NULL,
		   "licet.yaml:2:12: \"listeners\" must have at least 1 "
		   "entries\n"
		   "licet.yaml: \"listeners\" is missing: Where to listen.\n");
	refused_as("store: {folder: a}\n"
		   "listeners: [{port: 1}, {port: 2}, {port: 3}, {port: 4}]\n",
		   NULL,
		   "licet.yaml:2:12: \"listeners\" must have at most 3 "
		   "entries\n");
}

static void row_names_are_no_keys(void **state)
{
	refused_as(RIGHT "tags[]: a\n", NULL,
		   "licet.yaml:5:1: \"tags[]\" is not a setting here; did you "
		   "mean \"tags\"?\n");
	refused_as(RIGHT "limits.idle: 3s\n", NULL,
		   "licet.yaml:5:1: \"limits.idle\" is not a setting here; "
		   "write it as a section: \"limits:\", and below it, "
		   "indented, \"idle:\"\n");
}

static void what_is_not_yaml_is_told_with_its_place(void **state)
{
	refused_as("title: \"a\n", NULL,
		   "licet.yaml:2:1: this is not YAML: found unexpected end of "
		   "stream, while scanning a quoted scalar\n");
	refused_as("log:\n\tlevel: info\n", NULL,
		   "licet.yaml:2:1: this is not YAML: found character that "
		   "cannot start any token, while scanning for the next token "
		   "(is it a tab? indent with spaces)\n");
	refused_as(
		"a: &x 1\n", NULL,
		"licet.yaml:1:4: anchors (&), aliases (*) and tags (!) have no "
		"meaning here; quote the value if it begins so\n");
	refused_as(
		"a: *x\n", NULL,
		"licet.yaml:1:4: anchors (&), aliases (*) and tags (!) have no "
		"meaning here; quote the value if it begins so\n");
	refused_as("---\na: b\n---\nc: d\n", NULL,
		   "licet.yaml:3:1: the file holds a second document\n");
	refused_as("[[[[[[[[[1]]]]]]]]]\n", NULL,
		   "licet.yaml:1:9: the file is nested too deeply\n");
}

static void the_environment_goes_before_the_file(void **state)
{
	const char *const environment[] = {
		"LICET_LIMITS_IDLE=7s",
		"PATH=/bin",
		"LICET_STORE_FOLDER=here",
		"LICET_TAGS[]=x",
		"LICET_PORT_8080_TCP=tcp://10.0.0.1:8080",
		NULL};
	const char *const wrong[] = {"LICET_LIMITS_IDLE=soon", NULL};
	struct config *config =
		parse_with(RIGHT "limits: {idle: 9s}\n", environment);

	assert_int_equal(config_integer(config, "limits.idle"), 7);
	assert_string_equal(config_string(config, "store.folder"), "here");
	config_free(&config);
	refused_as(RIGHT, wrong,
		   "environment: \"limits.idle\" must be a time with its unit "
		   "(s, m, h or d), such as 90s or 30d, not \"soon\"\n");
}

static void units_are_exact(void **state)
{
	static const struct {
		const char *written;
		int64_t seconds;
	} durations[] = {{"1s", 1}, {"2m", 120}, {"1h", 3600}};
	static const char *const wrong[] = {"10",  "1.5s",
					    "-1s", "1 s",
					    "1S",  "s",
					    "1ms", "9999999999999999999s"};
	char text[200];

	for (size_t i = 0; i < COUNT_OF(durations); i++) {
		struct config *config;

		snprintf(text, sizeof(text), RIGHT "limits: {idle: %s}\n",
			 durations[i].written);
		config = parse_with(text, NULL);
		assert_int_equal(config_integer(config, "limits.idle"),
				 durations[i].seconds);
		config_free(&config);
	}
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		char sentence[300];

		snprintf(text, sizeof(text), RIGHT "limits: {idle: %s}\n",
			 wrong[i]);
		snprintf(sentence, sizeof(sentence),
			 "licet.yaml:5:16: \"limits.idle\" must be a time with "
			 "its unit (s, m, h or d), such as 90s or 30d, not "
			 "\"%s\"\n",
			 wrong[i]);
		refused_as(text, NULL, sentence);
	}
}

static void too_large_a_file_is_refused(void **state)
{
	size_t size = CONFIG_SIZE_MAX + 1;
	char *text = malloc(size + 1);

	assert_non_null(text);
	memset(text, '#', size);
	text[size] = '\0';
	refused_as(text, NULL, "licet.yaml: the file is larger than 256 KiB\n");
	free(text);
}

static void a_flood_of_mistakes_is_counted(void **state)
{
	struct buf text = buf_init(CONFIG_SIZE_MAX);
	struct buf mistakes = buf_init(512);
	struct config_input input = {"licet.yaml", TEXT_ABSENT, NULL};
	struct config *config = NULL;

	for (int i = 0; i < 1000; i++)
		buf_format(&text, "zz%d: 1\n", i);
	input.text = buf_text(&text);
	assert_int_equal(config_parse(&input, &schema, &mistakes, &config),
			 REFUSED);
	assert_true(
		text_ends_with(buf_text(&mistakes), TEXT(" more mistakes\n")));
	buf_wipe(&mistakes);
	buf_wipe(&text);
}

static void a_file_is_loaded(void **state)
{
	char file[] = "/tmp/licet-config-XXXXXX";
	struct buf mistakes = buf_init(CONFIG_MISTAKES_MAX);
	struct config *config = NULL;
	int fd = mkstemp(file);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, RIGHT, strlen(RIGHT)), strlen(RIGHT));
	close(fd);
	assert_int_equal(config_load(file, NULL, &schema, &mistakes, &config),
			 DONE);
	assert_string_equal(config_string(config, "store.folder"), "/tmp/data");
	config_free(&config);
	unlink(file);
	assert_int_equal(config_load(file, NULL, &schema, &mistakes, &config),
			 REFUSED);
	assert_true(text_ends_with(
		buf_text(&mistakes),
		TEXT(": cannot be read: No such file or directory\n")));
	buf_wipe(&mistakes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("values of every type are read", values_are_read),
		test_that("defaults fill what is not given",
			  defaults_fill_what_is_not_given),
		test_that("without a file every default holds",
			  no_file_means_defaults),
		test_that("a misspelt name is answered with the nearest",
			  misspelt_names_are_guessed),
		test_that("all mistakes are told at once",
			  all_mistakes_are_told_at_once),
		test_that("an empty file lacks what is required",
			  nothing_at_all_lacks_what_is_required),
		test_that("value, section and list are not taken for each "
			  "other",
			  shapes_must_fit),
		test_that("a list has no fewer and no more entries than its "
			  "row says",
			  lists_have_bounds),
		test_that("a row's name is not a key", row_names_are_no_keys),
		test_that("what is not YAML is told with its place",
			  what_is_not_yaml_is_told_with_its_place),
		test_that("the environment goes before the file",
			  the_environment_goes_before_the_file),
		test_that("units are exact", units_are_exact),
		test_that("a file over the maximum is refused",
			  too_large_a_file_is_refused),
		test_that("a flood of mistakes is cut and counted",
			  a_flood_of_mistakes_is_counted),
		test_that("a file is loaded, or the system's reason is told",
			  a_file_is_loaded),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
