/* SPDX-License-Identifier: Apache-2.0 */
/* What all shards share, and have a copy of: people, clients, resources. */
#pragma once

#include "store/store.h"

/*
 * The home's book has a number that every import raises; a shard's is that of
 * the home's that its copy was made of. Equal numbers: equal books.
 */

/* At the end of an import, in the home's transaction: what was the number, and
 * what it is now. */
STORE_MUST_USE store_book_raise(struct store *home, instant now,
				int64_t *before_out, int64_t *after_out);
/* In a shard's transaction, first: CONFLICT when its copy is not of `before`. It
 * holds the copy until the end: whoever else writes it waits. */
STORE_MUST_USE store_book_move(struct store *shard, int64_t before,
			       int64_t after);

/* What a fill has written. */
struct store_filling {
	int64_t user_count; /* that the copy lacked, or had otherwise */
	int64_t client_count;
	int64_t resource_count;
	int64_t dropped_count; /* people whom the home does not know */
	int64_t revoked_count; /* grants of who is new disabled, or changed */
};

/*
 * Makes the shard's book the home's, and an empty store the home's shard of that
 * number. What it ends on people ends their grants there, as an import does.
 * Outside a task; may be broken off and begun again, and done by several at once.
 * REFUSED with a sentence in `why`.
 */
outcome store_book_fill(struct store *home, struct store *shard,
			uint16_t number, instant now,
			struct store_filling *filling_out, struct buf *why)
	MUST_USE;

/* Why a shard that has joined must not be asked: it does not answer, or is not
 * what it should be; NULL when it may. Reads its epochs, and remembers them: one
 * that goes back in time is away. By one thread of a shard. */
const char *store_book_find_fault(struct store *home, struct store *shard);
/* Why a store cannot be the shard of that number: it is another, or another
 * installation's; NULL when it can, or is empty yet. */
const char *store_book_mistake(const struct store_epochs *home,
			       const struct store_epochs *shard,
			       uint16_t number);
/* How its copy stands, by what that has just read of it and a fresh look at the
 * home. When the home is away: by what is known of it, or else as `before`. */
enum store_copy store_book_compare(struct store *home, struct store *shard,
				   enum store_copy before);
