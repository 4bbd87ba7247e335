/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of tenants as it is now, and signing keys for each. */
#include "loop/clock.h"
#include "server/internal.h"

static const char *const algorithms[] = {"RS256", "ES256"};

outcome tenancy_load(struct server *server)
{
	struct tenants *loaded;
	struct tenants *before;

	TRY(tenants_load(server->store, server_profiles, server_profile_count,
			 &server->options->defaults, &loaded));
	keys_forget(server->keys);
	pthread_rwlock_wrlock(&server->tenants_lock);
	before = server->tenants;
	server->tenants = loaded;
	pthread_rwlock_unlock(&server->tenants_lock);
	tenants_unref(&before);
	return DONE;
}

struct tenants *tenancy_ref(struct server *server)
{
	struct tenants *tenants;

	pthread_rwlock_rdlock(&server->tenants_lock);
	tenants = tenants_ref(server->tenants);
	pthread_rwlock_unlock(&server->tenants_lock);
	return tenants;
}

static outcome make_keys_of(struct server *server, const struct tenant *tenant,
			    enum signing_key_state state)
{
	for (size_t i = 0; i < COUNT_OF(algorithms); i++)
		TRY(keys_make(server->keys, tenant->id, algorithms[i], state,
			      clock_now()));
	return DONE;
}

outcome tenancy_make_keys(struct server *server, enum signing_key_state state)
{
	CLEANUP(tenants_unref) struct tenants *tenants = tenancy_ref(server);

	for (size_t i = 0; i < tenants_count(tenants); i++)
		TRY(make_keys_of(server, tenants_at(tenants, i), state));
	return DONE;
}
