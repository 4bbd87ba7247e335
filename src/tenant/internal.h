/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share. */
#pragma once

#include <pthread.h>

#include "base/table.h"
#include "tenant/tenant.h"

/* What all tenants of one store may take. */
#define DIRECTORY_BUDGET ((size_t)256 * 1024 * 1024)

struct tenant_entry {
	struct tenant tenant; /* first */
	struct text authority; /* without the default port */
	struct text mtls_authority; /* of mtls_url, likewise; or absent */
	struct text origins; /* absent: not loaded yet */
};

struct tenants {
	_Atomic int references;
	struct arena *arena;
	struct tenant_entry *entries; /* by authority, then prefix */
	size_t count;
	struct table
		places; /* entries by authority or mtls_authority, prefix */
	struct client_cache *cache;
	pthread_mutex_t origins_lock;
};

/* What a directory is made from. */
struct tenants_source {
	struct store *store;
	const struct profile *const *profiles;
	size_t profile_count;
	const struct tenant_defaults *defaults;
};

/* Once its settings are there: a tenant that requires fapi2 is changed into one, one
 * that allows it gets under_fapi2. */
void tenant_lay_fapi2(struct arena *arena, struct tenant_entry *entry);
