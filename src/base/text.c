/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at, cuts and compares borrowed runs of bytes. */
#include "base/text.h"

bool text_equal(struct text a, struct text b)
{
	if (a.size != b.size)
		return false;
	return a.size == 0 || memcmp(a.at, b.at, a.size) == 0;
}

int text_compare(struct text a, struct text b)
{
	size_t shared = a.size < b.size ? a.size : b.size;
	int order = shared == 0 ? 0 : memcmp(a.at, b.at, shared);

	if (order != 0)
		return order;
	return (a.size > b.size) - (a.size < b.size);
}

bool text_starts_with(struct text text, struct text prefix)
{
	return text_equal(text_first(text, prefix.size), prefix);
}

bool text_ends_with(struct text text, struct text suffix)
{
	if (text.size < suffix.size)
		return false;
	return text_equal(text_from_byte(text, text.size - suffix.size),
			  suffix);
}

struct text text_from_byte(struct text text, size_t from)
{
	if (from >= text.size)
		return (struct text){text.at ? text.at + text.size : NULL, 0};
	return (struct text){text.at + from, text.size - from};
}

struct text text_first(struct text text, size_t size)
{
	return (struct text){text.at, size < text.size ? size : text.size};
}

struct text text_trim(struct text text)
{
	while (text.size > 0 && (*text.at == ' ' || *text.at == '\t'))
		text = text_from_byte(text, 1);
	while (text.size > 0 && (text.at[text.size - 1] == ' ' ||
				 text.at[text.size - 1] == '\t'))
		text.size--;
	return text;
}

size_t text_find_byte(struct text text, char byte)
{
	const char *found = text.size == 0 ? NULL
					   : memchr(text.at, byte, text.size);

	return found == NULL ? text.size : (size_t)(found - text.at);
}

size_t text_find(struct text text, struct text part)
{
	const char *found;

	if (part.size == 0)
		return 0;
	if (text.size < part.size)
		return text.size;
	found = memmem(text.at, text.size, part.at, part.size);
	return found == NULL ? text.size : (size_t)(found - text.at);
}

bool text_cut(struct text *rest, char separator, struct text *piece_out)
{
	size_t end;

	if (!text_is_present(*rest))
		return false;
	end = text_find_byte(*rest, separator);
	*piece_out = text_first(*rest, end);
	*rest = end == rest->size ? TEXT_ABSENT
				  : text_from_byte(*rest, end + 1);
	return true;
}

bool text_next_word(struct text *rest, struct text *word_out)
{
	while (text_cut(rest, ' ', word_out))
		if (word_out->size > 0)
			return true;
	return false;
}

bool text_has_word(struct text list, struct text word)
{
	struct text each;

	while (text_next_word(&list, &each))
		if (text_equal(each, word))
			return true;
	return false;
}

bool text_parse_integer(struct text text, int64_t *value_out)
{
	int64_t value = 0;

	if (text.size == 0)
		return false;
	for (size_t i = 0; i < text.size; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, text.at[i] - '0', &value))
			return false;
	}
	*value_out = value;
	return true;
}

struct text text_format_integer(int64_t value, char digits[TEXT_INTEGER_MAX])
{
	uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
	size_t at = TEXT_INTEGER_MAX;

	do {
		digits[--at] = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (value < 0)
		digits[--at] = '-';
	return text_of(digits + at, TEXT_INTEGER_MAX - at);
}

/* Size of the sequence that `lead` begins, 0 when it cannot begin one. */
static size_t utf8_sequence_size(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

/* RFC 3629 section 4: the second byte excludes overlong forms, surrogates. */
static bool utf8_second_fits(unsigned char lead, unsigned char second)
{
	unsigned char least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
	unsigned char most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;

	return second >= least && second <= most;
}

/* --- Eight bytes at a time ------------------------------------------------ */

#define WORD sizeof(uint64_t)
/* A word of one byte, eight times. */
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))
#define HIGH_BITS EACH(0x80)

static uint64_t word_at(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/* Whether any byte is below `least`, at most 0x80. */
static bool word_has_less(uint64_t word, unsigned char least)
{
	return ((word - EACH(least)) & ~word & HIGH_BITS) != 0;
}

static bool word_has(uint64_t word, unsigned char byte)
{
	return word_has_less(word ^ EACH(byte), 1);
}

static bool word_has_control(uint64_t word)
{
	return word_has_less(word, 0x20) || word_has(word, 0x7f);
}

static bool word_is_plain(uint64_t word)
{
	return (word & HIGH_BITS) == 0 && !word_has_control(word) &&
	       !word_has(word, '"') && !word_has(word, '\\');
}

/* The last word may overlap the one before. */
size_t text_plain_size(struct text text)
{
	size_t size = 0;

	while (text.size - size >= WORD &&
	       word_is_plain(word_at(text.at + size)))
		size += WORD;
	if (text.size >= WORD && text.size - size < WORD &&
	    word_is_plain(word_at(text.at + text.size - WORD)))
		return text.size;
	while (size < text.size && text.at[size] >= 0x20 &&
	       text.at[size] < 0x7f && text.at[size] != '"' &&
	       text.at[size] != '\\')
		size++;
	return size;
}

/* Its letters, of ASCII, as small ones: a byte's high bit tells, once something was
 * added to the others, whether they come to 'A' and not to beyond 'Z'. */
static uint64_t word_lower(uint64_t word)
{
	uint64_t low = word & ~HIGH_BITS;
	uint64_t from_a = low + EACH(0x80 - 'A');
	uint64_t past_z = low + EACH(0x7f - 'Z');

	return word | (((from_a ^ past_z) & ~word & HIGH_BITS) >> 2);
}

static char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool text_equal_nocase(struct text a, struct text b)
{
	size_t i = 0;

	if (a.size != b.size)
		return false;
	for (; a.size - i >= WORD; i += WORD)
		if (word_lower(word_at(a.at + i)) !=
		    word_lower(word_at(b.at + i)))
			return false;
	for (; i < a.size; i++)
		if (ascii_lower(a.at[i]) != ascii_lower(b.at[i]))
			return false;
	return true;
}

static size_t ascii_size(struct text text)
{
	size_t size = 0;

	while (text.size - size >= WORD &&
	       (word_at(text.at + size) & HIGH_BITS) == 0)
		size += WORD;
	return size;
}

bool text_is_utf8(struct text text)
{
	const unsigned char *at = (const unsigned char *)text.at;
	size_t size;

	for (size_t i = ascii_size(text); i < text.size; i += size) {
		size = utf8_sequence_size(at[i]);
		if (size == 0 || size > text.size - i)
			return false;
		if (size > 1 && !utf8_second_fits(at[i], at[i + 1]))
			return false;
		for (size_t k = 2; k < size; k++)
			if ((at[i + k] & 0xc0) != 0x80)
				return false;
	}
	return true;
}

bool text_has_control(struct text text)
{
	size_t i = 0;

	for (; text.size - i >= WORD; i += WORD)
		if (word_has_control(word_at(text.at + i)))
			return true;
	for (; i < text.size; i++)
		if ((unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7f)
			return true;
	return false;
}

size_t text_differs_at(struct text a, struct text b)
{
	size_t shared = a.size < b.size ? a.size : b.size;

	for (size_t i = 0; i < shared; i++)
		if (a.at[i] != b.at[i])
			return i;
	return a.size == b.size ? SIZE_MAX : shared;
}
