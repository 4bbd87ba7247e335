/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the algorithms that an import's tenants and clients name. */
#include "keys/keys.h"
#include "registry/internal.h"

static outcome make(struct reading *reading, struct keys *keys,
		    int64_t tenant_id, struct text name)
{
	const char *algorithm = keys_algorithm_name(name);
	instant now = reading->registry->now;

	if (name.size == 0 || keys_can_sign(keys, tenant_id, name, now) ||
	    keys_can_decrypt(keys, tenant_id, name, now))
		return DONE;
	MUST(algorithm != NULL);
	return keys_make(keys, tenant_id, algorithm, SIGNING_KEY_CURRENT, now);
}

static outcome make_all(struct reading *reading, struct keys *keys)
{
	for (size_t i = 0; i < reading->tenant_count; i++)
		if (reading->tenants[i].is_new)
			TRY(make(reading, keys, reading->tenants[i].record.id,
				 reading->tenants[i].signing_alg));
	for (size_t i = 0; i < reading->client_count; i++) {
		const struct client *client = &reading->clients[i].client;

		TRY(make(reading, keys, client->tenant_id,
			 client->id_token_alg));
		TRY(make(reading, keys, client->tenant_id,
			 client->response_alg));
		TRY(make(reading, keys, client->tenant_id,
			 client->request_object_encryption_alg));
	}
	return DONE;
}

outcome registry_make_keys(struct reading *reading)
{
	CLEANUP(keys_free)
	struct keys *keys = keys_new(reading->registry->store,
				     reading->registry->master, NULL);

	if (make_all(reading, keys) == DONE)
		return DONE;
	registry_mistake(reading, NULL,
			 "no key could be made: the event log says "
			 "why");
	return BROKEN;
}
