/* SPDX-License-Identifier: Apache-2.0 */
/* Holds the file's tree against the schema's rows. */
#include "base/nearest.h"
#include "config/internal.h"

/* Where the walk is: the rows' spelling of it, and the operator's. */
struct place {
	struct text name; /* "" or "listeners[]." */
	struct text shown; /* "" or "listeners[0]." */
	size_t index; /* in the list that we are in, else 0 */
};

static void fill_map(struct config_reading *reading,
		     const struct config_node *map, const struct place *place);

static const struct config_row *row_at(const struct config_reading *reading,
				       size_t i)
{
	return &reading->config->schema->rows[i];
}

static size_t row_count(const struct config_reading *reading)
{
	return reading->config->schema->count;
}

bool config_row_is_in_list(const struct config_row *row)
{
	return strstr(row->name, "[]") != NULL;
}

struct text config_row_list(const struct config_row *row)
{
	struct text name = text_from(row->name);

	return text_first(name, text_find(name, TEXT("[]")));
}

/* Makes what a relative path starts at part of it. */
static void resolve_path(struct config_reading *reading,
			 const struct config_row *row,
			 struct config_value *value)
{
	if (row->type != CONFIG_PATH || !text_is_present(reading->folder) ||
	    value->text.at[0] == '/')
		return;
	value->text = arena_format(reading->config->arena, "%.*s/%.*s",
				   TEXT_ARG(reading->folder),
				   TEXT_ARG(value->text));
}

static void set_value(struct config_reading *reading, size_t i,
		      const struct place *place, struct text shown,
		      const struct config_node *node)
{
	struct config_value *value =
		&reading->config->slots[i].values[place->index];
	char why[CONFIG_WHY_SIZE];

	value->mark = node->mark;
	value->is_set = true;
	if (!config_value_parse(reading->config->arena, row_at(reading, i),
				node->value, value, why)) {
		config_mistake(reading->mistakes, node->mark,
			       "\"%.*s\" %s, not \"%.*s\"", TEXT_ARG(shown),
			       why, TEXT_ARG(text_first(node->value, 60)));
		return;
	}
	resolve_path(reading, row_at(reading, i), value);
}

void config_set(struct config_reading *reading, size_t row, size_t index,
		struct text written, struct config_mark mark)
{
	const struct place place = {.index = index};
	const struct config_node node = {.value = written, .mark = mark};

	set_value(reading, row, &place, text_from(row_at(reading, row)->name),
		  &node);
}

static void fill_value(struct config_reading *reading, size_t i,
		       const struct place *place, struct text shown,
		       const struct config_node *node)
{
	if (node->kind != CONFIG_NODE_VALUE)
		config_mistake(
			reading->mistakes, node->mark,
			"\"%.*s\" is one value, not a %s", TEXT_ARG(shown),
			node->kind == CONFIG_NODE_LIST ? "list" : "section");
	else if (node->is_null)
		config_mistake(reading->mistakes, node->mark,
			       "\"%.*s\" has no value: give it one, or take "
			       "the line out",
			       TEXT_ARG(shown));
	else
		set_value(reading, i, place, shown, node);
}

/* Whether a row's name is `name`, or goes on with `behind` after it. */
static bool row_is(const struct config_row *row, struct text name,
		   struct text behind)
{
	struct text whole = text_from(row->name);

	return text_starts_with(whole, name) &&
	       (behind.size == 0
			? whole.size == name.size
			: text_starts_with(text_from_byte(whole, name.size),
					   behind));
}

/* The first such row, or row_count. */
static size_t find_row(const struct config_reading *reading, struct text name,
		       struct text behind)
{
	size_t i = 0;

	while (i < row_count(reading) &&
	       !row_is(row_at(reading, i), name, behind))
		i++;
	return i;
}

/* A place for each entry's values in the slots of the list's rows. */
static void prepare_list(struct config_reading *reading, struct text name,
			 size_t count)
{
	struct config *config = reading->config;

	for (size_t i = 0; i < row_count(reading); i++) {
		if (!row_is(row_at(reading, i), name, TEXT("[]")) &&
		    !row_is(row_at(reading, i), name, TEXT("")))
			continue;
		config->slots[i].count = count;
		config->slots[i].values = ARENA_ARRAY(
			config->arena, struct config_value, count ? count : 1);
	}
}

static void check_list_size(struct config_reading *reading, struct text name,
			    struct text shown, const struct config_node *node)
{
	const struct config_row *row =
		row_at(reading, find_row(reading, name, TEXT("")));
	size_t max = row->max ? (size_t)row->max : CONFIG_LIST_COUNT_MAX;

	if (node->count < (size_t)row->min)
		config_mistake(reading->mistakes, node->mark,
			       "\"%.*s\" must have at least %d entries",
			       TEXT_ARG(shown), (int)row->min);
	if (node->count > max)
		config_mistake(reading->mistakes, node->mark,
			       "\"%.*s\" must have at most %zu entries",
			       TEXT_ARG(shown), max);
}

