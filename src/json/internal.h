/* SPDX-License-Identifier: Apache-2.0 */
/* What a parsed value is made of, and what parses it. */
#pragma once

#include "json/json.h"

struct json_member;

struct json {
	enum json_type type;
	bool is_true; /* of a boolean */
	size_t count; /* of an array or object */
	union {
		int64_t integer;
		double real;
		struct text text; /* NUL follows */
		const struct json *items;
		const struct json_member *members;
	};
};

struct json_member {
	struct text name;
	struct json value;
};

struct json_parser {
	struct arena *arena;
	char *start; /* a copy, in which strings are decoded; NUL follows */
	char *at;
	char *end;
	int depth;
	const char *mistake; /* NULL until there is one, which is before `at` */
	/* What has been read of arrays and objects that have not ended. */
	struct json_member *waiting;
	size_t waiting_count;
	size_t waiting_max;
	struct json_member *heap; /* `waiting`, when it is there */
};

/* ---- parse.c ---- */

/* Keeps the first mistake, and returns false. Never a word of the text: it may be
 * a secret. */
bool json_parser_fail(struct json_parser *parser, const char *mistake);
/* The same at the byte that `at` stands on. */
bool json_parser_fail_here(struct json_parser *parser, const char *expected);

/* ---- token.c: each begins at its first byte; false: a mistake ---- */

/* At the opening quote; decoded in place, where NUL takes the closing one's. */
bool json_token_string(struct json_parser *parser, struct text *text_out);
bool json_token_number(struct json_parser *parser, struct json *value);
/* true, false or null. */
bool json_token_word(struct json_parser *parser, struct json *value);
