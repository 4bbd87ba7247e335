/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions on the caller's own thread: imports; and migrations, which are
 * none: one statement at a time, each of which may run again. */
#include <stdlib.h>

#include "base/event.h"
#include "store/postgres/internal.h"

/* Building an index over a large table takes its time. */
#define MIGRATION_MS ((int64_t)3600 * 1000)

static enum store_outcome run(struct postgres_lane *lane,
			      struct postgres_item *item, int64_t *changed_out)
{
	enum store_outcome result;

	postgres_lane_submit(lane, item);
	postgres_lane_wait(lane, item);
	result = item->outcome;
	if (changed_out != NULL)
		*changed_out = item->changed_count;
	free(item);
	return result;
}

static enum store_outcome run_text(struct postgres_lane *lane, const char *text)
{
	struct postgres_item *item = postgres_item_new(POSTGRES_COMMAND);

	item->text = text;
	return run(lane, item, NULL);
}

/* --- Transactions --------------------------------------------------------- */

enum store_outcome postgres_transaction_begin(struct store *store)
{
	struct postgres_lane *lane =
		postgres_lane_plain(postgres_store_of(store));
	enum store_outcome result = run_text(lane, "BEGIN");

	lane->is_in_transaction = result == STORE_DONE;
	return result == STORE_UNCERTAIN ? STORE_BUSY : result;
}

enum store_outcome
postgres_transaction_execute(struct store *store,
			     const struct store_statement *statement,
			     int64_t *changed_out)
{
	struct postgres_lane *lane =
		postgres_lane_plain(postgres_store_of(store));
	struct postgres_item *item = postgres_item_new(POSTGRES_COMMAND);
	enum store_outcome result;

	item->statement = statement;
	result = run(lane, item, changed_out);
	/* Before its commit nothing of a transaction comes to pass. */
	return result == STORE_UNCERTAIN ? STORE_BROKEN : result;
}

static void end(struct postgres_lane *lane)
{
	lane->is_in_transaction = false;
	lane->is_transaction_lost = false;
}

enum store_outcome postgres_transaction_commit(struct store *store)
{
	struct postgres_lane *lane =
		postgres_lane_plain(postgres_store_of(store));
	enum store_outcome result = run_text(lane, "COMMIT");

	end(lane);
	return result;
}

void postgres_transaction_roll_back(struct store *store)
{
	struct postgres_lane *lane =
		postgres_lane_plain(postgres_store_of(store));

	(void)!run_text(lane, "ROLLBACK");
	end(lane);
}

/* --- Migrations ----------------------------------------------------------- */

static enum store_outcome load_schema(struct store *store, int64_t *number_out)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(4096);
	struct store_statement ping = STORE_STATEMENT(.query = QUERY_PING);
	struct store_rows rows;
	enum store_outcome result =
		store->driver->read(store, arena, &ping, &rows);

	if (result == STORE_DONE && rows.count == 1 &&
	    rows.rows[0].columns[0].type == STORE_INTEGER)
		*number_out = rows.rows[0].columns[0].integer;
	return result;
}

/* One statement that may have run before, or run elsewhere at this moment. */
static enum store_outcome run_statement(struct postgres_lane *lane,
					const char *statement)
{
	struct postgres_item *item = postgres_item_new(POSTGRES_COMMAND);

	item->text = statement;
	item->timeout_ms = MIGRATION_MS;
	item->may_run_again = true;
	return run(lane, item, NULL);
}

static enum store_outcome run_all(struct postgres_lane *lane, const char *text)
{
	char *ours = postgres_texts_substitute(text_from(text));
	enum store_outcome result = STORE_DONE;
	char *rest = ours;
	char *statement;

	while (result == STORE_DONE && (statement = strsep(&rest, ";")) != NULL)
		if (statement[0] != '\0')
			result = run_statement(lane, statement);
	free(ours);
	return result;
}

static enum store_outcome record(struct store *store, int64_t number)
{
	struct store_statement record = {
		.query = QUERY_RECORD_SCHEMA,
		.parameter_count = 1,
		.parameters = (struct store_value[]){{.type = STORE_INTEGER,
						      .integer = number}},
	};
	int64_t changed;

	return postgres_transaction_execute(store, &record, &changed);
}

/* Whether the server tells of a table that is not there yet: then it has no
 * schema. */
static bool has_schema(struct postgres_lane *lane)
{
	static const char find[] =
		"SELECT 1 FROM settings WHERE name = 'schema'";
	struct postgres_item *item = postgres_item_new(POSTGRES_COMMAND);

	item->text = find;
	item->is_quiet = true;
	return run(lane, item, NULL) == STORE_DONE;
}

static enum store_outcome migrate(struct postgres_lane *lane,
				  struct store *store, int64_t number,
				  const char *text)
{
	bool may_set = lane->store->options.prepares;
	enum store_outcome result = STORE_DONE;

	if (may_set)
		result = run_text(lane, "SET statement_timeout = 0");
	if (result == STORE_DONE)
		result = run_all(lane, text);
	if (result == STORE_DONE)
		result = record(store, number);
	if (may_set)
		(void)!run_text(lane, "RESET statement_timeout");
	return result;
}

enum store_outcome postgres_transaction_migrate(struct store *store,
						int64_t number,
						const char *text)
{
	struct postgres_lane *lane =
		postgres_lane_plain(postgres_store_of(store));
	enum store_outcome result = STORE_DONE;
	int64_t before = 0;

	/* Asked first: who only serves need not be allowed to make tables. */
	if (!has_schema(lane))
		result = run_all(lane, store_migration_start);
	if (result == STORE_DONE)
		result = load_schema(store, &before);
	if (result == STORE_DONE && before >= number)
		return STORE_ALREADY;
	if (result == STORE_DONE)
		result = migrate(lane, store, number, text);
	return result;
}
