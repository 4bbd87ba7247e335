/* SPDX-License-Identifier: Apache-2.0 */
/* Opens tokens over a store whose files are gone, with fixed keys. */
#include "fuzz_tokens.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "store/sqlite/sqlite.h"

static char folder[] = "/tmp/licet-fuzz-XXXXXX";
static struct store *store;
static struct master *master;
static struct tokens *tokens;

/* The open files live on without their names. */
static void remove_files(void)
{
	static const char *const names[] = {"licet.db",	    "licet.db-wal",
					    "licet.db-shm", "licet.db-turn",
					    "licet.lock",   "master.key"};
	char path[128];

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(folder);
}

static void close_all(void)
{
	tokens_close(&tokens);
	master_free(&master);
	store_close(&store);
	remove_files();
}

static void open_master(void)
{
	unsigned char key[MASTER_KEY_SIZE] = "the same in every run, 32 bytes";
	char path[128];
	char why[256];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/master.key", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	MUST(write(fd, key, sizeof(key)) == sizeof(key) && close(fd) == 0);
	MUST(master_load(path, &master, why, sizeof(why)) == DONE);
}

static void save_secret(void)
{
	CLEANUP(buf_wipe) struct buf sealed = buf_init(256);

	master_seal(master, "server secret", TEXT("secret 1"),
		    TEXT("0123456789abcdef0123456789abcdef"), &sealed);
	MUST(store_insert_server_secret(store,
					&(struct server_secret){
						.number = 1,
						.sealed = buf_text(&sealed),
						.created_at = FUZZ_NOW,
						.mint_from = FUZZ_NOW,
					}) == STORE_DONE);
}

struct tokens *fuzz_tokens(void)
{
	char why[256];

	if (tokens != NULL)
		return tokens;
	MUST(crypto_open() == DONE && mkdtemp(folder) != NULL);
	MUST(store_sqlite_open(folder, &store, why, sizeof(why)) == DONE);
	MUST(store_migrate(store) == STORE_DONE);
	open_master();
	save_secret();
	MUST(tokens_open(store, master, NULL, FUZZ_NOW, &tokens) == DONE);
	(void)atexit(close_all);
	return tokens;
}
