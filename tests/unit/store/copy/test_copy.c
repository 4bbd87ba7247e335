/* SPDX-License-Identifier: Apache-2.0 */
/* Stores are copied to the other engine and back, changed meanwhile, stopped,
 * frozen, moved. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "crypto/crypto.h"
#include "store/copy/relay.h"
#include "store/copy/stores.h"

#define ROWS 450 /* more than two pages */

static int start_cluster(void **state)
{
	assert_int_equal(crypto_open(), DONE);
	return place_start(state);
}

static int stop_cluster(void **state)
{
	stores_clean();
	return place_stop(state);
}

static void assert_copied(struct store *from, struct store *to,
			  const struct copy_ways *ways)
{
	char why[512];

	if (copy_store(from, to, ways, why, sizeof(why)) != DONE)
		fail_msg("%s", why);
}

static void assert_refused(struct store *from, struct store *to,
			   const struct copy_ways *ways, const char *wanted)
{
	char why[512];

	assert_int_equal(copy_store(from, to, ways, why, sizeof(why)), REFUSED);
	if (strstr(why, wanted) == NULL)
		fail_msg("\"%s\" is not in: %s", wanted, why);
}

static int64_t state_of(struct store *store)
{
	struct store_epochs epochs;

	assert_int_equal(store_load_epochs(store, &epochs), STORE_DONE);
	return epochs.copying;
}

static int64_t number_of(struct store *store)
{
	struct copy_marks marks;

	assert_int_equal(copy_marks_load(store, &marks), STORE_DONE);
	return marks.number;
}

/* --- The tables ----------------------------------------------------------- */

/* As copy_tables has them, one behind the other, each column in a comma. */
static void every_table_and_column_of_the_schema_is_copied(void **state)
{
	struct store *store = stores_open(STORES_SQLITE);
	int64_t count = 0;
	char text[4096];

	for (size_t i = 0; i < COPY_TABLE_COUNT; i++) {
		const struct copy_table *table = &copy_tables[i];

		(void)snprintf(text, sizeof(text),
			       "SELECT COUNT(*) FROM pragma_table_info('%s')"
			       " WHERE instr(', ' || '%s' || ',',"
			       " ', ' || name || ',') > 0"
			       " AND (cid >= 0) ORDER BY 1",
			       table->name, table->columns);
		assert_int_equal(stores_ask(store, text), table->column_count);
		(void)snprintf(text, sizeof(text),
			       "SELECT COUNT(*) FROM pragma_table_info('%s')",
			       table->name);
		assert_int_equal(stores_ask(store, text), table->column_count);
		(void)snprintf(text, sizeof(text),
			       "SELECT COUNT(*) FROM pragma_table_info('%s')"
			       " WHERE pk > 0 AND instr('%s', name) > 0",
			       table->name, table->columns);
		assert_int_equal(stores_ask(store, text), copy_key_size(table));
		count++;
	}
	assert_int_equal(stores_ask(store, "SELECT COUNT(*) FROM sqlite_master"
					   " WHERE type = 'table'"),
			 count);
	store_close(&store);
}

/* --- There and back ------------------------------------------------------- */

struct totals {
	struct copy_total of[COPY_TABLE_COUNT];
	size_t count;
};

static void note_total(void *context, const struct copy_total *total)
{
	struct totals *totals = context;

	totals->of[totals->count++] = *total;
}

static void everything_arrives_on_the_other_engine_and_back(void **state)
{
	struct store *first = stores_open(STORES_SQLITE);
	struct store *second = stores_open(STORES_POSTGRES);
	struct store *third = stores_open(STORES_SQLITE);
	struct totals there = {0};
	struct totals back = {0};

	stores_fill(first, 1, ROWS);
	assert_copied(first, second,
		      &(struct copy_ways){.context = &there,
					  .is_verified = note_total});
	assert_int_equal(state_of(first), STORE_COPYING_MOVED);
	assert_int_equal(state_of(second), STORE_COPYING_NOT);
	assert_copied(second, third,
		      &(struct copy_ways){.context = &back,
					  .is_verified = note_total});
	assert_int_equal(there.count, COPY_TABLE_COUNT);
	assert_memory_equal(&there, &back, sizeof(there));
	for (size_t i = 0; i + 1 < COPY_TABLE_COUNT; i++)
		assert_int_equal(there.of[i].row_count, ROWS);
	assert_int_equal(stores_ask(third, "SELECT COUNT(*) FROM grants"),
			 ROWS);
	store_close(&first);
	store_close(&second);
	store_close(&third);
}

