/* SPDX-License-Identifier: Apache-2.0 */
/* Which store a configuration names, and how it is reached. */
#pragma once

#include "base/buf.h"
#include "config/config.h"
#include "store/postgres/postgres.h"

/* options_out->dsn is NULL when the store is an embedded one. Texts are borrowed
 * from configuration and arena. REFUSED with a sentence: the password's file
 * cannot be read. */
outcome store_options_read(const struct config *config, struct arena *arena,
			   struct postgres_options *options_out,
			   struct buf *why) MUST_USE;
/* As the defaults say, for a DSN alone. */
struct postgres_options store_options_of_dsn(const char *dsn);
/* Of the shard at that index of store.shards, with what holds for all; its dsn
 * is NULL when it is not on PostgreSQL. REFUSED likewise. */
outcome store_options_read_shard(const struct config *config, size_t index,
				 struct arena *arena,
				 struct postgres_options *options_out,
				 struct buf *why) MUST_USE;
/* The same of the store of store.next, with what holds for both. */
outcome store_options_read_next(const struct config *config,
				struct arena *arena,
				struct postgres_options *options_out,
				struct buf *why) MUST_USE;
