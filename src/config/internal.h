/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share: the file's tree, mistakes, values. */
#pragma once

#include "config/config.h"

/* Where something stands; line 0: nowhere in the file. */
struct config_mark {
	int line;
	int column;
};

enum config_node_kind {
	CONFIG_NODE_VALUE,
	CONFIG_NODE_MAP,
	CONFIG_NODE_LIST,
};

/* The file as a tree; a map's children are key, value, key, value. */
struct config_node {
	enum config_node_kind kind;
	struct config_mark mark;
	bool is_null; /* VALUE: written as nothing, ~ or null */
	struct text value;
	struct config_node *first;
	struct config_node *last;
	struct config_node *next;
	size_t count; /* children */
};

/* What has been found wrong so far. */
struct config_mistakes {
	const char *name; /* the file's */
	struct buf *buf;
	size_t count;
	size_t untold;
};

void config_mistake(struct config_mistakes *mistakes, struct config_mark mark,
		    const char *format, ...) PRINTF_LIKE(3, 4);

/* Reads all of the text into a tree in the arena. REFUSED with a mistake; NULL
 * when there is nothing in it but comments. */
outcome config_tree(struct arena *arena, struct text text,
		    struct config_mistakes *mistakes,
		    struct config_node **root_out) MUST_USE;

/* A row's value. */
struct config_value {
	bool is_set;
	struct text text; /* NUL behind it */
	int64_t integer;
	struct config_mark mark;
};

/* Reads one value as its row's type says. false with a sentence in `why`. */
#define CONFIG_WHY_SIZE 256
bool config_value_parse(struct arena *arena, const struct config_row *row,
			struct text written, struct config_value *value,
			char why[CONFIG_WHY_SIZE]) MUST_USE;

/* Values of one row: one, or as many as its list has entries. */
struct config_slot {
	struct config_value *values;
	size_t count;
};

struct config {
	struct arena *arena;
	const struct config_schema *schema;
	struct config_slot *slots; /* one per row */
};

/* The file while it is held against the rows. */
struct config_reading {
	struct config *config;
	struct config_mistakes *mistakes;
	struct text folder; /* of the file, for relative paths */
};

/* Fills the slots from the tree; what is wrong becomes mistakes. */
void config_fill(struct config_reading *reading,
		 const struct config_node *root);
/* Sets one slot's value from what was written. */
void config_set(struct config_reading *reading, size_t row, size_t index,
		struct text written, struct config_mark mark);
/* The part of a row's name before "[]"; the whole when there is none. */
struct text config_row_list(const struct config_row *row);
bool config_row_is_in_list(const struct config_row *row);