static void a_store_that_has_moved_is_neither_read_nor_changed(void **state)
{
	for (enum stores_engine i = STORES_SQLITE; i <= STORES_POSTGRES; i++) {
		struct store *from = stores_open(i);
		struct store *other = stores_open_again(i);
		struct store *to = stores_open(STORES_SQLITE);
		struct grant grant;
		struct arena *arena = arena_new(65536);

		/* Its statements are prepared from before. */
		assert_int_equal(store_load_grant(other, arena, 1, &grant),
				 STORE_NOT_FOUND);
		assert_int_equal(store_raise_config(other), STORE_DONE);
		stores_fill(from, 1, 3);
		assert_copied(from, to, &(struct copy_ways){0});
		assert_int_equal(store_load_grant(other, arena, 1, &grant),
				 STORE_BUSY);
		assert_int_equal(store_raise_config(other), STORE_BUSY);
		assert_int_equal(store_consume_request(other, 1, 5),
				 STORE_BUSY);
		arena_free(&arena);
		store_close(&from);
		store_close(&other);
		store_close(&to);
	}
}

/* --- Changes meanwhile ---------------------------------------------------- */

struct changes {
	struct store *from;
	bool are_made;
};

/* Behind the copy's position, at it, and two names that change places. */
static void change_meanwhile(void *context, const char *table,
			     int64_t row_count, bool is_all)
{
	struct changes *changes = context;

	if (strcmp(table, "grants") != 0 || changes->are_made)
		return;
	changes->are_made = true;
	stores_fill(changes->from, ROWS + 1, ROWS + 3);
	stores_run(changes->from, "UPDATE grants SET generation = 7"
				  " WHERE id = 5 OR id = 430");
	stores_run(changes->from, "DELETE FROM sessions WHERE id < 10");
	stores_run(changes->from, "DELETE FROM spent");
	stores_run(changes->from, "UPDATE tenants SET name = 'x' WHERE id = 1");
	stores_run(changes->from,
		   "UPDATE tenants SET name = (SELECT o.name FROM tenants o"
		   " WHERE o.id = 3) || '!' WHERE id = 2");
	stores_run(changes->from, "UPDATE tenants SET name = 'y' WHERE id = 3");
	stores_run(changes->from,
		   "UPDATE tenants SET name = 'z' WHERE name = 'x'");
	stores_run(changes->from,
		   "UPDATE tenants SET name = 'x' WHERE name = 'y'");
	stores_run(changes->from, "UPDATE settings SET value = 99"
				  " WHERE name = 'config_epoch'");
}

static void what_changes_meanwhile_arrives(void **state)
{
	for (enum stores_engine i = STORES_SQLITE; i <= STORES_POSTGRES; i++) {
		struct store *from = stores_open(i);
		struct store *to = stores_open(
			i == STORES_SQLITE ? STORES_POSTGRES : STORES_SQLITE);
		struct changes changes = {.from = from};

		stores_fill(from, 1, ROWS);
		assert_copied(from, to,
			      &(struct copy_ways){
				      .context = &changes,
				      .is_copied = change_meanwhile,
			      });
		assert_true(changes.are_made);
		assert_int_equal(
			stores_ask(to, "SELECT COUNT(*) FROM grants"
				       " WHERE generation = 7 OR id > 450"),
			5);
		assert_int_equal(stores_ask(to, "SELECT COUNT(*) FROM sessions"
						" WHERE id < 10"),
				 0);
		assert_int_equal(stores_ask(to, "SELECT COUNT(*) FROM spent"),
				 0);
		assert_int_equal(stores_ask(to, "SELECT id FROM tenants"
						" WHERE name = 'x'"),
				 3);
		assert_int_equal(stores_ask(to, "SELECT value FROM settings"
						" WHERE name ="
						" 'config_epoch'"),
				 99);
		store_close(&from);
		store_close(&to);
	}
}

