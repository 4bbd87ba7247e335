/* SPDX-License-Identifier: Apache-2.0 */
/* How an embedded store is watched while it is copied to another. */
#include "store/sqlite/internal.h"

/* Writers take turns: what is seen of the settings holds until the commit. */
#define REFUSE_FROZEN                                                          \
	" SELECT RAISE(ABORT, 'the store is frozen') FROM settings"            \
	" WHERE name = 'copy_state' AND value >= 2;"
#define NOTE(key)                                                              \
	" INSERT INTO copy_changes (noun, a, b, c, d, number)"                 \
	" VALUES ({noun}, " key ", random())"                                  \
	" ON CONFLICT (noun, a, b, c, d) DO UPDATE SET"                        \
	" number = excluded.number; END"

static const char *const begin[] = {
	"CREATE TRIGGER IF NOT EXISTS copy_{table}_insert"
	" AFTER INSERT ON {table} WHEN {new:is_copied} BEGIN" REFUSE_FROZEN
		NOTE("{new}"),
	"CREATE TRIGGER IF NOT EXISTS copy_{table}_update"
	" AFTER UPDATE ON {table} WHEN {new:is_copied} BEGIN" REFUSE_FROZEN
		NOTE("{new}"),
	"CREATE TRIGGER IF NOT EXISTS copy_{table}_delete"
	" AFTER DELETE ON {table} WHEN {old:is_copied} BEGIN" REFUSE_FROZEN
		NOTE("{old}"),
	NULL,
};

static const char *const end[] = {
	"DROP TRIGGER IF EXISTS copy_{table}_insert",
	"DROP TRIGGER IF EXISTS copy_{table}_update",
	"DROP TRIGGER IF EXISTS copy_{table}_delete",
	NULL,
};

const struct store_watching sqlite_watching = {
	.begin = begin,
	.end = end,
	.no_bytes = "X''",
};

enum store_outcome sqlite_run(struct store *store, struct arena *arena,
			      const struct store_script *script,
			      struct store_rows *rows_out)
{
	struct sqlite_thread *thread;
	enum store_outcome result =
		sqlite_thread_connect(sqlite_store_of(store), &thread);
	int code;

	if (result != STORE_DONE)
		return result;
	code = sqlite_connection_script(&thread->connection, arena, script,
					rows_out);
	if (code == SQLITE_OK)
		return STORE_DONE;
	if (code == SQLITE_CONSTRAINT)
		return STORE_CONFLICT;
	return sqlite_connection_failed(&thread->connection, "copying", code);
}
