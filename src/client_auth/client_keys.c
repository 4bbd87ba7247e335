/* SPDX-License-Identifier: Apache-2.0 */
/* Tries a client's keys, inline ones or those at its jwks_uri. */
#include "client_auth/client_keys.h"

#include "jose/jwk.h"

bool client_keys_are_registered(const struct client *client)
{
	return client->jwks.size > 0 || client->jwks_uri.size > 0;
}

/* One key of the set; *has_tried_out when it could have made the signature. */
static outcome try_key(struct client_keys_search *search,
		       const struct json *object, bool *has_tried_out)
{
	const struct jws *jws = search->jws;
	const struct jws_algorithm *algorithm =
		jws_algorithm_find(jws->algorithm);
	CLEANUP(pkey_unref) struct pkey *key = NULL;
	const char *why;

	if (!jwk_allows_verify(object, jws->key_id, jws->algorithm))
		return REFUSED;
	TRY(jwk_parse(object, &key, &why));
	if (!pkey_fits(key, algorithm->scheme))
		return REFUSED;
	*has_tried_out = true;
	return jws_verify(jws, key, algorithm, &search->payload);
}

static enum client_keys_answer try_keys(struct client_keys_search *search,
					const struct json *keys)
{
	bool has_tried = false;

	search->key_count = json_count(keys);
	for (size_t i = 0;
	     i < search->key_count && search->key_count <= CLIENT_KEYS_MAX;
	     i++) {
		outcome tried = try_key(search, json_at(keys, i), &has_tried);

		if (tried == DONE)
			return CLIENT_KEYS_VERIFIED;
		if (tried == BROKEN)
			return CLIENT_KEYS_BROKEN;
	}
	return has_tried ? CLIENT_KEYS_WRONG : CLIENT_KEYS_UNKNOWN;
}

static enum client_keys_answer try_set(struct client_keys_search *search,
				       struct text set)
{
	CLEANUP(json_document_free) struct json_document *document = NULL;
	const struct json *keys = NULL;

	if (set.size > 0 && json_parse(set, set.size, &document, NULL) == DONE)
		keys = json_find(json_root(document), "keys");
	return try_keys(search, keys);
}

/* The set at the client's jwks_uri. */
static enum client_keys_answer try_uri(struct client_keys_search *search,
				       bool wants_newer)
{
	struct text set = TEXT_ABSENT;

	if (fetch_document(search->fetch, search->decision->arena,
			   search->client->jwks_uri, search->decision->now,
			   wants_newer, &set, &search->why) != DONE)
		return CLIENT_KEYS_UNREACHABLE;
	return try_set(search, set);
}

enum client_keys_answer client_keys_verify(struct client_keys_search *search)
{
	enum client_keys_answer answer;

	if (search->client->jwks_uri.size == 0)
		return try_set(search, search->client->jwks);
	answer = try_uri(search, false);
	return answer == CLIENT_KEYS_UNKNOWN ? try_uri(search, true) : answer;
}
