/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests with several processes share. */
#include "store/sqlite/process.h"

#include <ftw.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/sqlite/sqlite.h"

char process_folder[64];

/* --- A folder, a store, a code -------------------------------------------- */

int process_make_folder(void **state)
{
	(void)snprintf(process_folder, sizeof(process_folder),
		       "/tmp/licet-crash-XXXXXX");
	return mkdtemp(process_folder) == NULL;
}

static int remove_one(const char *path, const struct stat *about, int kind,
		      struct FTW *place)
{
	return remove(path);
}

int process_remove_folder(void **state)
{
	return nftw(process_folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* In other processes too, where no test can fail: they end. */
struct store *process_open_store(const char *in)
{
	struct store *store = NULL;
	char why[256];

	if (store_sqlite_open(in, &store, why, sizeof(why)) != DONE ||
	    store_migrate(store) != STORE_DONE) {
		(void)fprintf(stderr, "%s\n", why);
		exit(9);
	}
	return store;
}

enum store_outcome process_insert(struct store *store, int64_t id)
{
	struct grant grant = {
		.id = id,
		.tenant_id = 1,
		.user_id = 2,
		.client_id = TEXT("web"),
		.created_at = NOW,
		.code_expires_at = NOW + 60 * INSTANT_SECOND,
		.purge_at = NOW + 60 * INSTANT_SECOND,
	};

	return store_insert_grant(store, &grant, NULL);
}

enum store_outcome process_redeem(struct store *store, int64_t id)
{
	struct arena *arena = arena_new((size_t)64 * 1024);
	struct store_redeem redeem = {
		.grant_id = id,
		.now = NOW + 1,
		.purge_at = NOW + 900 * INSTANT_SECOND,
	};
	enum store_outcome result =
		store_wait(store_submit_redeem(store, arena, &redeem));

	arena_free(&arena);
	return result;
}

instant process_redeemed_at(struct store *store, int64_t id)
{
	struct arena *arena = arena_new((size_t)64 * 1024);
	struct grant grant = {.redeemed_at = -1};

	if (store_load_grant(store, arena, id, &grant) != STORE_DONE)
		grant.redeemed_at = -1;
	arena_free(&arena);
	return grant.redeemed_at;
}

/* --- Other processes ------------------------------------------------------ */

extern char **environ;

/* Runs `part` of this program in `folder`; it writes to *out. */
pid_t process_start(const char *part, int *out)
{
	char *arguments[] = {(char *)"crash", (char *)part, process_folder,
			     NULL};
	posix_spawn_file_actions_t actions;
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	assert_int_equal(posix_spawn_file_actions_adddup2(&actions, ends[1], 1),
			 0);
	assert_int_equal(posix_spawn_file_actions_addclose(&actions, ends[0]),
			 0);
	assert_int_equal(posix_spawn(&pid, "/proc/self/exe", &actions, NULL,
				     arguments, environ),
			 0);
	(void)posix_spawn_file_actions_destroy(&actions);
	assert_int_equal(close(ends[1]), 0);
	*out = ends[0];
	return pid;
}

void process_say(const void *what, size_t size)
{
	if (write(1, what, size) != (ssize_t)size)
		exit(8);
}

bool process_hear(int fd, void *what, size_t size)
{
	size_t heard = 0;

	while (heard < size) {
		ssize_t more = read(fd, (char *)what + heard, size - heard);

		if (more <= 0)
			return false;
		heard += (size_t)more;
	}
	return true;
}

int process_status_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}
