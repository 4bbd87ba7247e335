/* SPDX-License-Identifier: Apache-2.0 */
/* Rows on their way: pages of all of them, then those that have changed. Each is
 * read back from where it went, in the transaction that took it there. */
#include <stdio.h>

#include "store/copy/internal.h"

#define KEY_SIZE_MAX ((size_t)64 * 1024)

static enum store_outcome read_keys(struct store *store, struct arena *arena,
				    const struct copy_table *table,
				    const struct store_rows *keys,
				    struct store_rows *rows_out)
{
	struct copy_text text = copy_text_in(arena);

	copy_text_select(&text, table, keys);
	return copy_text_read(store, &text, rows_out);
}

static enum store_outcome insert(struct copy *copy, struct arena *arena,
				 const struct copy_table *table,
				 const struct store_rows *rows)
{
	struct copy_text text = copy_text_in(arena);

	if (rows->count == 0)
		return STORE_DONE;
	copy_text_insert(&text, table, rows);
	return copy_text_run(copy->to, &text);
}

/* A row that is there at all must be the one that was sent. */
static enum store_outcome check_alike(struct copy *copy,
				      const struct copy_table *table,
				      const struct store_rows *sent,
				      const struct store_rows *found)
{
	for (size_t i = 0; i < found->count; i++) {
		if (copy_rows_have(table, sent, &found->rows[i]))
			continue;
		(void)snprintf(copy->why, copy->why_size,
			       "a row of %s is not the same in the other "
			       "store: it has turned into something else on "
			       "its way",
			       table->name);
		return STORE_BROKEN;
	}
	return STORE_DONE;
}

static enum store_outcome end(struct copy *copy, const struct copy_table *table,
			      const struct copy_progress *progress,
			      enum store_outcome result)
{
	if (result == STORE_DONE)
		result = copy_progress_save(copy, table, progress);
	result = store_end(copy->to, result);
	if (result == STORE_DONE)
		copy->tables[copy_noun(table)] = *progress;
	return result;
}

/* --- Pages ---------------------------------------------------------------- */

static enum store_outcome read_page(struct copy *copy, struct arena *arena,
				    const struct copy_table *table,
				    struct store_rows *rows_out)
{
	const struct copy_progress *progress = &copy->tables[copy_noun(table)];
	struct copy_text text = copy_text_in(arena);
	struct store_value key[COPY_KEY_MAX];

	if (text_is_present(progress->position) &&
	    !copy_bytes_read(progress->position, key, copy_key_size(table)))
		return STORE_BROKEN;
	copy_text_page(&text, "", table,
		       text_is_present(progress->position) ? key : NULL);
	return copy_text_read(copy->from, &text, rows_out);
}

static struct text position_of(struct copy *copy,
			       const struct copy_table *table,
			       const struct store_rows *rows)
{
	struct buf bytes = buf_init_arena(copy->arena, KEY_SIZE_MAX);

	for (size_t i = 0; i < copy_key_size(table); i++)
		copy_bytes_add(&bytes, &rows->rows[rows->count - 1].columns[i]);
	MUST(!bytes.is_over);
	return buf_text(&bytes);
}

/* What a uniqueness keeps out now has changed since the page before, or is about
 * to: it is noted. */
static enum store_outcome take_page(struct copy *copy, struct arena *arena,
				    const struct copy_table *table,
				    const struct store_rows *rows,
				    struct copy_progress *progress)
{
	struct store_rows found = {0};
	enum store_outcome result = insert(copy, arena, table, rows);

	if (result == STORE_DONE)
		result = read_keys(copy->to, arena, table, rows, &found);
	if (result == STORE_DONE)
		result = check_alike(copy, table, rows, &found);
	copy_sum_add(&progress->sum, copy_sum_rows(table, &found));
	progress->position = position_of(copy, table, rows);
	return result;
}

