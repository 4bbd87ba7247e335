/* SPDX-License-Identifier: Apache-2.0 */
/* What the new settings of a tenant mean for what the store has of it. */
#include "model/signing_key.h"
#include "registry/member.h"

/* What is on its way then is still decrypted. */
#define DECRYPTS_FOR ((int64_t)86400)

/* Of this document: then it was judged by the new settings. */
static bool is_drafted(const struct reading *reading,
		       const struct client *client)
{
	for (size_t i = 0; i < reading->client_count; i++)
		if (reading->clients[i].client.tenant_id == client->tenant_id &&
		    text_equal(reading->clients[i].client.id, client->id))
			return true;
	return false;
}

static void check_client(struct reading *reading,
			 const struct tenant_draft *draft,
			 const struct tenant *tenant,
			 const struct client *client)
{
	struct place place = {"tenants", draft->index, "settings", -1};
	struct tenant_unfit unfit;

	if (client->is_disabled || is_drafted(reading, client) ||
	    tenant_fits_client(tenant, client, &unfit))
		return;
	registry_warn(reading, &place,
		      "client \"%s\" of the store is refused from now on: its "
		      "%s %s",
		      member_show(reading, client->id), unfit.member,
		      unfit.why);
}

static void check_clients_of(struct reading *reading,
			     const struct tenant_draft *draft)
{
	const struct profile *profile =
		registry_find_profile(reading, draft->record.profile);
	const struct tenant *tenant;
	struct client *clients;
	enum store_outcome loaded;
	struct text why;
	size_t count;

	if (profile == NULL ||
	    tenant_foresee(reading->arena, profile, draft->record.settings,
			   &tenant, &why) != DONE)
		return;
	loaded = store_load_clients(reading->registry->store, reading->arena,
				    draft->record.id, &clients, &count);
	if (loaded != STORE_DONE) {
		registry_broken(reading, loaded);
		return;
	}
	for (size_t i = 0; i < count; i++)
		check_client(reading, draft, tenant, &clients[i]);
}

void registry_check_stored(struct reading *reading)
{
	for (size_t i = 0; i < reading->tenant_count && !reading->is_broken;
	     i++)
		if (reading->tenants[i].is_new && reading->tenants[i].is_known)
			check_clients_of(reading, &reading->tenants[i]);
}

/* ---- keys for encryption ---- */

static bool encrypts_by(const struct client *client, int64_t tenant_id,
			struct text algorithm)
{
	return client->tenant_id == tenant_id &&
	       text_equal(client->request_object_encryption_alg, algorithm);
}

static bool is_asked_for(const struct reading *reading,
			 const struct client *stored, size_t stored_count,
			 int64_t tenant_id, struct text algorithm)
{
	for (size_t i = 0; i < reading->client_count; i++)
		if (encrypts_by(&reading->clients[i].client, tenant_id,
				algorithm))
			return true;
	for (size_t i = 0; i < stored_count; i++)
		if (encrypts_by(&stored[i], tenant_id, algorithm) &&
		    !is_drafted(reading, &stored[i]))
			return true;
	return false;
}

static enum store_outcome retire_keys_of(struct reading *reading,
					 const struct tenant_draft *draft)
{
	struct store *store = reading->registry->store;
	instant until = instant_after(reading->registry->now, DECRYPTS_FOR);
	struct text rest = TEXT(ENCRYPTION_KEY_ALGORITHMS);
	enum store_outcome result;
	struct client *stored;
	struct text algorithm;
	size_t count;

	result = store_load_clients(store, reading->arena, draft->record.id,
				    &stored, &count);
	while (result == STORE_DONE && text_next_word(&rest, &algorithm))
		if (!text_has_word(draft->encryption_algs, algorithm) &&
		    !is_asked_for(reading, stored, count, draft->record.id,
				  algorithm))
			result = store_retire_signing_keys(
				store, draft->record.id, algorithm, until);
	return result;
}

enum store_outcome registry_retire_keys(struct reading *reading)
{
	enum store_outcome result = STORE_DONE;

	for (size_t i = 0; i < reading->tenant_count && result == STORE_DONE;
	     i++)
		if (reading->tenants[i].is_new && reading->tenants[i].is_known)
			result = retire_keys_of(reading, &reading->tenants[i]);
	return result;
}
