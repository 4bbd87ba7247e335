/* SPDX-License-Identifier: Apache-2.0 */
/* What has been copied stands beside it, and changes in the same transaction. */
#include "crypto/random.h"
#include "store/copy/internal.h"

static const char make[] = "CREATE TABLE IF NOT EXISTS copy_progress ("
			   "noun BIGINT PRIMARY KEY, holder BIGINT NOT NULL,"
			   " is_done SMALLINT NOT NULL, last_key BYTEA,"
			   " row_count BIGINT NOT NULL, low BIGINT NOT NULL,"
			   " high BIGINT NOT NULL)";

static struct store_value integer_of(int64_t value)
{
	return (struct store_value){.type = STORE_INTEGER, .integer = value};
}

static enum store_outcome run(struct copy *copy, const char *text,
			      const struct store_value *parameters,
			      size_t count)
{
	struct store_script script = {text, parameters, count};

	return copy->to->driver->run(copy->to, NULL, &script, NULL);
}

static enum store_outcome insert_rows(struct copy *copy)
{
	static const char insert[] =
		"INSERT INTO copy_progress (noun, holder, is_done, row_count,"
		" low, high) VALUES ($1, $2, 0, 0, 0, 0)"
		" ON CONFLICT DO NOTHING";
	static const char take[] = "UPDATE copy_progress SET holder = $1";
	struct store_value holder = integer_of(copy->holder);
	enum store_outcome result = run(copy, make, NULL, 0);

	for (int64_t i = 0; result == STORE_DONE && i < COPY_TABLE_COUNT; i++)
		result = run(copy, insert,
			     (struct store_value[]){integer_of(i), holder}, 2);
	if (result == STORE_DONE)
		result = run(copy, take, &holder, 1);
	return result;
}

enum store_outcome copy_progress_take(struct copy *copy)
{
	TRY_STORE(store_begin(copy->to));
	random_fill(&copy->holder, sizeof(copy->holder));
	TRY_STORE(store_end(copy->to, insert_rows(copy)));
	return copy_progress_load(copy);
}

enum store_outcome copy_progress_save(struct copy *copy,
				      const struct copy_table *table,
				      const struct copy_progress *progress)
{
	struct store_value parameters[] = {
		integer_of(progress->is_done ? 1 : 0),
		{.type = text_is_present(progress->position) ? STORE_BYTES
							     : STORE_NULL,
		 .text = progress->position},
		integer_of(progress->sum.count),
		integer_of((int64_t)progress->sum.low),
		integer_of((int64_t)progress->sum.high),
		integer_of(copy_noun(table)),
		integer_of(copy->holder),
	};
	struct store_script script = {
		"UPDATE copy_progress SET is_done = $1, last_key = $2,"
		" row_count = $3, low = $4, high = $5"
		" WHERE noun = $6 AND holder = $7 RETURNING noun",
		parameters, COUNT_OF(parameters)};
	CLEANUP(arena_free) struct arena *arena = arena_new(4096);
	struct store_rows rows;
	enum store_outcome result =
		copy->to->driver->run(copy->to, arena, &script, &rows);

	return result == STORE_DONE && rows.count == 0 ? STORE_CONFLICT
						       : result;
}

enum store_outcome copy_progress_confirm(struct copy *copy)
{
	enum store_outcome result;

	TRY_STORE(store_begin(copy->to));
	result = copy_hold(copy->to, copy->number);
	if (result == STORE_DONE)
		result = copy_progress_save(copy, &copy_tables[0],
					    &copy->tables[0]);
	return store_end(copy->to, result);
}

static bool read_row(struct copy *copy, const struct store_value *columns)
{
	struct copy_progress *progress;

	for (int i = 0; i < 6; i++)
		if (i != 2 && columns[i].type != STORE_INTEGER)
			return false;
	if (columns[0].integer < 0 || columns[0].integer >= COPY_TABLE_COUNT)
		return false;
	progress = &copy->tables[columns[0].integer];
	*progress = (struct copy_progress){
		.is_done = columns[1].integer != 0,
		.sum = {columns[3].integer, (uint64_t)columns[4].integer,
			(uint64_t)columns[5].integer},
	};
	if (columns[2].type == STORE_BYTES)
		progress->position = arena_copy(copy->arena, columns[2].text);
	return true;
}

enum store_outcome copy_progress_load(struct copy *copy)
{
	static const struct store_script script = {
		.text = "SELECT noun, is_done, last_key, row_count, low, high"
			" FROM copy_progress"};
	CLEANUP(arena_free) struct arena *arena = arena_new(65536);
	struct store_rows rows;
	enum store_outcome result =
		copy->to->driver->run(copy->to, arena, &script, &rows);

	if (result != STORE_DONE)
		return result;
	for (size_t i = 0; i < rows.count; i++)
		if (!read_row(copy, rows.rows[i].columns))
			return STORE_BROKEN;
	return rows.count == COPY_TABLE_COUNT ? STORE_DONE : STORE_BROKEN;
}

enum store_outcome copy_progress_drop(struct copy *copy)
{
	TRY_STORE(store_begin(copy->to));
	return store_end(copy->to,
			 copy_run_text(copy->to,
				       "DROP TABLE IF EXISTS copy_progress"));
}