/* A key is promoted while the page with the one before it has gone already. */
static void rotate_meanwhile(void *context, const char *table,
			     int64_t row_count, bool is_all)
{
	struct changes *changes = context;

	if (strcmp(table, "signing_keys") != 0 || changes->are_made)
		return;
	changes->are_made = true;
	stores_run(changes->from,
		   "UPDATE signing_keys SET state = 3 WHERE id = 'a'");
	stores_run(changes->from,
		   "UPDATE signing_keys SET state = 2 WHERE id = 'z'");
}

static void a_row_that_another_was_in_the_way_of_arrives(void **state)
{
	struct store *from = stores_open(STORES_SQLITE);
	struct store *to = stores_open(STORES_POSTGRES);
	struct changes changes = {.from = from};

	stores_run(from, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT"
			 " i + 1 FROM n WHERE i < 300) INSERT INTO"
			 " signing_keys SELECT 'b' || i, 1, 'x', 3, X'', X'',"
			 " 0, 0 FROM n");
	stores_run(from, "INSERT INTO signing_keys VALUES"
			 " ('a', 1, 'x', 2, X'', X'', 0, 0),"
			 " ('z', 1, 'x', 1, X'', X'', 0, 0)");
	assert_copied(from, to,
		      &(struct copy_ways){.context = &changes,
					  .is_copied = rotate_meanwhile});
	assert_int_equal(stores_ask(to, "SELECT COUNT(*) FROM signing_keys"
					" WHERE id = 'z' AND state = 2"),
			 1);
	assert_int_equal(stores_ask(to, "SELECT COUNT(*) FROM signing_keys"),
			 302);
	store_close(&from);
	store_close(&to);
}

/* --- Stopping, going on, giving up ---------------------------------------- */

static bool is_over_soon(void *context)
{
	int *left = context;

	return (*left)-- <= 0;
}

static void a_copying_that_is_stopped_anywhere_goes_on(void **state)
{
	struct store *from = stores_open(STORES_POSTGRES);
	struct store *to = stores_open(STORES_SQLITE);
	outcome copied = REFUSED;
	char why[512];
	int stops = 0;

	stores_fill(from, 1, ROWS);
	for (int most = 1; copied == REFUSED; most += 7) {
		int left = most;

		copied = copy_store(from, to,
				    &(struct copy_ways){
					    .context = &left,
					    .is_over = is_over_soon,
				    },
				    why, sizeof(why));
		if (copied != DONE)
			assert_string_equal(why, "stopped");
		/* Somebody works on, wherever it was. */
		if (state_of(from) == STORE_COPYING)
			assert_int_equal(store_raise_config(from), STORE_DONE);
		stops++;
	}
	assert_int_equal(copied, DONE);
	assert_true(stops > 3);
	assert_int_equal(stores_ask(to, "SELECT COUNT(*) FROM grants"), ROWS);
	assert_refused(from, to, &(struct copy_ways){0}, "before");
	store_close(&from);
	store_close(&to);
}

static void what_is_given_up_leaves_nothing_behind(void **state)
{
	for (enum stores_engine i = STORES_SQLITE; i <= STORES_POSTGRES; i++) {
		struct store *from = stores_open(i);
		struct store *to = stores_open(STORES_SQLITE);
		struct store *fresh;
		int left = 12;
		char why[512];

		stores_fill(from, 1, ROWS);
		assert_int_equal(copy_abort(from, why, sizeof(why)), REFUSED);
		assert_refused(from, to,
			       &(struct copy_ways){.context = &left,
						   .is_over = is_over_soon},
			       "stopped");
		assert_int_equal(state_of(from), STORE_COPYING);
		assert_int_equal(copy_freeze(from, number_of(from), 2),
				 STORE_DONE);
		assert_int_equal(copy_abort(from, why, sizeof(why)), DONE);
		assert_int_equal(state_of(from), STORE_COPYING_NOT);
		assert_int_equal(store_raise_config(from), STORE_DONE);
		/* No trigger writes to a table that is gone. */
		stores_fill(from, ROWS + 1, ROWS + 1);
		assert_refused(from, to, &(struct copy_ways){0},
			       "rows of its own");
		fresh = stores_open(STORES_SQLITE);
		assert_copied(from, fresh, &(struct copy_ways){0});
		store_close(&from);
		store_close(&to);
		store_close(&fresh);
	}
}

