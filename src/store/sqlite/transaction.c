/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions on the caller's own thread: imports and migrations. */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "base/buf.h"
#include "base/event.h"
#include "store/sqlite/internal.h"

enum store_outcome sqlite_transaction_begin(struct store *store)
{
	struct sqlite_store *sqlite = sqlite_store_of(store);
	struct sqlite_thread *thread;
	enum store_outcome result = sqlite_thread_connect(sqlite, &thread);
	int code;

	if (result != STORE_DONE)
		return result;
	if (thread->turn_fd < 0)
		thread->turn_fd = sqlite_turn_open(sqlite->turn_path);
	if (thread->turn_fd < 0) {
		event_fault("store.sqlite.no_turn", "%s: %s", sqlite->turn_path,
			    strerror(errno));
		return STORE_BROKEN;
	}
	if (!sqlite_turn_take(thread->turn_fd))
		return STORE_BROKEN;
	sqlite_reading_end(&thread->reading);
	code = sqlite_connection_control(&thread->connection,
					 CONTROL_BEGIN_IMMEDIATE);
	if (code == SQLITE_OK)
		return STORE_DONE;
	sqlite_turn_end(thread->turn_fd);
	return sqlite_connection_failed(&thread->connection, "beginning", code);
}

enum store_outcome
sqlite_transaction_execute(struct store *store,
			   const struct store_statement *statement,
			   int64_t *changed_out)
{
	struct sqlite_thread *thread =
		sqlite_thread_here(sqlite_store_of(store));
	int code = sqlite_connection_run(&thread->connection, statement,
					 changed_out);

	if (code == SQLITE_OK)
		return STORE_DONE;
	if (code == SQLITE_CONSTRAINT)
		return STORE_CONFLICT;
	return sqlite_connection_failed(&thread->connection, "writing", code);
}

enum store_outcome sqlite_transaction_commit(struct store *store)
{
	struct sqlite_thread *thread =
		sqlite_thread_here(sqlite_store_of(store));
	enum store_outcome result;

	/* SQLite has rolled it back by itself after a statement that failed. */
	if (sqlite3_get_autocommit(thread->connection.database) != 0)
		result = STORE_BROKEN;
	else
		result = sqlite_connection_commit(&thread->connection);
	atomic_fetch_add(&sqlite_store_of(store)->writer.commits, 1);
	sqlite_turn_end(thread->turn_fd);
	return result;
}

void sqlite_transaction_roll_back(struct store *store)
{
	struct sqlite_thread *thread =
		sqlite_thread_here(sqlite_store_of(store));

	sqlite_connection_roll_back(&thread->connection);
	sqlite_turn_end(thread->turn_fd);
}

/* --- Migrations ----------------------------------------------------------- */

#define SPENT_INDEX                                                            \
	"CREATE INDEX IF NOT EXISTS spent_purge ON spent (expires_at ASC)"

static const struct {
	struct text word;
	struct text ours;
} substitutions[] = {
	{{"BIGINT PRIMARY KEY", 18}, {"INTEGER PRIMARY KEY", 19}},
	{{"BYTEA", 5}, {"BLOB", 4}},
	{{"BY_KEY", 6}, {"WITHOUT ROWID", 13}},
	/* Spent entries are purged in the order of their key (lies_by_key). */
	{{SPENT_INDEX, sizeof(SPENT_INDEX) - 1},
	 {"DROP INDEX IF EXISTS spent_purge", 32}},
};

/* How many bytes of `rest` were taken in. */
static size_t substitute_one(struct text rest, struct buf *out)
{
	for (size_t i = 0; i < COUNT_OF(substitutions); i++)
		if (text_starts_with(rest, substitutions[i].word)) {
			buf_add(out, substitutions[i].ours);
			return substitutions[i].word.size;
		}
	buf_add_byte(out, rest.at[0]);
	return 1;
}

static int execute_substituted(struct sqlite_connection *connection,
			       const char *text)
{
	struct buf ours = buf_init((size_t)64 * 1024);
	struct text rest = text_from(text);
	int code;

	while (rest.size > 0)
		rest = text_from_byte(rest, substitute_one(rest, &ours));
	buf_add_byte(&ours, '\0');
	MUST(!ours.is_over);
	code = sqlite_connection_execute(connection, ours.at);
	buf_wipe(&ours);
	return code;
}

static enum store_outcome migrate(struct sqlite_connection *connection,
				  int64_t number, const char *text)
{
	struct store_statement record = {
		.query = QUERY_RECORD_SCHEMA,
		.parameter_count = 1,
		.parameters = (struct store_value[]){{.type = STORE_INTEGER,
						      .integer = number}},
	};
	int64_t changed = 0;
	int code = execute_substituted(connection, store_migration_start);

	if (code == SQLITE_OK)
		code = sqlite_connection_run(connection, &record, &changed);
	if (code == SQLITE_OK && changed == 0)
		return STORE_ALREADY;
	if (code == SQLITE_OK)
		code = execute_substituted(connection, text);
	if (code != SQLITE_OK)
		return sqlite_connection_failed(connection, "migrating", code);
	return STORE_DONE;
}

enum store_outcome sqlite_transaction_migrate(struct store *store,
					      int64_t number, const char *text)
{
	enum store_outcome result = sqlite_transaction_begin(store);

	if (result != STORE_DONE)
		return result;
	result =
		migrate(&sqlite_thread_here(sqlite_store_of(store))->connection,
			number, text);
	if (result == STORE_DONE)
		return sqlite_transaction_commit(store);
	sqlite_transaction_roll_back(store);
	return result;
}
