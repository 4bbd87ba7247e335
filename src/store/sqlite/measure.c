/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a table, by SQLite's own table of its pages (dbstat). */
#include "store/sqlite/internal.h"

static const char of_table[] =
	"SELECT COALESCE(SUM(pgsize), 0) FROM dbstat WHERE aggregate = TRUE"
	" AND name IN (SELECT name FROM sqlite_master WHERE tbl_name = ?1)";
static const char of_all[] =
	"SELECT page_count * page_size FROM pragma_page_count(),"
	" pragma_page_size()";

static bool is_built_in(sqlite3 *database)
{
	sqlite3_stmt *statement = NULL;
	bool is = sqlite3_prepare_v2(database, of_table, -1, &statement,
				     NULL) == SQLITE_OK;

	sqlite3_finalize(statement);
	return is;
}

enum store_outcome sqlite_measure(struct store *store, const char *table,
				  int64_t *size_out)
{
	struct sqlite_thread *thread;
	sqlite3_stmt *statement = NULL;
	sqlite3 *database;
	int code;
	enum store_outcome result =
		sqlite_thread_connect(sqlite_store_of(store), &thread);

	if (result != STORE_DONE)
		return result;
	*size_out = -1;
	database = thread->connection.database;
	if (table != NULL && !is_built_in(database))
		return STORE_DONE;
	code = sqlite3_prepare_v2(database, table != NULL ? of_table : of_all,
				  -1, &statement, NULL);
	if (code == SQLITE_OK && table != NULL)
		code = sqlite3_bind_text(statement, 1, table, -1,
					 SQLITE_STATIC);
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		*size_out = sqlite3_column_int64(statement, 0);
	else
		result = sqlite_connection_failed(&thread->connection,
						  "measuring", code);
	sqlite3_finalize(statement);
	return result;
}
