/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an import: saved whole, or refused with sentences. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "registry/registry.h"
#include "store/sqlite/sqlite.h"

static char folder[] = "/tmp/licet-fuzz-XXXXXX";
static const struct profile rfc = {.name = "rfc"};
static const struct profile *const profiles[] = {&rfc};
static struct registry registry = {
	.profiles = profiles,
	.profile_count = 1,
	.now = INSTANT_SECOND * 1700000000,
};

/* The open files live on without their names. */
static void remove_files(void)
{
	static const char *const names[] = {"licet.db",	    "licet.db-wal",
					    "licet.db-shm", "licet.db-turn",
					    "licet.lock",   "master.key"};
	char path[128];

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

static void open_all(void)
{
	static struct master *master;
	char why[256];
	char file[128];

	MUST(crypto_open() == DONE && mkdtemp(folder) != NULL);
	atexit(remove_files);
	MUST(store_sqlite_open(folder, &registry.store, why, sizeof(why)) ==
	     DONE);
	MUST(store_migrate(registry.store) == STORE_DONE);
	snprintf(file, sizeof(file), "%s/master.key", folder);
	MUST(master_create(file, why, sizeof(why)) == DONE);
	MUST(master_load(file, &master, why, sizeof(why)) == DONE);
	registry.master = master;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_wipe)
	struct buf mistakes = buf_init(REGISTRY_SENTENCES_MAX);
	CLEANUP(buf_wipe)
	struct buf warnings = buf_init(REGISTRY_SENTENCES_MAX);
	struct registry_report report = {.mistakes = &mistakes,
					 .warnings = &warnings};
	outcome imported;

	if (registry.store == NULL)
		open_all();
	imported = registry_import(&registry, text_of(data, size),
				   TEXT("plain"), &report);
	MUST((imported == DONE) == (report.mistake_count == 0));
	MUST((mistakes.size > 0) == (report.mistake_count > 0));
	MUST(text_is_utf8(buf_text(&mistakes)));
	return 0;
}
