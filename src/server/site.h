/* SPDX-License-Identifier: Apache-2.0 */
/* Where one installation keeps its things: by --config FILE or --data DIR. */
#pragma once

#include "config/config.h"
#include "keys/master.h"
#include "store/postgres/postgres.h"
#include "store/store.h"

/* A store beside the home (store.shards). */
struct site_shard {
	struct store_listed listed;
	const char *folder; /* NULL: on PostgreSQL */
	struct postgres_options postgres;
};

/* All texts borrowed from its arena. */
struct site {
	struct arena *arena;
	struct config *config; /* NULL: by folder alone, as `licet demo` */
	const char *store_folder; /* NULL: the store is on PostgreSQL */
	struct postgres_options postgres; /* its dsn is NULL otherwise */
	const char *store_name; /* for sentences */
	bool requires_availability;
	unsigned int weight; /* of the home among the shards */
	struct site_shard *shards;
	size_t shard_count;
	const char *next_folder; /* as the two above, of store.next */
	struct postgres_options next_postgres;
	const char *master_key_file; /* DIR/master.key */
	const char *control_folder;
	const char *log_file; /* DIR/events.jsonl; NULL: standard error */
};

/* By a folder alone: everything is in it, but for a store on PostgreSQL, of which
 * the DSN is. */
struct site *site_of_folder(const char *folder);
/* Keeps the DSN in the folder, mode 0600. REFUSED with a sentence in `why`. */
outcome site_put_on_postgres(const char *folder, const char *dsn,
			     struct buf *why) MUST_USE;
/* By a configuration file and `environment`. REFUSED with all its mistakes in
 * `why`. */
outcome site_of_config(const char *file, const char *const *environment,
		       struct buf *why, struct site **site_out) MUST_USE;
void site_free(struct site **site);

/* The folders of store and control sockets, mode 0700, unless they are there.
 * Their own parents must be. REFUSED with a sentence in `why`. */
outcome site_make_folders(const struct site *site, struct buf *why) MUST_USE;
/* The store, with its schema at this version, and its shards listed: none of them
 * has joined. When it has moved, the one that it moved to. REFUSED or BROKEN with a
 * sentence in `why`. */
outcome site_open_store(const struct site *site, struct store **store_out,
			struct buf *why) MUST_USE;

/* ---- site_shards.c: by their index in `shards` ---- */

/* REFUSED with a sentence in `why` when two have one number, or one no place. */
outcome site_check_shards(const struct config *config, struct buf *why)
	MUST_USE;
/* The same, and reads them. */
outcome site_read_shards(struct site *site, struct buf *why) MUST_USE;
void site_list_shards(const struct site *site, struct store *home);
/* Opens a shard, its schema at this version, and has it join, still away. What
 * is to be filled may be made. REFUSED with a sentence, without its end, in
 * `why`. Outside a task; blocks. */
outcome site_join_shard(const struct site *site, struct store *home,
			size_t index, bool makes_folder, struct buf *why)
	MUST_USE;
/* Looks at one that has joined and notes whether it is away, then says why, and
 * how its copy stands. NULL: it serves. Outside a task; blocks. */
const char *site_look_at_shard(struct store *home, uint16_t number,
			       bool *is_news_out, enum store_copy *copy_out);
/* When the store's schema asks for a later program than this, or it is no home:
 * the sentence that says so, and true. */
bool site_explain_schema(struct store *store, struct buf *why);
/* Why a server that served it may no longer: that, or it has moved. */
void site_explain_end(struct store *store, struct buf *why);
/* What the configuration names, whether or not it has moved. As above. */
outcome site_open_named(const struct site *site, struct store **store_out,
			struct buf *why) MUST_USE;

/* ---- site_next.c: the store to move to ---- */

/* REFUSED with sentences in `why`. */
outcome site_read_next(struct site *site, struct buf *why) MUST_USE;
bool site_has_next(const struct site *site);
/* The store of store.next, made when it is missing. As site_open_store. */
outcome site_open_next(const struct site *site, struct store **store_out,
		       struct buf *why) MUST_USE;
/* Of a store that has moved, the other in its place. REFUSED with a sentence, and
 * closed: there is none, or it is not that one, or it is itself a copy that is
 * not whole. */
outcome site_follow_move(const struct site *site, struct store **store,
			 struct buf *why) MUST_USE;
/* A store that follows when it moves, if it may; borrows the site. */
void site_go_along(const struct site *site, struct store **store);
/* The master key that must be there already. REFUSED as above. */
outcome site_load_master(const struct site *site, struct master **master_out,
			 struct buf *why) MUST_USE;
