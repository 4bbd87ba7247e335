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

static enum store_outcome put(struct store *store, const char *name,
			      int64_t value)
{
	const struct store_value parameters[] = {
		{.type = STORE_TEXT, .text = text_from(name)},
		{.type = STORE_INTEGER, .integer = value},
	};
	struct store_script script = {
		"INSERT INTO settings (name, value) VALUES ($1, $2)"
		" ON CONFLICT (name) DO UPDATE SET value = excluded.value",
		parameters, COUNT_OF(parameters)};

	return store->driver->run(store, NULL, &script, NULL);
}

static enum store_outcome run_for_a_row(struct store *store,
					const struct store_script *script)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(4096);
	struct store_rows rows;
	enum store_outcome result =
		store->driver->run(store, arena, script, &rows);

	return result == STORE_DONE && rows.count == 0 ? STORE_CONFLICT
						       : result;
}

/* CONFLICT: there is none of `name` that is `before`. Until the transaction's
 * end nobody else changes it. */
static enum store_outcome replace(struct store *store, const char *name,
				  int64_t after, int64_t before)
{
	const struct store_value parameters[] = {
		{.type = STORE_INTEGER, .integer = after},
		{.type = STORE_TEXT, .text = text_from(name)},
		{.type = STORE_INTEGER, .integer = before},
	};
	struct store_script script = {"UPDATE settings SET value = $1"
				      " WHERE name = $2 AND value = $3"
				      " RETURNING value",
				      parameters, COUNT_OF(parameters)};

	return run_for_a_row(store, &script);
}

/* From `least`, or whichever state lies behind it in which a copying is under
 * way; in one statement, for servers end a frost at any moment. */
static enum store_outcome replace_state(struct store *store, int64_t after,
					int64_t least)
{
	const struct store_value parameters[] = {
		{.type = STORE_INTEGER, .integer = after},
		{.type = STORE_INTEGER, .integer = least},
		{.type = STORE_INTEGER, .integer = STORE_COPYING_FROZEN},
	};
	struct store_script script = {
		"UPDATE settings SET value = $1 WHERE name = 'copy_state'"
		" AND value >= $2 AND value <= $3 RETURNING value",
		parameters, COUNT_OF(parameters)};

	return run_for_a_row(store, &script);
}

enum store_outcome copy_hold(struct store *store, int64_t number)
{
	return replace(store, "copy_number", number, number);
}

enum store_outcome copy_marks_save(struct store *store, int64_t state,
				   int64_t number)
{
	enum store_outcome result = store_begin(store);

	if (result != STORE_DONE)
		return result;
	result = put(store, "copy_number", number);
	if (result == STORE_DONE)
		result = put(store, "copy_state", state);
	return store_end(store, result);
}

enum store_outcome copy_marks_compared(struct store *store, int64_t number)
{
	enum store_outcome result = store_begin(store);

	if (result != STORE_DONE)
		return result;
	return store_end(store, put(store, "copy_compared", number));
}

static enum store_outcome begin_marks(struct store *from, int64_t before,
				      int64_t number)
{
	static const char make[] =
		"INSERT INTO settings (name, value) VALUES"
		" ('copy_number', 0), ('copy_state', 0) ON CONFLICT DO NOTHING";
	enum store_outcome result = copy_run_text(from, make);

	if (result == STORE_DONE)
		result = replace(from, "copy_number", number, before);
	/* It may have come to pass before, though nobody said so. */
	if (result == STORE_CONFLICT)
		result = copy_hold(from, number);
	if (result == STORE_DONE)
		result = replace_state(from, STORE_COPYING, STORE_COPYING_NOT);
	return result;
}

enum store_outcome copy_marks_begin(struct store *from, int64_t before,
				    int64_t number)
{
	enum store_outcome result = store_begin(from);

	return result == STORE_DONE
		       ? store_end(from, begin_marks(from, before, number))
		       : result;
}

enum store_outcome copy_give_up(struct store *from, int64_t number)
{
	enum store_outcome result = store_begin(from);

