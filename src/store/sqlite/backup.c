/* SPDX-License-Identifier: Apache-2.0 */
/* Copies the embedded store into one file while others go on writing. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/sqlite/internal.h"

struct sqlite_backup {
	const char *path;
	char *partial; /* the file's name until it is whole */
	bool is_made; /* by us: ours to remove */
	sqlite3 *database;
	char *why;
	size_t why_size;
};

static void backup_close(struct sqlite_backup *backup)
{
	sqlite3_close(backup->database);
	if (backup->is_made)
		(void)unlink(backup->partial);
	free(backup->partial);
}

static outcome refuse_file(const struct sqlite_backup *backup, const char *file,
			   int number)
{
	(void)snprintf(
		backup->why, backup->why_size, "%s: %s%s", file,
		strerror(number),
		number != EEXIST ? ""
		: file == backup->partial
			? ": what an earlier backup left, or one that is "
			  "under way; remove it if none is"
			: ": a backup never replaces a file; name "
			  "another");
	return REFUSED;
}

static outcome refuse_sqlite(const struct sqlite_backup *backup,
			     const char *doing)
{
	(void)snprintf(backup->why, backup->why_size, "%s: %s: %s",
		       backup->partial, doing,
		       sqlite3_errmsg(backup->database));
	return REFUSED;
}

static outcome make_file(struct sqlite_backup *backup)
{
	int fd;

	MUST(asprintf(&backup->partial, "%s.partial", backup->path) > 0);
	if (access(backup->path, F_OK) == 0)
		return refuse_file(backup, backup->path, EEXIST);
	fd = open(backup->partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return refuse_file(backup, backup->partial, errno);
	(void)close(fd);
	backup->is_made = true;
	return DONE;
}

/* All pages in one go see one state of the store: writers append to the
 * write-ahead log meanwhile. In steps it would begin anew at each commit. */
static outcome copy_pages(struct sqlite_backup *backup, sqlite3 *from)
{
	sqlite3_backup *copy;

	if (sqlite3_open_v2(backup->partial, &backup->database,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
			    NULL) != SQLITE_OK)
		return refuse_sqlite(backup, "opening");
	/* Synced as a whole at the end. */
	(void)sqlite3_exec(backup->database, "PRAGMA synchronous = OFF", NULL,
			   NULL, NULL);
	copy = sqlite3_backup_init(backup->database, "main", from, "main");
	if (copy == NULL)
		return refuse_sqlite(backup, "copying");
	(void)sqlite3_backup_step(copy, -1);
	if (sqlite3_backup_finish(copy) != SQLITE_OK)
		return refuse_sqlite(backup, "copying");
	return DONE;
}

static outcome check_copy(struct sqlite_backup *backup)
{
	sqlite3_stmt *check = NULL;
	bool is_sound = false;

	/* One file: no log beside it that could be left behind. */
	if (sqlite3_exec(backup->database, "PRAGMA journal_mode = DELETE", NULL,
			 NULL, NULL) != SQLITE_OK)
		return refuse_sqlite(backup, "closing its log");
	if (sqlite3_prepare_v2(backup->database, "PRAGMA quick_check(1)", -1,
			       &check, NULL) == SQLITE_OK &&
	    sqlite3_step(check) == SQLITE_ROW)
		is_sound = text_equal(
			text_from((const char *)sqlite3_column_text(check, 0)),
			TEXT("ok"));
	sqlite3_finalize(check);
	return is_sound ? DONE : refuse_sqlite(backup, "is not sound");
}

static bool is_synced(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);
	bool is = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		(void)close(fd);
	return is;
}

static bool is_folder_synced(const char *path)
{
	char *folder = strdup(path);
	char *slash;
	bool is;

	MUST(folder != NULL);
	slash = strrchr(folder, '/');
	if (slash != NULL)
		slash[slash == folder ? 1 : 0] = 0;
	is = is_synced(slash == NULL ? "." : folder, O_RDONLY | O_DIRECTORY);
	free(folder);
	return is;
}

/* link, unlike rename, replaces nothing. */
static outcome name_file(struct sqlite_backup *backup)
{
	if (!is_synced(backup->partial, O_RDONLY))
		return refuse_file(backup, backup->partial, errno);
	if (link(backup->partial, backup->path) != 0 ||
	    !is_folder_synced(backup->path))
		return refuse_file(backup, backup->path, errno);
	return DONE;
}

outcome sqlite_back_up(struct store *store, const char *path, char *why,
		       size_t why_size)
{
	CLEANUP(backup_close)
	struct sqlite_backup backup = {
		.path = path, .why = why, .why_size = why_size};
	struct sqlite_thread *thread;

	if (sqlite_thread_connect(sqlite_store_of(store), &thread) !=
	    STORE_DONE) {
		(void)snprintf(why, why_size,
			       "the store cannot be read: the event log says "
			       "why");
		return REFUSED;
	}
	TRY(make_file(&backup));
	TRY(copy_pages(&backup, thread->connection.database));
	TRY(check_copy(&backup));
	return name_file(&backup);
}
