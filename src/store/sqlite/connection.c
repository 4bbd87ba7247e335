/* SPDX-License-Identifier: Apache-2.0 */
/* One SQLite connection: pragmas, kept statements, parameters, rows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "store/sqlite/internal.h"

/* How long to wait for a stranger who holds the database, a backup say. Our own
 * processes wait for their turn instead. */
#define BUSY_MS 2000

static int set_up(struct sqlite_connection *connection, int cache_kib)
{
	char pragmas[512];

	sqlite3_extended_result_codes(connection->database, 1);
	sqlite3_busy_timeout(connection->database, BUSY_MS);
	(void)snprintf(pragmas, sizeof(pragmas),
		       "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
		       "PRAGMA locking_mode = NORMAL; PRAGMA mmap_size = 0;"
		       "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = 0;"
		       "PRAGMA journal_size_limit = 67108864;"
		       "PRAGMA cache_size = -%d;",
		       cache_kib);
	return sqlite_connection_execute(connection, pragmas);
}

int sqlite_connection_open(struct sqlite_connection *connection,
			   const char *path, int cache_kib)
{
	int code = sqlite3_open_v2(path, &connection->database,
				   SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
				   NULL);

	if (code == SQLITE_OK)
		code = set_up(connection, cache_kib);
	return code;
}

void sqlite_connection_close(struct sqlite_connection *connection)
{
	for (size_t i = 0; i < STORE_QUERY_COUNT; i++)
		sqlite3_finalize(connection->statements[i].prepared);
	for (size_t i = 0; i < CONTROL_COUNT; i++)
		sqlite3_finalize(connection->controls[i]);
	MUST(sqlite3_close(connection->database) == SQLITE_OK);
	*connection = (struct sqlite_connection){0};
}

int sqlite_connection_execute(struct sqlite_connection *connection,
			      const char *text)
{
	return sqlite3_exec(connection->database, text, NULL, NULL, NULL) &
	       0xff;
}

int sqlite_connection_control(struct sqlite_connection *connection,
			      enum sqlite_control control)
{
	static const char *const texts[CONTROL_COUNT] = {
		[CONTROL_BEGIN] = "BEGIN",
		[CONTROL_BEGIN_IMMEDIATE] = "BEGIN IMMEDIATE",
		[CONTROL_COMMIT] = "COMMIT",
		[CONTROL_ROLL_BACK] = "ROLLBACK",
	};
	sqlite3_stmt **prepared = &connection->controls[control];
	int code = SQLITE_OK;

	if (*prepared == NULL)
		code = sqlite3_prepare_v3(connection->database, texts[control],
					  -1, SQLITE_PREPARE_PERSISTENT,
					  prepared, NULL);
	if (code == SQLITE_OK) {
		code = sqlite3_step(*prepared);
		sqlite3_reset(*prepared);
	}
	return code == SQLITE_DONE ? SQLITE_OK : code & 0xff;
}

static void find_places(struct sqlite_statement *statement)
{
	char name[8];

	for (int i = 0; i < STORE_PARAMETER_COUNT_MAX; i++) {
		(void)snprintf(name, sizeof(name), "$%d", i + 1);
		statement->places[i] =
			(unsigned char)sqlite3_bind_parameter_index(
				statement->prepared, name);
	}
	statement->now_place = (unsigned char)sqlite3_bind_parameter_index(
		statement->prepared, "$now");
}

static int prepare(struct sqlite_connection *connection, enum store_query query,
		   struct sqlite_statement **statement_out)
{
	struct sqlite_statement *statement = &connection->statements[query];
	int code;

	*statement_out = statement;
	if (statement->prepared != NULL)
		return SQLITE_OK;
	code = sqlite3_prepare_v3(connection->database,
				  store_query_texts[query], -1,
				  SQLITE_PREPARE_PERSISTENT,
				  &statement->prepared, NULL);
	if (code == SQLITE_OK)
		find_places(statement);
	return code;
}