void copy_drop_marks(const struct copy_table *table, struct store_rows *rows)
{
	size_t kept = 0;

	if (!copy_is_noted_only(table))
		return;
	for (size_t i = 0; i < rows->count; i++)
		if (!text_starts_with(rows->rows[i].columns[0].text,
				      TEXT("copy_")))
			rows->rows[kept++] = rows->rows[i];
	rows->count = kept;
}

/* What the other store's schema began with counts, until it is replaced. */
static enum store_outcome own_page(struct copy *copy, struct arena *arena,
				   const struct copy_table *table)
{
	struct copy_progress progress = {.is_done = true};
	struct copy_text text = copy_text_in(arena);
	struct store_rows rows;
	enum store_outcome result = store_begin(copy->to);

	if (result != STORE_DONE)
		return result;
	copy_text_page(&text, "", table, NULL);
	result = copy_text_read(copy->to, &text, &rows);
	if (result == STORE_DONE) {
		copy_drop_marks(table, &rows);
		progress.sum = copy_sum_rows(table, &rows);
	}
	return end(copy, table, &progress, result);
}

enum store_outcome copy_page(struct copy *copy, const struct copy_table *table)
{
	CLEANUP(arena_free)
	struct arena *arena = arena_new(COPY_ARENA_BUDGET);
	struct copy_progress progress = copy->tables[copy_noun(table)];
	struct store_rows rows;
	enum store_outcome result;

	if (copy_is_noted_only(table))
		return own_page(copy, arena, table);
	result = read_page(copy, arena, table, &rows);

	if (result == STORE_DONE)
		result = store_begin(copy->to);
	if (result != STORE_DONE)
		return result;
	progress.is_done = rows.count < COPY_BATCH;
	if (rows.count > 0)
		result = take_page(copy, arena, table, &rows, &progress);
	return end(copy, table, &progress, result);
}

/* --- Changes -------------------------------------------------------------- */

enum store_outcome copy_find_changes(struct copy *copy,
				     bool has_changes_out[COPY_TABLE_COUNT])
{
	static const struct store_script script = {
		.text = "SELECT DISTINCT noun FROM copy_changes"};
	CLEANUP(arena_free) struct arena *arena = arena_new(65536);
	struct store_rows rows;
	enum store_outcome result =
		copy->from->driver->run(copy->from, arena, &script, &rows);

	memset(has_changes_out, 0, COPY_TABLE_COUNT * sizeof(bool));
	for (size_t i = 0; result == STORE_DONE && i < rows.count; i++) {
		int64_t noun = rows.rows[i].columns[0].integer;

		if (noun >= 0 && noun < COPY_TABLE_COUNT)
			has_changes_out[noun] = true;
	}
	return result;
}

static enum store_outcome read_noted(struct copy *copy, struct arena *arena,
				     const struct copy_table *table,
				     struct store_rows *noted_out)
{
	struct store_value noun = {.type = STORE_INTEGER,
				   .integer = copy_noun(table)};
	struct store_script script = {"SELECT a, b, c, d, number"
				      " FROM copy_changes WHERE noun = $1"
				      " LIMIT 200",
				      &noun, 1};

	static_assert(COPY_BATCH == 200);
	return copy->from->driver->run(copy->from, arena, &script, noted_out);
}

/* The keys that the rows of copy_changes hold. */
static struct store_rows keys_of(struct arena *arena,
				 const struct copy_table *table,
				 const struct store_rows *noted)
{
	struct store_rows keys = {
		.rows = ARENA_ARRAY(arena, struct store_row, noted->count),
		.count = noted->count,
	};

	for (size_t i = 0; i < noted->count; i++) {
		keys.rows[i].columns =
			ARENA_ARRAY(arena, struct store_value, COPY_KEY_MAX);
		for (size_t k = 0; table->slots[k] != '\0'; k++)
			keys.rows[i].columns[k] =
				noted->rows[i].columns[table->slots[k] - 'a'];
	}
	return keys;
}

