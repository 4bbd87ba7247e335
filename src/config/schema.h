/* SPDX-License-Identifier: Apache-2.0 */
/* What a setting is: the rows that rooms declare and the file is held against.
 */
#pragma once

#include "base/text.h"

/*
 * How a value is written, and what a reader of the snapshot finds:
 *  TEXT      any one-line text
 *  PATH      a file or folder; a relative one starts at the file's folder
 *  INTEGER   decimal digits
 *  DURATION  digits and s, m, h or d ("10s", "30d"): seconds
 *  SIZE      digits and B, KiB, MiB or GiB ("64KiB"): bytes
 *  BOOLEAN   true or false
 *  CHOICE    one word of `choices`
 *  LIST      the list itself, whose entries the rows "name[]…" describe;
 *            min and max bound how many entries it has
 */
enum config_type {
	CONFIG_TEXT,
	CONFIG_PATH,
	CONFIG_INTEGER,
	CONFIG_DURATION,
	CONFIG_SIZE,
	CONFIG_BOOLEAN,
	CONFIG_CHOICE,
	CONFIG_LIST,
};

/*
 * `name` is the path of keys: "store.sqlite.folder". "[]" behind a key says
 * that its value is a list: "listeners[].port" stands in each entry of
 * `listeners`. There is at most one "[]" in a name, and then a row of type LIST
 * for the list itself.
 */
struct config_row {
	const char *name;
	enum config_type type;
	bool is_required; /* in each entry, for a list's members */
	/* As it would be written; NULL: none. */
	const char *otherwise;
	/* INTEGER, DURATION (seconds), SIZE (bytes), LIST (entries): both ends
	 * allowed; max 0: none. TEXT: bytes. */
	int64_t min;
	int64_t max;
	const char *choices; /* CHOICE: words between spaces */
	const char *needs; /* another row that must be given with this one */
	const char *instead; /* another row that stands for this one: only one
				of the two is given; outside lists */
	const char *help; /* one sentence for the operator */
};

struct config_schema {
	const struct config_row *rows;
	size_t count;
};
