/* SPDX-License-Identifier: Apache-2.0 */
/* Compares the two stores after the move, and ends the copying. */
#include <stdio.h>

#include "store/copy/internal.h"

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
		TRY(copy_check_over(copy));
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
outcome copy_finish(struct copy *copy)
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
