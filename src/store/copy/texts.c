/* SPDX-License-Identifier: Apache-2.0 */
/* Puts SQL together for any table: one text for all engines. */
#include <stdio.h>

#include "store/copy/internal.h"

#define TEXT_MAX ((size_t)1024 * 1024)
/* Of a statement: every column of every row, and a little more. */
#define PARAMETER_MAX (COPY_BATCH * STORE_PARAMETER_COUNT_MAX + 8)

struct copy_text copy_text_in(struct arena *arena)
{
	return (struct copy_text){
		.arena = arena,
		.text = buf_init_arena(arena, TEXT_MAX),
		.parameters =
			ARENA_ARRAY(arena, struct store_value, PARAMETER_MAX),
	};
}

static void add(struct copy_text *text, const char *words)
{
	buf_add_string(&text->text, words);
}

static void add_value(struct copy_text *text, const struct store_value *value)
{
	MUST(text->parameter_count < PARAMETER_MAX);
	text->parameters[text->parameter_count++] = *value;
	buf_format(&text->text, "$%zu", text->parameter_count);
}

static void add_integer(struct copy_text *text, int64_t integer)
{
	add_value(text, &(struct store_value){.type = STORE_INTEGER,
					      .integer = integer});
}

static void add_values(struct copy_text *text, const struct store_value *values,
		       size_t count)
{
	for (size_t i = 0; i < count; i++) {
		add(text, i == 0 ? "(" : ", ");
		add_value(text, &values[i]);
	}
	add(text, ")");
}

/* --- Keys ----------------------------------------------------------------- */

/* "tenant_id, id": the first columns. */
static struct text key_columns(const struct copy_table *table)
{
	struct text all = text_from(table->columns);
	struct text rest = all;
	struct text column;

	for (size_t i = 0; i < copy_key_size(table); i++)
		(void)text_cut(&rest, ',', &column);
	return text_is_present(rest) ? text_first(all, all.size - rest.size - 1)
				     : all;
}

static void add_keys(struct copy_text *text, struct text columns,
		     size_t column_count, const struct store_rows *keys)
{
	buf_format(&text->text, " WHERE (%.*s) IN (", TEXT_ARG(columns));
	if (column_count > 1)
		add(text, "VALUES ");
	for (size_t i = 0; i < keys->count; i++) {
		if (i > 0)
			add(text, ", ");
		add_values(text, keys->rows[i].columns, column_count);
	}
	add(text, ")");
}

/* --- Statements ----------------------------------------------------------- */

void copy_text_page(struct copy_text *text, const char *prefix,
		    const struct copy_table *table,
		    const struct store_value *after)
{
	struct text key = key_columns(table);

	buf_format(&text->text, "SELECT %s FROM %s%s", table->columns, prefix,
		   table->name);
	if (after != NULL) {
		buf_format(&text->text, " WHERE (%.*s) > ", TEXT_ARG(key));
		add_values(text, after, copy_key_size(table));
	}
	buf_format(&text->text, " ORDER BY %.*s LIMIT %d", TEXT_ARG(key),
		   COPY_BATCH);
}

void copy_text_select(struct copy_text *text, const struct copy_table *table,
		      const struct store_rows *keys)
{
	buf_format(&text->text, "SELECT %s FROM %s", table->columns,
		   table->name);
	add_keys(text, key_columns(table), copy_key_size(table), keys);
}

void copy_text_delete(struct copy_text *text, const struct copy_table *table,
		      const struct store_rows *keys)
{
	buf_format(&text->text, "DELETE FROM %s", table->name);
	add_keys(text, key_columns(table), copy_key_size(table), keys);
}

void copy_text_insert(struct copy_text *text, const struct copy_table *table,
		      const struct store_rows *rows)
{
	buf_format(&text->text, "INSERT INTO %s (%s) VALUES ", table->name,
		   table->columns);
	for (size_t i = 0; i < rows->count; i++) {
		if (i > 0)
			add(text, ", ");
		add_values(text, rows->rows[i].columns, table->column_count);
	}
	add(text, " ON CONFLICT DO NOTHING");
}

