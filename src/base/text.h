/* SPDX-License-Identifier: Apache-2.0 */
/* A borrowed run of bytes: how all input is passed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/outcome.h"

/*
 * Owns nothing. `at` may be NULL when `size` is 0. Not NUL-terminated and may
 * hold any byte. "Absent" is `at == NULL`; "empty" is `size == 0`.
 */
struct text {
	const char *at;
	size_t size;
};

#define TEXT(literal) ((struct text){(literal), sizeof(literal) - 1})
#define TEXT_ABSENT ((struct text){NULL, 0})
/* The two arguments that a "%.*s" of printf takes. */
#define TEXT_ARG(text) (int)(text).size, (text).at ? (text).at : ""

static inline struct text text_from(const char *terminated)
{
	if (terminated == NULL)
		return TEXT_ABSENT;
	return (struct text){terminated, strlen(terminated)};
}

static inline struct text text_of(const void *at, size_t size)
{
	return (struct text){at, size};
}

static inline bool text_is_present(struct text text)
{
	return text.at != NULL;
}

/* For public values only: secrets are compared by crypto/equal.h. */
bool text_equal(struct text a, struct text b);
/* As text_equal, with ASCII letters of either case alike. */
bool text_equal_nocase(struct text a, struct text b);
/* Byte order, as memcmp with the shorter first: <0, 0, >0. */
int text_compare(struct text a, struct text b);
bool text_starts_with(struct text text, struct text prefix);
bool text_ends_with(struct text text, struct text suffix);

/* The text from byte `from` on; empty past the end. */
struct text text_from_byte(struct text text, size_t from);
/* The first `size` bytes, or all when there are fewer. */
struct text text_first(struct text text, size_t size);
/* Without spaces and tabs at both ends. */
struct text text_trim(struct text text);

/* Index of the first `byte`, or text.size when there is none. */
size_t text_find_byte(struct text text, char byte);
/* Index of the first `part`, or text.size when there is none. */
size_t text_find(struct text text, struct text part);

/*
 * Takes what stands before the next `separator` off the front of *rest and
 * leaves what follows it. false when *rest is absent, that is, when the last
 * piece has been taken. "a,,b" yields "a", "", "b"; "" yields "".
 */
bool text_cut(struct text *rest, char separator, struct text *piece_out);

/*
 * Takes the next non-empty piece between runs of spaces (RFC 6749 section 3.3
 * for scope, and all other space-delimited lists); false at the end.
 */
bool text_next_word(struct text *rest, struct text *word_out);
/* Whether the space-delimited `list` holds `word`, byte for byte. */
bool text_has_word(struct text list, struct text word);

/* Decimal digits alone, no sign, no space; false on anything else or > 2^63-1.
 */
bool text_parse_integer(struct text text, int64_t *value_out);
#define TEXT_INTEGER_MAX 20 /* bytes of a 64-bit number in decimal digits */
/* The number in `digits`, of which the text is a part. */
struct text text_format_integer(int64_t value, char digits[TEXT_INTEGER_MAX]);
/* Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool text_is_utf8(struct text text);
/* Whether any byte is below 0x20 or 0x7f. */
bool text_has_control(struct text text);
/* How many bytes from its start stand for themselves in a JSON string: ASCII
 * but controls, quote and backslash. */
size_t text_plain_size(struct text text);

/* Index of the first byte in which they differ; SIZE_MAX when equal. */
size_t text_differs_at(struct text a, struct text b);
