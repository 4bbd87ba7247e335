/* SPDX-License-Identifier: Apache-2.0 */
/* The insides of copying: tables, rows, what is known of both stores. */
#pragma once

#include <assert.h>

#include "store/copy/copy.h"
#include "store/driver.h"

/* ---- tables.c ---- */

struct copy_table {
	const char *name;
	const char *columns; /* the key's first, in its order */
	size_t column_count;
	/* A letter per column of the key: the column of copy_changes, of a to d,
	 * that holds it. */
	const char *slots;
};

extern const struct copy_table copy_tables[COPY_TABLE_COUNT];
/* Its place among them, as `noun` in the tables of copying. */
static inline int64_t copy_noun(const struct copy_table *table)
{
	return table - copy_tables;
}
static inline size_t copy_key_size(const struct copy_table *table)
{
	return strlen(table->slots);
}
/* Whether the table is not copied but by what is noted of it. */
static inline bool copy_is_noted_only(const struct copy_table *table)
{
	return table == &copy_tables[COPY_TABLE_COUNT - 1];
}

/* ---- texts.c: SQL for a table, in an arena ---- */

#define COPY_KEY_MAX 3 /* columns of a key */
/* Rows of one statement: some thousands of parameters; both engines take 32 767. */
#define COPY_BATCH 200

/* A text and its parameters, put together piece by piece. */
struct copy_text {
	struct arena *arena;
	struct buf text;
	struct store_value *parameters;
	size_t parameter_count;
};

/* The columns of rows behind the key `after` (NULL: from the start), in the key's
 * order, COPY_BATCH at most. `prefix` stands before the table's name. */
void copy_text_page(struct copy_text *text, const char *prefix,
		    const struct copy_table *table,
		    const struct store_value *after);
/* Of rows whose keys begin those of `keys`. */
void copy_text_select(struct copy_text *text, const struct copy_table *table,
		      const struct store_rows *keys);
void copy_text_delete(struct copy_text *text, const struct copy_table *table,
		      const struct store_rows *keys);
/* Those that no uniqueness forbids. */
void copy_text_insert(struct copy_text *text, const struct copy_table *table,
		      const struct store_rows *rows);
/* Of rows of copy_changes (a, b, c, d, number). */
void copy_text_forget(struct copy_text *text, const struct copy_table *table,
		      const struct store_rows *noted);
/* The engine's text with what it has in braces put in. */
void copy_text_watch(struct copy_text *text, const char *template,
		     const struct copy_table *table, const char *no_bytes);

struct copy_text copy_text_in(struct arena *arena);
/* Runs it as a query into the arena, or as a statement. */
STORE_MUST_USE copy_text_read(struct store *store, struct copy_text *text,
			      struct store_rows *rows_out);
STORE_MUST_USE copy_text_run(struct store *store, struct copy_text *text);
/* The same for a text without parameters. */
STORE_MUST_USE copy_run_text(struct store *store, const char *text);

/* ---- sums.c: rows as bytes, alike on every engine ---- */

/* How many rows, and the sum of their hashes, which needs no order. */
struct copy_sum {
	int64_t count;
	uint64_t low;
	uint64_t high;
};

/* Appends a value's bytes: its type, its size, itself. */
void copy_bytes_add(struct buf *bytes, const struct store_value *value);
/* The values that were added, `count` of them; false when they are not. */
bool copy_bytes_read(struct text bytes, struct store_value *values,
		     size_t count);
struct copy_sum copy_sum_row(const struct copy_table *table,
			     const struct store_row *row);
struct copy_sum copy_sum_rows(const struct copy_table *table,
			      const struct store_rows *rows);
void copy_sum_add(struct copy_sum *sum, struct copy_sum more);
void copy_sum_subtract(struct copy_sum *sum, struct copy_sum less);
bool copy_sum_equal(struct copy_sum a, struct copy_sum b);
/* Whether some row of `rows` is that very row. */
bool copy_rows_have(const struct copy_table *table,
		    const struct store_rows *rows, const struct store_row *row);
/* The row of that key; NULL. */
const struct store_row *copy_rows_find(const struct copy_table *table,
				       const struct store_rows *rows,
				       const struct store_value *key);

/* ---- progress.c: what the other store has, kept in it ---- */

struct copy_progress {
	bool is_done; /* all of the table has been copied once */
	struct text position; /* the last key copied; absent: none */
	struct copy_sum sum;
};

/* One copying at work: the latest one; one before it is stopped by the next
 * change of its own. */
struct copy {
	struct store *from;
	struct store *to;
	const struct copy_ways *ways;
	int64_t holder; /* ours, at random */
	int64_t number; /* of this copying, in both stores; 0: not yet */
	int64_t frost; /* the latest of ours, at random */
	struct arena *arena; /* of the positions */
	struct copy_progress tables[COPY_TABLE_COUNT];
	int64_t frozen_ms; /* since when, monotonic; 0: it is not */
	char *why;
	size_t why_size;
};

/* Makes the tables, if need be, and takes them over. */
STORE_MUST_USE copy_progress_take(struct copy *copy);
/* In a transaction of the other store, first. CONFLICT: another copying has
 * taken over. */
STORE_MUST_USE copy_progress_save(struct copy *copy,
				  const struct copy_table *table,
				  const struct copy_progress *progress);
/* Whether the other store takes changes, and ours; CONFLICT as above. */
STORE_MUST_USE copy_progress_confirm(struct copy *copy);
/* Reads all of them anew: after what may have come to pass or not. */
STORE_MUST_USE copy_progress_load(struct copy *copy);
/* Removes the tables, if they are there. */
STORE_MUST_USE copy_progress_drop(struct copy *copy);

