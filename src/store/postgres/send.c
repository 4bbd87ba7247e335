/* SPDX-License-Identifier: Apache-2.0 */
/* Items into the protocol's messages: a transaction between two Syncs. */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/postgres/internal.h"

/* OIDs of pg_type, the same for ever. */
#define OID_BYTEA 17
#define OID_BIGINT 20
#define OID_TEXT 25

/* One more than a statement may have: $now. */
#define PLACE_COUNT (STORE_PARAMETER_COUNT_MAX + 1)

struct parameters {
	int count;
	Oid types[PLACE_COUNT];
	const char *values[PLACE_COUNT];
	int sizes[PLACE_COUNT];
	int formats[PLACE_COUNT];
	int64_t integers[PLACE_COUNT]; /* in the network's order */
};

static void add_integer(struct parameters *to, int64_t value)
{
	int at = to->count++;

	to->integers[at] = (int64_t)htobe64((uint64_t)value);
	to->types[at] = OID_BIGINT;
	to->values[at] = (const char *)&to->integers[at];
	to->sizes[at] = sizeof(value);
	to->formats[at] = 1;
}

/* Of a NULL the server finds the type by itself: a column's. */
static void add_bytes(struct parameters *to, Oid type, struct text value)
{
	int at = to->count++;

	to->types[at] = type;
	to->values[at] = type == 0 ? NULL : value.size > 0 ? value.at : "";
	to->sizes[at] = (int)value.size;
	to->formats[at] = 1;
}

static void add(struct parameters *to, const struct store_value *value)
{
	switch (value->type) {
	case STORE_NULL:
		add_bytes(to, 0, TEXT_ABSENT);
		return;
	case STORE_INTEGER:
		add_integer(to, value->integer);
		return;
	case STORE_TEXT:
		add_bytes(to, OID_TEXT, value->text);
		return;
	case STORE_BYTES:
		add_bytes(to, OID_BYTEA, value->text);
		return;
	}
	MUST(false);
}

static void fill(struct parameters *to, const struct postgres_text *text,
		 const struct store_statement *statement)
{
	to->count = 0;
	for (size_t i = 0; i < statement->parameter_count; i++)
		add(to, &statement->parameters[i]);
	if (text->now_place == 0)
		return;
	MUST(text->now_place == to->count + 1);
	add_integer(to, statement->now);
}

static bool sync_here(struct postgres_connection *connection)
{
	const struct postgres_library *pq = connection->pq;

	if (pq->PQsendPipelineSync != NULL)
		return pq->PQsendPipelineSync(connection->pg) == 1;
	return pq->PQpipelineSync(connection->pg) == 1;
}

/* --- Statements ----------------------------------------------------------- */

#define NAME_SIZE 32

static void name_slot(char name[NAME_SIZE], size_t slot)
{
	(void)snprintf(name, NAME_SIZE, "licet_%zu", slot);
}

/* In a transaction of its own before the first use: its place among the sent
 * ones is where its answer comes. */
static bool prepare(struct postgres_connection *connection, size_t slot,
		    const struct postgres_text *text,
		    const struct parameters *parameters)
{
	struct postgres_item *item = postgres_item_new(POSTGRES_PREPARE);
	char name[NAME_SIZE];

	item->slot = slot;
	list_append(&connection->sent, &item->link);
	connection->sent_count++;
	connection->is_prepared[slot] = true;
	name_slot(name, slot);
	return connection->pq->PQsendPrepare(connection->pg, name, text->sql,
					     parameters->count,
					     parameters->types) == 1 &&
	       sync_here(connection);
}

static size_t slot_of(enum store_query query, enum postgres_form form)
{
	return (size_t)query * POSTGRES_FORM_COUNT + (size_t)form;
}

static const struct postgres_text *
text_of_query(struct postgres_connection *connection, enum store_query query,
	      enum postgres_form form)
{
	return &connection->lane->store->texts.of[query][form];
}

static bool prepares(struct postgres_connection *connection)
{
	return connection->lane->store->options.prepares;
}

static bool ensure_prepared(struct postgres_connection *connection,
			    const struct store_statement *statement,
			    enum postgres_form form)
{
	const struct postgres_text *text =
		text_of_query(connection, statement->query, form);
	size_t slot = slot_of(statement->query, form);
	struct parameters parameters;

	if (!prepares(connection) || connection->is_prepared[slot])
		return true;
	fill(&parameters, text, statement);
	return prepare(connection, slot, text, &parameters);
}

static bool send_statement(struct postgres_connection *connection,
			   const struct store_statement *statement,
			   enum postgres_form form)
{
	const struct postgres_text *text =
		text_of_query(connection, statement->query, form);
	const struct postgres_library *pq = connection->pq;
	struct parameters parameters;
	char name[NAME_SIZE];

	MUST(text->sql != NULL);
	fill(&parameters, text, statement);
	if (!prepares(connection))
		return pq->PQsendQueryParams(connection->pg, text->sql,
					     parameters.count, parameters.types,
					     parameters.values,
					     parameters.sizes,
					     parameters.formats, 1) == 1;
	name_slot(name, slot_of(statement->query, form));
	return pq->PQsendQueryPrepared(connection->pg, name, parameters.count,
				       parameters.values, parameters.sizes,
				       parameters.formats, 1) == 1;
}

