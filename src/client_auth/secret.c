/* SPDX-License-Identifier: Apache-2.0 */
/* Compares a client secret with its stored HMAC, in constant time. */
#include "client_auth/secret.h"

#include "crypto/equal.h"

bool secret_is_of(const struct client_auth_request *request,
		  const struct client *client, struct text secret)
{
	static const unsigned char nothing[CLIENT_SECRET_HASH_SIZE];
	unsigned char hash[CLIENT_SECRET_HASH_SIZE];
	bool has_secret = client->secret_hash.size == CLIENT_SECRET_HASH_SIZE;
	struct text stored = has_secret ? client->secret_hash
					: text_of(nothing, sizeof(nothing));

	master_hash_client_secret(request->master, client->tenant_id,
				  client->id, secret, hash);
	return equal_secret(text_of(hash, sizeof(hash)), stored) && has_secret;
}

void secret_compare_nothing(const struct client_auth_request *request)
{
	struct client nobody = {.id = TEXT("nobody"),
				.tenant_id = request->tenant->id};

	MUST(!secret_is_of(request, &nobody, TEXT("no secret at all")));
}
