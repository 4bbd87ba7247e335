/* SPDX-License-Identifier: Apache-2.0 */
/* Strings, numbers and words of a text that is parsed (RFC 8259 sections 3, 6, 7). */
#include <stdlib.h>

#include "base/encoding.h"
#include "json/internal.h"

/* --- Strings -------------------------------------------------------------- */

/* The four digits at `at`. The NUL behind the copy is none. */
static bool read_unit(struct json_parser *parser, unsigned int *unit_out)
{
	*unit_out = 0;
	for (int i = 0; i < 4; i++) {
		int value = hex_value(*parser->at);

		if (value < 0)
			return json_parser_fail_here(parser, "invalid escape");
		*unit_out = *unit_out << 4 | (unsigned int)value;
		parser->at++;
	}
	return true;
}

/* After \u: one UTF-16 unit, or the two of a pair. */
static bool read_code(struct json_parser *parser, unsigned int *code_out)
{
	unsigned int low;

	if (!read_unit(parser, code_out))
		return false;
	if (*code_out == 0)
		return json_parser_fail(parser, "\\u0000 is not allowed");
	if (*code_out < 0xd800 || *code_out > 0xdfff)
		return true;
	if (*code_out > 0xdbff || parser->at[0] != '\\' || parser->at[1] != 'u')
		return json_parser_fail(parser, "a lone surrogate");
	parser->at += 2;
	if (!read_unit(parser, &low))
		return false;
	if (low < 0xdc00 || low > 0xdfff)
		return json_parser_fail(parser, "a lone surrogate");
	*code_out = 0x10000 + ((*code_out - 0xd800) << 10) + (low - 0xdc00);
	return true;
}

/* Never more bytes than its escape has. */
static char *write_code(char *to, unsigned int code)
{
	if (code < 0x80) {
		*to++ = (char)code;
		return to;
	}
	if (code < 0x800) {
		*to++ = (char)(0xc0 | code >> 6);
	} else {
		if (code < 0x10000) {
			*to++ = (char)(0xe0 | code >> 12);
		} else {
			*to++ = (char)(0xf0 | code >> 18);
			*to++ = (char)(0x80 | (code >> 12 & 0x3f));
		}
		*to++ = (char)(0x80 | (code >> 6 & 0x3f));
	}
	*to++ = (char)(0x80 | (code & 0x3f));
	return to;
}

static bool read_escape(struct json_parser *parser, char **to)
{
	static const char meanings[128] = {
		['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
		['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
	};
	unsigned char letter = (unsigned char)parser->at[1];
	unsigned int code;

	parser->at++;
	if (letter == 'u') {
		parser->at++;
		if (!read_code(parser, &code))
			return false;
		*to = write_code(*to, code);
		return true;
	}
	if (letter >= sizeof(meanings) || meanings[letter] == '\0')
		return json_parser_fail_here(parser, "invalid escape");
	*(*to)++ = meanings[letter];
	parser->at++;
	return true;
}

/* One character that is not ASCII. */
static bool read_wide(struct json_parser *parser, char **to)
{
	unsigned char lead = (unsigned char)parser->at[0];
	size_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	struct text character = text_first(
		text_of(parser->at, (size_t)(parser->end - parser->at)), size);

	if (character.size < size || !text_is_utf8(character))
		return json_parser_fail_here(parser, "invalid UTF-8");
	memmove(*to, character.at, size);
	*to += size;
	parser->at += size;
	return true;
}

/* What ends a run of plain characters; *has_ended_out: the quote. */
static bool read_special(struct json_parser *parser, char **to,
			 bool *has_ended_out)
{
	unsigned char byte = (unsigned char)*parser->at;

	if (byte == '"') {
		*has_ended_out = true;
		return true;
	}
	if (byte == '\\')
		return read_escape(parser, to);
	if (byte >= 0x80)
		return read_wide(parser, to);
	if (byte == 0x7f) {
		*(*to)++ = (char)byte;
		parser->at++;
		return true;
	}
	return json_parser_fail_here(
		parser, parser->at == parser->end
				? "a string does not end"
				: "a control character in a string");
}

bool json_token_string(struct json_parser *parser, struct text *text_out)
{
	char *from = ++parser->at;
	char *to = from;
	bool has_ended = false;

	while (!has_ended) {
		size_t plain = text_plain_size(text_of(
			parser->at, (size_t)(parser->end - parser->at)));

		if (to != parser->at)
			memmove(to, parser->at, plain);
		to += plain;
		parser->at += plain;
		if (!read_special(parser, &to, &has_ended))
			return false;
	}
	parser->at++;
	*to = '\0';
	*text_out = text_of(from, (size_t)(to - from));
	return true;
}

/* --- Numbers and words ---------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool skip_digits(struct json_parser *parser)
{
	if (!is_digit(*parser->at))
		return json_parser_fail_here(parser, "invalid number");
	while (is_digit(*parser->at))
		parser->at++;
	return true;
}

/* What makes a real of an integer, if it is there. */
static bool skip_fraction(struct json_parser *parser, bool *is_real_out)
{
	*is_real_out = false;
	if (*parser->at == '.') {
		*is_real_out = true;
		parser->at++;
		if (!skip_digits(parser))
			return false;
	}
	if (*parser->at != 'e' && *parser->at != 'E')
		return true;
	*is_real_out = true;
	parser->at++;
	if (*parser->at == '+' || *parser->at == '-')
		parser->at++;
	return skip_digits(parser);
}

/* Below zero, where one more fits. */
static bool read_integer(struct json_parser *parser, const char *digits,
			 bool is_negative, int64_t *value_out)
{
	int64_t value = 0;

	for (; digits < parser->at; digits++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_sub_overflow(value, *digits - '0', &value))
			return json_parser_fail(parser, "too big integer");
	if (!is_negative && value == INT64_MIN)
		return json_parser_fail(parser, "too big integer");
	*value_out = is_negative ? value : -value;
	return true;
}

bool json_token_number(struct json_parser *parser, struct json *value)
{
	const char *from = parser->at;
	bool is_negative = *from == '-';
	bool is_real;

	if (is_negative)
		parser->at++;
	if (*parser->at == '0')
		parser->at++;
	else if (!skip_digits(parser))
		return false;
	if (!skip_fraction(parser, &is_real))
		return false;
	if (!is_real) {
		value->type = JSON_INTEGER;
		return read_integer(parser, from + is_negative, is_negative,
				    &value->integer);
	}
	value->type = JSON_REAL;
	value->real = strtod(from, NULL);
	if (__builtin_isfinite(value->real))
		return true;
	return json_parser_fail(parser, "real number overflow");
}

bool json_token_word(struct json_parser *parser, struct json *value)
{
	static const struct {
		struct text word;
		struct json value;
	} words[] = {
		{{"true", 4}, {.type = JSON_BOOLEAN, .is_true = true}},
		{{"false", 5}, {.type = JSON_BOOLEAN}},
		{{"null", 4}, {.type = JSON_NULL}},
	};
	struct text rest =
		text_of(parser->at, (size_t)(parser->end - parser->at));

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (!text_starts_with(rest, words[i].word))
			continue;
		*value = words[i].value;
		parser->at += words[i].word.size;
		return true;
	}
	return json_parser_fail_here(parser, rest.size == 0
						     ? "a value is expected"
						     : "invalid token");
}