/* As if --abort had been killed behind its first step, or a later one. */
static void a_copying_given_up_by_half_never_goes_on(void **state)
{
	for (enum stores_engine i = STORES_SQLITE; i <= STORES_POSTGRES; i++) {
		struct store *from = stores_open(i);
		struct store *to = stores_open(STORES_SQLITE);
		struct store *fresh = stores_open(STORES_SQLITE);
		int left = 12;

		stores_fill(from, 1, ROWS);
		assert_refused(from, to,
			       &(struct copy_ways){.context = &left,
						   .is_over = is_over_soon},
			       "stopped");
		assert_int_equal(copy_give_up(from, number_of(from)),
				 STORE_DONE);
		stores_run(from, i == STORES_SQLITE
					 ? "DROP TRIGGER copy_grants_update"
					 : "DROP TRIGGER copy_grants"
					   " ON grants");
		/* Nobody notes it. */
		stores_run(from, "UPDATE grants SET generation = 7"
				 " WHERE id = 1");
		assert_refused(from, to, &(struct copy_ways){0},
			       "rows of its own");
		assert_int_equal(state_of(from), STORE_COPYING_NOT);
		assert_copied(from, fresh, &(struct copy_ways){0});
		assert_int_equal(stores_ask(fresh, "SELECT COUNT(*) FROM grants"
						   " WHERE generation = 7"),
				 1);
		store_close(&from);
		store_close(&to);
		store_close(&fresh);
	}
}

static void giving_up_ends_what_was_broken_off(void **state)
{
	for (enum stores_engine i = STORES_SQLITE; i <= STORES_POSTGRES; i++) {
		struct store *from = stores_open(i);
		char why[512];

		assert_int_equal(copy_marks_begin(from, 0, 1), STORE_DONE);
		assert_int_equal(copy_watch(from, 1), STORE_DONE);
		assert_int_equal(copy_give_up(from, 1), STORE_DONE);
		assert_int_equal(copy_abort(from, why, sizeof(why)), DONE);
		/* The table is gone: no trigger is left that writes to it. */
		assert_int_equal(
			stores_ask(from, i == STORES_SQLITE
						 ? "SELECT COUNT(*) FROM"
						   " sqlite_master WHERE name"
						   " LIKE 'copy%'"
						 : "SELECT COUNT(*) FROM"
						   " pg_class WHERE oid ="
						   " to_regclass("
						   "'copy_changes')"),
			0);
		stores_fill(from, 1, 1);
		assert_int_equal(copy_abort(from, why, sizeof(why)), REFUSED);
		assert_string_equal(why, "nothing is being copied");
		store_close(&from);
	}
}

/* Another process gives up while this one is at work. */
static void give_up_meanwhile(void *context, const char *table,
			      int64_t row_count, bool is_all)
{
	char why[512];

	if (strcmp(table, "users") == 0 && is_all)
		assert_int_equal(copy_abort(context, why, sizeof(why)), DONE);
}

static void give_up_by_half(void *context, int64_t row_count, int64_t ms)
{
	assert_int_equal(copy_give_up(context, number_of(context)), STORE_DONE);
}

static void a_copying_ends_that_is_given_up_meanwhile(void **state)
{
	for (enum stores_engine i = STORES_SQLITE; i <= STORES_POSTGRES; i++) {
		struct store *from = stores_open(i);
		struct store *to = stores_open(STORES_SQLITE);
		struct store *other = stores_open(STORES_SQLITE);

		stores_fill(from, 1, ROWS);
		assert_refused(from, to,
			       &(struct copy_ways){.context = from,
						   .is_copied =
							   give_up_meanwhile},
			       "has been given up");
		assert_int_equal(state_of(from), STORE_COPYING_NOT);
		/* Right before the frost. */
		assert_refused(from, other,
			       &(struct copy_ways){.context = from,
						   .is_caught_up =
							   give_up_by_half},
			       "has been given up");
		assert_int_equal(state_of(from), STORE_COPYING_NOT);
		assert_int_equal(store_raise_config(from), STORE_DONE);
		store_close(&from);
		store_close(&to);
		store_close(&other);
	}
}

