/* SPDX-License-Identifier: Apache-2.0 */
/* Typed reads from the snapshot; asking for what is no setting is our bug. */
#include "config/internal.h"

static size_t find_row(const struct config *config, const char *name)
{
	const struct config_schema *schema = config->schema;
	size_t i = 0;

	while (i < schema->count && strcmp(schema->rows[i].name, name) != 0)
		i++;
	MUST(i < schema->count);
	return i;
}

static const struct config_value *
find(const struct config *config, const char *name, bool is_item, size_t index)
{
	size_t i = find_row(config, name);

	MUST(config->schema->rows[i].type != CONFIG_LIST);
	MUST(config_row_is_in_list(&config->schema->rows[i]) == is_item);
	MUST(index < config->slots[i].count);
	return &config->slots[i].values[index];
}

static bool is_words(const struct config *config, const char *name)
{
	enum config_type type =
		config->schema->rows[find_row(config, name)].type;

	return type == CONFIG_TEXT || type == CONFIG_PATH ||
	       type == CONFIG_CHOICE;
}

static bool is_boolean(const struct config *config, const char *name)
{
	return config->schema->rows[find_row(config, name)].type ==
	       CONFIG_BOOLEAN;
}

struct text config_text(const struct config *config, const char *name)
{
	const struct config_value *value = find(config, name, false, 0);

	MUST(is_words(config, name));
	return value->is_set ? value->text : TEXT_ABSENT;
}

const char *config_string(const struct config *config, const char *name)
{
	return config_text(config, name).at;
}

int64_t config_integer(const struct config *config, const char *name)
{
	MUST(!is_words(config, name) && !is_boolean(config, name));
	return find(config, name, false, 0)->integer;
}

bool config_boolean(const struct config *config, const char *name)
{
	MUST(is_boolean(config, name));
	return find(config, name, false, 0)->integer != 0;
}

bool config_has(const struct config *config, const char *name)
{
	return find(config, name, false, 0)->is_set;
}

size_t config_count(const struct config *config, const char *list)
{
	size_t i = find_row(config, list);

	MUST(config->schema->rows[i].type == CONFIG_LIST);
	return config->slots[i].count;
}

const char *config_item_string(const struct config *config, const char *name,
			       size_t index)
{
	const struct config_value *value = find(config, name, true, index);

	MUST(is_words(config, name));
	return value->is_set ? value->text.at : NULL;
}

int64_t config_item_integer(const struct config *config, const char *name,
			    size_t index)
{
	MUST(!is_words(config, name) && !is_boolean(config, name));
	return find(config, name, true, index)->integer;
}

bool config_item_boolean(const struct config *config, const char *name,
			 size_t index)
{
	MUST(is_boolean(config, name));
	return find(config, name, true, index)->integer != 0;
}
