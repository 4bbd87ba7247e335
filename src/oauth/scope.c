/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of scope tokens, as space-delimited text (RFC 6749 section 3.3). */
#include "oauth/scope.h"

static bool is_scope_byte(char c)
{
	return c == ' ' || c == 0x21 || (c >= 0x23 && c <= 0x5b) ||
	       (c >= 0x5d && c <= 0x7e);
}

bool scope_is_well_formed(struct text scope)
{
	struct text word;
	size_t count = 0;

	if (scope.size > SCOPE_SIZE_MAX)
		return false;
	for (size_t i = 0; i < scope.size; i++)
		if (!is_scope_byte(scope.at[i]))
			return false;
	while (text_next_word(&scope, &word))
		count++;
	return count <= SCOPE_COUNT_MAX;
}

void scope_add(struct buf *set, struct text word)
{
	if (text_has_word(buf_text(set), word))
		return;
	if (set->size > 0)
		buf_add_byte(set, ' ');
	buf_add(set, word);
}

struct text scope_normalize(struct arena *arena, struct text scope)
{
	struct buf set = buf_init_arena(arena, SCOPE_SIZE_MAX);
	struct text word;

	while (text_next_word(&scope, &word))
		scope_add(&set, word);
	return buf_text(&set);
}

struct text scope_intersection(struct arena *arena, struct text scope,
			       struct text allowed)
{
	struct buf set = buf_init_arena(arena, SCOPE_SIZE_MAX);
	struct text word;

	while (text_next_word(&scope, &word))
		if (text_has_word(allowed, word))
			scope_add(&set, word);
	return buf_text(&set);
}

struct text scope_first_missing(struct text part, struct text whole)
{
	struct text word;

	while (text_next_word(&part, &word))
		if (!text_has_word(whole, word))
			return word;
	return TEXT_ABSENT;
}

struct text scope_union(struct arena *arena, struct text a, struct text b)
{
	struct buf set = buf_init_arena(arena, 2 * SCOPE_SIZE_MAX);
	struct text word;

	while (text_next_word(&a, &word))
		scope_add(&set, word);
	while (text_next_word(&b, &word))
		scope_add(&set, word);
	return buf_text(&set);
}
