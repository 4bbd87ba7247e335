/* SPDX-License-Identifier: Apache-2.0 */
/* Goes along when the store moves: parks what comes in the frost, then asks the
 * other. */
#include "store/copy/relay.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/event.h"
#include "loop/clock.h"
#include "loop/task.h"
#include "store/copy/copy.h"
#include "store/driver.h"

/* How often one of those who wait looks how far it is. */
#define LOOK_MS 10
/* So long somebody waits for the end of a frost, or for the other store. */
#define WAIT_MS (COPY_FORGOTTEN_MS + 1000)

struct relay {
	struct store common;
	struct store *first;
	_Atomic(struct store *) second; /* NULL until it is open */
	_Atomic(struct store *) serving;
	relay_opener open;
	void *context;
	_Atomic int64_t state; /* enum store_copying; as it was last seen */
	_Atomic int64_t look_ms; /* the next look, not before */
	_Atomic int64_t frozen_ms; /* since when it was seen frozen; 0: not */
};

/* What this thread's transaction is open on. */
static _Thread_local struct store *transacting;

static struct relay *relay_of(struct store *store)
{
	return HOLDER_OF(store, struct relay, common);
}

static struct store *serving_of(struct store *store)
{
	return atomic_load(&relay_of(store)->serving);
}

/* --- Looking -------------------------------------------------------------- */

static void note_state(struct relay *relay, int64_t state)
{
	int64_t none = 0;

	atomic_store(&relay->state, state);
	if (state != STORE_COPYING_FROZEN)
		atomic_store(&relay->frozen_ms, 0);
	else
		(void)atomic_compare_exchange_strong(&relay->frozen_ms, &none,
						     clock_monotonic_ms());
}

/* Nobody is about to end it: whoever began it has died. */
static void end_forgotten_frost(struct relay *relay)
{
	int64_t since_ms = atomic_load(&relay->frozen_ms);

	if (since_ms == 0 ||
	    clock_monotonic_ms() < since_ms + COPY_FORGOTTEN_MS)
		return;
	if (store_move_copying(relay->first, STORE_COPYING_FROZEN,
			       STORE_COPYING) == STORE_DONE)
		event_fault("store.copy.thawed",
			    "the store was frozen for a move that did not "
			    "come: it serves on");
}

/* The other is whole now, and says so from now on. */
static bool is_whole(struct store *second, int64_t number)
{
	struct store_epochs epochs;

	if (store_load_epochs(second, &epochs) != STORE_DONE)
		return false;
	if (epochs.copy_number != number) {
		event_fault("store.copy.other",
			    "the store has moved, but not to the one that "
			    "store.next names");
		return false;
	}
	if (epochs.copying != STORE_COPYING_ARRIVING)
		return true;
	(void)!store_move_copying(second, STORE_COPYING_ARRIVING,
				  STORE_COPYING_NOT);
	return true;
}

static void turn_to_second(struct relay *relay, int64_t number)
{
	struct store *second = atomic_load(&relay->second);
	struct store *before = relay->first;
	struct event event;

	if (second == NULL || !is_whole(second, number))
		return;
	if (!atomic_compare_exchange_strong(&relay->serving, &before, second))
		return;
	event_begin(&event, EVENT_INFO, "store.copy.followed");
	event_end(&event);
}

static void look(struct relay *relay)
{
	struct store_epochs epochs;

	if (store_load_epochs(relay->first, &epochs) != STORE_DONE)
		return;
	note_state(relay, epochs.copying);
	if (epochs.copying == STORE_COPYING_MOVED)
		turn_to_second(relay, epochs.copy_number);
	else if (epochs.copying == STORE_COPYING_FROZEN)
		end_forgotten_frost(relay);
}

/* One of many looks while it is frozen; before it is known to be, everybody. */
static void look_in_turn(struct relay *relay)
{
	int64_t now_ms = clock_monotonic_ms();
	int64_t due_ms = atomic_load(&relay->look_ms);
	int64_t state = atomic_load(&relay->state);

	if (state != STORE_COPYING_FROZEN && state != STORE_COPYING_MOVED) {
		look(relay);
		return;
	}
	if (now_ms >= due_ms &&
	    atomic_compare_exchange_strong(&relay->look_ms, &due_ms,
					   now_ms + LOOK_MS))
		look(relay);
}

static void rest(void)
{
	static const struct timespec span = {.tv_nsec = LOOK_MS * 1000000};

	if (task_current() != NULL)
		task_sleep(LOOK_MS);
	else
		(void)nanosleep(&span, NULL);
}

/* After a BUSY of `asked`: whether to ask again, because another serves now, or
 * the frost is over. */
static bool follow(struct relay *relay, const struct store *asked)
{
	int64_t until_ms = clock_monotonic_ms() + WAIT_MS;
	bool has_waited = false;

	while (asked == relay->first) {
		int64_t state;

		look_in_turn(relay);
		if (atomic_load(&relay->serving) != asked)
			return true;
		state = atomic_load(&relay->state);
		if (state != STORE_COPYING_FROZEN &&
		    state != STORE_COPYING_MOVED)
			return has_waited;
		if (clock_monotonic_ms() >= until_ms)
			return false;
		has_waited = true;
		rest();
	}
	return false;
}

