/* SPDX-License-Identifier: Apache-2.0 */
/* Copies a store to another while it serves, and lets that one take its place. */
#pragma once

#include "store/store.h"

#define COPY_TABLE_COUNT 15

/* One table at the end: how many rows, and the sum of their hashes. */
struct copy_total {
	const char *table;
	int64_t row_count;
	uint64_t hash[2];
};

/* Told about on the way; any may be NULL. */
struct copy_ways {
	void *context;
	/* So many rows of a table have been copied, all of them or not yet. */
	void (*is_copied)(void *context, const char *table, int64_t row_count,
			  bool is_all);
	/* So many changes were copied after it, in so many milliseconds. */
	void (*is_caught_up)(void *context, int64_t row_count, int64_t ms);
	/* The frost took so long; it has ended in the move, or in vain. */
	void (*is_thawed)(void *context, int64_t ms, bool is_moved);
	/* The stores' tables are being compared. */
	void (*is_verified)(void *context, const struct copy_total *total);
	/* Asked often: whether to end here. */
	bool (*is_over)(void *context);
	/* Before each frost: servers, which poll every second, make ready. */
	int64_t notice_ms;
};

#define COPY_NOTICE_MS 3000
/* So long a frost may last before the move: then it is ended in vain, and tried
 * again. */
#define COPY_FROZEN_MS 600
/* A server ends a frost that it has seen for so long: whoever began it is gone. */
#define COPY_FORGOTTEN_MS 4000

/*
 * Copies all of `from` to `to`, or goes on where an earlier one was stopped, and
 * at its end `from` is MOVED and serves never again. Both are migrated; outside
 * tasks. While the copy is under way servers go on with `from`. May be stopped
 * at any moment, killed too.
 * REFUSED with a sentence in `why` (at least 512 bytes): they cannot be copied,
 * `to` has rows of its own, it was told to end. BROKEN likewise: a store failed,
 * or they are not alike.
 */
outcome copy_store(struct store *from, struct store *to,
		   const struct copy_ways *ways, char *why, size_t why_size)
	MUST_USE;
/* Gives up what is under way: `from` as if it had never been begun; ends likewise
 * what was broken off. REFUSED when it is MOVED, or none is under way; BROKEN: it
 * may be given up in part, and serves; the same again brings it to its end. */
outcome copy_abort(struct store *from, char *why, size_t why_size) MUST_USE;