static enum store_outcome remove_old(struct copy *copy, struct arena *arena,
				     const struct copy_table *table,
				     const struct store_rows *keys,
				     struct copy_progress *progress)
{
	struct copy_text text = copy_text_in(arena);
	struct store_rows old;
	enum store_outcome result =
		read_keys(copy->to, arena, table, keys, &old);

	if (result != STORE_DONE || old.count == 0)
		return result;
	copy_sum_subtract(&progress->sum, copy_sum_rows(table, &old));
	copy_text_delete(&text, table, keys);
	return copy_text_run(copy->to, &text);
}

/* First all go, then all come: a row's name may have been another's before. */
static enum store_outcome replace(struct copy *copy, struct arena *arena,
				  const struct copy_table *table,
				  const struct store_rows *keys,
				  const struct store_rows *rows,
				  struct store_rows *found_out)
{
	struct copy_progress progress = copy->tables[copy_noun(table)];
	enum store_outcome result = store_begin(copy->to);

	if (result != STORE_DONE)
		return result;
	result = remove_old(copy, arena, table, keys, &progress);
	if (result == STORE_DONE)
		result = insert(copy, arena, table, rows);
	if (result == STORE_DONE)
		result = read_keys(copy->to, arena, table, keys, found_out);
	if (result == STORE_DONE)
		result = check_alike(copy, table, rows, found_out);
	if (result == STORE_DONE)
		copy_sum_add(&progress.sum, copy_sum_rows(table, found_out));
	return end(copy, table, &progress, result);
}

/* Of what was noted, that whose rows are alike or absent in both; the rest waits
 * for a row that is in its way. */
static struct store_rows
settled_of(struct arena *arena, const struct copy_table *table,
	   const struct store_rows *noted, const struct store_rows *keys,
	   const struct store_rows *rows, const struct store_rows *found)
{
	struct store_rows settled = {
		.rows = ARENA_ARRAY(arena, struct store_row, noted->count)};

	if (rows->count == found->count)
		return *noted;
	for (size_t i = 0; i < noted->count; i++) {
		const struct store_value *key = keys->rows[i].columns;

		if ((copy_rows_find(table, rows, key) == NULL) ==
		    (copy_rows_find(table, found, key) == NULL))
			settled.rows[settled.count++] = noted->rows[i];
	}
	return settled;
}

/* What has been noted anew meanwhile has another number, and stays. What is
 * noted for another copying is not ours to forget. */
static enum store_outcome forget(struct copy *copy, struct arena *arena,
				 const struct copy_table *table,
				 const struct store_rows *settled)
{
	struct copy_text text = copy_text_in(arena);
	enum store_outcome result;

	if (settled->count == 0)
		return STORE_DONE;
	copy_text_forget(&text, table, settled);
	TRY_STORE(store_begin(copy->from));
	result = copy_text_run(copy->from, &text);
	if (result == STORE_DONE)
		result = copy_hold(copy->from, copy->number);
	return store_end(copy->from, result);
}

enum store_outcome copy_changes(struct copy *copy,
				const struct copy_table *table,
				int64_t *count_out, int64_t *settled_out)
{
	CLEANUP(arena_free)
	struct arena *arena = arena_new(COPY_ARENA_BUDGET);
	struct store_rows noted = {0};
	struct store_rows rows = {0};
	struct store_rows found = {0};
	struct store_rows keys;
	struct store_rows settled;
	enum store_outcome result = read_noted(copy, arena, table, &noted);

	*count_out = (int64_t)noted.count;
	*settled_out = 0;
	if (result != STORE_DONE || noted.count == 0)
		return result;
	keys = keys_of(arena, table, &noted);
	result = read_keys(copy->from, arena, table, &keys, &rows);
	if (result == STORE_DONE)
		result = replace(copy, arena, table, &keys, &rows, &found);
	if (result != STORE_DONE)
		return result;
	settled = settled_of(arena, table, &noted, &keys, &rows, &found);
	*settled_out = (int64_t)settled.count;
	return forget(copy, arena, table, &settled);
}
