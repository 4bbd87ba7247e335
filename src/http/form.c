/* SPDX-License-Identifier: Apache-2.0 */
/* Forms and queries in and out (application/x-www-form-urlencoded). */
#include "http/form.h"

#include "base/encoding.h"

/* Writes at most encoded.size bytes to `out`; SIZE_MAX when malformed. */
static size_t decode(struct text encoded, char *out)
{
	size_t size = 0;

	/* Most need no decoding. */
	if (text_find_byte(encoded, '%') == encoded.size &&
	    text_find_byte(encoded, '+') == encoded.size) {
		if (encoded.size > 0)
			memcpy(out, encoded.at, encoded.size);
		return encoded.size;
	}
	for (size_t i = 0; i < encoded.size; i++) {
		char c = encoded.at[i];
		int byte;

		if (c != '%') {
			out[size++] = c == '+' ? ' ' : c;
			continue;
		}
		if (encoded.size - i < 3)
			return SIZE_MAX;
		byte = hex_pair_value(encoded.at + i + 1);
		if (byte < 0)
			return SIZE_MAX;
		out[size++] = (char)byte;
		i += 2;
	}
	return size;
}

/* NULL, or what is wrong; *decoded_out is written at `out`. */
static const char *decode_checked(struct text encoded, char *out,
				  struct text *decoded_out)
{
	size_t size = decode(encoded, out);

	if (size == SIZE_MAX)
		return "a percent sign without two hexadecimal digits";
	*decoded_out = text_of(out, size);
	if (text_find_byte(*decoded_out, '\0') < size)
		return "a NUL byte";
	if (!text_is_utf8(*decoded_out))
		return "bytes that are not UTF-8";
	return NULL;
}

bool form_decode(struct text encoded, struct buf *decoded)
{
	char *out = buf_reserve(decoded, encoded.size);
	struct text text;

	if (out == NULL || decode_checked(encoded, out, &text) != NULL)
		return false;
	buf_advance(decoded, text.size);
	return true;
}

/* The non-empty pieces between '&', FORM_FIELD_COUNT_MAX + 1 at most. */
static size_t count_fields(struct text rest)
{
	struct text piece;
	size_t count = 0;

	while (count <= FORM_FIELD_COUNT_MAX && text_cut(&rest, '&', &piece))
		if (piece.size > 0)
			count++;
	return count;
}

static const char *parse_field(struct text piece, char *out,
			       struct form_field *field)
{
	size_t name_size = text_find_byte(piece, '=');
	const char *why =
		decode_checked(text_first(piece, name_size), out, &field->name);

	if (why != NULL)
		return why;
	return decode_checked(text_from_byte(piece, name_size + 1),
			      out + name_size, &field->value);
}

outcome form_parse(struct arena *arena, struct text text, struct form *form_out,
		   const char **why_out)
{
	struct form form = {.count = 0};
	size_t count = count_fields(text);
	struct text rest = text;
	struct text piece;
	char *out;

	*form_out = form;
	*why_out = "more fields than a form may have";
	if (count > FORM_FIELD_COUNT_MAX)
		return REFUSED;
	form.fields = ARENA_ARRAY(arena, struct form_field, count);
	out = arena_alloc(arena, text.size + 1);
	while (text_cut(&rest, '&', &piece)) {
		if (piece.size == 0)
			continue;
		*why_out = parse_field(piece, out, &form.fields[form.count]);
		if (*why_out != NULL)
			return REFUSED;
		form.count++;
		out += piece.size;
	}
	*why_out = NULL;
	*form_out = form;
	return DONE;
}

struct text form_find(const struct form *form, const char *name)
{
	struct text wanted = text_from(name);

	for (size_t i = 0; i < form->count; i++)
		if (text_equal(form->fields[i].name, wanted))
			return form->fields[i].value;
	return TEXT_ABSENT;
}

struct text form_repeated(const struct form *form)
{
	for (size_t i = 0; i < form->count; i++)
		for (size_t k = i + 1; k < form->count; k++)
			if (text_equal(form->fields[i].name,
				       form->fields[k].name))
				return form->fields[i].name;
	return TEXT_ABSENT;
}

/* RFC 3986 section 2.3. */
static bool is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	       c == '~';
}

void form_encode(struct buf *buf, struct text value)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < value.size; i++) {
		unsigned char byte = (unsigned char)value.at[i];
		char escape[3] = {'%', digits[byte >> 4], digits[byte & 15]};

		if (is_unreserved(value.at[i]))
			buf_add_byte(buf, value.at[i]);
		else
			buf_add(buf, text_of(escape, sizeof(escape)));
	}
}

void form_add(struct buf *buf, bool *has_query, const char *name,
	      struct text value)
{
	buf_add_byte(buf, *has_query ? '&' : '?');
	*has_query = true;
	form_encode(buf, text_from(name));
	buf_add_byte(buf, '=');
	form_encode(buf, value);
}
