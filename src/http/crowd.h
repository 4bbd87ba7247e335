/* SPDX-License-Identifier: Apache-2.0 */
/* Who gives way when places or memory run out. For this room and its tests. */
#pragma once

#include "http/connection.h"

/* What a connection costs by itself, bytes. */
size_t crowd_connection_cost(const struct http_listener *listener);
/* Counts what the connection's own buffers hold. */
void crowd_count(struct connection *connection);
/* Whether so many bytes more may be held by the loop, perhaps because others
 * than `but` gave way. */
MUST_USE bool crowd_has_memory(struct http_listener *listener, size_t size,
			       const struct connection *but);
/* Whether a connection gave way to the next. */
MUST_USE bool crowd_yields_place(struct http_listener *listener);

/* Room for what a request needs beyond itself while it is answered. */
#define CROWD_TASK_ROOM ((size_t)64 * 1024)