static void one_copying_forgets_no_notes_of_another(void **state)
{
	struct store *from = stores_open(STORES_SQLITE);
	struct store *to = stores_open(STORES_SQLITE);
	struct copy copy = {.from = from,
			    .to = to,
			    .number = 1,
			    .arena = arena_new((size_t)1024 * 1024)};
	int64_t noted;
	int64_t settled;

	assert_int_equal(copy_marks_begin(from, 0, 1), STORE_DONE);
	assert_int_equal(copy_progress_take(&copy), STORE_DONE);
	assert_int_equal(copy_watch(from, 1), STORE_DONE);
	stores_fill(from, 1, 1);
	assert_int_equal(copy_marks_begin(from, 1, 2), STORE_DONE);
	assert_int_equal(copy_changes(&copy, &copy_tables[0], &noted, &settled),
			 STORE_CONFLICT);
	assert_int_equal(stores_ask(from, "SELECT COUNT(*) FROM copy_changes"
					  " WHERE noun = 0"),
			 1);
	assert_int_equal(copy_watch(from, 1), STORE_CONFLICT);
	assert_int_equal(copy_marks_begin(from, 1, 3), STORE_CONFLICT);
	arena_free(&copy.arena);
	store_close(&from);
	store_close(&to);
}

static void a_store_with_rows_is_not_copied_over(void **state)
{
	struct store *from = stores_open(STORES_SQLITE);
	struct store *to = stores_open(STORES_POSTGRES);

	stores_fill(from, 1, 1);
	stores_fill(to, 2, 2);
	assert_refused(from, to, &(struct copy_ways){0},
		       "rows of its own (in tenants)");
	assert_int_equal(state_of(from), STORE_COPYING_NOT);
	assert_int_equal(state_of(to), STORE_COPYING_NOT);
	store_close(&from);
	store_close(&to);
}

static void one_whose_triggers_would_read_old_settings_is_refused(void **state)
{
	struct store *from = stores_open(STORES_POSTGRES);
	struct store *to = stores_open(STORES_SQLITE);

	stores_run(from,
		   "SET default_transaction_isolation = 'repeatable read'");
	assert_refused(from, to, &(struct copy_ways){0},
		       "is repeatable read: set it to read committed");
	assert_int_equal(state_of(from), STORE_COPYING_NOT);
	store_close(&from);
	store_close(&to);
}

static void one_that_was_left_is_not_copied_to(void **state)
{
	struct store *from = stores_open(STORES_SQLITE);
	struct store *to = stores_open(STORES_POSTGRES);

	assert_copied(from, to, &(struct copy_ways){0});
	assert_refused(to, from, &(struct copy_ways){0}, "one that was left");
	store_close(&from);
	store_close(&to);
}

/* Another process takes over while this one is at work. */
static void take_over(void *context, const char *table, int64_t row_count,
		      bool is_all)
{
	struct copy other = {.to = context,
			     .arena = arena_new((size_t)1024 * 1024)};

	if (strcmp(table, "users") == 0)
		assert_int_equal(copy_progress_take(&other), STORE_DONE);
	arena_free(&other.arena);
}

static void of_two_copyings_the_earlier_ends(void **state)
{
	struct store *from = stores_open(STORES_SQLITE);
	struct store *to = stores_open(STORES_POSTGRES);

	stores_fill(from, 1, ROWS);
	assert_refused(from, to,
		       &(struct copy_ways){.context = to,
					   .is_copied = take_over},
		       "has taken over");
	assert_copied(from, to, &(struct copy_ways){0});
	store_close(&from);
	store_close(&to);
}

/* --- The frost ------------------------------------------------------------ */

static void a_frozen_store_answers_and_takes_no_change(void **state)
{
	for (enum stores_engine i = STORES_SQLITE; i <= STORES_POSTGRES; i++) {
		struct store *store = stores_open(i);
		struct arena *arena = arena_new(65536);
		struct tenant_record *tenants;
		size_t count;

		stores_fill(store, 1, 2);
		assert_int_equal(copy_marks_save(store, STORE_COPYING, 1),
				 STORE_DONE);
		assert_int_equal(copy_watch(store, 1), STORE_DONE);
		assert_int_equal(store_raise_config(store), STORE_DONE);
		assert_int_equal(copy_freeze(store, 1, 2), STORE_DONE);
		assert_int_equal(store_raise_config(store), STORE_BUSY);
		assert_int_equal(store_delete_consent(store, 1, 1,
						      TEXT("none")),
				 STORE_NOT_FOUND);
		assert_int_equal(store_revoke_session(store, 1, 5),
				 STORE_CONFLICT);
		assert_int_equal(store_load_tenants(store, arena, &tenants,
						    &count),
				 STORE_DONE);
		assert_int_equal(store_move_copying(store, STORE_COPYING_FROZEN,
						    STORE_COPYING),
				 STORE_DONE);
		assert_int_equal(store_raise_config(store), STORE_DONE);
		arena_free(&arena);
		store_close(&store);
	}
}

