/* SPDX-License-Identifier: Apache-2.0 */
/* Every second: epochs, changed configuration rows, rows whose time is over. */
#include "base/event.h"
#include "loop/clock.h"
#include "loop/task.h"
#include "server/internal.h"

#define POLL_EVERY_MS 1000
/* Rows that one step deletes: more only while a second was not enough, because
 * whoever waits for the writer waits for the step. */
#define PURGE_COUNT_LEAST 100
#define PURGE_COUNT 800
/* After a step, so many times what it took are left to others. */
#define PURGE_RESTS 4
#define PURGE_WITHIN_MS 700

static outcome follow_config(struct server *server)
{
	int64_t config = tokens_epochs(server->tokens).config;

	if (config == server->config_epoch)
		return DONE;
	TRY(tenancy_load(server));
	TRY(tenancy_make_next_keys(server));
	server->config_epoch = config;
	return DONE;
}

/* A later release has taken away what this one relies on: going on would do
 * harm, starting again says what to do. */
static void check_schema(struct server *server)
{
	struct store_epochs epochs = tokens_epochs(server->tokens);

	if (server->is_outdated || epochs.schema_floor <= store_schema_number())
		return;
	event_fault("server.outdated",
		    "the store's schema now asks for a Licet of schema %lld or "
		    "later, and this one is of %lld: it ends",
		    (long long)epochs.schema_floor,
		    (long long)store_schema_number());
	server->is_outdated = true;
}

/* Small steps with rests that grow with what a step takes: the busier the
 * writer is, the less of its time they have. */
static void purge(struct server *server)
{
	int64_t until_ms = clock_monotonic_ms() + PURGE_WITHIN_MS;
	int64_t began_ms = clock_monotonic_ms();
	int64_t most = server->purge_most;
	int64_t count;

	for (; began_ms < until_ms && !server->is_draining;
	     began_ms = clock_monotonic_ms()) {
		if (store_purge(server->store, clock_now(), most, &count) !=
		    STORE_DONE)
			return;
		if (count < most) {
			server->purge_most = PURGE_COUNT_LEAST;
			return;
		}
		task_sleep(PURGE_RESTS * (clock_monotonic_ms() - began_ms) + 1);
	}
	server->purge_most = most < PURGE_COUNT ? 2 * most : PURGE_COUNT;
}

static void run(void *context)
{
	struct server *server = context;

	server->is_store_behind = tokens_reload(server->tokens) != DONE;
	if (!server->is_store_behind && follow_config(server) != DONE)
		event_fault("tenants.reload_failed",
			    "changed tenants, clients or keys could not be "
			    "read: the ones before are kept");
	check_schema(server);
	presence_tell(server);
	purge(server);
	server->is_polling = false;
}

/* A poll that takes longer than its turn is not overtaken by the next. */
static void fired(struct loop_timer *timer)
{
	struct server *server = HOLDER_OF(timer, struct server, poll_timer);
	struct loop *loop = loop_current();

	if (!server->is_polling) {
		server->is_polling = true;
		if (task_start(loop, run, server) == NULL)
			server->is_polling = false;
	}
	loop_timer_set(loop, timer, POLL_EVERY_MS);
}

void poll_start(struct server *server, struct loop *loop)
{
	server->poll_timer = (struct loop_timer){.fired = fired};
	server->purge_most = PURGE_COUNT_LEAST;
	loop_timer_set(loop, &server->poll_timer, POLL_EVERY_MS);
}

void poll_stop(struct server *server, struct loop *loop)
{
	loop_timer_cancel(loop, &server->poll_timer);
}
