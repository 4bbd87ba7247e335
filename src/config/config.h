/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's file, held against schema rows: one immutable snapshot. */
#pragma once

#include "base/buf.h"
#include "config/schema.h"

struct config;

#define CONFIG_SIZE_MAX ((size_t)256 * 1024)
#define CONFIG_DEPTH_MAX 8
#define CONFIG_NODE_COUNT_MAX 4096
#define CONFIG_LIST_COUNT_MAX 64
/* Room for mistakes in a buffer; further ones are counted, not told. */
#define CONFIG_MISTAKES_MAX ((size_t)32 * 1024)

/*
 * One file as text. `environment` is as `environ`, or NULL: LICET_STORE_SQLITE_
 * FOLDER=… goes before the file's store.sqlite.folder; list entries have no
 * such names; variables that name no setting are left alone.
 */
struct config_input {
	const char *name; /* for sentences, and the folder of relative paths */
	struct text text;
	const char *const *environment;
};

/*
 * REFUSED: *mistakes has one sentence per line for every mistake that there is,
 * "licet.yaml:12:5: …" (line and column from 1). `schema` is borrowed and must
 * outlive the snapshot; what is wrong in it is our own bug.
 */
outcome config_parse(const struct config_input *input,
		     const struct config_schema *schema, struct buf *mistakes,
		     struct config **config_out) MUST_USE;
/* The same of a file; REFUSED, too, when it cannot be read. */
outcome config_load(const char *file, const char *const *environment,
		    const struct config_schema *schema, struct buf *mistakes,
		    struct config **config_out) MUST_USE;
/* What holds when there is no file at all: every default. Rows that are
 * required are absent. */
struct config *config_of_defaults(const struct config_schema *schema);
void config_free(struct config **config);

/*
 * Reads. `name` must be a row's and of a type that fits: else our own bug. A
 * setting that is neither given nor has a default is absent text, 0, false.
 */
struct text config_text(const struct config *config, const char *name);
/* TEXT, PATH, CHOICE, with a NUL behind it; NULL when absent. */
const char *config_string(const struct config *config, const char *name);
/* INTEGER; DURATION in seconds; SIZE in bytes. */
int64_t config_integer(const struct config *config, const char *name);
bool config_boolean(const struct config *config, const char *name);
/* Whether it has a value: given, or by default. */
bool config_has(const struct config *config, const char *name);

/* The same for entries of a list: config_count(config, "listeners") entries,
 * then config_item_integer(config, "listeners[].port", index). */
size_t config_count(const struct config *config, const char *list);
const char *config_item_string(const struct config *config, const char *name,
			       size_t index);
int64_t config_item_integer(const struct config *config, const char *name,
			    size_t index);
bool config_item_boolean(const struct config *config, const char *name,
			 size_t index);
