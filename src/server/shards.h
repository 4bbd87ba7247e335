/* SPDX-License-Identifier: Apache-2.0 */
/* The shards beside the home, while a server runs. */
#pragma once

#include <pthread.h>

#include "server/site.h"

struct shards;

/* Starts a thread for each, and waits a few seconds until each has tried to join;
 * one that could not is told in an event, and goes on trying. NULL when there are
 * none. BROKEN: no threads. */
outcome shards_start(const struct site *site, struct store *home,
		     struct shards **shards_out) MUST_USE;
/* Waits for the threads, each for as long as a statement may take. Before the
 * home is closed. */
void shards_stop(struct shards **shards);
