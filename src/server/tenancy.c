/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of tenants as it is now, and keys for each. */
#include "loop/clock.h"
#include "server/internal.h"

/* Of a million tenants' keys, their states. */
#define HELD_BUDGET ((size_t)1024 * 1024 * 1024)

/* Its own, what it signs with or may be encrypted to, and of what else there is
 * one: a client asked for it when it was imported. */
static bool is_wanted(const struct tenant *tenant, const struct keys_held *held,
		      struct text algorithm)
{
	const struct tenant *under_fapi2 = tenant->under_fapi2;

	return text_has_word(text_from(tenant->profile->signing_algs),
			     algorithm) ||
	       text_equal(tenant->signing_alg, algorithm) ||
	       (under_fapi2 != NULL &&
		text_equal(under_fapi2->signing_alg, algorithm)) ||
	       text_has_word(tenant->encryption_algs, algorithm) ||
	       keys_held_has(held, tenant->id, algorithm, SIGNING_KEY_CURRENT);
}

static outcome make_keys_of(struct server *server, const struct tenant *tenant,
			    const struct keys_held *held,
			    enum signing_key_state state)
{
	struct text rest =
		TEXT(SIGNING_KEY_ALGORITHMS " " ENCRYPTION_KEY_ALGORITHMS);
	struct text algorithm;

	while (text_next_word(&rest, &algorithm))
		if (is_wanted(tenant, held, algorithm) &&
		    !keys_held_has(held, tenant->id, algorithm, state))
			TRY(keys_make(server->keys, tenant->id,
				      keys_algorithm_name(algorithm), state,
				      clock_now()));
	return DONE;
}

static outcome make_keys(struct server *server, struct tenants *tenants,
			 enum signing_key_state state)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(HELD_BUDGET);
	struct keys_held held;

	TRY(keys_load_held(server->keys, arena, &held));
	for (size_t i = 0; i < tenants_count(tenants); i++)
		TRY(make_keys_of(server, tenants_at(tenants, i), &held, state));
	return DONE;
}

/* Keys are read when a tenant is met; beside other shards all are before, and
 * kept until others have been read: the home, which alone has them, may be away
 * at any moment. */
static void renew_keys(struct server *server, struct tenants *tenants)
{
	for (size_t i = 0; i < tenants_count(tenants); i++)
		keys_renew(server->keys, tenants_at(tenants, i)->id,
			   clock_now());
}

/* Nobody meets a tenant before it can sign. */
outcome tenancy_load(struct server *server)
{
	CLEANUP(tenants_unref) struct tenants *loaded = NULL;
	bool has_shards = store_shard_count(server->store) > 0;
	struct tenants *before;

	TRY(tenants_load(server->store, server_profiles, server_profile_count,
			 &server->options->defaults, &loaded));
	tenants_limit(loaded, server->memory.client_size);
	if (!has_shards)
		keys_forget(server->keys);
	TRY(make_keys(server, loaded, SIGNING_KEY_CURRENT));
	if (has_shards)
		renew_keys(server, loaded);
	pthread_rwlock_wrlock(&server->tenants_lock);
	before = server->tenants;
	server->tenants = TAKE(loaded);
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

outcome tenancy_make_next_keys(struct server *server)
{
	CLEANUP(tenants_unref) struct tenants *tenants = tenancy_ref(server);

	return make_keys(server, tenants, SIGNING_KEY_NEXT);
}