	if (result != STORE_DONE)
		return result;
	result = replace(from, "copy_number", COPY_GIVEN_UP, number);
	if (result == STORE_DONE)
		result = replace_state(from, STORE_COPYING_NOT, STORE_COPYING);
	return store_end(from, result);
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
static enum store_outcome run_words_on_all(struct store *store, int64_t number,
					   const char *const *words)
{
	enum store_outcome result = STORE_DONE;

	for (size_t i = 0; result == STORE_DONE && i < COPY_TABLE_COUNT; i++) {
		result = store_begin(store);
		if (result != STORE_DONE)
			return result;
		result = copy_hold(store, number);
		if (result == STORE_DONE)
			result = run_words(store, words, &copy_tables[i]);
		result = store_end(store, result);
	}
	return result;
}

static enum store_outcome run_alone(struct store *store, int64_t number,
				    const char *text)
{
	enum store_outcome result = store_begin(store);

	if (result != STORE_DONE)
		return result;
	result = copy_hold(store, number);
	if (result == STORE_DONE)
		result = copy_run_text(store, text);
	return store_end(store, result);
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

enum store_outcome copy_watch(struct store *from, int64_t number)
{
	enum store_outcome result = run_alone(from, number, make_changes);

	if (result == STORE_DONE)
		result = run_words_on_all(from, number,
					  from->driver->watching->begin);
	/* Noted, and so copied. */
	if (result == STORE_DONE)
		result = run_alone(from, number,
				   "UPDATE settings SET value = value");
	return result;
}

static enum store_outcome forget_all(struct store *from)
{
	enum store_outcome result =
		replace(from, "copy_number", 0, COPY_GIVEN_UP);

	return result == STORE_DONE
		       ? copy_run_text(from,
				       "DROP TABLE IF EXISTS copy_changes")
		       : result;
}

enum store_outcome copy_unwatch(struct store *from)
{
	enum store_outcome result = run_words_on_all(
		from, COPY_GIVEN_UP, from->driver->watching->end);

	if (result == STORE_DONE)
		result = store_begin(from);
	return result == STORE_DONE ? store_end(from, forget_all(from))
				    : result;
}

/* --- Steps ---------------------------------------------------------------- */

static enum store_outcome run_if_any(struct store *store, const char *text)
{
	return text == NULL ? STORE_DONE : copy_run_text(store, text);
}

/* The order of what is locked is everybody's: the notes, the number, the frost,
 * the state. */
static enum store_outcome freeze(struct store *from, int64_t number,
				 int64_t frost)
{
	enum store_outcome result =
		run_if_any(from, from->driver->watching->hurry);

	if (result == STORE_DONE)
		result = run_if_any(from, from->driver->watching->settle);
	if (result == STORE_DONE)
		result = copy_hold(from, number);
	if (result == STORE_DONE)
		result = put(from, "copy_frost", frost);
	if (result == STORE_DONE)
		result = replace(from, "copy_state", STORE_COPYING_FROZEN,
				 STORE_COPYING);
	return result;
}

enum store_outcome copy_freeze(struct store *from, int64_t number,
			       int64_t frost)
{
	enum store_outcome result = store_begin(from);

	return result == STORE_DONE
		       ? store_end(from, freeze(from, number, frost))
		       : result;
}

/* Two statements: on PostgreSQL one would read the frost as it was when it began
 * to wait for the state. */
static enum store_outcome leave_frost(struct store *from, int64_t frost,
				      enum store_copying after)
{
	enum store_outcome result = replace(from, "copy_frost", frost, frost);

	return result == STORE_DONE ? replace(from, "copy_state", after,
					      STORE_COPYING_FROZEN)
				    : result;
}

enum store_outcome copy_thaw(struct store *from, int64_t frost)
{
	enum store_outcome result = store_begin(from);

	return result == STORE_DONE
		       ? store_end(from,
				   leave_frost(from, frost, STORE_COPYING))
		       : result;
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

enum store_outcome copy_move(struct store *from, int64_t frost)
{
	enum store_outcome result = store_begin(from);

	if (result != STORE_DONE)
		return result;
	result = run_if_any(from, from->driver->watching->hurry);
	if (result == STORE_DONE)
		result = leave_frost(from, frost, STORE_COPYING_MOVED);
	if (result == STORE_DONE)
		result = rename_tables(from);
	return store_end(from, result);
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