void copy_text_forget(struct copy_text *text, const struct copy_table *table,
		      const struct store_rows *noted)
{
	add(text, "DELETE FROM copy_changes WHERE noun = ");
	add_integer(text, copy_noun(table));
	add(text, " AND (a, b, c, d, number) IN (VALUES ");
	for (size_t i = 0; i < noted->count; i++) {
		if (i > 0)
			add(text, ", ");
		add_values(text, noted->rows[i].columns, 5);
	}
	add(text, ")");
}

/* --- Watching ------------------------------------------------------------- */

/* The values of a, b, c and d: "NEW.id, 0, '', X''". */
static void add_slots(struct copy_text *text, const struct copy_table *table,
		      const char *row, const char *no_bytes)
{
	const char *const empty[] = {"0", "0", "''", no_bytes};
	struct text columns = key_columns(table);
	const char *slots = table->slots;
	struct text column;

	for (int slot = 'a'; slot <= 'd'; slot++) {
		add(text, slot == 'a' ? "" : ", ");
		if (*slots != slot) {
			add(text, empty[slot - 'a']);
			continue;
		}
		slots++;
		MUST(text_cut(&columns, ',', &column));
		buf_format(&text->text, "%s.%.*s", row,
			   TEXT_ARG(text_trim(column)));
	}
}

/* What copying itself keeps in `settings` belongs to one store alone. */
static void add_condition(struct copy_text *text,
			  const struct copy_table *table, const char *row)
{
	if (copy_is_noted_only(table))
		buf_format(&text->text, "substr(%s.name, 1, 5) <> 'copy_'",
			   row);
	else
		add(text, "1 = 1");
}

static void add_word(struct copy_text *text, struct text word,
		     const struct copy_table *table, const char *no_bytes)
{
	if (text_equal(word, TEXT("table")))
		add(text, table->name);
	else if (text_equal(word, TEXT("noun")))
		buf_add_integer(&text->text, copy_noun(table));
	else if (text_equal(word, TEXT("new")))
		add_slots(text, table, "NEW", no_bytes);
	else if (text_equal(word, TEXT("old")))
		add_slots(text, table, "OLD", no_bytes);
	else if (text_equal(word, TEXT("new:is_copied")))
		add_condition(text, table, "NEW");
	else if (text_equal(word, TEXT("old:is_copied")))
		add_condition(text, table, "OLD");
	else
		MUST(!"a word that no text may have in braces");
}

void copy_text_watch(struct copy_text *text, const char *template,
		     const struct copy_table *table, const char *no_bytes)
{
	struct text rest = text_from(template);

	for (;;) {
		size_t open = text_find_byte(rest, '{');
		size_t close = text_find_byte(rest, '}');

		buf_add(&text->text, text_first(rest, open));
		if (open == rest.size)
			return;
		add_word(text,
			 text_from_byte(text_first(rest, close), open + 1),
			 table, no_bytes);
		rest = text_from_byte(rest, close + 1);
	}
}

/* --- Running -------------------------------------------------------------- */

static struct store_script script_of(struct copy_text *text)
{
	buf_add_byte(&text->text, '\0');
	MUST(!text->text.is_over);
	return (struct store_script){
		.text = text->text.at,
		.parameters = text->parameters,
		.parameter_count = text->parameter_count,
	};
}

enum store_outcome copy_text_read(struct store *store, struct copy_text *text,
				  struct store_rows *rows_out)
{
	struct store_script script = script_of(text);

	return store->driver->run(store, text->arena, &script, rows_out);
}

enum store_outcome copy_text_run(struct store *store, struct copy_text *text)
{
	struct store_script script = script_of(text);

	return store->driver->run(store, text->arena, &script, NULL);
}

enum store_outcome copy_run_text(struct store *store, const char *text)
{
	struct store_script script = {.text = text};

	return store->driver->run(store, NULL, &script, NULL);
}
