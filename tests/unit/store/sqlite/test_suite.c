/* SPDX-License-Identifier: Apache-2.0 */
/* The embedded store passes the suite of all stores. */
#include "store/suite_store.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/sqlite/sqlite.h"

static char folder[64];

static struct store *open_again(void)
{
	struct store *store = NULL;
	char why[256];

	if (store_sqlite_open(folder, &store, why, sizeof(why)) != DONE)
		fail_msg("%s", why);
	return store;
}

static int remove_one(const char *path, const struct stat *about, int kind,
		      struct FTW *place)
{
	return remove(path);
}

static void clean(void)
{
	(void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct store *open_fresh(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/licet-store-XXXXXX");
	assert_non_null(mkdtemp(folder));
	return open_again();
}

int main(void)
{
	static const struct suite_driver driver = {
		.name = "sqlite",
		.open_fresh = open_fresh,
		.open_again = open_again,
		.clean = clean,
	};

	suite_driver = &driver;
	return suite_store_config() + suite_store_keys() +
	       suite_store_grants() + suite_store_once() + suite_store_races();
}
