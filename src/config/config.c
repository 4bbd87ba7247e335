/* SPDX-License-Identifier: Apache-2.0 */
/* From file and environment to one snapshot, and reads from it. */
#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "config/internal.h"

#define ARENA_BUDGET ((size_t)64 * 1024 * 1024)
#define ENVIRONMENT_PREFIX "LICET_"

void config_mistake(struct config_mistakes *mistakes, struct config_mark mark,
		    const char *format, ...)
{
	CLEANUP(buf_wipe) struct buf line = buf_init(1024);
	va_list arguments;
	char sentence[800];

	mistakes->count++;
	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	for (char *at = sentence; *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	if (mark.line > 0)
		buf_format(&line, "%s:%d:%d: %s\n", mistakes->name, mark.line,
			   mark.column, sentence);
	else
		buf_format(&line, "%s: %s\n", mistakes->name, sentence);
	if (mistakes->untold > 0 || line.is_over ||
	    mistakes->buf->size + line.size + 64 > mistakes->buf->max)
		mistakes->untold++;
	else
		buf_add(mistakes->buf, buf_text(&line));
}

static struct config *config_new(const struct config_schema *schema)
{
	struct arena *arena = arena_new(ARENA_BUDGET);
	struct config *config = ARENA_NEW(arena, struct config);

	config->arena = arena;
	config->schema = schema;
	config->slots = ARENA_ARRAY(arena, struct config_slot, schema->count);
	for (size_t i = 0; i < schema->count; i++) {
		const struct config_row *row = &schema->rows[i];
		bool is_one = row->type != CONFIG_LIST &&
			      !config_row_is_in_list(row);

		config->slots[i].count = is_one;
		config->slots[i].values =
			ARENA_ARRAY(arena, struct config_value, 1);
	}
	return config;
}

void config_free(struct config **config)
{
	struct arena *arena;

	if (*config == NULL)
		return;
	arena = (*config)->arena;
	*config = NULL;
	arena_free(&arena);
}

/* ---- the environment ---- */

static char environment_letter(char c)
{
	if (c == '.')
		return '_';
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* Whether NAME=value is the row's; its value then. */
static bool is_variable_of(const struct config_row *row, const char *variable,
			   struct text *value_out)
{
	struct text all = text_from(variable);
	struct text name = text_from(row->name);
	struct text rest;

	if (!text_starts_with(all, TEXT(ENVIRONMENT_PREFIX)))
		return false;
	rest = text_from_byte(all, strlen(ENVIRONMENT_PREFIX));
	if (rest.size <= name.size || rest.at[name.size] != '=')
		return false;
	for (size_t i = 0; i < name.size; i++)
		if (rest.at[i] != environment_letter(name.at[i]))
			return false;
	*value_out = text_from_byte(rest, name.size + 1);
	return true;
}

static void fill_from_environment(struct config_reading *reading,
				  const char *const *environment)
{
	const struct config_schema *schema = reading->config->schema;
	const char *file = reading->mistakes->name;
	struct text value;

	reading->mistakes->name = "environment";
	reading->folder = TEXT_ABSENT;
	for (; environment != NULL && *environment != NULL; environment++)
		for (size_t i = 0; i < schema->count; i++)
			if (schema->rows[i].type != CONFIG_LIST &&
			    !config_row_is_in_list(&schema->rows[i]) &&
			    is_variable_of(&schema->rows[i], *environment,
					   &value))
				config_set(reading, i, 0, value,
					   (struct config_mark){0});
	reading->mistakes->name = file;
}

/* ---- what was not given ---- */

static void fill_default(struct config *config, size_t i,
			 struct config_value *value)
{
	const struct config_row *row = &config->schema->rows[i];
	char why[CONFIG_WHY_SIZE];

	if (row->otherwise == NULL || value->is_set)
		return;
	value->is_set = true;
	MUST(config_value_parse(config->arena, row, text_from(row->otherwise),
				value, why));
}

static void fill_defaults(struct config *config)
{
	for (size_t i = 0; i < config->schema->count; i++)
		for (size_t j = 0; j < config->slots[i].count; j++)
			if (config->schema->rows[i].type != CONFIG_LIST)
				fill_default(config, i,
					     &config->slots[i].values[j]);
}

static bool is_given(const struct config *config, size_t i)
{
	const struct config_slot *slot = &config->slots[i];

	if (config->schema->rows[i].type == CONFIG_LIST)
		return slot->count > 0;
	return slot->count > 0 && slot->values[0].is_set;
}

static size_t find_row(const struct config_schema *schema, const char *name)
{
	size_t i = 0;

	while (i < schema->count &&
	       !text_equal(text_from(schema->rows[i].name), text_from(name)))
		i++;
	MUST(i < schema->count);
	return i;
}

/* Whether the row that stands for this one is given. */
static bool is_stood_for(const struct config *config, size_t i)
{
	const struct config_row *row = &config->schema->rows[i];

	return row->instead != NULL &&
	       is_given(config, find_row(config->schema, row->instead));
}

static void check_instead(struct config_reading *reading)
{
	const struct config *config = reading->config;

	for (size_t i = 0; i < config->schema->count; i++)
		if (is_given(config, i) && is_stood_for(config, i))
			config_mistake(reading->mistakes,
				       config->slots[i].values[0].mark,
				       "\"%s\" and \"%s\" are both given: one "
				       "of them is meant",
				       config->schema->rows[i].name,
				       config->schema->rows[i].instead);
}

static void check_required(struct config_reading *reading)
{
	const struct config_schema *schema = reading->config->schema;

	for (size_t i = 0; i < schema->count; i++) {
		const struct config_row *row = &schema->rows[i];

		if (!row->is_required || config_row_is_in_list(row) ||
		    is_given(reading->config, i) ||
		    is_stood_for(reading->config, i))
			continue;
		config_mistake(reading->mistakes, (struct config_mark){0},
			       "\"%s\" is missing: %s", row->name, row->help);
	}
}

/* Rows that go together, such as a certificate and its key. */
static void check_needs(struct config_reading *reading)
{
	const struct config *config = reading->config;

	for (size_t i = 0; i < config->schema->count; i++) {
		const struct config_row *row = &config->schema->rows[i];
		size_t needed;

		if (row->needs == NULL)
			continue;
		needed = find_row(config->schema, row->needs);
		for (size_t j = 0; j < config->slots[i].count; j++) {
			struct config_value *value =
				&config->slots[i].values[j];

			if (!value->is_set ||
			    config->slots[needed].values[j].is_set)
				continue;
			config_mistake(reading->mistakes, value->mark,
				       "\"%s\" needs \"%s\" beside it",
				       row->name, row->needs);
		}
	}
}

/* ---- in ---- */

static struct text folder_of(const char *file)
{
	const char *slash = strrchr(file, '/');

	if (slash == NULL)
		return TEXT_ABSENT;
	return text_of(file, (size_t)(slash - file));
}

static outcome refuse(struct config_mistakes *mistakes)
{
	if (mistakes->untold > 0)
		buf_format(mistakes->buf, "%s: %zu more mistakes\n",
			   mistakes->name, mistakes->untold);
	return REFUSED;
}

outcome config_parse(const struct config_input *input,
		     const struct config_schema *schema, struct buf *mistakes,
		     struct config **config_out)
{
	CLEANUP(config_free) struct config *config = config_new(schema);
	struct config_mistakes found = {.name = input->name, .buf = mistakes};
	struct config_reading reading = {config, &found,
					 folder_of(input->name)};
	struct config_node *root;
	outcome read;

	if (input->text.size > CONFIG_SIZE_MAX) {
		config_mistake(&found, (struct config_mark){0},
			       "the file is larger than %zu KiB",
			       CONFIG_SIZE_MAX / 1024);
		return REFUSED;
	}
	read = config_tree(config->arena, input->text, &found, &root);
	if (read != DONE)
		return read;
	config_fill(&reading, root);
	fill_from_environment(&reading, input->environment);
	check_required(&reading);
	check_needs(&reading);
	check_instead(&reading);
	if (found.count > 0)
		return refuse(&found);
	fill_defaults(config);
	*config_out = TAKE(config);
	return DONE;
}

static outcome refuse_file(const char *file, struct buf *mistakes)
{
	buf_format(mistakes, "%s: cannot be read: %s\n", file, strerror(errno));
	return REFUSED;
}

/* Reads one byte more than is allowed, so that config_parse notices. */
static outcome read_file(int fd, struct buf *bytes)
{
	char *at = buf_reserve(bytes, CONFIG_SIZE_MAX + 1);
	ssize_t got = 1;

	while (got > 0 && bytes->size <= CONFIG_SIZE_MAX) {
		got = read(fd, at + bytes->size,
			   CONFIG_SIZE_MAX + 1 - bytes->size);
		if (got < 0 && errno != EINTR)
			return REFUSED;
		if (got > 0)
			buf_advance(bytes, (size_t)got);
		if (got < 0)
			got = 1;
	}
	return DONE;
}

outcome config_load(const char *file, const char *const *environment,
		    const struct config_schema *schema, struct buf *mistakes,
		    struct config **config_out)
{
	CLEANUP(buf_wipe) struct buf bytes = buf_init(CONFIG_SIZE_MAX + 1);
	struct config_input input = {.name = file, .environment = environment};
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	outcome read;

	if (fd < 0)
		return refuse_file(file, mistakes);
	read = read_file(fd, &bytes);
	if (read != DONE)
		read = refuse_file(file, mistakes);
	close(fd);
	TRY(read);
	input.text = buf_text(&bytes);
	return config_parse(&input, schema, mistakes, config_out);
}

struct config *config_of_defaults(const struct config_schema *schema)
{
	struct config *config = config_new(schema);

	fill_defaults(config);
	return config;
}
