/* SPDX-License-Identifier: Apache-2.0 */
/* Append-only JSON out; commas and escapes are its own affair. */
#pragma once

#include "base/buf.h"
#include "json/json.h"

/* Writes compact JSON into a buffer. Zero-initialise and set `buf`. */
struct json_writer {
	struct buf *buf;
	bool needs_comma;
};

void json_open_object(struct json_writer *writer);
void json_close_object(struct json_writer *writer);
void json_open_array(struct json_writer *writer);
void json_close_array(struct json_writer *writer);

/* `"name":`, after which exactly one value must follow. A `name` is a literal
 * that needs no escape, here and below; any other is a text. */
void json_name(struct json_writer *writer, const char *name);
void json_name_text(struct json_writer *writer, struct text name);

/* Values. A string's bytes must be UTF-8; what is not becomes U+FFFD. */
void json_write_text(struct json_writer *writer, struct text value);
void json_write_integer(struct json_writer *writer, int64_t value);
void json_write_boolean(struct json_writer *writer, bool value);
void json_write_null(struct json_writer *writer);
/* Bytes that are JSON already. */
void json_write_raw(struct json_writer *writer, struct text json);
/* A copy of a parsed value. */
void json_write_value(struct json_writer *writer, const struct json *value);

/* Name and value in one. */
void json_member_text(struct json_writer *writer, const char *name,
		      struct text value);
/* One that is known to need no escape: a token, base64url. */
void json_member_plain(struct json_writer *writer, const char *name,
		       struct text value);
void json_member_string(struct json_writer *writer, const char *name,
			const char *terminated);
void json_member_integer(struct json_writer *writer, const char *name,
			 int64_t value);
void json_member_boolean(struct json_writer *writer, const char *name,
			 bool value);
/* A space-delimited list as an array of strings. */
void json_member_words(struct json_writer *writer, const char *name,
		       struct text words);
