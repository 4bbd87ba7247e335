/* SPDX-License-Identifier: Apache-2.0 */
/* How far two stores are: what their settings say of it, who notes changes, which
 * names the tables have. */
#include <stdio.h>

#include "store/copy/internal.h"

#define ARENA_BUDGET ((size_t)16 * 1024 * 1024)

static const char make_changes[] =
	"CREATE TABLE IF NOT EXISTS copy_changes (noun BIGINT NOT NULL,"
	" a BIGINT NOT NULL, b BIGINT NOT NULL, c TEXT NOT NULL,"
	" d BYTEA NOT NULL, number BIGINT NOT NULL,"
	" PRIMARY KEY (noun, a, b, c, d))";

/* --- Marks ---------------------------------------------------------------- */

static void take_mark(struct copy_marks *marks, struct text name, int64_t value)
{
	if (text_equal(name, TEXT("copy_state")))
		marks->state = value;
	else if (text_equal(name, TEXT("copy_number")))
		marks->number = value;
	else if (text_equal(name, TEXT("copy_compared")))
		marks->compared = value;
	else if (text_equal(name, TEXT("schema")))
		marks->schema = value;
}

enum store_outcome copy_marks_load(struct store *store, struct copy_marks *out)
{
	static const struct store_script script = {
		.text = "SELECT name, value FROM settings"};
	CLEANUP(arena_free) struct arena *arena = arena_new(65536);
	struct store_rows rows;
	enum store_outcome result =
		store->driver->run(store, arena, &script, &rows);

	*out = (struct copy_marks){0};
	for (size_t i = 0; result == STORE_DONE && i < rows.count; i++) {
		const struct store_value *columns = rows.rows[i].columns;

		if (columns[0].type != STORE_TEXT ||
		    columns[1].type != STORE_INTEGER)
			return STORE_BROKEN;
		take_mark(out, columns[0].text, columns[1].integer);
	}
	return result;
}

/* What a transaction has come to so far, brought to its end. */
static enum store_outcome end(struct store *store, enum store_outcome result)
{
	if (result == STORE_DONE)
		return store_commit(store);
	store_roll_back(store);
	return result;
}

enum store_outcome copy_marks_save(struct store *store, int64_t state,
				   int64_t number)
{
	const struct store_value parameters[] = {
		{.type = STORE_INTEGER, .integer = state},
		{.type = STORE_INTEGER, .integer = number},
	};
	struct store_script script = {
		"INSERT INTO settings (name, value) VALUES ('copy_state', $1),"
		" ('copy_number', $2)"
		" ON CONFLICT (name) DO UPDATE SET value = excluded.value",
		parameters, COUNT_OF(parameters)};
	enum store_outcome result = store_begin(store);

	if (result != STORE_DONE)
		return result;
	return end(store, store->driver->run(store, NULL, &script, NULL));
}

enum store_outcome copy_marks_compared(struct store *store, int64_t number)
{
	const struct store_value parameter = {.type = STORE_INTEGER,
					      .integer = number};
	struct store_script script = {
		"INSERT INTO settings (name, value) VALUES"
		" ('copy_compared', $1)"
		" ON CONFLICT (name) DO UPDATE SET value = excluded.value",
		&parameter, 1};
	enum store_outcome result = store_begin(store);

	if (result != STORE_DONE)
		return result;
	return end(store, store->driver->run(store, NULL, &script, NULL));
}

/* --- Watching ------------------------------------------------------------- */

static enum store_outcome run_words(struct store *store,
				    const char *const *words,
				    const struct copy_table *table)
{
	enum store_outcome result = STORE_DONE;

	for (; result == STORE_DONE && *words != NULL; words++) {
		CLEANUP(arena_free)
		struct arena *arena = arena_new(ARENA_BUDGET);
		struct copy_text text = copy_text_in(arena);

		copy_text_watch(&text, *words, table,
				store->driver->watching->no_bytes);
		result = copy_text_run(store, &text);
	}
	return result;
}

/* A transaction each: none of them keeps two tables from their writers. */
static enum store_outcome run_words_on_all(struct store *store,
					   const char *const *words)
{
	enum store_outcome result = STORE_DONE;

	for (size_t i = 0; result == STORE_DONE && i < COPY_TABLE_COUNT; i++) {
		result = store_begin(store);
		if (result == STORE_DONE)
			result = end(store,
				     run_words(store, words, &copy_tables[i]));
	}
	return result;
}

static enum store_outcome run_alone(struct store *store, const char *text)
{
	enum store_outcome result = store_begin(store);

	if (result == STORE_DONE)
		result = end(store, copy_run_text(store, text));
	return result;
}

