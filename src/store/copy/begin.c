/* SPDX-License-Identifier: Apache-2.0 */
/* Begins a copying: the stores fit, both are marked, changes are watched. */
#include <stdio.h>

#include "crypto/random.h"
#include "store/copy/internal.h"

static outcome check_empty(struct copy *copy)
{
	const char *table = NULL;

	INSIST(copy, copy_find_rows(copy->to, &table));
	if (table == NULL)
		return DONE;
	(void)snprintf(copy->why, copy->why_size,
		       "the store to copy to has rows of its own (in %s): name "
		       "an empty one",
		       table);
	return REFUSED;
}

static outcome check_schemas(struct copy *copy, const struct copy_marks *from,
			     const struct copy_marks *to)
{
	if (from->schema == store_schema_number() && to->schema == from->schema)
		return DONE;
	return copy_say(
		copy, REFUSED,
		"the stores' schema is a later release's: copy with that "
		"one");
}

static outcome check_watching(struct copy *copy)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(65536);
	struct text sentence = TEXT_ABSENT;

	INSIST(copy, copy_find_mistake(copy->from, arena, &sentence));
	if (!text_is_present(sentence))
		return DONE;
	(void)snprintf(copy->why, copy->why_size, "%.*s", TEXT_ARG(sentence));
	return REFUSED;
}

static outcome check_states(struct copy *copy, const struct copy_marks *from,
			    const struct copy_marks *to)
{
	if (to->state == STORE_COPYING_MOVED)
		return copy_say(
			copy, REFUSED,
			"the store to copy to is one that was left, with "
			"its rows: name an empty one");
	if (from->state == STORE_COPYING_ARRIVING)
		return copy_say(
			copy, REFUSED,
			"the store to copy from is itself a copy that is "
			"not whole");
	return DONE;
}

/* What earlier ones left. One that is still at work on it writes no more: its
 * number is no more there, and its progress neither. */
static outcome clear(struct copy *copy, struct copy_marks *from, int64_t number)
{
	TRY(check_empty(copy));
	INSIST(copy, copy_marks_save(copy->to, STORE_COPYING_ARRIVING, number));
	INSIST(copy, copy_progress_drop(copy));
	TRY(check_empty(copy));
	if (from->number != COPY_GIVEN_UP)
		return DONE;
	INSIST(copy, copy_unwatch(copy->from));
	from->number = 0;
	return DONE;
}

/* The other store first: what is there is marked before anything is noted for
 * it. Only what is under way for that very store goes on. */
static outcome mark_both(struct copy *copy, struct copy_marks *from,
			 const struct copy_marks *to)
{
	int64_t number = from->number;

	TRY(check_states(copy, from, to));
	if (!copy_is_under_way(from) || to->number != number) {
		random_fill(&number, sizeof(number));
		number = (int64_t)((uint64_t)number >> 1);
		TRY(clear(copy, from, number));
		INSIST(copy,
		       copy_marks_begin(copy->from, from->number, number));
	}
	copy->number = number;
	return DONE;
}

outcome copy_begin(struct copy *copy)
{
	struct copy_marks from = {0};
	struct copy_marks to = {0};

	INSIST(copy, copy_marks_load(copy->from, &from));
	INSIST(copy, copy_marks_load(copy->to, &to));
	TRY(check_schemas(copy, &from, &to));
	TRY(check_watching(copy));
	TRY(mark_both(copy, &from, &to));
	INSIST(copy, copy_progress_take(copy));
	/* A frost that a killed one left behind. */
	INSIST(copy, copy_done_anyway(store_move_copying(
			     copy->from, STORE_COPYING_FROZEN, STORE_COPYING)));
	INSIST(copy, copy_watch(copy->from, copy->number));
	return DONE;
}
