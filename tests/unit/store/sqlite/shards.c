/* SPDX-License-Identifier: Apache-2.0 */
/* Opens embedded stores as shards. */
#include "store/sqlite/shards.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#define FOLDER_COUNT_MAX 8

const struct store_listed shards_listed[SHARDS_COUNT] = {{0, 1},
							 {1, 1},
							 {7, 1}};
static char folders[FOLDER_COUNT_MAX][64];
static size_t folder_count;

struct store *shards_open_one(void)
{
	char *folder = folders[folder_count++];
	struct store *store = NULL;
	char why[256];

	assert_true(folder_count <= FOLDER_COUNT_MAX);
	(void)snprintf(folder, sizeof(folders[0]), "/tmp/licet-shard-XXXXXX");
	assert_non_null(mkdtemp(folder));
	if (store_sqlite_open(folder, &store, why, sizeof(why)) != DONE)
		fail_msg("%s", why);
	assert_int_equal(store_migrate(store), STORE_DONE);
	return store;
}

void shards_join(struct store *home, uint16_t number)
{
	struct store_epochs epochs;
	struct store *shard = shards_open_one();

	assert_int_equal(store_load_epochs(shard, &epochs), STORE_DONE);
	store_join_shard(home, number, shard);
	assert_true(store_note_shard(home, number, false));
}

int shards_set_up(void **state)
{
	struct store *home = shards_open_one();

	store_list_shards(home, shards_listed, SHARDS_COUNT);
	*state = home;
	return 0;
}

int shards_set_up_joined(void **state)
{
	(void)shards_set_up(state);
	shards_join(*state, 1);
	shards_join(*state, 7);
	return 0;
}

static int remove_one(const char *path, const struct stat *about, int kind,
		      struct FTW *place)
{
	return remove(path);
}

int shards_tear_down(void **state)
{
	struct store *home = *state;

	store_close(&home);
	while (folder_count > 0)
		(void)nftw(folders[--folder_count], remove_one, 8,
			   FTW_DEPTH | FTW_PHYS);
	return 0;
}
