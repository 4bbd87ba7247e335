/* SPDX-License-Identifier: Apache-2.0 */
/* What may block on files or the heap, and so is no loop's business. */
#include <malloc.h>

#include "base/event.h"
#include "loop/clock.h"
#include "server/internal.h"
#include "store/copy/relay.h"

#define TRIM_EVERY_MS 10000

static void tend_tls(struct server *server, bool reads_anew)
{
	for (size_t i = 0; i < COUNT_OF(server->tls); i++)
		if (server->tls[i] != NULL)
			http_tls_tend(server->tls[i], reads_anew);
}

/* Gives back what a crowd that has gone left in the heap: not often, because
 * the loops wait for the heap meanwhile. */
static size_t trim(struct server *server, size_t resident)
{
	int64_t now_ms = clock_monotonic_ms();

	if (now_ms < server->trimmed_ms + TRIM_EVERY_MS ||
	    mallinfo2().fordblks < server->memory.budget / 4)
		return resident;
	server->trimmed_ms = now_ms;
	(void)malloc_trim(0);
	return memory_resident();
}

static void tell_over(struct server *server, size_t resident)
{
	bool was_over = server->is_over_budget;
	struct event event;

	server->is_over_budget = resident > server->memory.budget;
	if (was_over || !server->is_over_budget)
		return;
	event_begin(&event, EVENT_WARNING, "server.memory.over");
	event_integer(&event, "resident", (int64_t)resident);
	event_integer(&event, "budget", (int64_t)server->memory.budget);
	event_end(&event);
}

static void tend_memory(struct server *server)
{
	size_t resident = memory_resident();

	if (resident > server->memory.budget / 2)
		resident = trim(server, resident);
	loops_limit(server, memory_share_now(&server->memory, resident));
	tell_over(server, resident);
}

void tend(struct server *server, bool reads_anew)
{
	tend_tls(server, reads_anew);
	tend_memory(server);
	relay_tend(server->store);
}
