/* SPDX-License-Identifier: Apache-2.0 */
/* Tells the store that this server is at work, for `licet cluster status`. */
#include <stdio.h>
#include <unistd.h>

#include "base/event.h"
#include "loop/clock.h"
#include "server/internal.h"

/* Polls are a second apart. */
#define TOLD_EVERY 10

static void begin(struct server *server)
{
	struct presence *presence = &server->presence;
	char host[96];

	if (gethostname(host, sizeof(host)) != 0)
		(void)snprintf(host, sizeof(host), "unknown");
	host[sizeof(host) - 1] = 0;
	(void)snprintf(presence->name, sizeof(presence->name), "%s/%ld", host,
		       (long)getpid());
	presence->started_at = clock_own();
	presence->id = store_new_id(server->store, clock_now());
}

void presence_tell(struct server *server)
{
	struct presence *presence = &server->presence;
	struct store_server told;

	if (presence->polls_left-- > 0)
		return;
	presence->polls_left = TOLD_EVERY - 1;
	if (presence->id == 0)
		begin(server);
	told = (struct store_server){
		.id = presence->id,
		.name = text_from(presence->name),
		.version = TEXT(LICET_VERSION),
		.schema = store_schema_number(),
		.started_at = presence->started_at,
		.clock_at = clock_own(),
	};
	if (store_save_server(server->store, &told, clock_now()) != STORE_DONE)
		event_fault("server.not_told",
			    "the store could not be told that this server is "
			    "at work");
}

/* Whoever is killed is forgotten after a day. */
void presence_end(struct server *server)
{
	if (server->presence.id == 0)
		return;
	(void)!gossip_tell(server);
	(void)!store_delete_server(server->store, server->presence.id);
}