enum store_outcome copy_find_mistake(struct store *from, struct arena *arena,
				     struct text *sentence_out)
{
	struct store_script script = {
		.text = from->driver->watching->find_mistake};
	struct store_rows rows = {0};
	enum store_outcome result = STORE_DONE;

	*sentence_out = TEXT_ABSENT;
	if (script.text != NULL)
		result = from->driver->run(from, arena, &script, &rows);
	if (result == STORE_DONE && rows.count > 0)
		*sentence_out = rows.rows[0].columns[0].text;
	return result;
}

enum store_outcome copy_watch(struct store *from)
{
	enum store_outcome result = run_alone(from, make_changes);

	if (result == STORE_DONE)
		result = run_words_on_all(from, from->driver->watching->begin);
	/* Noted, and so copied. */
	if (result == STORE_DONE)
		result = run_alone(from, "UPDATE settings SET value = value");
	return result;
}

enum store_outcome copy_unwatch(struct store *from)
{
	enum store_outcome result =
		run_words_on_all(from, from->driver->watching->end);

	if (result == STORE_DONE)
		result = run_alone(from, "DROP TABLE IF EXISTS copy_changes");
	return result;
}

/* --- Steps ---------------------------------------------------------------- */

static enum store_outcome step(struct store *store, enum store_copying before,
			       enum store_copying after)
{
	const struct store_value parameters[] = {
		{.type = STORE_INTEGER, .integer = after},
		{.type = STORE_INTEGER, .integer = before},
	};
	struct store_script script = {"UPDATE settings SET value = $1"
				      " WHERE name = 'copy_state'"
				      " AND value = $2 RETURNING value",
				      parameters, COUNT_OF(parameters)};
	CLEANUP(arena_free) struct arena *arena = arena_new(4096);
	struct store_rows rows;
	enum store_outcome result =
		store->driver->run(store, arena, &script, &rows);

	return result == STORE_DONE && rows.count == 0 ? STORE_CONFLICT
						       : result;
}

static enum store_outcome run_if_any(struct store *store, const char *text)
{
	return text == NULL ? STORE_DONE : copy_run_text(store, text);
}

enum store_outcome copy_freeze(struct store *from)
{
	enum store_outcome result = store_begin(from);

	if (result != STORE_DONE)
		return result;
	result = run_if_any(from, from->driver->watching->hurry);
	if (result == STORE_DONE)
		result = run_if_any(from, from->driver->watching->settle);
	if (result == STORE_DONE)
		result = step(from, STORE_COPYING, STORE_COPYING_FROZEN);
	return end(from, result);
}

static enum store_outcome rename_tables(struct store *from)
{
	enum store_outcome result = STORE_DONE;
	char text[128];

	for (size_t i = 0; result == STORE_DONE && i < COPY_TABLE_COUNT; i++) {
		if (copy_is_noted_only(&copy_tables[i]))
			continue;
		(void)snprintf(text, sizeof(text),
			       "ALTER TABLE %s RENAME TO moved_%s",
			       copy_tables[i].name, copy_tables[i].name);
		result = copy_run_text(from, text);
	}
	return result;
}

enum store_outcome copy_move(struct store *from)
{
	enum store_outcome result = store_begin(from);

	if (result != STORE_DONE)
		return result;
	result = run_if_any(from, from->driver->watching->hurry);
	if (result == STORE_DONE)
		result = step(from, STORE_COPYING_FROZEN, STORE_COPYING_MOVED);
	if (result == STORE_DONE)
		result = rename_tables(from);
	return end(from, result);
}

/* --- Rows ----------------------------------------------------------------- */

static enum store_outcome has_row(struct store *store, const char *table,
				  bool *has_out)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(4096);
	struct store_script script = {0};
	struct store_rows rows;
	enum store_outcome result;
	char text[128];

	(void)snprintf(text, sizeof(text),
		       "SELECT CAST(1 AS BIGINT) FROM %s LIMIT 1", table);
	script.text = text;
	result = store->driver->run(store, arena, &script, &rows);
	*has_out = rows.count > 0;
	return result;
}

enum store_outcome copy_find_rows(struct store *store, const char **table_out)
{
	*table_out = NULL;
	for (size_t i = 0; i < COPY_TABLE_COUNT; i++) {
		bool has = false;
		enum store_outcome result;

		if (copy_is_noted_only(&copy_tables[i]))
			continue;
		result = has_row(store, copy_tables[i].name, &has);
		if (result != STORE_DONE)
			return result;
		if (has) {
			*table_out = copy_tables[i].name;
			return STORE_DONE;
		}
	}
	return STORE_DONE;
}
