/* SPDX-License-Identifier: Apache-2.0 */
/* Copies people, clients and resources from the home to a shard, page by page. */
#include "store/book.h"
#include "store/internal.h"

/* Rows of one transaction. */
#define PAGE_COUNT 500
/* Of rows that an import may write: 128 KiB each and more. */
#define PAGE_BUDGET ((size_t)512 * 1024 * 1024)

/* Of the users' columns, as QUERY_PAGE_USERS has them. */
#define USER_ID 0
#define USER_TENANT 1
#define USER_COLUMN_COUNT 8
#define USER_CHANGED_AT 6
#define USER_DISABLED 7

/* ---- pages ---- */

static enum store_outcome load_users(struct store *store, struct arena *arena,
				     int64_t after, struct store_rows *rows)
{
	struct store_statement load =
		STORE_STATEMENT(.query = QUERY_PAGE_USERS);

	store_bind_integer(&load, after);
	store_bind_integer(&load, PAGE_COUNT);
	return store_load_rows(store, arena, &load, rows);
}

static enum store_outcome save_row(struct store *store, enum store_query query,
				   const struct store_row *row, size_t count)
{
	struct store_change change = {0};
	struct store_statement *save =
		store_step_add(&change, query, 0, STORE_DONE);

	for (size_t i = 0; i < count; i++)
		save->parameters[save->parameter_count++] = row->columns[i];
	return store_apply(store, &change);
}

/* CONFLICT when the copy is no more of the book that this fill began with. */
static enum store_outcome begin_page(struct book_fill *fill)
{
	enum store_outcome held;

	if (store_shards_are_ending(fill->home))
		return STORE_BUSY;
	TRY_STORE(store_begin(fill->shard));
	held = store_book_move(fill->shard, fill->seen, fill->seen);
	if (held != STORE_DONE)
		store_roll_back(fill->shard);
	return held;
}

/* ---- people ---- */

/* Those of both, up to an id that neither page has been cut off before. */
struct pages {
	struct arena *arena;
	struct store_rows ours;
	struct store_rows theirs;
	int64_t after;
	int64_t until;
};

static int64_t id_of(const struct store_row *row)
{
	return row->columns[USER_ID].integer;
}

static int64_t end_of(const struct store_rows *rows)
{
	return rows->count == PAGE_COUNT ? id_of(&rows->rows[PAGE_COUNT - 1])
					 : INT64_MAX;
}

static enum store_outcome load_pages(struct book_fill *fill,
				     struct pages *pages)
{
	int64_t ours_end;
	int64_t theirs_end;

	arena_free(&pages->arena);
	pages->arena = arena_new(PAGE_BUDGET);
	TRY_STORE(load_users(fill->home, pages->arena, pages->after,
			     &pages->ours));
	TRY_STORE(load_users(fill->shard, pages->arena, pages->after,
			     &pages->theirs));
	ours_end = end_of(&pages->ours);
	theirs_end = end_of(&pages->theirs);
	pages->until = ours_end < theirs_end ? ours_end : theirs_end;
	return STORE_DONE;
}

