/* SPDX-License-Identifier: Apache-2.0 */
/* Epochs: what is void after a restore, and when configuration has changed. */
#include "store/internal.h"

static enum store_outcome read_epochs(const struct store_rows *rows,
				      struct store_epochs *epochs_out)
{
	for (size_t i = 0; i < rows->count; i++) {
		struct store_cursor cursor = {.at = rows->rows[i].columns};
		struct text name = store_take_text(&cursor);
		int64_t value = store_take_integer(&cursor);

		if (cursor.is_wrong)
			return store_cursor_end(&cursor, QUERY_LOAD_SETTINGS);
		if (text_equal(name, TEXT("epoch")))
			epochs_out->current = value;
		else if (text_equal(name, TEXT("epoch_floor")))
			epochs_out->floor = value;
		else if (text_equal(name, TEXT("config_epoch")))
			epochs_out->config = value;
		else if (text_equal(name, TEXT("schema")))
			epochs_out->schema = value;
		else if (text_equal(name, TEXT("schema_floor")))
			epochs_out->schema_floor = value;
		else if (text_equal(name, TEXT("book")))
			epochs_out->book = value;
		else if (text_equal(name, TEXT("site")))
			epochs_out->site = value;
		else if (text_equal(name, TEXT("shard")))
			epochs_out->shard = value;
		else if (text_equal(name, TEXT("copy_state")))
			epochs_out->copying = value;
		else if (text_equal(name, TEXT("copy_number")))
			epochs_out->copy_number = value;
	}
	return STORE_DONE;
}

enum store_outcome store_load_epochs(struct store *store,
				     struct store_epochs *epochs_out)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(4096);
	struct store_statement statement =
		STORE_STATEMENT(.query = QUERY_LOAD_SETTINGS);
	struct store_rows rows;
	enum store_outcome result =
		store_load_rows(store, arena, &statement, &rows);

	*epochs_out = (struct store_epochs){0};
	if (result == STORE_DONE)
		result = read_epochs(&rows, epochs_out);
	if (result != STORE_DONE)
		return result;
	store->epoch = epochs_out->current;
	store->floor = epochs_out->floor;
	store->book = epochs_out->book;
	store->site = epochs_out->site;
	return STORE_DONE;
}

/* The new number is the time in seconds, so that it lies above every epoch that
 * the lost part of the store may have begun. */
enum store_outcome store_begin_epoch(struct store *store, instant now)
{
	struct store_change change = {.undoes_all = true};

	store_bind_integer(store_step_add(&change, QUERY_BEGIN_EPOCH, now,
					  STORE_NOT_FOUND),
			   instant_to_seconds(now));
	store_step_add(&change, QUERY_RAISE_FLOOR, now, STORE_NOT_FOUND);
	return store_apply(store, &change);
}

enum store_outcome store_raise_config(struct store *store)
{
	struct store_change change = {0};

	store_step_add(&change, QUERY_RAISE_CONFIG, 0, STORE_NOT_FOUND);
	return store_apply(store, &change);
}

enum store_outcome store_move_copying(struct store *store,
				      enum store_copying before,
				      enum store_copying after)
{
	struct store_change change = {0};
	struct store_statement *move =
		store_step_add(&change, QUERY_MOVE_COPYING, 0, STORE_CONFLICT);

	store_bind_integer(move, after);
	store_bind_integer(move, before);
	return store_apply(store, &change);
}