/* ---- states.c: how far the two are ---- */

/* In the place of a number: given up, and perhaps still watched. */
#define COPY_GIVEN_UP (-1)

/* The settings that copying keeps: its state and its number. */
struct copy_marks {
	int64_t state; /* enum store_copying */
	/* Of this copying, alike in both stores, and never again another's; or
	 * COPY_GIVEN_UP. */
	int64_t number;
	int64_t compared; /* the number of the last that was found alike */
	int64_t schema;
};

/* From its state: it is being copied. */
static inline bool copy_is_under_way(const struct copy_marks *from)
{
	return from->state == STORE_COPYING ||
	       from->state == STORE_COPYING_FROZEN;
}

STORE_MUST_USE copy_marks_load(struct store *store, struct copy_marks *out);
/* In a transaction of its own. */
STORE_MUST_USE copy_marks_save(struct store *store, int64_t state,
			       int64_t number);
/* The same of `compared`. */
STORE_MUST_USE copy_marks_compared(struct store *store, int64_t number);
/* The number becomes another, and the state COPYING: CONFLICT when it is not
 * `before` any more, or nothing can be begun there. */
STORE_MUST_USE copy_marks_begin(struct store *from, int64_t before,
				int64_t number);
/* In a transaction: until its end the number stays this one. CONFLICT: it is
 * another. Whatever a copying does to `from` it does so. */
STORE_MUST_USE copy_hold(struct store *store, int64_t number);
/* What is under way there ends: none of its steps succeeds any more. CONFLICT:
 * there is none of that number. */
STORE_MUST_USE copy_give_up(struct store *from, int64_t number);
/* What keeps a store from being watched, as a sentence in the arena; absent:
 * nothing does. */
STORE_MUST_USE copy_find_mistake(struct store *from, struct arena *arena,
				 struct text *sentence_out);
/* Begins to note changes of every table; may run again. */
STORE_MUST_USE copy_watch(struct store *from, int64_t number);
/* Ends that of one that is given up; may run again. CONFLICT when it has ended,
 * or another has begun. */
STORE_MUST_USE copy_unwatch(struct store *from);
/* COPYING to FROZEN, behind all changes under way. `frost`: a number that only
 * this frost has. */
STORE_MUST_USE copy_freeze(struct store *from, int64_t number, int64_t frost);
/* FROZEN to COPYING. CONFLICT when that frost has ended. */
STORE_MUST_USE copy_thaw(struct store *from, int64_t frost);
/* FROZEN to MOVED, and the tables have other names: in one transaction. CONFLICT
 * when that frost has ended, though there be another. */
STORE_MUST_USE copy_move(struct store *from, int64_t frost);
/* Whether no table but settings has a row; its name otherwise. */
STORE_MUST_USE copy_find_rows(struct store *store, const char **table_out);

/* ---- patience.c: stores that fail for a while ---- */

/* Between two tries. */
#define COPY_AGAIN_MS 200

/* For steps that may be tried again: since when nothing has succeeded. */
struct copy_patience {
	int64_t failing_ms; /* 0: it is not */
};

/* The sentence into `why`; returns `what`. */
outcome copy_say(struct copy *copy, outcome what, const char *sentence)
	MUST_USE;
/* REFUSED when it was told to end. */
outcome copy_check_over(struct copy *copy) MUST_USE;
/* REFUSED when the store is another copying's, or nobody's, as it is as soon as
 * its number is. */
outcome copy_check_ours(struct copy *copy, const struct copy_marks *from)
	MUST_USE;
void copy_rest(int64_t ms);
/* After a step: DONE when it is done, or (*again_out) is to be tried again. */
outcome copy_judge(struct copy *copy, struct copy_patience *patience,
		   enum store_outcome result, bool *again_out) MUST_USE;

/* Of a step that is a CONFLICT when it was done before. */
static inline STORE_MUST_USE copy_done_anyway(enum store_outcome result)
{
	return result == STORE_CONFLICT ? STORE_DONE : result;
}

/* Tries a step that stands alone until it is done. */
#define INSIST(copy, call)                                                     \
	do {                                                                   \
		struct copy_patience patience = {0};                           \
		bool again = true;                                             \
		while (again)                                                  \
			TRY(copy_judge((copy), &patience, (call), &again));    \
	} while (0)

/* ---- begin.c ---- */

/* Or goes on with what is under way between these very stores. */
outcome copy_begin(struct copy *copy) MUST_USE;

/* ---- compare.c ---- */

/* When the other store serves. BROKEN when they are not alike. */
outcome copy_finish(struct copy *copy) MUST_USE;

/* ---- rows.c: rows on their way ---- */

/* Of rows of `settings`, drops what copying keeps: each store's own. */
void copy_drop_marks(const struct copy_table *table, struct store_rows *rows);
/* The next page of the table; its progress is_done when there is none. */
STORE_MUST_USE copy_page(struct copy *copy, const struct copy_table *table);
/* Copies rows that have changed, up to COPY_BATCH of them; *count_out is how many
 * were noted, *settled_out how many of these are now alike. */
STORE_MUST_USE copy_changes(struct copy *copy, const struct copy_table *table,
			    int64_t *count_out, int64_t *settled_out);
/* Which tables have changes noted. */
STORE_MUST_USE copy_find_changes(struct copy *copy,
				 bool has_changes_out[COPY_TABLE_COUNT]);

/* A page's rows, of 256 KiB at most each, and what is made of them. */
#define COPY_ARENA_BUDGET ((size_t)1024 * 1024 * 1024)
