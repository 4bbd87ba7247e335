/* SPDX-License-Identifier: Apache-2.0 */
/* The course of a copying: begin, pages, changes, the frost, the move, the end. */
#include "store/copy/copy.h"

#include "crypto/random.h"
#include "loop/clock.h"
#include "store/copy/internal.h"

/* Changes that took no longer than this are few enough for a frost. */
#define SHORT_MS 200
#define FROST_COUNT_MAX 20
#define POSITIONS_BUDGET ((size_t)256 * 1024 * 1024)

/* --- Pages ---------------------------------------------------------------- */

static void tell_copied(struct copy *copy, const struct copy_table *table)
{
	const struct copy_progress *progress = &copy->tables[copy_noun(table)];

	if (copy->ways->is_copied != NULL)
		copy->ways->is_copied(copy->ways->context, table->name,
				      progress->sum.count, progress->is_done);
}

/* After a failure nobody knows whether the page went through. */
static enum store_outcome page(struct copy *copy,
			       const struct copy_table *table, bool reads_anew)
{
	enum store_outcome result = STORE_DONE;

	if (reads_anew)
		result = copy_progress_load(copy);
	return result == STORE_DONE ? copy_page(copy, table) : result;
}

static outcome copy_pages(struct copy *copy, const struct copy_table *table)
{
	struct copy_patience patience = {0};
	bool again = false;

	while (!copy->tables[copy_noun(table)].is_done) {
		TRY(copy_check_over(copy));
		TRY(copy_judge(copy, &patience, page(copy, table, again),
			       &again));
		if (!again)
			tell_copied(copy, table);
	}
	return DONE;
}

static outcome copy_all_pages(struct copy *copy)
{
	for (size_t i = 0; i < COPY_TABLE_COUNT; i++)
		TRY(copy_pages(copy, &copy_tables[i]));
	return DONE;
}

/* --- Changes -------------------------------------------------------------- */

/* Longer than it may be. */
static bool is_frozen_over(const struct copy *copy)
{
	return copy->frozen_ms != 0 &&
	       clock_monotonic_ms() > copy->frozen_ms + COPY_FROZEN_MS;
}

/* All that is noted of one table now; BUSY when the frost has taken too long. */
static enum store_outcome
change_table(struct copy *copy, const struct copy_table *table, int64_t *count)
{
	enum store_outcome result = STORE_DONE;
	int64_t noted = COPY_BATCH;
	int64_t settled = 1;

	while (result == STORE_DONE && noted == COPY_BATCH && settled > 0) {
		if (is_frozen_over(copy))
			return STORE_BUSY;
		result = copy_changes(copy, table, &noted, &settled);
		*count += settled;
	}
	return result;
}

static enum store_outcome change_all(struct copy *copy, int64_t *count,
				     bool *is_none_out)
{
	bool has_changes[COPY_TABLE_COUNT];
	enum store_outcome result = copy_find_changes(copy, has_changes);

	*is_none_out = true;
	for (size_t i = 0; result == STORE_DONE && i < COPY_TABLE_COUNT; i++) {
		if (!has_changes[i])
			continue;
		*is_none_out = false;
		result = change_table(copy, &copy_tables[i], count);
	}
	return result;
}

static enum store_outcome change_anew(struct copy *copy, int64_t *count,
				      bool reads_anew)
{
	enum store_outcome result = STORE_DONE;
	bool is_none;

	if (reads_anew)
		result = copy_progress_load(copy);
	return result == STORE_DONE ? change_all(copy, count, &is_none)
				    : result;
}

static outcome catch_up_once(struct copy *copy, int64_t *ms_out)
{
	struct copy_patience patience = {0};
	int64_t began_ms = clock_monotonic_ms();
	bool again = false;
	int64_t count = 0;

	do {
		TRY(copy_check_over(copy));
		TRY(copy_judge(copy, &patience,
			       change_anew(copy, &count, again), &again));
	} while (again);
	*ms_out = clock_monotonic_ms() - began_ms;
	if (copy->ways->is_caught_up != NULL)
		copy->ways->is_caught_up(copy->ways->context, count, *ms_out);
	return DONE;
}

static outcome catch_up(struct copy *copy, int64_t until_ms)
{
	int64_t ms;

	for (;;) {
		TRY(catch_up_once(copy, &ms));
		if (ms <= SHORT_MS && clock_monotonic_ms() >= until_ms)
			return DONE;
		if (ms <= SHORT_MS)
			copy_rest(COPY_AGAIN_MS);
	}
}

/* --- The frost and the move ----------------------------------------------- */

static enum store_outcome change_last(struct copy *copy)
{
	enum store_outcome result = STORE_DONE;
	bool is_none = false;
	int64_t count = 0;

	while (result == STORE_DONE && !is_none)
		result = is_frozen_over(copy)
				 ? STORE_BUSY
				 : change_all(copy, &count, &is_none);
	return result;
}

static enum store_outcome move_frozen(struct copy *copy)
{
	enum store_outcome result = change_last(copy);

	if (result == STORE_DONE)
		result = copy_progress_confirm(copy);
	return result == STORE_DONE ? copy_move(copy->from, copy->frost)
				    : result;
}

static void tell_thawed(struct copy *copy, int64_t began_ms, bool is_moved)
{
	if (copy->ways->is_thawed != NULL)
		copy->ways->is_thawed(copy->ways->context,
				      clock_monotonic_ms() - began_ms,
				      is_moved);
}