static void check_required_in_entry(struct config_reading *reading,
				    const struct place *place,
				    struct config_mark mark)
{
	for (size_t i = 0; i < row_count(reading); i++) {
		const struct config_row *row = row_at(reading, i);
		struct text name = text_from(row->name);

		if (!row->is_required || !text_starts_with(name, place->name) ||
		    reading->config->slots[i].values[place->index].is_set)
			continue;
		name = text_from_byte(name, place->name.size);
		config_mistake(reading->mistakes, mark,
			       "\"%.*s%.*s\" is missing: %s",
			       TEXT_ARG(place->shown), TEXT_ARG(name),
			       row->help);
	}
}

static void fill_entry(struct config_reading *reading, struct text list,
		       struct text shown, size_t index,
		       const struct config_node *entry)
{
	struct arena *arena = reading->config->arena;
	struct place place = {
		.name = arena_format(arena, "%.*s[].", TEXT_ARG(list)),
		.shown = arena_format(arena, "%.*s[%zu].", TEXT_ARG(shown),
				      index),
		.index = index,
	};
	struct text item = text_first(place.name, place.name.size - 1);
	size_t i = find_row(reading, item, TEXT(""));

	if (i < row_count(reading)) {
		fill_value(reading, i, &place,
			   text_first(place.shown, place.shown.size - 1),
			   entry);
		return;
	}
	if (entry->kind != CONFIG_NODE_MAP) {
		config_mistake(
			reading->mistakes, entry->mark,
			"\"%.*s\" is a section of settings, not a %s",
			TEXT_ARG(text_first(place.shown, place.shown.size - 1)),
			entry->kind == CONFIG_NODE_LIST ? "list" : "value");
		return;
	}
	fill_map(reading, entry, &place);
	check_required_in_entry(reading, &place, entry->mark);
}

static void fill_list(struct config_reading *reading, struct text name,
		      struct text shown, const struct config_node *node)
{
	size_t index = 0;

	if (node->kind != CONFIG_NODE_LIST) {
		config_mistake(reading->mistakes, node->mark,
			       "\"%.*s\" is a list: begin each entry with "
			       "\"- \"",
			       TEXT_ARG(shown));
		return;
	}
	prepare_list(reading, name, node->count);
	check_list_size(reading, name, shown, node);
	for (const struct config_node *entry = node->first; entry != NULL;
	     entry = entry->next)
		fill_entry(reading, name, shown, index++, entry);
}

static void fill_section(struct config_reading *reading,
			 const struct place *place, struct text name,
			 struct text shown, const struct config_node *node)
{
	struct arena *arena = reading->config->arena;
	struct place inner = {
		.name = arena_format(arena, "%.*s.", TEXT_ARG(name)),
		.shown = arena_format(arena, "%.*s.", TEXT_ARG(shown)),
		.index = place->index,
	};

	if (node->kind == CONFIG_NODE_VALUE && node->is_null)
		return;
	if (node->kind != CONFIG_NODE_MAP) {
		config_mistake(reading->mistakes, node->mark,
			       "\"%.*s\" is a section of settings, not a %s",
			       TEXT_ARG(shown),
			       node->kind == CONFIG_NODE_LIST ? "list"
							      : "value");
		return;
	}
	fill_map(reading, node, &inner);
}

/* The next key below a place in a row's name; absent when it is not below. */
static struct text key_below(const struct config_row *row, struct text place)
{
	struct text name = text_from(row->name);
	size_t end = 0;

	if (!text_starts_with(name, place))
		return TEXT_ABSENT;
	name = text_from_byte(name, place.size);
	while (end < name.size && name.at[end] != '.' && name.at[end] != '[')
		end++;
	return end > 0 ? text_first(name, end) : TEXT_ABSENT;
}

/* The whole name of a setting that is called so elsewhere; NULL when none is
 * or several are. */
static const char *name_elsewhere(const struct config_reading *reading,
				  struct text key)
{
	const char *found = NULL;

	for (size_t i = 0; i < row_count(reading); i++) {
		struct text name = text_from(row_at(reading, i)->name);

		if (name.size <= key.size || !text_ends_with(name, key) ||
		    name.at[name.size - key.size - 1] != '.')
			continue;
		if (found != NULL)
			return NULL;
		found = row_at(reading, i)->name;
	}
	return found;
}

