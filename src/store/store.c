/* SPDX-License-Identifier: Apache-2.0 */
/* What every verb rests on: changes, transactions, migrations, the end. */
#include <stdio.h>

#include "base/event.h"
#include "store/internal.h"

/* The store that this thread has a transaction open on, if any. */
static _Thread_local const struct store *in_transaction;

void store_init(struct store *store, const struct store_driver *driver)
{
	*store = (struct store){.driver = driver};
	MUST(pthread_mutex_init(&store->ids_lock, NULL) == 0);
}

void store_wipe(struct store *store)
{
	pthread_mutex_destroy(&store->ids_lock);
}

void store_close(struct store **store)
{
	if (*store == NULL)
		return;
	MUST(in_transaction != *store);
	store_shards_close(*store);
	store_nodes_release(*store);
	(*store)->driver->close(*store);
	*store = NULL;
}

enum store_outcome store_migrate(struct store *store)
{
	for (int64_t i = 0; i < store_migration_count; i++) {
		enum store_outcome result = store->driver->migrate(
			store, i + 1, store_migration_texts[i]);

		if (result != STORE_DONE && result != STORE_ALREADY)
			return result;
	}
	return STORE_DONE;
}

int64_t store_schema_number(void)
{
	return store_migration_count;
}

void store_describe(struct store *store, struct buf *out)
{
	if (store->driver->describe != NULL)
		store->driver->describe(store, out);
	else
		buf_add(out, text_from(store->driver->name));
}

void store_report(struct store *store, struct buf *out)
{
	if (store->driver->report != NULL)
		store->driver->report(store, out);
}

outcome store_back_up(struct store *store, const char *path, char *why,
		      size_t why_size)
{
	if (store->driver->back_up != NULL)
		return store->driver->back_up(store, path, why, why_size);
	(void)snprintf(why, why_size,
		       "this store is kept by %s: back it up by that engine's "
		       "own means",
		       store->driver->name);
	return REFUSED;
}

enum store_outcome store_ping(struct store *store)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(4096);
	struct store_statement statement = STORE_STATEMENT(.query = QUERY_PING);
	struct store_cursor cursor = {0};

	return store_load_row(store, arena, &statement, &cursor);
}

const char *store_find_fault(struct store *store)
{
	if (store->driver->find_fault == NULL)
		return NULL;
	return store->driver->find_fault(store);
}

enum store_outcome store_wait(struct store_change *change)
{
	return change->store->driver->wait(change);
}

/* Behind those of the steps so far, which take no more. */
static struct store_value *next_parameters(struct store_change *change)
{
	struct store_statement *last;

	if (change->step_count == 0)
		return change->parameters;
	last = &change->steps[change->step_count - 1].statement;
	last->parameter_room = last->parameter_count;
	return last->parameters + last->parameter_count;
}

struct store_statement *store_step_add(struct store_change *change,
				       enum store_query query, instant now,
				       enum store_outcome otherwise)
{
	struct store_value *parameters = next_parameters(change);
	struct store_step *step;

	MUST(change->step_count < STORE_STEP_COUNT_MAX);
	step = &change->steps[change->step_count++];
	step->statement.parameters = parameters;
	step->statement.parameter_room =
		(size_t)(change->parameters + STORE_PARAMETER_COUNT_MAX -
			 parameters);
	step->statement.query = query;
	step->statement.now = now;
	step->must_change = otherwise != STORE_DONE;
	step->otherwise = otherwise;
	return &step->statement;
}

bool store_is_in_transaction(const struct store *store)
{
	return in_transaction == store;
}

static enum store_outcome execute_steps(struct store *store,
					struct store_change *change)
{
	for (size_t i = 0; i < change->step_count; i++) {
		struct store_step *step = &change->steps[i];
		enum store_outcome result = store->driver->execute(
			store, &step->statement, &step->changed_count);

		if (result != STORE_DONE)
			return result;
		if (step->must_change && step->changed_count == 0)
			return step->otherwise;
	}
	return STORE_DONE;
}

enum store_outcome store_apply(struct store *store, struct store_change *change)
{
	change->store = store;
	if (store_is_in_transaction(store))
		return execute_steps(store, change);
	store->driver->submit(store, change);
	return store_wait(change);
}

enum store_outcome store_begin(struct store *store)
{
	enum store_outcome result;

	MUST(in_transaction == NULL);
	result = store->driver->begin(store);
	if (result == STORE_DONE)
		in_transaction = store;
	return result;
}

/* What was leased in a transaction that did not come to pass is not ours. */
static void forget_lease(struct store *store)
{
	pthread_mutex_lock(&store->ids_lock);
	store->lease_until = 0;
	pthread_mutex_unlock(&store->ids_lock);
}

enum store_outcome store_commit(struct store *store)
{
	enum store_outcome result;

	MUST(store_is_in_transaction(store));
	result = store->driver->commit(store);
	in_transaction = NULL;
	if (result != STORE_DONE)
		forget_lease(store);
	return result;
}

void store_roll_back(struct store *store)
{
	MUST(store_is_in_transaction(store));
	store->driver->roll_back(store);
	in_transaction = NULL;
	forget_lease(store);
}

enum store_outcome store_end(struct store *store, enum store_outcome written)
{
	if (written == STORE_DONE)
		return store_commit(store);
	store_roll_back(store);
	return written;
}