/* The values outlive the run: nothing is copied. */
static int bind_value(sqlite3_stmt *prepared, int place,
		      const struct store_value *value)
{
	switch (value->type) {
	case STORE_NULL:
		return sqlite3_bind_null(prepared, place);
	case STORE_INTEGER:
		return sqlite3_bind_int64(prepared, place, value->integer);
	case STORE_TEXT:
		return sqlite3_bind_text64(prepared, place, value->text.at,
					   value->text.size, SQLITE_STATIC,
					   SQLITE_UTF8);
	case STORE_BYTES:
		return sqlite3_bind_blob64(prepared, place, value->text.at,
					   value->text.size, SQLITE_STATIC);
	}
	MUST(false);
}

static int bind(const struct sqlite_statement *to,
		const struct store_statement *statement)
{
	int code = SQLITE_OK;

	for (size_t i = 0; i < statement->parameter_count; i++) {
		MUST(to->places[i] != 0);
		code = bind_value(to->prepared, to->places[i],
				  &statement->parameters[i]);
		if (code != SQLITE_OK)
			return code;
	}
	if (to->now_place != 0)
		code = sqlite3_bind_int64(to->prepared, to->now_place,
					  statement->now);
	return code;
}

/* Only triggers of watching.c raise: the store is frozen for a moment. */
static int primary_code(int code)
{
	return code == SQLITE_CONSTRAINT_TRIGGER ? SQLITE_BUSY : code & 0xff;
}

int sqlite_connection_run(struct sqlite_connection *connection,
			  const struct store_statement *statement,
			  int64_t *changed_out)
{
	struct sqlite_statement *prepared;
	int code = prepare(connection, statement->query, &prepared);

	*changed_out = 0;
	if (code == SQLITE_OK)
		code = bind(prepared, statement);
	if (code == SQLITE_OK) {
		code = sqlite3_step(prepared->prepared);
		sqlite3_reset(prepared->prepared);
	}
	if (code != SQLITE_DONE)
		return primary_code(code);
	*changed_out = sqlite3_changes64(connection->database);
	return SQLITE_OK;
}

/* --- Rows ----------------------------------------------------------------- */

/* A pointer that is NULL for an empty value would mean absent. */
static struct text copy_bytes(struct arena *arena, const void *at, int size)
{
	if (size == 0)
		return TEXT("");
	return arena_copy(arena, text_of(at, (size_t)size));
}

static struct store_value copy_value(sqlite3_value *value, struct arena *arena)
{
	const void *at;

	switch (sqlite3_value_type(value)) {
	case SQLITE_INTEGER:
		return (struct store_value){.type = STORE_INTEGER,
					    .integer =
						    sqlite3_value_int64(value)};
	case SQLITE_TEXT:
		at = sqlite3_value_text(value);
		return (struct store_value){
			.type = STORE_TEXT,
			.text = copy_bytes(arena, at,
					   sqlite3_value_bytes(value))};
	case SQLITE_NULL:
		return (struct store_value){.type = STORE_NULL};
	default: /* bytes; of a real number, which no column is, its text */
		at = sqlite3_value_blob(value);
		return (struct store_value){
			.type = STORE_BYTES,
			.text = copy_bytes(arena, at,
					   sqlite3_value_bytes(value))};
	}
}

static void add_row(sqlite3_stmt *prepared, struct arena *arena,
		    struct store_rows *rows)
{
	int count = sqlite3_column_count(prepared);
	struct store_value *columns =
		ARENA_ARRAY(arena, struct store_value, (size_t)count);

	/* Full at every power of two: then it doubles. */
	if ((rows->count & (rows->count - 1)) == 0) {
		struct store_row *grown =
			ARENA_ARRAY(arena, struct store_row,
				    rows->count == 0 ? 1 : rows->count * 2);

		if (rows->count > 0)
			memcpy(grown, rows->rows, rows->count * sizeof(*grown));
		rows->rows = grown;
	}
	/* No connection has a mutex: its values need no other protection. */
	for (int i = 0; i < count; i++)
		columns[i] =
			copy_value(sqlite3_column_value(prepared, i), arena);
	rows->rows[rows->count++].columns = columns;
}