static bool send_text(struct postgres_connection *connection, const char *text)
{
	return connection->pq->PQsendQueryParams(connection->pg, text, 0, NULL,
						 NULL, NULL, NULL, 1) == 1;
}

/* --- Changes -------------------------------------------------------------- */

static bool has_plain_form(struct postgres_connection *connection,
			   const struct store_step *step)
{
	return text_of_query(connection, step->statement.query,
			     POSTGRES_PLAIN_INSERT)
		       ->sql != NULL;
}

/* As a plain insert, an entry that is there ends the transaction, and with it
 * the steps that follow. Of the last step the count of rows tells enough, unless
 * what came before is to be undone. */
static bool must_end_all(const struct store_change *change, size_t step)
{
	bool is_last = step + 1 == change->step_count;

	return change->steps[step].must_change &&
	       (!is_last || (change->undoes_all && step > 0));
}

static enum postgres_form form_of(struct postgres_connection *connection,
				  const struct store_change *change,
				  size_t step)
{
	if (must_end_all(change, step) &&
	    has_plain_form(connection, &change->steps[step]))
		return POSTGRES_PLAIN_INSERT;
	return POSTGRES_AS_IS;
}

static bool runs_at_once(struct postgres_connection *connection,
			 const struct store_change *change)
{
	for (size_t i = 0; i < change->step_count; i++)
		if (must_end_all(change, i) &&
		    !has_plain_form(connection, &change->steps[i]))
			return false;
	return true;
}

static bool prepare_change(struct postgres_connection *connection,
			   const struct store_change *change)
{
	for (size_t i = 0; i < change->step_count; i++)
		if (!ensure_prepared(connection, &change->steps[i].statement,
				     form_of(connection, change, i)))
			return false;
	return true;
}

static bool send_step(struct postgres_connection *connection,
		      struct postgres_item *item)
{
	const struct store_change *change = item->change;
	size_t step = item->next_step++;

	return send_statement(connection, &change->steps[step].statement,
			      form_of(connection, change, step));
}

static bool send_change(struct postgres_connection *connection,
			struct postgres_item *item)
{
	if (runs_at_once(connection, item->change)) {
		item->phase = POSTGRES_AT_ONCE;
		while (item->next_step < item->change->step_count)
			if (!send_step(connection, item))
				return false;
		return true;
	}
	item->phase = POSTGRES_STEPPING;
	item->skip_count = 1;
	connection->is_held = true;
	return send_text(connection, "BEGIN") && send_step(connection, item);
}

bool postgres_send_next(struct postgres_connection *connection,
			struct postgres_item *item)
{
	bool is_sent = false;

	item->answer_count = 0;
	item->skip_count = 0;
	switch (item->phase) {
	case POSTGRES_AT_ONCE:
		MUST(!"what was sent at once has no next part");
	case POSTGRES_STEPPING:
		is_sent = send_step(connection, item);
		break;
	case POSTGRES_COMMITTING:
		item->skip_count = 1;
		is_sent = send_text(connection, "COMMIT");
		break;
	case POSTGRES_UNDOING:
		item->skip_count = 1;
		is_sent = send_text(connection, "ROLLBACK");
		break;
	}
	return is_sent && sync_here(connection);
}

/* --- Any item ------------------------------------------------------------- */

static bool send_clock(struct postgres_connection *connection,
		       struct postgres_item *item)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "SELECT %s", postgres_clock_now);
	item->asked_at = postgres_clock_read(&connection->lane->store->clock,
					     &item->clock_era);
	return send_text(connection, text);
}

static bool send_parts(struct postgres_connection *connection,
		       struct postgres_item *item)
{
	switch (item->kind) {
	case POSTGRES_READ:
	case POSTGRES_COMMAND:
		if (item->script != NULL)
			return postgres_send_script(connection, item->script);
		if (item->statement == NULL)
			return send_text(connection, item->text);
		return send_statement(connection, item->statement,
				      POSTGRES_AS_IS);
	case POSTGRES_CHANGE:
		return send_change(connection, item);
	case POSTGRES_CLOCK:
		return send_clock(connection, item);
	case POSTGRES_PREPARE:
		break; /* is sent where it is made */
	}
	MUST(!"an item that cannot be sent");
}

static bool prepare_parts(struct postgres_connection *connection,
			  const struct postgres_item *item)
{
	if (item->kind == POSTGRES_CHANGE)
		return prepare_change(connection, item->change);
	if (item->statement != NULL)
		return ensure_prepared(connection, item->statement,
				       POSTGRES_AS_IS);
	return true;
}

/* What an earlier try changed was undone with it. */
static void forget_counts(struct store_change *change)
{
	for (size_t i = 0; i < change->step_count; i++)
		change->steps[i].changed_count = 0;
}

bool postgres_send(struct postgres_connection *connection,
		   struct postgres_item *item)
{
	bool is_prepared = prepare_parts(connection, item);

	if (item->kind == POSTGRES_CHANGE)
		forget_counts(item->change);
	item->next_step = 0;
	item->skip_count = 0;
	item->answer_count = 0;
	item->fate = POSTGRES_FINE;
	item->is_warned = false;
	item->phase = POSTGRES_AT_ONCE;
	list_append(&connection->sent, &item->link);
	connection->sent_count++;
	return is_prepared && send_parts(connection, item) &&
	       sync_here(connection);
}
