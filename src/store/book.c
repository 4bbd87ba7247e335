/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers the home's book and its copies, and makes a store a shard of the home. */
#include "store/book.h"

#include "store/internal.h"

/* As many imports or fills may come between. */
#define TRIES_MAX 8
#define TENANTS_BUDGET ((size_t)512 * 1024 * 1024)

/* ---- numbers ---- */

static enum store_outcome write_setting(struct store *store,
					enum store_query query,
					const char *name, int64_t value)
{
	struct store_change change = {0};
	struct store_statement *write =
		store_step_add(&change, query, 0, STORE_DONE);

	store_bind_text(write, text_from(name));
	store_bind_integer(write, value);
	return store_apply(store, &change);
}

/* The row is held before it is read, so that imports are numbered one after the
 * other. */
enum store_outcome store_book_raise(struct store *home, instant now,
				    int64_t *before_out, int64_t *after_out)
{
	struct store_change hold = {0};
	struct store_epochs epochs;

	TRY_STORE(write_setting(home, QUERY_ADD_SETTING, "book", 0));
	store_step_add(&hold, QUERY_HOLD_BOOK, 0, STORE_NOT_FOUND);
	TRY_STORE(store_apply(home, &hold));
	TRY_STORE(store_load_epochs(home, &epochs));
	*before_out = epochs.book;
	/* A time: above what a store that was put back may have had. */
	*after_out = now > epochs.book ? now : epochs.book + 1;
	return write_setting(home, QUERY_SAVE_SETTING, "book", *after_out);
}

enum store_outcome store_book_move(struct store *shard, int64_t before,
				   int64_t after)
{
	struct store_change change = {0};
	struct store_statement *move =
		store_step_add(&change, QUERY_MOVE_BOOK, 0, STORE_CONFLICT);

	store_bind_integer(move, after);
	store_bind_integer(move, before);
	return store_apply(shard, &change);
}

/* ---- filling ---- */

static enum store_outcome number_home(struct store *home, instant now,
				      struct store_epochs *epochs)
{
	int64_t before;

	TRY_STORE(write_setting(home, QUERY_ADD_SETTING, "site", now));
	TRY_STORE(store_load_epochs(home, epochs));
	if (epochs->book != 0)
		return STORE_DONE;
	TRY_STORE(store_begin(home));
	return store_end(home,
			 store_book_raise(home, now, &before, &epochs->book));
}

/* A home that was put back knows of less than this copy: so that no copy's number
 * ever falls, the home's rises above it. */
static enum store_outcome raise_above(struct book_fill *fill, int64_t book,
				      struct store_epochs *epochs)
{
	instant above = fill->now > book ? fill->now : book + 1;
	int64_t before;

	TRY_STORE(store_load_epochs(fill->home, epochs));
	if (epochs->book >= book)
		return STORE_DONE;
	TRY_STORE(store_begin(fill->home));
	return store_end(fill->home, store_book_raise(fill->home, above,
						      &before, &epochs->book));
}

/* What the home remembers a shard by that was filled once. */
static struct text name_of(struct arena *arena, uint16_t number)
{
	return arena_format(arena, "shard %u", number);
}

static enum store_outcome is_remembered(struct store *home, uint16_t number,
					bool *is_out)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(65536);
	struct store_statement load =
		STORE_STATEMENT(.query = QUERY_LOAD_SETTINGS);
	struct text name = name_of(arena, number);
	struct store_rows rows;

	TRY_STORE(store_load_rows(home, arena, &load, &rows));
	*is_out = false;
	for (size_t i = 0; i < rows.count; i++)
		if (text_equal(rows.rows[i].columns[0].text, name))
			*is_out = true;
	return STORE_DONE;
}

static enum store_outcome remember(struct store *home, uint16_t number)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(4096);
	struct text name = name_of(arena, number);

	return write_setting(home, QUERY_ADD_SETTING, name.at, 1);
}

static enum store_outcome claim(struct store *shard, uint16_t number,
				int64_t site)
{
	TRY_STORE(write_setting(shard, QUERY_SAVE_SETTING, "shard", number));
	return write_setting(shard, QUERY_ADD_SETTING, "site", site);
}

/* An emptied shard would say of all that it issued that it never was. */
static enum store_outcome find_use(struct book_fill *fill, uint16_t number,
				   const char **mistake_out)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(TENANTS_BUDGET);
	struct tenant_record *tenants;
	bool is_known;
	size_t count = 0;

	TRY_STORE(is_remembered(fill->home, number, &is_known));
	if (is_known)
		*mistake_out =
			"it is empty, but a shard of this number was filled "
			"before: is its disk not mounted? Put it back, or "
			"from a backup; a new shard takes a new number";
	TRY_STORE(store_load_tenants(fill->shard, arena, &tenants, &count));
	if (count > 0)
		*mistake_out = "it has tenants of its own: a shard begins as "
			       "an empty store";
	return STORE_DONE;
}

/* NULL when it is, or may become, the shard of that number. */
static enum store_outcome find_mistake(struct book_fill *fill, uint16_t number,
				       const struct store_epochs *home_epochs,
				       struct store_epochs *epochs,
				       const char **mistake_out)
{
	TRY_STORE(store_load_epochs(fill->shard, epochs));
	*mistake_out = store_book_mistake(home_epochs, epochs, number);
	if (*mistake_out != NULL || epochs->site != 0)
		return STORE_DONE;
	return find_use(fill, number, mistake_out);
}

static enum store_outcome fill_once(struct book_fill *fill, uint16_t number,
				    const char **mistake_out)
{
	struct store_epochs home = {0};
	struct store_epochs shard;

	TRY_STORE(number_home(fill->home, fill->now, &home));
	TRY_STORE(find_mistake(fill, number, &home, &shard, mistake_out));
	if (*mistake_out != NULL)
		return STORE_ALREADY;
	if (shard.site == 0)
		TRY_STORE(claim(fill->shard, number, home.site));
	TRY_STORE(remember(fill->home, number));
	if (shard.book == 0)
		TRY_STORE(write_setting(fill->shard, QUERY_ADD_SETTING, "book",
					0));
	TRY_STORE(raise_above(fill, shard.book, &home));
	/* Another has done it. */
	if (fill->was_behind && shard.book == home.book)
		return STORE_DONE;
	fill->was_behind = shard.book != home.book;
	fill->seen = shard.book;
	TRY_STORE(book_rows_copy(fill, home.book));
	return store_load_epochs(fill->shard, &shard);
}

/* An import, or another fill, came between: anew, from what it has left. */
static enum store_outcome fill_shard(struct book_fill *fill, uint16_t number,
				     const char **mistake_out)
{
	enum store_outcome filled = STORE_CONFLICT;

	for (int i = 0; i < TRIES_MAX && filled == STORE_CONFLICT; i++)
		filled = fill_once(fill, number, mistake_out);
	return filled;
}

outcome store_book_fill(struct store *home, struct store *shard,
			uint16_t number, instant now,
			struct store_filling *filling_out, struct buf *why)
{
	struct book_fill fill = {.home = home,
				 .shard = shard,
				 .now = now,
				 .filling = filling_out};
	const char *mistake = NULL;
	enum store_outcome filled;

	*filling_out = (struct store_filling){0};
	filled = fill_shard(&fill, number, &mistake);
	if (filled == STORE_DONE)
		return DONE;
	buf_add_string(why, mistake != NULL
				    ? mistake
				    : "it, or the home, could not be read or "
				      "written: the event log says why");
	return REFUSED;
}
