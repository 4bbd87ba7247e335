/* SPDX-License-Identifier: Apache-2.0 */
/* Who gives way when connections or memory have run out: the slow, and among
 * them those of the address that has the most (attack H07). */
#include "http/crowd.h"
#include "base/event.h"
#include "http/h2.h"
#include "loop/clock.h"
#include "loop/task.h"

/* Measured: a plain connection 250 bytes and what the heap adds, TLS 14 KiB
 * when idle and more in the handshake, a task's stack 20 KiB. */
#define CONNECTION_COST 512
#define TLS_COST ((size_t)20 * 1024)
#define STACK_COST ((size_t)24 * 1024)

/* Nobody who is quick gives way, nor who has just come. */
#define SLOW_MS 1000
#define FRESH_MS 100
/* How many of the longest waiting are compared, and give way at once. */
#define LOOKED_AT_MAX 64
#define GIVE_WAY_MAX 64
#define TELL_EVERY_MS 1000

size_t crowd_connection_cost(const struct http_listener *listener)
{
	return CONNECTION_COST + (listener->tls != NULL ? TLS_COST : 0);
}

void crowd_count(struct connection *connection)
{
	struct http_listener *listener = connection->listener;
	size_t now = crowd_connection_cost(listener) +
		     connection->left.capacity + connection->output.capacity +
		     h2_connection_held(connection);

	listener->budget->held += now - connection->counted;
	connection->counted = now;
}

/* --- Choosing --- */

/* A trusted edge speaks for many: it counts as one. */
static size_t weight_of(const struct connection *connection)
{
	return connection->address->is_trusted ? 1 : connection->address->count;
}

/* Of those longest in the state, and longer than `after_ms`, one of the address
 * with the most connections; NULL when there is none. */
static struct connection *choose(const struct http_listener *listener,
				 enum connection_state state, int64_t after_ms,
				 const struct connection *but)
{
	const struct list *queue = &listener->queues[state];
	int64_t until_ms = clock_monotonic_ms() - after_ms;
	struct connection *chosen = NULL;
	int looked_at = 0;

	for (struct list *link = queue->next;
	     link != queue && looked_at < LOOKED_AT_MAX; link = link->next) {
		struct connection *next =
			HOLDER_OF(link, struct connection, link);

		/* Only what has streams is not in the order of its slowness. */
		if (next->since_ms > until_ms && state != CONNECTION_STREAMS)
			break;
		looked_at++;
		if (next != but && next->since_ms <= until_ms &&
		    (chosen == NULL || weight_of(next) > weight_of(chosen)))
			chosen = next;
	}
	return chosen;
}

struct candidates {
	enum connection_state state;
	int64_t after_ms;
};

/* --- Places --- */

bool crowd_yields_place(struct http_listener *listener)
{
	static const struct candidates order[] = {
		{CONNECTION_IDLE, FRESH_MS},	 {CONNECTION_HEAD, SLOW_MS},
		{CONNECTION_HANDSHAKE, SLOW_MS}, {CONNECTION_BODY, SLOW_MS},
		{CONNECTION_WRITE, SLOW_MS},	 {CONNECTION_STREAMS, SLOW_MS},
		{CONNECTION_LINGER, FRESH_MS},
	};

	for (size_t i = 0; i < COUNT_OF(order); i++) {
		struct connection *chosen = choose(listener, order[i].state,
						   order[i].after_ms, NULL);

		if (chosen != NULL) {
			connection_give_way(chosen, true);
			return true;
		}
	}
	return false;
}

/* --- Memory --- */

static bool has_room(const struct http_listener *listener, size_t size)
{
	const struct http_budget *budget = listener->budget;

	return budget->share == 0 ||
	       budget->held + task_stack_count(listener->loop) * STACK_COST +
			       size <=
		       budget->share;
}

/* Whether one gave way. */
static bool free_some(struct http_listener *listener,
		      const struct connection *but)
{
	static const struct candidates order[] = {
		{CONNECTION_BODY, SLOW_MS},    {CONNECTION_HEAD, SLOW_MS},
		{CONNECTION_STREAMS, SLOW_MS}, {CONNECTION_WRITE, SLOW_MS},
		{CONNECTION_IDLE, FRESH_MS},   {CONNECTION_HANDSHAKE, SLOW_MS},
	};

	for (size_t i = 0; i < COUNT_OF(order); i++) {
		struct connection *chosen = choose(listener, order[i].state,
						   order[i].after_ms, but);

		if (chosen != NULL) {
			connection_give_way(chosen, false);
			return true;
		}
	}
	return false;
}

static void tell_short(struct http_listener *listener)
{
	int64_t now_ms = clock_monotonic_ms();
	struct event event;

	if (listener->short_told_ms != 0 &&
	    now_ms < listener->short_told_ms + TELL_EVERY_MS)
		return;
	listener->short_told_ms = now_ms;
	event_begin(&event, EVENT_WARNING, "http.memory.short");
	event_integer(&event, "port", listener->port);
	event_integer(&event, "connections",
		      (int64_t)listener->connection_count);
	event_integer(&event, "held", (int64_t)listener->budget->held);
	event_integer(&event, "share", (int64_t)listener->budget->share);
	event_end(&event);
}

bool crowd_has_memory(struct http_listener *listener, size_t size,
		      const struct connection *but)
{
	if (has_room(listener, size))
		return true;
	tell_short(listener);
	for (int i = 0; i < GIVE_WAY_MAX && free_some(listener, but); i++)
		if (has_room(listener, size))
			return true;
	return false;
}
