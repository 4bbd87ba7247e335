/* SPDX-License-Identifier: Apache-2.0 */
/* Finds and opens the stores beside the home (store.shards). */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "server/site.h"
#include "server/store_options.h"
#include "store/book.h"
#include "store/sqlite/sqlite.h"

#define WHY_SIZE 512

/* ---- reading ---- */

static int64_t number_at(const struct config *config, size_t index)
{
	return config_item_integer(config, "store.shards[].number", index);
}

static const char *folder_at(const struct config *config, size_t index)
{
	return config_item_string(config, "store.shards[].sqlite.folder",
				  index);
}

static outcome check_place(const struct config *config, size_t index,
			   struct buf *why)
{
	bool has_dsn = config_item_string(config, "store.shards[].postgres.dsn",
					  index) != NULL;

	if ((folder_at(config, index) != NULL) != has_dsn)
		return DONE;
	buf_format(why,
		   "store.shards[%zu]: give it either sqlite.folder or "
		   "postgres.dsn\n",
		   index);
	return REFUSED;
}

static outcome check_number(const struct config *config, size_t index,
			    struct buf *why)
{
	for (size_t i = 0; i < index; i++) {
		if (number_at(config, i) != number_at(config, index))
			continue;
		buf_format(why,
			   "store.shards[%zu] and [%zu] have one number: "
			   "%lld\n",
			   i, index, (long long)number_at(config, index));
		return REFUSED;
	}
	return DONE;
}

outcome site_check_shards(const struct config *config, struct buf *why)
{
	for (size_t i = 0; i < config_count(config, "store.shards"); i++) {
		TRY(check_place(config, i, why));
		TRY(check_number(config, i, why));
	}
	return DONE;
}

static outcome read_shard(struct site *site, size_t index, struct buf *why)
{
	const struct config *config = site->config;
	struct site_shard *shard = &site->shards[index];

	shard->listed = (struct store_listed){
		.number = (uint16_t)number_at(config, index),
		.weight = (unsigned int)config_item_integer(
			config, "store.shards[].weight", index),
	};
	shard->folder = folder_at(config, index);
	return store_options_read_shard(config, index, site->arena,
					&shard->postgres, why);
}

outcome site_read_shards(struct site *site, struct buf *why)
{
	size_t count = config_count(site->config, "store.shards");

	TRY(site_check_shards(site->config, why));
	site->weight =
		(unsigned int)config_integer(site->config, "store.weight");
	site->shards = ARENA_ARRAY(site->arena, struct site_shard, count + 1);
	site->shard_count = count;
	for (size_t i = 0; i < count; i++)
		TRY(read_shard(site, i, why));
	return DONE;
}

void site_list_shards(const struct site *site, struct store *home)
{
	struct store_listed listed[STORE_SHARD_COUNT_MAX] = {
		{.number = 0, .weight = site->weight}};

	if (site->shard_count == 0)
		return;
	for (size_t i = 0; i < site->shard_count; i++)
		listed[i + 1] = site->shards[i].listed;
	store_list_shards(home, listed, site->shard_count + 1);
}

/* ---- opening ---- */

static outcome open_postgres(const struct site *site,
			     const struct site_shard *shard,
			     struct store **store_out, char *why)
{
	TRY(store_postgres_open(&shard->postgres, store_out, why, WHY_SIZE));
	if (!site->requires_availability ||
	    store_postgres_check(*store_out, why, WHY_SIZE) == DONE)
		return DONE;
	store_close(store_out);
	return REFUSED;
}

/* Never made but by who asks for it: where a disk is not mounted, an empty store
 * would say that nothing was ever issued. */
static outcome open_sqlite(const struct site *site,
			   const struct site_shard *shard, bool makes_folder,
			   struct store **store_out, char *why)
{
	if (site->requires_availability) {
		(void)snprintf(why, WHY_SIZE,
			       "store.availability is required, but it is on "
			       "one disk of one machine");
		return REFUSED;
	}
	if (makes_folder && mkdir(shard->folder, 0700) != 0 &&
	    errno != EEXIST) {
		(void)snprintf(why, WHY_SIZE, "%s cannot be made: %s",
			       shard->folder, strerror(errno));
		return REFUSED;
	}
	return store_sqlite_open(shard->folder, store_out, why, WHY_SIZE);
}

outcome site_join_shard(const struct site *site, struct store *home,
			size_t index, bool makes_folder, struct buf *why)
{
	const struct site_shard *shard = &site->shards[index];
	struct store *store = NULL;
	char sentence[WHY_SIZE];
	outcome opened = shard->folder != NULL
				 ? open_sqlite(site, shard, makes_folder,
					       &store, sentence)
				 : open_postgres(site, shard, &store, sentence);

	if (opened != DONE) {
		buf_add_string(why, sentence);
		return REFUSED;
	}
	if (store_migrate(store) == STORE_DONE) {
		store_join_shard(home, shard->listed.number, store);
		return DONE;
	}
	buf_add_string(why, "it could not be brought to this version: the "
			    "event log says why");
	store_close(&store);
	return REFUSED;
}

static struct store_standing find_joined(const struct store *home,
					 uint16_t number)
{
	size_t i = 0;

	while (store_shard_at(home, i).number != number)
		i++;
	return store_shard_at(home, i);
}

const char *site_look_at_shard(struct store *home, uint16_t number,
			       bool *is_news_out, enum store_copy *copy_out)
{
	struct store_standing standing = find_joined(home, number);
	const char *fault = store_book_find_fault(home, standing.store);

	*copy_out = standing.copy;
	/* First: what is there may be chosen. */
	if (fault == NULL) {
		*copy_out =
			store_book_compare(home, standing.store, standing.copy);
		store_note_copy(home, number, *copy_out);
	}
	*is_news_out = store_note_shard(home, number, fault != NULL);
	return fault;
}
