/* SPDX-License-Identifier: Apache-2.0 */
/* `licet demo`: zero configuration, three tenants, on loopback alone. */
#pragma once

#include <stdint.h>

#include "base/buf.h"

struct demo_options {
	const char *host; /* "localhost", "127.0.0.1" or "::1" */
	uint16_t port;
	const char *dsn; /* of PostgreSQL; NULL: the store is in the folder */
	const char *folder; /* NULL: a fresh one, removed at the end */
};

/* Runs until SIGTERM or SIGINT. REFUSED or BROKEN with sentences in `why`. */
outcome demo_run(const struct demo_options *options, struct buf *why) MUST_USE;
