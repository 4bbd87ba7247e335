/* SPDX-License-Identifier: Apache-2.0 */
/* For implementers of databases: statements in, rows and outcomes out. */
#pragma once

#include <pthread.h>

#include "store/query.h"
#include "store/store.h"

enum store_type { STORE_NULL, STORE_INTEGER, STORE_TEXT, STORE_BYTES };

struct store_value {
	enum store_type type;
	union {
		int64_t integer;
		struct text text; /* of STORE_TEXT and STORE_BYTES; borrowed */
	};
};

#define STORE_PARAMETER_COUNT_MAX 48
#define STORE_STEP_COUNT_MAX 4

/* A query with its parameters, $1 first; `now` stands for $now. */
struct store_statement {
	enum store_query query;
	instant now;
	size_t parameter_count;
	size_t parameter_room;
	struct store_value *parameters;
};

/* Of one that reads. */
#define STORE_READ_PARAMETER_COUNT_MAX 8
/* Initializes it, with room for parameters until the block ends. */
#define STORE_STATEMENT(...)                                                   \
	{.parameters =                                                         \
		 (struct store_value[STORE_READ_PARAMETER_COUNT_MAX]){{0}},    \
	 .parameter_room = STORE_READ_PARAMETER_COUNT_MAX,                     \
	 __VA_ARGS__}

struct store_row {
	struct store_value *columns;
};

/* A result, in the arena of whoever asked. */
struct store_rows {
	struct store_row *rows;
	size_t count;
};

/*
 * One step of a change. `must_change`: when its statement changes no row, the
 * change ends there with `otherwise`; earlier steps stay (they only ever are
 * insert-if-absent entries that may stay), later ones are not run.
 */
struct store_step {
	struct store_statement statement;
	bool must_change;
	enum store_outcome otherwise;
	/* Out; of a change that ended early the step that ended it is the first
	 * that must change something and has 0 here. */
	int64_t changed_count;
};

/* A text of the caller's own, its parameters $1, $2, … each used once, in order. */
struct store_script {
	const char *text;
	const struct store_value *parameters;
	size_t parameter_count;
};

/*
 * The engine's own words for watching a table's changes (store/copy, which puts
 * in what stands in braces): each change of a row leaves the row's key in
 * copy_changes, and is refused, as BUSY, while the store is frozen.
 */
struct store_watching {
	const char *const *begin; /* of one table; ends with NULL */
	const char *const *end;
	/* Waits for the changes that are under way; NULL: there are none. */
	const char *settle;
	/* In a transaction: locks are not waited for long; NULL: they are not
	 * anyway. */
	const char *hurry;
	/* Yields a row with a sentence when watching would miss changes; NULL:
	 * it never would. */
	const char *find_mistake;
	const char *no_bytes; /* an empty value of type BYTEA */
};

/* Not to be copied: its statements point into it. */
struct store_change {
	struct store *store;
	struct store_step steps[STORE_STEP_COUNT_MAX];
	size_t step_count;
	/* Of all steps, one after the other. */
	struct store_value parameters[STORE_PARAMETER_COUNT_MAX];
	/* A loop's changes of one row are decided in the order of their
	 * submission; 0: of none in particular. */
	int64_t row_id;
	/* A step that ends it undoes the earlier ones, other than said above. */
	bool undoes_all;
	enum store_outcome outcome; /* set by the driver before it wakes */
	/* The driver's, while under way. */
	void *driver_state;
	void *driver_waiter;
	bool driver_finished;
	struct store *inner; /* whose it is now (store/copy/relay.c) */
	struct store_change *next;
};

/* What a database does. All of it is callable from any thread. */
struct store_driver {
	const char *name;
	/* Rows copied into the arena. DONE also for none. */
	enum store_outcome (*read)(struct store *store, struct arena *arena,
				   const struct store_statement *statement,
				   struct store_rows *rows_out);
	/* Takes the change on; store_wait must follow. */
	void (*submit)(struct store *store, struct store_change *change);
	enum store_outcome (*wait)(struct store_change *change);
	/* Statements one by one on the calling thread's own transaction, for
	 * imports; between begin and commit, submit is not used, and this
	 * thread's reads see what it has written. A statement that a
	 * uniqueness forbids changes nothing and answers CONFLICT. */
	enum store_outcome (*begin)(struct store *store);
	enum store_outcome (*execute)(struct store *store,
				      const struct store_statement *statement,
				      int64_t *changed_out);
	enum store_outcome (*commit)(struct store *store);
	void (*roll_back)(struct store *store);
	/* Runs one migration's text (several statements) and records its
	 * number, in one transaction. ALREADY when it was recorded. */
	enum store_outcome (*migrate)(struct store *store, int64_t number,
				      const char *text);
	/*
	 * A script on the calling thread, outside tasks: within its transaction,
	 * if it has one. With rows_out it is a query, else a statement;
	 * CONFLICT when a uniqueness forbids it. Copying alone needs it; NULL,
	 * as `watching`, where a store cannot be copied.
	 */
	enum store_outcome (*run)(struct store *store, struct arena *arena,
				  const struct store_script *script,
				  struct store_rows *rows_out);
	const struct store_watching *watching;
	/* As store_describe; NULL: the name says it all. */
	void (*describe)(struct store *store, struct buf *out);
	/* As store_report; NULL: there is nothing to tell. */
	void (*report)(struct store *store, struct buf *out);
	/* As store_back_up; NULL: the engine brings its own means. */
	outcome (*back_up)(struct store *store, const char *path, char *why,
			   size_t why_size);
	/* Bytes of a table with its indexes, or of the whole store for NULL.
	 * NULL: the engine brings its own means. */
	enum store_outcome (*measure)(struct store *store, const char *table,
				      int64_t *size_out);
	/* Whether rows of BY_KEY lie in the order of their key, and `spent` has
	 * no index by time (purge.c); NULL: neither. */
	bool (*lies_by_key)(const struct store *store);
	/* As store_find_fault; NULL: it never has one. */
	const char *(*find_fault)(struct store *store);
	void (*close)(struct store *store);
};

/* The common part of every driver's own struct, first in it. */
struct store {
	const struct store_driver *driver;
	/* The ids' affair (store/nodes.c), under ids_lock. */
	pthread_mutex_t ids_lock;
	int64_t node; /* 0 to 1023 */
	instant lease_until; /* of that number; 0: none is leased */
	bool is_leasing; /* somebody is about to move lease_until */
	int64_t last_ms; /* of the last id */
	int64_t last_sequence;
	/* The shards' affair (store/shards.c). */
	uint16_t number;
	struct store_shards *shards; /* the home's; NULL: there are none */
	_Atomic bool has_told_unlisted;
	_Atomic int64_t epoch; /* as last loaded, like the next two */
	_Atomic int64_t floor;
	_Atomic int64_t book;
	_Atomic int64_t site;
	/* As store_book_find_fault saw them last. */
	int64_t seen_epoch;
	int64_t seen_book;
	bool is_put_back; /* they went back */
	/* The purge's affair, of one thread at a time: behind what it goes on. */
	struct store_spent_place {
		unsigned char hash[STORE_SPENT_SIZE];
		size_t size; /* 0: from the first */
	} purged;
	size_t purge_turn; /* whose turn it is in the next step */
};

/* For drivers: the common part at open, and before the struct is freed. */
void store_init(struct store *store, const struct store_driver *driver);
void store_wipe(struct store *store);