enum store_outcome sqlite_connection_read(
	struct sqlite_connection *connection, struct arena *arena,
	const struct store_statement *statement, struct store_rows *rows_out)
{
	struct sqlite_statement *prepared;
	int code = prepare(connection, statement->query, &prepared);

	*rows_out = (struct store_rows){0};
	if (code == SQLITE_OK)
		code = bind(prepared, statement);
	if (code != SQLITE_OK)
		return sqlite_connection_failed(connection, "preparing to read",
						code);
	while ((code = sqlite3_step(prepared->prepared)) == SQLITE_ROW)
		add_row(prepared->prepared, arena, rows_out);
	sqlite3_reset(prepared->prepared);
	if (code == SQLITE_DONE)
		return STORE_DONE;
	*rows_out = (struct store_rows){0};
	return sqlite_connection_failed(connection, "reading", code);
}

/* --- Scripts -------------------------------------------------------------- */

/* Each is used once, in order: so none needs a name, for which SQLite would look
 * through all before it, one by one. */
static char *unname_parameters(const char *text)
{
	char *unnamed = calloc(strlen(text) + 1, 1);
	char *to = unnamed;

	MUST(unnamed != NULL);
	while (*text != '\0') {
		bool is_parameter = *text == '$';

		*to++ = is_parameter ? '?' : *text;
		text++;
		while (is_parameter && *text >= '0' && *text <= '9')
			text++;
	}
	return unnamed;
}

static int prepare_script(struct sqlite_connection *connection,
			  const struct store_script *script,
			  sqlite3_stmt **prepared_out)
{
	char *text = unname_parameters(script->text);
	int code = sqlite3_prepare_v2(connection->database, text, -1,
				      prepared_out, NULL);

	free(text);
	for (size_t i = 0; code == SQLITE_OK && i < script->parameter_count;
	     i++)
		code = bind_value(*prepared_out, (int)i + 1,
				  &script->parameters[i]);
	return code;
}

int sqlite_connection_script(struct sqlite_connection *connection,
			     struct arena *arena,
			     const struct store_script *script,
			     struct store_rows *rows_out)
{
	sqlite3_stmt *prepared = NULL;
	int code = prepare_script(connection, script, &prepared);

	if (rows_out != NULL)
		*rows_out = (struct store_rows){0};
	if (code == SQLITE_OK)
		while ((code = sqlite3_step(prepared)) == SQLITE_ROW)
			if (rows_out != NULL)
				add_row(prepared, arena, rows_out);
	(void)sqlite3_finalize(prepared);
	return code == SQLITE_DONE ? SQLITE_OK : primary_code(code);
}

/* --- Outcomes ------------------------------------------------------------- */

/* Its tables have other names then (store/copy): nothing was read or written. */
static bool is_moved(struct sqlite_connection *connection, int code)
{
	return code == SQLITE_ERROR &&
	       sqlite3_table_column_metadata(connection->database, NULL,
					     "moved_grants", NULL, NULL, NULL,
					     NULL, NULL, NULL) == SQLITE_OK;
}

enum store_outcome
sqlite_connection_failed(struct sqlite_connection *connection,
			 const char *doing, int code)
{
	char words[256];

	(void)snprintf(words, sizeof(words), "%s",
		       connection->database == NULL
			       ? sqlite3_errstr(code)
			       : sqlite3_errmsg(connection->database));
	if ((code & 0xff) == SQLITE_BUSY || is_moved(connection, code & 0xff))
		return STORE_BUSY;
	event_fault("store.sqlite.failed", "%s: %s (SQLite's code %d)", doing,
		    words, code);
	return STORE_BROKEN;
}

void sqlite_connection_roll_back(struct sqlite_connection *connection)
{
	/* SQLite has done it by itself after some errors. */
	if (sqlite3_get_autocommit(connection->database) == 0)
		(void)sqlite_connection_control(connection, CONTROL_ROLL_BACK);
}

enum store_outcome
sqlite_connection_commit(struct sqlite_connection *connection)
{
	int code = sqlite_connection_control(connection, CONTROL_COMMIT);

	if (code == SQLITE_OK)
		return STORE_DONE;
	if (code != SQLITE_BUSY)
		event_fault("store.sqlite.uncertain",
			    "a commit failed and its fate is unknown: %s",
			    sqlite3_errmsg(connection->database));
	sqlite_connection_roll_back(connection);
	return code == SQLITE_BUSY ? STORE_BUSY : STORE_UNCERTAIN;
}
