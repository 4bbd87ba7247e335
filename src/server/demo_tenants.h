/* SPDX-License-Identifier: Apache-2.0 */
/* The demo's tenants, and what is printed about them. */
#pragma once

#include "keys/master.h"
#include "store/store.h"

struct demo {
	const char *host;
	uint16_t port;
	/* Another process serves the folder already: its URLs stay. */
	bool is_joining;
};

/* Imports the demo's tenants into an empty store; in one that has them, lets
 * their URLs follow the address. */
outcome demo_tenants_fill(const struct demo *demo, struct store *store,
			  const struct master *master, struct buf *why)
	MUST_USE;
/* The sign-in URL and the exchange for each tenant, on standard output. */
void demo_tenants_print(const struct demo *demo);
