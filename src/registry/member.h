/* SPDX-License-Identifier: Apache-2.0 */
/* Members of an entry as rows: name, type, where they go, what they may be. */
#pragma once

#include "registry/internal.h"

/*
 *  STRING    a string into a struct text
 *  WORDS     an array of strings without spaces, joined with spaces
 *  FLAG      a boolean into a bool
 *  CHOICE    a boolean into an enum choice
 *  SPAN      whole seconds into an int64_t, min to max
 *  FORMAT    "jwt" or "opaque" into an enum access_token_format
 *  ELSEWHERE known, but read by the list's own code
 */
enum member_kind {
	MEMBER_STRING,
	MEMBER_WORDS,
	MEMBER_FLAG,
	MEMBER_CHOICE,
	MEMBER_SPAN,
	MEMBER_FORMAT,
	MEMBER_ELSEWHERE,
};

/* REFUSED with a sentence (static) about one string of it. */
typedef outcome member_check(struct text value, const char **why_out);

struct member {
	const char *name;
	enum member_kind kind;
	size_t offset; /* in the draft */
	member_check *check; /* NULL: any */
	const char *among; /* words that it may be; NULL: any */
	int64_t min; /* SPAN */
	int64_t max; /* SPAN; STRING: bytes, 0: 255 */
};

struct member_table {
	const struct member *rows;
	size_t count;
};

/* Reads `entry` into `draft`. A member that is null counts as absent; one that
 * no row knows is dropped with a warning; all else that does not fit is a
 * mistake. false, with a mistake, when the entry is not an object. */
bool member_read(struct reading *reading, const struct place *place,
		 const struct member_table *table, const struct json *entry,
		 void *draft) MUST_USE;
/* A member that is there and not null, else NULL. */
const struct json *member_find(const struct json *entry, const char *name);
/* A short piece of a value for a sentence, with an ellipsis when cut. */
const char *member_show(struct reading *reading, struct text value);
