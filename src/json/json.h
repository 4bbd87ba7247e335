/* SPDX-License-Identifier: Apache-2.0 */
/* Strict JSON in (RFC 8259, I-JSON RFC 7493): bounded, no duplicate members. */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

/* A value: borrowed from its document, which frees it. */
struct json;
/* A parsed document, owned. */
struct json_document;

#define JSON_DEPTH_MAX 32

struct json_mistake {
	int line; /* from 1 */
	int column; /* from 1 */
	char what[160];
};

/*
 * Parses all of `text`, at most `size_max` bytes and JSON_DEPTH_MAX deep.
 * REFUSED, with the place, for anything that is not well-formed: duplicate
 * members, bad UTF-8, lone surrogates, NUL (also \u0000), numbers out of range,
 * bytes after the value. `mistake_out` may be NULL.
 */
outcome json_parse(struct text text, size_t size_max,
		   struct json_document **document_out,
		   struct json_mistake *mistake_out) MUST_USE;
void json_document_free(struct json_document **document);
const struct json *json_root(const struct json_document *document);

enum json_type {
	JSON_OBJECT,
	JSON_ARRAY,
	JSON_STRING,
	JSON_INTEGER,
	JSON_REAL,
	JSON_BOOLEAN,
	JSON_NULL,
};

enum json_type json_type(const struct json *value);
/* "an object", "a string", …: for sentences about what came. */
const char *json_type_name(const struct json *value);
static inline bool json_is(const struct json *value, enum json_type type)
{
	return value != NULL && json_type(value) == type;
}

/* A member's value, NULL when there is none or `object` is not an object. */
const struct json *json_find(const struct json *object, const char *name);

/* Absent text when the value is NULL or not a string. */
struct text json_text(const struct json *value);
/* false when the value is NULL or not an integer. (jansson, which other libraries
 * bring along, exports a function of the same name: to the linker, ours is
 * another.) */
bool json_integer(const struct json *value,
		  int64_t *value_out) __asm__("licet_json_integer");
/* The number as it stands, integer or real; false when it is neither. */
bool json_real(const struct json *value,
	       double *value_out) __asm__("licet_json_real");
/* The boolean, or `otherwise` when the value is NULL or not a boolean. */
bool json_boolean(const struct json *value, bool otherwise);

size_t json_count(const struct json *array_or_object);
const struct json *json_at(const struct json *array, size_t index);

/* Walks an object's members in their order: start with *at = NULL; false at the
 * end. */
bool json_next(const struct json *object, void **at, struct text *name_out,
	       const struct json **value_out);

/* Whether `array` holds the string `word`, or `array` is that string itself. */
bool json_has_text(const struct json *array, struct text word);