/* The key of one that was written with dots instead of sections. */
static bool tell_dotted(struct config_reading *reading,
			const struct place *place,
			const struct config_node *key)
{
	struct text first =
		text_first(key->value, text_find_byte(key->value, '.'));
	struct text rest = text_from_byte(key->value, first.size + 1);
	struct text name = arena_format(reading->config->arena, "%.*s%.*s",
					TEXT_ARG(place->name),
					TEXT_ARG(key->value));

	if (rest.size == 0 ||
	    find_row(reading, name, TEXT("")) == row_count(reading))
		return false;
	config_mistake(reading->mistakes, key->mark,
		       "\"%.*s%.*s\" is not a setting here; write it as a "
		       "section: \"%.*s:\", and below it, indented, \"%.*s:\"",
		       TEXT_ARG(place->shown), TEXT_ARG(key->value),
		       TEXT_ARG(first), TEXT_ARG(rest));
	return true;
}

static void tell_unknown(struct config_reading *reading,
			 const struct place *place,
			 const struct config_node *key)
{
	struct nearest nearest = nearest_init(key->value);
	const char *elsewhere = name_elsewhere(reading, key->value);
	struct text shown = text_first(key->value, 60);

	for (size_t i = 0; i < row_count(reading); i++) {
		struct text below = key_below(row_at(reading, i), place->name);

		if (text_is_present(below))
			nearest_offer(&nearest, below);
	}
	if (text_is_present(nearest.best))
		config_mistake(reading->mistakes, key->mark,
			       "\"%.*s%.*s\" is not a setting here; did you "
			       "mean \"%.*s\"?",
			       TEXT_ARG(place->shown), TEXT_ARG(shown),
			       TEXT_ARG(nearest.best));
	else if (elsewhere != NULL)
		config_mistake(reading->mistakes, key->mark,
			       "\"%.*s%.*s\" is not a setting here; did you "
			       "mean \"%s\"?",
			       TEXT_ARG(place->shown), TEXT_ARG(shown),
			       elsewhere);
	else
		config_mistake(reading->mistakes, key->mark,
			       "\"%.*s%.*s\" is not a setting here",
			       TEXT_ARG(place->shown), TEXT_ARG(shown));
}

static void fill_member(struct config_reading *reading,
			const struct place *place,
			const struct config_node *key,
			const struct config_node *value)
{
	struct arena *arena = reading->config->arena;
	struct text name = arena_format(
		arena, "%.*s%.*s", TEXT_ARG(place->name), TEXT_ARG(key->value));
	struct text shown = arena_format(arena, "%.*s%.*s",
					 TEXT_ARG(place->shown),
					 TEXT_ARG(key->value));
	size_t i = find_row(reading, name, TEXT(""));

	if (text_find_byte(key->value, '.') < key->value.size ||
	    text_find_byte(key->value, '[') < key->value.size) {
		if (!tell_dotted(reading, place, key))
			tell_unknown(reading, place, key);
		return;
	}
	if (i < row_count(reading) && row_at(reading, i)->type == CONFIG_LIST)
		fill_list(reading, name, shown, value);
	else if (i < row_count(reading))
		fill_value(reading, i, place, shown, value);
	else if (find_row(reading, name, TEXT(".")) < row_count(reading))
		fill_section(reading, place, name, shown, value);
	else
		tell_unknown(reading, place, key);
}

/* The same key earlier in the map; NULL when this is the first. */
static const struct config_node *earlier_key(const struct config_node *map,
					     const struct config_node *key)
{
	const struct config_node *earlier = map->first;

	while (earlier != key && !text_equal(earlier->value, key->value))
		earlier = earlier->next->next;
	return earlier == key ? NULL : earlier;
}

static bool is_key(struct config_reading *reading,
		   const struct config_node *map, const struct config_node *key)
{
	const struct config_node *earlier;

	if (key->kind != CONFIG_NODE_VALUE || key->value.size == 0 ||
	    text_has_control(key->value)) {
		config_mistake(reading->mistakes, key->mark,
			       "a setting's name must stand here");
		return false;
	}
	earlier = earlier_key(map, key);
	if (earlier == NULL)
		return true;
	config_mistake(reading->mistakes, key->mark,
		       "\"%.*s\" stands here twice: first in line %d",
		       TEXT_ARG(text_first(key->value, 60)),
		       earlier->mark.line);
	return false;
}

static void fill_map(struct config_reading *reading,
		     const struct config_node *map, const struct place *place)
{
	const struct config_node *key;

	for (key = map->first; key != NULL; key = key->next->next)
		if (is_key(reading, map, key))
			fill_member(reading, place, key, key->next);
}

void config_fill(struct config_reading *reading, const struct config_node *root)
{
	const struct place top = {.name = TEXT(""), .shown = TEXT("")};

	if (root == NULL || (root->kind == CONFIG_NODE_VALUE && root->is_null))
		return;
	if (root->kind != CONFIG_NODE_MAP) {
		config_mistake(reading->mistakes, root->mark,
			       "the file must hold settings, as in "
			       "\"name: value\"");
		return;
	}
	fill_map(reading, root, &top);
}
