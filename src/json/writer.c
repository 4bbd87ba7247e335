/* SPDX-License-Identifier: Apache-2.0 */
/* Compact JSON, appended piece by piece (RFC 8259). */
#include "json/writer.h"

#include <stdio.h>

#include "json/internal.h"

#define REAL_SIZE_MAX 64

static void begin_value(struct json_writer *writer)
{
	if (writer->needs_comma)
		buf_add_byte(writer->buf, ',');
	writer->needs_comma = true;
}

static void open_with(struct json_writer *writer, char bracket)
{
	begin_value(writer);
	buf_add_byte(writer->buf, bracket);
	writer->needs_comma = false;
}

static void close_with(struct json_writer *writer, char bracket)
{
	buf_add_byte(writer->buf, bracket);
	writer->needs_comma = true;
}

void json_open_object(struct json_writer *writer)
{
	open_with(writer, '{');
}

void json_close_object(struct json_writer *writer)
{
	close_with(writer, '}');
}

void json_open_array(struct json_writer *writer)
{
	open_with(writer, '[');
}

void json_close_array(struct json_writer *writer)
{
	close_with(writer, ']');
}

static bool is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

static void add_escape(struct buf *buf, unsigned char byte)
{
	static const char letters[0x20] = {
		['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n',
		['\r'] = 'r', ['\t'] = 't',
	};

	if (byte == '"' || byte == '\\')
		buf_format(buf, "\\%c", byte);
	else if (letters[byte] != '\0')
		buf_format(buf, "\\%c", letters[byte]);
	else
		buf_format(buf, "\\u%04x", byte);
}

/* Adds the character that starts `rest`, which is not ASCII, or U+FFFD for a
 * byte that starts none; returns the bytes that it took. */
static size_t add_wide(struct buf *buf, struct text rest)
{
	unsigned char lead = (unsigned char)rest.at[0];
	size_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	struct text character = text_first(rest, size);

	if (character.size == size && text_is_utf8(character)) {
		buf_add(buf, character);
		return size;
	}
	buf_add(buf, TEXT("\xef\xbf\xbd"));
	return 1;
}

/* What needs no escape, in quotes: most strings, so in one go. */
static void add_plain(struct buf *buf, struct text value)
{
	char *at = buf_reserve(buf, value.size + 2);

	if (at == NULL)
		return;
	at[0] = '"';
	if (value.size > 0)
		memcpy(at + 1, value.at, value.size);
	at[value.size + 1] = '"';
	buf_advance(buf, value.size + 2);
}

static void add_string(struct buf *buf, struct text value)
{
	if (text_plain_size(value) == value.size) {
		add_plain(buf, value);
		return;
	}
	buf_add_byte(buf, '"');
	for (size_t i = 0; i < value.size;) {
		size_t from = i;

		i += text_plain_size(text_from_byte(value, i));
		while (i < value.size && is_plain((unsigned char)value.at[i]))
			i++;
		buf_add(buf, text_of(value.at + from, i - from));
		if (i == value.size)
			break;
		if ((unsigned char)value.at[i] < 0x80)
			add_escape(buf, (unsigned char)value.at[i++]);
		else
			i += add_wide(buf, text_from_byte(value, i));
	}
	buf_add_byte(buf, '"');
}

void json_name_text(struct json_writer *writer, struct text name)
{
	begin_value(writer);
	add_string(writer->buf, name);
	buf_add_byte(writer->buf, ':');
	writer->needs_comma = false;
}

void json_name(struct json_writer *writer, const char *name)
{
	begin_value(writer);
	add_plain(writer->buf, text_from(name));
	buf_add_byte(writer->buf, ':');
	writer->needs_comma = false;
}

void json_write_text(struct json_writer *writer, struct text value)
{
	begin_value(writer);
	add_string(writer->buf, value);
}

void json_write_integer(struct json_writer *writer, int64_t value)
{
	begin_value(writer);
	buf_add_integer(writer->buf, value);
}

void json_write_boolean(struct json_writer *writer, bool value)
{
	json_write_raw(writer, value ? TEXT("true") : TEXT("false"));
}

void json_write_null(struct json_writer *writer)
{
	json_write_raw(writer, TEXT("null"));
}

void json_write_raw(struct json_writer *writer, struct text json)
{
	begin_value(writer);
	buf_add(writer->buf, json);
}

/* 17 digits keep it; what has neither point nor exponent would read back as an
 * integer. */
static void write_real(struct json_writer *writer, double real)
{
	char digits[REAL_SIZE_MAX];
	struct text all;
	size_t plus;

	(void)snprintf(digits, sizeof(digits), "%.17g", real);
	all = text_from(digits);
	plus = text_find_byte(all, '+');
	json_write_raw(writer, text_first(all, plus));
	buf_add(writer->buf, text_from_byte(all, plus + 1));
	if (strpbrk(digits, ".e") == NULL)
		buf_add_string(writer->buf, ".0");
}

static void write_array(struct json_writer *writer, const struct json *array)
{
	json_open_array(writer);
	for (size_t i = 0; i < json_count(array); i++)
		json_write_value(writer, json_at(array, i));
	json_close_array(writer);
}

static void write_object(struct json_writer *writer, const struct json *object)
{
	void *at = NULL;
	struct text name;
	const struct json *value;

	json_open_object(writer);
	while (json_next(object, &at, &name, &value)) {
		json_name_text(writer, name);
		json_write_value(writer, value);
	}
	json_close_object(writer);
}

/* As deep as the parser lets a value be: JSON_DEPTH_MAX. */
void json_write_value(struct json_writer *writer, const struct json *value)
{
	int64_t integer = 0;

	switch (json_type(value)) {
	case JSON_OBJECT:
		write_object(writer, value);
		return;
	case JSON_ARRAY:
		write_array(writer, value);
		return;
	case JSON_STRING:
		json_write_text(writer, json_text(value));
		return;
	case JSON_INTEGER:
		MUST(json_integer(value, &integer));
		json_write_integer(writer, integer);
		return;
	case JSON_REAL:
		write_real(writer, value->real);
		return;
	case JSON_BOOLEAN:
		json_write_boolean(writer, json_boolean(value, false));
		return;
	case JSON_NULL:
		json_write_null(writer);
		return;
	}
}

void json_member_text(struct json_writer *writer, const char *name,
		      struct text value)
{
	json_name(writer, name);
	json_write_text(writer, value);
}

void json_member_plain(struct json_writer *writer, const char *name,
		       struct text value)
{
	json_name(writer, name);
	begin_value(writer);
	add_plain(writer->buf, value);
}

void json_member_string(struct json_writer *writer, const char *name,
			const char *terminated)
{
	json_member_text(writer, name, text_from(terminated));
}

void json_member_integer(struct json_writer *writer, const char *name,
			 int64_t value)
{
	json_name(writer, name);
	json_write_integer(writer, value);
}

void json_member_boolean(struct json_writer *writer, const char *name,
			 bool value)
{
	json_name(writer, name);
	json_write_boolean(writer, value);
}

void json_member_words(struct json_writer *writer, const char *name,
		       struct text words)
{
	struct text word;

	json_name(writer, name);
	json_open_array(writer);
	while (text_next_word(&words, &word))
		json_write_text(writer, word);
	json_close_array(writer);
}
