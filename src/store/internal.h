/* SPDX-License-Identifier: Apache-2.0 */
/* For the verbs alone: parameters into statements, columns out of rows. */
#pragma once

#include "store/driver.h"

/* ---- parameters, in the order of $1, $2, … ---- */

void store_bind_integer(struct store_statement *statement, int64_t value);
static inline void store_bind_flag(struct store_statement *statement,
				   bool value)
{
	store_bind_integer(statement, value ? 1 : 0);
}
/* Borrowed until the statement has run; absent becomes NULL. */
void store_bind_text(struct store_statement *statement, struct text value);
void store_bind_bytes(struct store_statement *statement, struct text value);

/* ---- changes ---- */

/* The next step of a zeroed change, when the one before has all its parameters;
 * ends the change with `otherwise` when it changes no row, unless that is
 * STORE_DONE. */
struct store_statement *store_step_add(struct store_change *change,
				       enum store_query query, instant now,
				       enum store_outcome otherwise);
/* spent.c: insert-if-absent as the next steps, borrowed until they have run; each
 * ends the change with ALREADY. */
void store_spend_add(struct store_change *change,
		     const unsigned char hash[STORE_SPENT_SIZE],
		     instant expires_at);
void store_spend_add_once(struct store_change *change,
			  const struct store_once *once);
/* Submits and waits; within store_begin … store_commit of this thread, runs
 * the steps there (where what is to be undone is undone by store_roll_back). */
STORE_MUST_USE store_apply(struct store *store, struct store_change *change);
/* Whether this thread is between store_begin and store_commit. */
bool store_is_in_transaction(const struct store *store);

/* ---- nodes.c ---- */

/* The least id that can have been made at that moment or later. */
int64_t store_nodes_first_id(instant at);

/* Gives the node number back, if one is held: others may lease it at once. */
void store_nodes_release(struct store *store);

/* ---- shards.c ---- */

/* Closes all but the home. */
void store_shards_close(struct store *home);
/* Since store_end_shards. */
bool store_shards_are_ending(const struct store *home);

/* ---- rows ---- */

/* Reads one row's columns from the left; latches its first error. */
struct store_cursor {
	const struct store_value *at;
	bool is_wrong; /* a column is not what the schema says */
};

int64_t store_take_integer(struct store_cursor *cursor);
static inline bool store_take_flag(struct store_cursor *cursor)
{
	return store_take_integer(cursor) != 0;
}
struct text store_take_text(struct store_cursor *cursor);
struct text store_take_bytes(struct store_cursor *cursor);
/* Exactly `size` bytes. */
void store_take_fixed(struct store_cursor *cursor, void *out, size_t size);
/* DONE, or BROKEN with an event that names the statement. */
STORE_MUST_USE store_cursor_end(const struct store_cursor *cursor,
				enum store_query query);

/* Reads one row: NOT_FOUND when there is none. */
STORE_MUST_USE store_load_row(struct store *store, struct arena *arena,
			      const struct store_statement *statement,
			      struct store_cursor *cursor_out);
STORE_MUST_USE store_load_rows(struct store *store, struct arena *arena,
			       const struct store_statement *statement,
			       struct store_rows *rows_out);

/* ---- client_document.c ---- */

#define CLIENT_DOCUMENT_MAX ((size_t)256 * 1024)

/* All of a client but its keys (tenant, id) and its secrets, as JSON; absent
 * when it would pass CLIENT_DOCUMENT_MAX. */
struct text client_document_format(const struct client *client,
				   struct arena *arena);
/* The reverse; leaves keys and secrets alone. BROKEN for what the above cannot
 * have written. */
outcome client_document_parse(struct text document, struct arena *arena,
			      struct client *client) MUST_USE;

/* ---- book_rows.c: a shard is being filled ---- */

struct store_filling;

struct book_fill {
	struct store *home;
	struct store *shard;
	instant now;
	int64_t seen; /* the book that the copy is of */
	bool was_behind; /* at an earlier try */
	struct store_filling *filling;
};

/* All of the home's rows, a page a transaction, and then `book` as the number of
 * the copy; CONFLICT when an import or another fill came between. */
STORE_MUST_USE book_rows_copy(struct book_fill *fill, int64_t book);