/* A commit may have come to pass though nobody said so: what the store says now
 * is what has happened. */
static outcome look_whether_moved(struct copy *copy, bool *is_moved_out)
{
	struct copy_marks marks = {0};

	INSIST(copy, copy_marks_load(copy->from, &marks));
	TRY(copy_check_ours(copy, &marks));
	*is_moved_out = marks.state == STORE_COPYING_MOVED;
	return DONE;
}

static outcome try_to_move(struct copy *copy, bool *is_moved_out)
{
	int64_t began_ms = clock_monotonic_ms();
	enum store_outcome result;

	copy->frozen_ms = began_ms;
	random_fill(&copy->frost, sizeof(copy->frost));
	result = copy_freeze(copy->from, copy->number, copy->frost);
	if (result == STORE_DONE)
		result = move_frozen(copy);
	*is_moved_out = result == STORE_DONE;
	if (result != STORE_DONE) {
		/* When the store is away, a server ends the frost. */
		(void)!copy_thaw(copy->from, copy->frost);
		copy->frozen_ms = 0;
		TRY(look_whether_moved(copy, is_moved_out));
	}
	if (*is_moved_out)
		(void)!store_move_copying(copy->to, STORE_COPYING_ARRIVING,
					  STORE_COPYING_NOT);
	tell_thawed(copy, began_ms, *is_moved_out);
	copy->frozen_ms = 0;
	return copy->why[0] == '\0' ? DONE : BROKEN;
}

static outcome move(struct copy *copy)
{
	int64_t until_ms = clock_monotonic_ms() + copy->ways->notice_ms;
	bool is_moved = false;

	for (int i = 0; i < FROST_COUNT_MAX; i++) {
		TRY(catch_up(copy, until_ms));
		TRY(try_to_move(copy, &is_moved));
		if (is_moved)
			return DONE;
		until_ms = clock_monotonic_ms() + copy->ways->notice_ms;
		INSIST(copy, copy_progress_load(copy));
	}
	return copy_say(copy, REFUSED,
			"changes come faster than they can be copied within a "
			"second: go on at a quieter time");
}

/* --- All ------------------------------------------------------------------ */

static outcome check_drivers(struct copy *copy)
{
	if (copy->from->driver->watching != NULL &&
	    copy->to->driver->run != NULL)
		return DONE;
	return copy_say(copy, REFUSED, "this kind of store cannot be copied");
}

/* An earlier one had moved, and was ended before it had compared. */
static outcome finish_earlier(struct copy *copy, const struct copy_marks *from)
{
	struct copy_marks to = {0};

	INSIST(copy, copy_marks_load(copy->to, &to));
	if (to.number != from->number)
		return copy_say(copy, REFUSED,
				"the store to copy from has moved to another "
				"before");
	if (to.compared == to.number)
		return copy_say(copy, REFUSED,
				"it has been copied, and moved, before");
	INSIST(copy, copy_progress_load(copy));
	return copy_finish(copy);
}

static outcome copy_and_move(struct copy *copy)
{
	struct copy_marks from = {0};

	TRY(check_drivers(copy));
	INSIST(copy, copy_marks_load(copy->from, &from));
	if (from.state == STORE_COPYING_MOVED)
		return finish_earlier(copy, &from);
	TRY(copy_begin(copy));
	TRY(copy_all_pages(copy));
	TRY(move(copy));
	return copy_finish(copy);
}

outcome copy_store(struct store *from, struct store *to,
		   const struct copy_ways *ways, char *why, size_t why_size)
{
	struct copy copy = {
		.from = from,
		.to = to,
		.ways = ways,
		.arena = arena_new(POSITIONS_BUDGET),
		.why = why,
		.why_size = why_size,
	};
	outcome copied;

	why[0] = '\0';
	copied = copy_and_move(&copy);
	arena_free(&copy.arena);
	return copied;
}

outcome copy_abort(struct store *from, char *why, size_t why_size)
{
	struct copy copy = {.from = from,
			    .ways = &(struct copy_ways){0},
			    .why = why,
			    .why_size = why_size};
	struct copy_marks marks = {0};
	bool is_given_up = false;

	why[0] = '\0';
	if (from->driver->watching == NULL)
		return copy_say(&copy, REFUSED, "nothing is being copied");
	INSIST(&copy, copy_marks_load(from, &marks));
	/* First of all, and for good: whoever is at work on it can neither
	 * freeze nor move it from here on, nor go on later. */
	if (copy_is_under_way(&marks)) {
		is_given_up = true;
		INSIST(&copy,
		       copy_done_anyway(copy_give_up(from, marks.number)));
		INSIST(&copy, copy_marks_load(from, &marks));
	}
	if (marks.state == STORE_COPYING_MOVED)
		return copy_say(&copy, REFUSED,
				"it has moved: to go back is to copy back");
	if (copy_is_under_way(&marks))
		return copy_say(
			&copy, BROKEN,
			"another `licet store copy` has begun meanwhile");
	if (marks.number == COPY_GIVEN_UP)
		INSIST(&copy, copy_done_anyway(copy_unwatch(from)));
	else if (!is_given_up)
		return copy_say(&copy, REFUSED, "nothing is being copied");
	return DONE;
}
