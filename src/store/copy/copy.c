/* SPDX-License-Identifier: Apache-2.0 */
/* The course of a copying: begin, pages, changes, the frost, the move. */
#include "store/copy/copy.h"

#include <stdio.h>
#include <time.h>

#include "crypto/random.h"
#include "loop/clock.h"
#include "store/copy/internal.h"

/* A store that fails for so long is not asked any more. */
#define PATIENCE_MS 30000
#define AGAIN_MS 200
/* Changes that took no longer than this are few enough for a frost. */
#define SHORT_MS 200
#define FROST_COUNT_MAX 20
#define POSITIONS_BUDGET ((size_t)256 * 1024 * 1024)

/* --- What is told --------------------------------------------------------- */

static outcome say(struct copy *copy, outcome what, const char *sentence)
{
	(void)snprintf(copy->why, copy->why_size, "%s", sentence);
	return what;
}

static outcome check_over(struct copy *copy)
{
	if (copy->ways->is_over == NULL ||
	    !copy->ways->is_over(copy->ways->context))
		return DONE;
	return say(copy, REFUSED, "stopped");
}

static void rest(int64_t ms)
{
	const struct timespec span = {.tv_sec = ms / 1000,
				      .tv_nsec = ms % 1000 * 1000000};

	(void)nanosleep(&span, NULL);
}

/* --- Patience ------------------------------------------------------------- */

/* For steps that may be tried again: since when nothing has succeeded. */
struct patience {
	int64_t failing_ms; /* 0: it is not */
};

/* The store is another copying's, or nobody's, as soon as its number is. */
static outcome check_ours(struct copy *copy, const struct copy_marks *from)
{
	if (copy->number == 0 || from->number == copy->number)
		return DONE;
	return say(copy, REFUSED,
		   "this copy has been given up (`licet store copy --abort`), "
		   "or another has begun");
}

static outcome look_whether_ours(struct copy *copy)
{
	struct copy_marks from = {0};

	if (copy->number == 0 ||
	    copy_marks_load(copy->from, &from) != STORE_DONE)
		return DONE;
	return check_ours(copy, &from);
}

/* DONE: the step is done, or (*again_out) is to be tried again. */
static outcome judge(struct copy *copy, struct patience *patience,
		     enum store_outcome result, bool *again_out)
{
	int64_t now_ms = clock_monotonic_ms();

	*again_out = result != STORE_DONE;
	if (result == STORE_DONE) {
		patience->failing_ms = 0;
		return DONE;
	}
	if (copy->why[0] != '\0')
		return BROKEN;
	TRY(look_whether_ours(copy));
	if (result == STORE_CONFLICT)
		return say(copy, REFUSED,
			   "another `licet store copy` has taken over");
	if (patience->failing_ms == 0)
		patience->failing_ms = now_ms;
	if (now_ms > patience->failing_ms + PATIENCE_MS)
		return say(copy, BROKEN,
			   "a store has failed for half a minute: the event "
			   "log says why");
	TRY(check_over(copy));
	rest(AGAIN_MS);
	return DONE;
}

/* Tries a step that stands alone until it is done. */
#define INSIST(copy, call)                                                     \
	do {                                                                   \
		struct patience patience = {0};                                \
		bool again = true;                                             \
		while (again)                                                  \
			TRY(judge((copy), &patience, (call), &again));         \
	} while (0)

