/* SPDX-License-Identifier: Apache-2.0 */
/* Every second: epochs, changed configuration rows, rows whose time is over. */
#include "base/event.h"
#include "loop/clock.h"
#include "loop/task.h"
#include "server/internal.h"

#define POLL_EVERY_MS 1000

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

	if (server->is_outdated)
		return;
	if (epochs.copying == STORE_COPYING_MOVED) {
		event_fault("server.moved", "the store has moved to another, "
					    "of which this server does not "
					    "know: it ends");
		server->is_outdated = true;
		return;
	}
	if (epochs.schema_floor <= store_schema_number())
		return;
	event_fault("server.outdated",
		    "the store's schema now asks for a Licet of schema %lld or "
		    "later, and this one is of %lld: it ends",
		    (long long)epochs.schema_floor,
		    (long long)store_schema_number());
	server->is_outdated = true;
}

/* Beside other shards the home may be away, and Licet goes on. */
static void note_home(struct server *server)
{
	struct event event;

	if (store_shard_count(server->store) == 0 ||
	    !store_note_shard(server->store, 0, server->is_store_behind))
		return;
	event_begin(&event,
		    server->is_store_behind ? EVENT_WARNING : EVENT_INFO,
		    server->is_store_behind ? "store.shard.away"
					    : "store.shard.there");
	event_integer(&event, "shard", 0);
	if (server->is_store_behind)
		event_string(&event, "why", "it does not answer");
	event_end(&event);
}

static void poll_once(struct server *server)
{
	server->is_store_behind = tokens_reload(server->tokens) != DONE;
	note_home(server);
	/* Each of what follows would wait for it anew. */
	if (server->is_store_behind)
		return;
	if (follow_config(server) != DONE)
		event_fault("tenants.reload_failed",
			    "changed tenants, clients or keys could not be "
			    "read: the ones before are kept");
	check_schema(server);
	presence_tell(server);
	gossip_exchange(server);
	purge_some(&server->purge, server->store);
}

static bool is_draining(void *context)
{
	struct server *server = context;

	return server->is_draining;
}

static void run(void *context)
{
	struct server *server = context;

	poll_once(server);
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
	purge_init(&server->purge, is_draining, server);
	loop_timer_set(loop, &server->poll_timer, POLL_EVERY_MS);
}

void poll_stop(struct server *server, struct loop *loop)
{
	loop_timer_cancel(loop, &server->poll_timer);
}