static void no_frost_but_its_own_serves_a_move(void **state)
{
	for (enum stores_engine i = STORES_SQLITE; i <= STORES_POSTGRES; i++) {
		struct store *from = stores_open(i);

		assert_int_equal(copy_marks_begin(from, 0, 1), STORE_DONE);
		assert_int_equal(copy_watch(from, 1), STORE_DONE);
		assert_int_equal(copy_freeze(from, 2, 5), STORE_CONFLICT);
		assert_int_equal(copy_freeze(from, 1, 5), STORE_DONE);
		/* A server ends it, changes come, another freezes. */
		assert_int_equal(store_move_copying(from, STORE_COPYING_FROZEN,
						    STORE_COPYING),
				 STORE_DONE);
		assert_int_equal(copy_move(from, 5), STORE_CONFLICT);
		assert_int_equal(copy_freeze(from, 1, 6), STORE_DONE);
		assert_int_equal(copy_freeze(from, 1, 5), STORE_CONFLICT);
		assert_int_equal(copy_move(from, 5), STORE_CONFLICT);
		assert_int_equal(copy_thaw(from, 5), STORE_CONFLICT);
		assert_int_equal(state_of(from), STORE_COPYING_FROZEN);
		assert_int_equal(copy_thaw(from, 6), STORE_DONE);
		assert_int_equal(copy_freeze(from, 1, 7), STORE_DONE);
		assert_int_equal(copy_give_up(from, 1), STORE_DONE);
		assert_int_equal(copy_move(from, 7), STORE_CONFLICT);
		store_close(&from);
	}
}

/* --- The other store dies ------------------------------------------------- */

struct dying {
	int frost_count;
	bool is_dead;
};

static void die(void *context, int64_t row_count, int64_t ms)
{
	struct dying *dying = context;

	if (dying->frost_count > 0)
		return;
	cluster_stop(&place_cluster, SIGQUIT);
	dying->is_dead = true;
}

static void come_back(void *context, int64_t ms, bool is_moved)
{
	struct dying *dying = context;

	assert_int_equal(is_moved, !dying->is_dead);
	if (dying->is_dead)
		cluster_start(&place_cluster, place_settings);
	dying->is_dead = false;
	dying->frost_count++;
}

static void no_store_moves_to_one_that_has_died(void **state)
{
	struct store *from = stores_open(STORES_SQLITE);
	struct store *to = stores_open(STORES_POSTGRES);
	struct dying dying = {0};

	stores_fill(from, 1, 3);
	assert_copied(from, to,
		      &(struct copy_ways){
			      .context = &dying,
			      .is_caught_up = die,
			      .is_thawed = come_back,
		      });
	assert_int_equal(dying.frost_count, 2);
	store_close(&from);
	store_close(&to);
}

/* --- Under load ----------------------------------------------------------- */

struct worker {
	pthread_t thread;
	struct store *store;
	_Atomic bool is_over;
	int64_t done_count;
	int64_t busy_count;
};

/* Each success is counted in the store, once. */
static void *work(void *context)
{
	const struct timespec pause = {.tv_nsec = 200000};
	struct worker *worker = context;

	while (!atomic_load(&worker->is_over)) {
		enum store_outcome result = store_raise_config(worker->store);

		assert_true(result == STORE_DONE || result == STORE_BUSY);
		worker->done_count += result == STORE_DONE;
		worker->busy_count += result == STORE_BUSY;
		(void)nanosleep(&pause, NULL);
	}
	return NULL;
}

static outcome open_second(void *context, struct store **store_out)
{
	*store_out = stores_open_again(*(enum stores_engine *)context);
	return DONE;
}

static void *tend(void *context)
{
	const struct timespec pause = {.tv_nsec = 50000000};
	struct worker *worker = context;
	struct store_epochs epochs;

	while (!atomic_load(&worker->is_over)) {
		(void)!store_load_epochs(worker->store, &epochs);
		relay_tend(worker->store);
		(void)nanosleep(&pause, NULL);
	}
	return NULL;
}