/* --- Beginning ------------------------------------------------------------ */

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
	return say(copy, REFUSED,
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

static bool is_under_way(int64_t state)
{
	return state == STORE_COPYING || state == STORE_COPYING_FROZEN;
}

static outcome check_states(struct copy *copy, const struct copy_marks *from,
			    const struct copy_marks *to)
{
	if (to->state == STORE_COPYING_MOVED)
		return say(copy, REFUSED,
			   "the store to copy to is one that was left, with "
			   "its rows: name an empty one");
	if (from->state == STORE_COPYING_ARRIVING)
		return say(copy, REFUSED,
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
	if (!is_under_way(from->state) || to->number != number) {
		random_fill(&number, sizeof(number));
		number = (int64_t)((uint64_t)number >> 1);
		TRY(clear(copy, from, number));
		INSIST(copy,
		       copy_marks_begin(copy->from, from->number, number));
	}
	copy->number = number;
	return DONE;
}

static enum store_outcome done_anyway(enum store_outcome result)
{
	return result == STORE_CONFLICT ? STORE_DONE : result;
}

static outcome begin(struct copy *copy)
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
	INSIST(copy, done_anyway(store_move_copying(
			     copy->from, STORE_COPYING_FROZEN, STORE_COPYING)));
	INSIST(copy, copy_watch(copy->from, copy->number));
	return DONE;
}

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
	struct patience patience = {0};
	bool again = false;

	while (!copy->tables[copy_noun(table)].is_done) {
		TRY(check_over(copy));
		TRY(judge(copy, &patience, page(copy, table, again), &again));
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
	struct patience patience = {0};
	int64_t began_ms = clock_monotonic_ms();
	bool again = false;
	int64_t count = 0;

	do {
		TRY(check_over(copy));
		TRY(judge(copy, &patience, change_anew(copy, &count, again),
			  &again));
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
			rest(AGAIN_MS);
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
	TRY(check_ours(copy, &marks));
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
	return say(copy, REFUSED,
		   "changes come faster than they can be copied within a "
		   "second: go on at a quieter time");
}

/* --- Comparing ------------------------------------------------------------ */

static enum store_outcome sum_page(struct copy *copy,
				   const struct copy_table *table,
				   struct store_value *after, size_t *count_out,
				   struct copy_sum *sum)
{
	CLEANUP(arena_free)
	struct arena *arena = arena_new(COPY_ARENA_BUDGET);
	struct copy_text text = copy_text_in(arena);
	struct store_rows rows;
	struct buf key = buf_init_arena(copy->arena, 65536);
	enum store_outcome result;

	copy_text_page(&text, copy_is_noted_only(table) ? "" : "moved_", table,
		       *count_out == 0 ? NULL : after);
	result = copy_text_read(copy->from, &text, &rows);
	*count_out = rows.count;
	if (result != STORE_DONE || rows.count == 0)
		return result;
	for (size_t i = 0; i < copy_key_size(table); i++)
		copy_bytes_add(&key, &rows.rows[rows.count - 1].columns[i]);
	MUST(copy_bytes_read(buf_text(&key), after, copy_key_size(table)));
	copy_drop_marks(table, &rows);
	copy_sum_add(sum, copy_sum_rows(table, &rows));
	return STORE_DONE;
}

static outcome verify_table(struct copy *copy, const struct copy_table *table)
{
	const struct copy_progress *progress = &copy->tables[copy_noun(table)];
	struct store_value after[COPY_KEY_MAX];
	struct copy_total total = {.table = table->name};
	struct copy_sum sum = {0};
	size_t count = 0;

	do {
		TRY(check_over(copy));
		INSIST(copy, sum_page(copy, table, after, &count, &sum));
	} while (count == COPY_BATCH);
	total.row_count = sum.count;
	total.hash[0] = sum.low;
	total.hash[1] = sum.high;
	if (copy->ways->is_verified != NULL)
		copy->ways->is_verified(copy->ways->context, &total);
	if (copy_sum_equal(sum, progress->sum))
		return DONE;
	(void)snprintf(
		copy->why, copy->why_size,
		"%s was not the same in both stores at the moment of the "
		"move: %lld rows against %lld; the earlier store's are "
		"in moved_%s",
		table->name, (long long)sum.count,
		(long long)progress->sum.count, table->name);
	return BROKEN;
}

/* The store that was left stands still: it is read anew, all of it, and held
 * against what the other had when it began to serve. */
static outcome finish(struct copy *copy)
{
	struct copy_marks to = {0};

	INSIST(copy, copy_marks_load(copy->to, &to));
	if (to.state == STORE_COPYING_ARRIVING)
		INSIST(copy,
		       store_move_copying(copy->to, STORE_COPYING_ARRIVING,
					  STORE_COPYING_NOT));
	for (size_t i = 0; i < COPY_TABLE_COUNT; i++)
		TRY(verify_table(copy, &copy_tables[i]));
	INSIST(copy, copy_marks_compared(copy->to, to.number));
	INSIST(copy, copy_progress_drop(copy));
	return DONE;
}

/* --- All ------------------------------------------------------------------ */

static outcome check_drivers(struct copy *copy)
{
	if (copy->from->driver->watching != NULL &&
	    copy->to->driver->run != NULL)
		return DONE;
	return say(copy, REFUSED, "this kind of store cannot be copied");
}

/* An earlier one had moved, and was ended before it had compared. */
static outcome finish_earlier(struct copy *copy, const struct copy_marks *from)
{
	struct copy_marks to = {0};

	INSIST(copy, copy_marks_load(copy->to, &to));
	if (to.number != from->number)
		return say(copy, REFUSED,
			   "the store to copy from has moved to another "
			   "before");
	if (to.compared == to.number)
		return say(copy, REFUSED,
			   "it has been copied, and moved, before");
	INSIST(copy, copy_progress_load(copy));
	return finish(copy);
}

static outcome copy_and_move(struct copy *copy)
{
	struct copy_marks from = {0};

	TRY(check_drivers(copy));
	INSIST(copy, copy_marks_load(copy->from, &from));
	if (from.state == STORE_COPYING_MOVED)
		return finish_earlier(copy, &from);
	TRY(begin(copy));
	TRY(copy_all_pages(copy));
	TRY(move(copy));
	return finish(copy);
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
		return say(&copy, REFUSED, "nothing is being copied");
	INSIST(&copy, copy_marks_load(from, &marks));
	/* First of all, and for good: whoever is at work on it can neither
	 * freeze nor move it from here on, nor go on later. */
	if (is_under_way(marks.state)) {
		is_given_up = true;
		INSIST(&copy, done_anyway(copy_give_up(from, marks.number)));
		INSIST(&copy, copy_marks_load(from, &marks));
	}
	if (marks.state == STORE_COPYING_MOVED)
		return say(&copy, REFUSED,
			   "it has moved: to go back is to copy back");
	if (is_under_way(marks.state))
		return say(&copy, BROKEN,
			   "another `licet store copy` has begun meanwhile");
	if (marks.number == COPY_GIVEN_UP)
		INSIST(&copy, done_anyway(copy_unwatch(from)));
	else if (!is_given_up)
		return say(&copy, REFUSED, "nothing is being copied");
	return DONE;
}