static const struct store_row *find_user(const struct store_rows *rows,
					 int64_t id)
{
	size_t low = 0;
	size_t high = rows->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (id_of(&rows->rows[middle]) < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < rows->count && id_of(&rows->rows[low]) == id
		       ? &rows->rows[low]
		       : NULL;
}

static bool is_same(const struct store_row *left, const struct store_row *right)
{
	for (size_t i = 0; i < USER_COLUMN_COUNT; i++) {
		const struct store_value *a = &left->columns[i];
		const struct store_value *b = &right->columns[i];

		if (a->type != b->type)
			return false;
		if (a->type == STORE_INTEGER
			    ? a->integer != b->integer
			    : a->type != STORE_NULL &&
				      !text_equal(a->text, b->text))
			return false;
	}
	return true;
}

static enum store_outcome revoke(struct book_fill *fill,
				 const struct store_row *user, const char *why)
{
	const struct store_grant_filter filter = {
		.tenant_id = user->columns[USER_TENANT].integer,
		.user_id = id_of(user),
	};
	int64_t count;

	TRY_STORE(store_revoke_grants(fill->shard, &filter, fill->now,
				      text_from(why), &count));
	fill->filling->revoked_count += count;
	return STORE_DONE;
}

static enum store_outcome revoke_changed(struct book_fill *fill,
					 const struct store_row *ours,
					 const struct store_row *theirs)
{
	if (theirs == NULL)
		return STORE_DONE;
	if (ours->columns[USER_DISABLED].integer != 0 &&
	    theirs->columns[USER_DISABLED].integer == 0)
		return revoke(fill, ours, "user_disabled");
	if (ours->columns[USER_CHANGED_AT].integer !=
	    theirs->columns[USER_CHANGED_AT].integer)
		return revoke(fill, ours, "password_changed");
	return STORE_DONE;
}

static enum store_outcome drop_user(struct book_fill *fill,
				    const struct store_row *user)
{
	struct store_change change = {0};

	store_bind_integer(store_step_add(&change, QUERY_DELETE_USER, 0,
					  STORE_DONE),
			   id_of(user));
	TRY_STORE(store_apply(fill->shard, &change));
	fill->filling->dropped_count++;
	return revoke(fill, user, "user_disabled");
}

static enum store_outcome drop_page(struct book_fill *fill,
				    const struct pages *pages)
{
	for (size_t i = 0; i < pages->theirs.count; i++) {
		const struct store_row *user = &pages->theirs.rows[i];

		if (id_of(user) <= pages->until &&
		    find_user(&pages->ours, id_of(user)) == NULL)
			TRY_STORE(drop_user(fill, user));
	}
	return STORE_DONE;
}

static enum store_outcome save_page(struct book_fill *fill,
				    const struct pages *pages)
{
	for (size_t i = 0; i < pages->ours.count; i++) {
		const struct store_row *ours = &pages->ours.rows[i];
		const struct store_row *theirs =
			find_user(&pages->theirs, id_of(ours));

		if (id_of(ours) > pages->until ||
		    (theirs != NULL && is_same(ours, theirs)))
			continue;
		TRY_STORE(save_row(fill->shard, QUERY_SAVE_USER, ours,
				   USER_COLUMN_COUNT));
		TRY_STORE(revoke_changed(fill, ours, theirs));
		fill->filling->user_count++;
	}
	return STORE_DONE;
}

/* Both are read while the row is held: what an import has followed with by then
 * is in the home already, and the next one waits. */
static enum store_outcome
write_page(struct book_fill *fill, struct pages *pages,
	   enum store_outcome (*write)(struct book_fill *fill,
				       const struct pages *pages))
{
	enum store_outcome result;

	TRY_STORE(begin_page(fill));
	result = load_pages(fill, pages);
	if (result == STORE_DONE)
		result = write(fill, pages);
	return store_end(fill->shard, result);
}

static enum store_outcome
walk_users(struct book_fill *fill,
	   enum store_outcome (*write)(struct book_fill *fill,
				       const struct pages *pages))
{
	struct pages pages = {.after = 0};
	enum store_outcome result;

	do {
		result = write_page(fill, &pages, write);
		pages.after = pages.until;
	} while (result == STORE_DONE && pages.until != INT64_MAX);
	arena_free(&pages.arena);
	return result;
}

/* ---- clients and resources, by (tenant, name): all are written ---- */

struct book_table {
	enum store_query page;
	enum store_query save;
	size_t column_count; /* of both, alike */
};

static const struct book_table clients = {QUERY_PAGE_CLIENTS, QUERY_SAVE_CLIENT,
					  6};
static const struct book_table resources = {QUERY_PAGE_RESOURCES,
					    QUERY_SAVE_RESOURCE, 7};

static enum store_outcome save_rows(struct book_fill *fill,
				    const struct book_table *table,
				    const struct store_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		TRY_STORE(save_row(fill->shard, table->save, &rows->rows[i],
				   table->column_count));
	return STORE_DONE;
}

/* *last is the last row's key; its text in the arena of `rows`. */
static enum store_outcome copy_page(struct book_fill *fill,
				    const struct book_table *table,
				    struct arena *arena,
				    struct store_rows *rows,
				    const struct store_row *last)
{
	struct store_statement load = STORE_STATEMENT(.query = table->page);
	enum store_outcome result;

	store_bind_integer(&load, last == NULL ? 0 : last->columns[0].integer);
	store_bind_text(&load, last == NULL ? TEXT("") : last->columns[1].text);
	store_bind_integer(&load, PAGE_COUNT);
	TRY_STORE(begin_page(fill));
	result = store_load_rows(fill->home, arena, &load, rows);
	if (result == STORE_DONE)
		result = save_rows(fill, table, rows);
	return store_end(fill->shard, result);
}

static enum store_outcome copy_table(struct book_fill *fill,
				     const struct book_table *table,
				     int64_t *count)
{
	CLEANUP(arena_free) struct arena *last_arena = NULL;
	const struct store_row *last = NULL;
	struct store_rows rows;

	do {
		struct arena *arena = arena_new(PAGE_BUDGET);
		enum store_outcome copied =
			copy_page(fill, table, arena, &rows, last);

		arena_free(&last_arena);
		last_arena = arena;
		TRY_STORE(copied);
		*count += (int64_t)rows.count;
		if (rows.count > 0)
			last = &rows.rows[rows.count - 1];
	} while (rows.count == PAGE_COUNT);
	return STORE_DONE;
}

enum store_outcome book_rows_copy(struct book_fill *fill, int64_t book)
{
	fill->filling->client_count = 0;
	fill->filling->resource_count = 0;
	TRY_STORE(walk_users(fill, drop_page));
	TRY_STORE(walk_users(fill, save_page));
	TRY_STORE(copy_table(fill, &clients, &fill->filling->client_count));
	TRY_STORE(copy_table(fill, &resources, &fill->filling->resource_count));
	return store_book_move(fill->shard, fill->seen, book);
}
