/* SPDX-License-Identifier: Apache-2.0 */
/* A VFS like the system's, only that a commit's writes to the log go out in one. */
#include <stdlib.h>
#include <string.h>

#include "store/sqlite/internal.h"

/*
 * SQLite writes a page to its log in two parts, each a system call for which the
 * kernel finds two or three pages of the file: a quarter of what the writer's
 * thread took with DPoP. But nobody reads them before the log's index tells of
 * them, which is after they were flushed: so they wait here until then, or until
 * something else is wanted of the file. synchronous = FULL (connection.c) is what
 * this rests on.
 */
#define LOG_GATHERED_MAX 131072

struct log_file {
	const sqlite3_io_methods *inner;
	char *gathered; /* NULL until something was written */
	int size;
	sqlite3_int64 at; /* where in the file it belongs */
};

static sqlite3_vfs *system_vfs;
static sqlite3_vfs vfs;

/* Ours stands behind the system's. */
static int log_offset(void)
{
	const int alignment = (int)_Alignof(struct log_file);

	return (system_vfs->szOsFile + alignment - 1) / alignment * alignment;
}

static struct log_file *log_of(sqlite3_file *file)
{
	return (struct log_file *)(void *)((char *)file + log_offset());
}

/* What cannot be written is forgotten: SQLite then gives up the transaction. */
static int put_out(sqlite3_file *file)
{
	struct log_file *log = log_of(file);
	int size = log->size;

	if (size == 0)
		return SQLITE_OK;
	log->size = 0;
	return log->inner->xWrite(file, log->gathered, size, log->at);
}

static bool fits_behind(const struct log_file *log, int size, sqlite3_int64 at)
{
	return at == log->at + log->size &&
	       size <= LOG_GATHERED_MAX - log->size;
}

static int log_write(sqlite3_file *file, const void *from, int size,
		     sqlite3_int64 at)
{
	struct log_file *log = log_of(file);
	int code = fits_behind(log, size, at) ? SQLITE_OK : put_out(file);

	if (code != SQLITE_OK)
		return code;
	if (log->gathered == NULL)
		log->gathered = malloc(LOG_GATHERED_MAX);
	if (log->gathered == NULL)
		return SQLITE_NOMEM;
	if (size > LOG_GATHERED_MAX)
		return log->inner->xWrite(file, from, size, at);
	if (log->size == 0)
		log->at = at;
	memcpy(log->gathered + log->size, from, (size_t)size);
	log->size += size;
	return SQLITE_OK;
}

static int log_read(sqlite3_file *file, void *out, int size, sqlite3_int64 at)
{
	int code = put_out(file);

	if (code != SQLITE_OK)
		return code;
	return log_of(file)->inner->xRead(file, out, size, at);
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	int code = put_out(file);

	if (code != SQLITE_OK)
		return code;
	return log_of(file)->inner->xTruncate(file, size);
}

static int log_sync(sqlite3_file *file, int flags)
{
	int code = put_out(file);

	if (code != SQLITE_OK)
		return code;
	return log_of(file)->inner->xSync(file, flags);
}

static int log_measure(sqlite3_file *file, sqlite3_int64 *size_out)
{
	int code = put_out(file);

	if (code != SQLITE_OK)
		return code;
	return log_of(file)->inner->xFileSize(file, size_out);
}

/* What was not flushed by now belongs to no transaction. */
static int log_close(sqlite3_file *file)
{
	struct log_file *log = log_of(file);

	free(log->gathered);
	log->gathered = NULL;
	log->size = 0;
	return log->inner->xClose(file);
}

/* --- What the system's file answers --------------------------------------- */

static int log_lock(sqlite3_file *file, int level)
{
	return log_of(file)->inner->xLock(file, level);
}

static int log_unlock(sqlite3_file *file, int level)
{
	return log_of(file)->inner->xUnlock(file, level);
}

static int log_check_lock(sqlite3_file *file, int *is_locked_out)
{
	return log_of(file)->inner->xCheckReservedLock(file, is_locked_out);
}

static int log_control(sqlite3_file *file, int operation, void *argument)
{
	return log_of(file)->inner->xFileControl(file, operation, argument);
}

static int log_sector_size(sqlite3_file *file)
{
	return log_of(file)->inner->xSectorSize(file);
}

static int log_characteristics(sqlite3_file *file)
{
	return log_of(file)->inner->xDeviceCharacteristics(file);
}

/* --- The VFS -------------------------------------------------------------- */

/* Of the first version: a log is neither mapped nor has it shared memory. */
static const sqlite3_io_methods log_methods = {
	.iVersion = 1,
	.xClose = log_close,
	.xRead = log_read,
	.xWrite = log_write,
	.xTruncate = log_truncate,
	.xSync = log_sync,
	.xFileSize = log_measure,
	.xLock = log_lock,
	.xUnlock = log_unlock,
	.xCheckReservedLock = log_check_lock,
	.xFileControl = log_control,
	.xSectorSize = log_sector_size,
	.xDeviceCharacteristics = log_characteristics,
};

static int open_file(sqlite3_vfs *of, const char *name, sqlite3_file *file,
		     int flags, int *flags_out)
{
	int code = system_vfs->xOpen(system_vfs, name, file, flags, flags_out);

	(void)of;
	if (code != SQLITE_OK || (flags & SQLITE_OPEN_WAL) == 0)
		return code;
	*log_of(file) = (struct log_file){.inner = file->pMethods};
	file->pMethods = &log_methods;
	return SQLITE_OK;
}

void sqlite_log_set_up(void)
{
	system_vfs = sqlite3_vfs_find(NULL);
	MUST(system_vfs != NULL);
	vfs = *system_vfs;
	vfs.pNext = NULL;
	vfs.zName = SQLITE_LOG_VFS;
	vfs.szOsFile = log_offset() + (int)sizeof(struct log_file);
	vfs.xOpen = open_file;
	MUST(sqlite3_vfs_register(&vfs, 0) == SQLITE_OK);
}
