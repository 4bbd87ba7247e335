/* SPDX-License-Identifier: Apache-2.0 */
/* Which proxies a listener trusts, from the configuration. */
#pragma once

#include "base/secret.h"
#include "config/config.h"
#include "http/edge.h"

#define EDGE_NETWORK_COUNT_MAX 32

/* Of one listener; lives as long as the server. */
struct edge_options {
	struct http_edge edge;
	struct http_network networks[EDGE_NETWORK_COUNT_MAX];
	char key[256];
};

/* Reads the settings of listener `index` and the edge's key. REFUSED, with a
 * sentence in `why`. Trusts nobody when the settings name nobody. */
outcome edge_options_read(const struct config *config, size_t index,
			  struct edge_options *options_out, struct buf *why)
	MUST_USE;