static void move_under_load(enum stores_engine from_engine,
			    enum stores_engine to_engine)
{
	struct store *from = stores_open(from_engine);
	struct store *to = stores_open(to_engine);
	struct store *relay = relay_new(stores_open_again(from_engine),
					open_second, &to_engine);
	struct worker workers[3] = {
		{.store = relay}, {.store = relay}, {.store = relay}};
	struct store_epochs before;
	struct store_epochs after;
	int64_t done = 0;

	stores_fill(from, 1, ROWS);
	assert_int_equal(store_load_epochs(from, &before), STORE_DONE);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&workers[i].thread, NULL,
						i == 0 ? tend : work,
						&workers[i]),
				 0);
	assert_copied(from, to, &(struct copy_ways){.notice_ms = 500});
	(void)nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
	for (int i = 0; i < 3; i++) {
		atomic_store(&workers[i].is_over, true);
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
		done += workers[i].done_count;
		assert_int_equal(workers[i].busy_count, 0);
	}
	assert_int_equal(store_load_epochs(to, &after), STORE_DONE);
	assert_true(done > 100);
	assert_int_equal(after.config - before.config, done);
	store_close(&relay);
	store_close(&from);
	store_close(&to);
}

static void a_move_loses_and_doubles_no_change(void **state)
{
	move_under_load(STORES_SQLITE, STORES_POSTGRES);
	move_under_load(STORES_POSTGRES, STORES_SQLITE);
}

static void a_frost_whose_maker_died_ends(void **state)
{
	struct store *from = stores_open(STORES_SQLITE);
	struct store *relay =
		relay_new(stores_open_again(STORES_SQLITE), open_second, NULL);

	assert_int_equal(copy_marks_save(from, STORE_COPYING, 1), STORE_DONE);
	assert_int_equal(copy_watch(from, 1), STORE_DONE);
	assert_int_equal(copy_freeze(from, 1, 2), STORE_DONE);
	assert_int_equal(store_raise_config(relay), STORE_DONE);
	assert_int_equal(state_of(from), STORE_COPYING);
	store_close(&relay);
	store_close(&from);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("every table and column of the schema is copied",
			  every_table_and_column_of_the_schema_is_copied),
		test_that("everything arrives on the other engine and back",
			  everything_arrives_on_the_other_engine_and_back),
		test_that("a store that has moved is neither read nor changed",
			  a_store_that_has_moved_is_neither_read_nor_changed),
		test_that("what changes meanwhile arrives",
			  what_changes_meanwhile_arrives),
		test_that("a row that another was in the way of arrives",
			  a_row_that_another_was_in_the_way_of_arrives),
		test_that("a copying that is stopped anywhere goes on",
			  a_copying_that_is_stopped_anywhere_goes_on),
		test_that("what is given up leaves nothing behind",
			  what_is_given_up_leaves_nothing_behind),
		test_that("a copying given up by half never goes on",
			  a_copying_given_up_by_half_never_goes_on),
		test_that("giving up ends what was broken off",
			  giving_up_ends_what_was_broken_off),
		test_that("a copying ends that is given up meanwhile",
			  a_copying_ends_that_is_given_up_meanwhile),
		test_that("one copying forgets no notes of another",
			  one_copying_forgets_no_notes_of_another),
		test_that("a store with rows is not copied over",
			  a_store_with_rows_is_not_copied_over),
		test_that(
			"one whose triggers would read old settings is "
			"refused",
			one_whose_triggers_would_read_old_settings_is_refused),
		test_that("one that was left is not copied to",
			  one_that_was_left_is_not_copied_to),
		test_that("of two copyings the earlier ends",
			  of_two_copyings_the_earlier_ends),
		test_that("a frozen store answers and takes no change",
			  a_frozen_store_answers_and_takes_no_change),
		test_that("no frost but its own serves a move",
			  no_frost_but_its_own_serves_a_move),
		test_that("no store moves to one that has died",
			  no_store_moves_to_one_that_has_died),
		test_that("a move loses and doubles no change",
			  a_move_loses_and_doubles_no_change),
		test_that("a frost whose maker died ends",
			  a_frost_whose_maker_died_ends),
	};

	return cmocka_run_group_tests_name("copying stores", tests,
					   start_cluster, stop_cluster);
}
