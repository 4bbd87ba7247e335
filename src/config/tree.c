/* SPDX-License-Identifier: Apache-2.0 */
/* Reads YAML into a small bounded tree (libyaml); no anchors, no tags. */
#include <stdarg.h>
#include <yaml.h>

#include "config/internal.h"

struct tree {
	struct arena *arena;
	struct config_mistakes *mistakes;
	yaml_parser_t parser;
	struct config_node *open[CONFIG_DEPTH_MAX];
	size_t depth;
	size_t node_count;
	struct config_node *root;
	bool is_over; /* the document has ended */
};

static struct config_mark mark_of(yaml_mark_t mark)
{
	return (struct config_mark){(int)mark.line + 1, (int)mark.column + 1};
}

static outcome refuse_at(struct tree *tree, yaml_mark_t mark, const char *what)
{
	config_mistake(tree->mistakes, mark_of(mark), "%s", what);
	return REFUSED;
}

static outcome refuse_syntax(struct tree *tree)
{
	const yaml_parser_t *parser = &tree->parser;
	const char *problem = parser->problem;

	if (parser->error == YAML_MEMORY_ERROR)
		return BROKEN;
	config_mistake(tree->mistakes, mark_of(parser->problem_mark),
		       "this is not YAML: %s%s%s%s",
		       problem ? problem : "unreadable bytes",
		       parser->context ? ", " : "",
		       parser->context ? parser->context : "",
		       problem && strstr(problem, "cannot start any token")
			       ? " (is it a tab? indent with spaces)"
			       : "");
	return REFUSED;
}

static void append(struct config_node *parent, struct config_node *node)
{
	if (parent->last != NULL)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
	parent->count++;
}

static outcome add(struct tree *tree, const yaml_event_t *event,
		   enum config_node_kind kind, struct config_node **node_out)
{
	struct config_node *node;

	if (++tree->node_count > CONFIG_NODE_COUNT_MAX)
		return refuse_at(tree, event->start_mark,
				 "the file has too many values");
	node = ARENA_NEW(tree->arena, struct config_node);
	node->kind = kind;
	node->mark = mark_of(event->start_mark);
	if (tree->depth > 0)
		append(tree->open[tree->depth - 1], node);
	else
		tree->root = node;
	*node_out = node;
	return DONE;
}

static outcome open_node(struct tree *tree, const yaml_event_t *event,
			 enum config_node_kind kind)
{
	struct config_node *node;

	TRY(add(tree, event, kind, &node));
	if (tree->depth == CONFIG_DEPTH_MAX)
		return refuse_at(tree, event->start_mark,
				 "the file is nested too deeply");
	tree->open[tree->depth++] = node;
	return DONE;
}

static bool is_null(const yaml_event_t *event, struct text value)
{
	return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (value.size == 0 || text_equal(value, TEXT("~")) ||
		text_equal(value, TEXT("null")));
}

static outcome add_value(struct tree *tree, const yaml_event_t *event)
{
	struct text value =
		text_of(event->data.scalar.value, event->data.scalar.length);
	struct config_node *node;

	TRY(add(tree, event, CONFIG_NODE_VALUE, &node));
	node->value = arena_copy(tree->arena, value);
	node->is_null = is_null(event, value);
	return DONE;
}

/* An alias, or a node with an anchor or a tag. */
static bool is_marked(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.anchor ||
		       event->data.mapping_start.tag;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.anchor ||
		       event->data.sequence_start.tag;
	case YAML_SCALAR_EVENT:
		return event->data.scalar.anchor || event->data.scalar.tag;
	case YAML_ALIAS_EVENT:
		return true;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return false;
	}
	return true;
}

static outcome take(struct tree *tree, const yaml_event_t *event)
{
	if (is_marked(event))
		return refuse_at(
			tree, event->start_mark,
			"anchors (&), aliases (*) and tags (!) have no "
			"meaning here; quote the value if it begins "
			"so");
	switch (event->type) {
	case YAML_MAPPING_START_EVENT:
		return open_node(tree, event, CONFIG_NODE_MAP);
	case YAML_SEQUENCE_START_EVENT:
		return open_node(tree, event, CONFIG_NODE_LIST);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		tree->depth--;
		return DONE;
	case YAML_SCALAR_EVENT:
		return add_value(tree, event);
	case YAML_DOCUMENT_START_EVENT:
		if (tree->root != NULL)
			return refuse_at(tree, event->start_mark,
					 "the file holds a second document");
		return DONE;
	case YAML_STREAM_END_EVENT:
		tree->is_over = true;
		return DONE;
	case YAML_ALIAS_EVENT:
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return DONE;
	}
	return BROKEN;
}

static outcome read_events(struct tree *tree)
{
	while (!tree->is_over) {
		yaml_event_t event;
		outcome taken;

		if (!yaml_parser_parse(&tree->parser, &event))
			return refuse_syntax(tree);
		taken = take(tree, &event);
		yaml_event_delete(&event);
		TRY(taken);
	}
	return DONE;
}

outcome config_tree(struct arena *arena, struct text text,
		    struct config_mistakes *mistakes,
		    struct config_node **root_out)
{
	struct tree tree = {.arena = arena, .mistakes = mistakes};
	outcome read;

	MUST(yaml_parser_initialize(&tree.parser));
	yaml_parser_set_encoding(&tree.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
		&tree.parser, (const unsigned char *)(text.at ? text.at : ""),
		text.size);
	read = read_events(&tree);
	yaml_parser_delete(&tree.parser);
	*root_out = tree.root;
	return read;
}
