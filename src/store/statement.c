/* SPDX-License-Identifier: Apache-2.0 */
/* Binds parameters and reads columns, with types. */
#include "base/event.h"
#include "store/internal.h"

static struct store_value *next_parameter(struct store_statement *statement)
{
	MUST(statement->parameter_count < statement->parameter_room);
	return &statement->parameters[statement->parameter_count++];
}

void store_bind_integer(struct store_statement *statement, int64_t value)
{
	struct store_value *parameter = next_parameter(statement);

	parameter->type = STORE_INTEGER;
	parameter->integer = value;
}

static void bind(struct store_statement *statement, enum store_type type,
		 struct text value)
{
	struct store_value *parameter = next_parameter(statement);

	parameter->type = text_is_present(value) ? type : STORE_NULL;
	parameter->text = value;
}

void store_bind_text(struct store_statement *statement, struct text value)
{
	bind(statement, STORE_TEXT, value);
}

void store_bind_bytes(struct store_statement *statement, struct text value)
{
	bind(statement, STORE_BYTES, value);
}

int64_t store_take_integer(struct store_cursor *cursor)
{
	const struct store_value *column = cursor->at++;

	if (column->type == STORE_INTEGER)
		return column->integer;
	cursor->is_wrong = true;
	return 0;
}

static struct text take(struct store_cursor *cursor, enum store_type type)
{
	const struct store_value *column = cursor->at++;

	if (column->type == type)
		return column->text;
	if (column->type != STORE_NULL)
		cursor->is_wrong = true;
	return TEXT_ABSENT;
}

struct text store_take_text(struct store_cursor *cursor)
{
	return take(cursor, STORE_TEXT);
}

struct text store_take_bytes(struct store_cursor *cursor)
{
	return take(cursor, STORE_BYTES);
}

void store_take_fixed(struct store_cursor *cursor, void *out, size_t size)
{
	struct text bytes = take(cursor, STORE_BYTES);

	if (text_is_present(bytes) && bytes.size == size)
		memcpy(out, bytes.at, size);
	else
		cursor->is_wrong = true;
}

enum store_outcome store_cursor_end(const struct store_cursor *cursor,
				    enum store_query query)
{
	if (!cursor->is_wrong)
		return STORE_DONE;
	event_fault("store.row.wrong",
		    "a row is not as the schema says; it was read by: %s",
		    store_query_texts[query]);
	return STORE_BROKEN;
}

enum store_outcome store_load_rows(struct store *store, struct arena *arena,
				   const struct store_statement *statement,
				   struct store_rows *rows_out)
{
	*rows_out = (struct store_rows){0};
	return store->driver->read(store, arena, statement, rows_out);
}

enum store_outcome store_load_row(struct store *store, struct arena *arena,
				  const struct store_statement *statement,
				  struct store_cursor *cursor_out)
{
	struct store_rows rows;
	enum store_outcome result =
		store_load_rows(store, arena, statement, &rows);

	if (result != STORE_DONE)
		return result;
	if (rows.count == 0)
		return STORE_NOT_FOUND;
	*cursor_out = (struct store_cursor){.at = rows.rows[0].columns};
	return STORE_DONE;
}