/* --- The driver ----------------------------------------------------------- */

/* The settings can be read of a store that has moved, too. */
static bool is_away(struct relay *relay, const struct store *asked,
		    const struct store_statement *statement,
		    enum store_outcome result)
{
	if (result == STORE_BUSY)
		return true;
	if (statement->query != QUERY_LOAD_SETTINGS || asked != relay->first)
		return false;
	look(relay);
	return atomic_load(&relay->state) == STORE_COPYING_MOVED;
}

static enum store_outcome read_rows(struct store *store, struct arena *arena,
				    const struct store_statement *statement,
				    struct store_rows *rows_out)
{
	struct relay *relay = relay_of(store);
	struct store *asked;
	enum store_outcome result;

	for (;;) {
		asked = transacting != NULL ? transacting : serving_of(store);
		result = asked->driver->read(asked, arena, statement, rows_out);
		if (transacting != NULL ||
		    !is_away(relay, asked, statement, result))
			return result;
		if (!follow(relay, asked))
			break;
	}
	*rows_out = (struct store_rows){0};
	return STORE_BUSY;
}

static void submit(struct store *store, struct store_change *change)
{
	struct store *asked = serving_of(store);

	/* What the store before has counted was undone there. */
	for (size_t i = 0; i < change->step_count; i++)
		change->steps[i].changed_count = 0;
	change->inner = asked;
	change->store = asked;
	asked->driver->submit(asked, change);
	change->store = store;
}

static enum store_outcome wait_once(struct store_change *change)
{
	struct store *store = change->store;
	enum store_outcome result;

	change->store = change->inner;
	result = change->inner->driver->wait(change);
	change->store = store;
	return result;
}

static enum store_outcome wait_for(struct store_change *change)
{
	struct store *store = change->store;
	enum store_outcome result = wait_once(change);

	while (result == STORE_BUSY && follow(relay_of(store), change->inner)) {
		submit(store, change);
		result = wait_once(change);
	}
	change->outcome = result;
	return result;
}

static enum store_outcome begin(struct store *store)
{
	struct store *asked = serving_of(store);
	enum store_outcome result = asked->driver->begin(asked);

	if (result == STORE_DONE)
		transacting = asked;
	return result;
}

static enum store_outcome execute(struct store *store,
				  const struct store_statement *statement,
				  int64_t *changed_out)
{
	return transacting->driver->execute(transacting, statement,
					    changed_out);
}

static enum store_outcome commit(struct store *store)
{
	struct store *asked = TAKE(transacting);

	return asked->driver->commit(asked);
}

static void roll_back(struct store *store)
{
	struct store *asked = TAKE(transacting);

	asked->driver->roll_back(asked);
}

static enum store_outcome migrate(struct store *store, int64_t number,
				  const char *text)
{
	struct store *asked = serving_of(store);

	return asked->driver->migrate(asked, number, text);
}

static void describe(struct store *store, struct buf *out)
{
	store_describe(serving_of(store), out);
}

static const char *find_fault(struct store *store)
{
	return store_find_fault(serving_of(store));
}

/* Which is asked next may be the other already: its rows stay a second longer. */
static bool lies_by_key(const struct store *store)
{
	const struct store *serving = atomic_load(
		&HOLDER_OF(store, const struct relay, common)->serving);

	return serving->driver->lies_by_key != NULL &&
	       serving->driver->lies_by_key(serving);
}

static void close_both(struct store *store)
{
	struct relay *relay = relay_of(store);
	struct store *second = atomic_load(&relay->second);

	store_close(&relay->first);
	if (second != NULL)
		store_close(&second);
	store_wipe(&relay->common);
	free(relay);
}

static const struct store_driver driver = {
	.name = "relay",
	.read = read_rows,
	.submit = submit,
	.wait = wait_for,
	.begin = begin,
	.execute = execute,
	.commit = commit,
	.roll_back = roll_back,
	.migrate = migrate,
	.describe = describe,
	.lies_by_key = lies_by_key,
	.find_fault = find_fault,
	.close = close_both,
};

/* --- Doors ---------------------------------------------------------------- */

struct store *relay_new(struct store *first, relay_opener open, void *context)
{
	struct relay *relay = calloc(1, sizeof(*relay));

	MUST(relay != NULL);
	store_init(&relay->common, &driver);
	relay->first = first;
	relay->open = open;
	relay->context = context;
	atomic_init(&relay->serving, first);
	return &relay->common;
}

void relay_tend(struct store *store)
{
	struct relay *relay = relay_of(store);
	struct store *second = NULL;

	if (store->driver != &driver || atomic_load(&relay->second) != NULL ||
	    atomic_load(&relay->state) == STORE_COPYING_NOT)
		return;
	if (relay->open(relay->context, &second) == DONE)
		atomic_store(&relay->second, second);
}
