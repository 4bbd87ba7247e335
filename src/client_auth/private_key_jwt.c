/* SPDX-License-Identifier: Apache-2.0 */
/* Signed by a key that the client has registered (OpenID Connect Core 9). */
#include "client_auth/assertion.h"
#include "client_auth/client_auth.h"
#include "jose/jwk.h"

#define KEY_COUNT_MAX 32

/* What cannot be read is its business too: it says why. */
static bool is_used(const struct client_auth_request *request)
{
	return assertion_is_sent(request) && !assertion_has_hmac(request);
}

/* One key of the set; *has_tried_out when it could have made the signature. */
static outcome try_key(const struct client_auth_request *request,
		       const struct jws *jws, const struct json *object,
		       bool *has_tried_out, struct text *payload_out)
{
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
	return jws_verify(request->decision->arena, jws, key, algorithm,
			  payload_out);
}

static outcome refuse_key(const struct client_auth_request *request,
			  const struct jws *jws, bool has_tried, size_t count)
{
	struct arena *arena = request->decision->arena;

	return refuse(
		request->decision,
		has_tried ? REASON_ASSERTION_SIGNATURE
			  : REASON_ASSERTION_KEY_UNKNOWN,
		.received =
			arena_format(arena, "alg %.*s, kid %.*s",
				     TEXT_ARG(text_first(jws->algorithm, 16)),
				     TEXT_ARG(text_first(jws->key_id, 100))),
		.near_miss = arena_format(
			arena, "%zu keys are registered, at most %d are read",
			count, KEY_COUNT_MAX));
}

static outcome verify(const struct client_auth_request *request,
		      const struct jws *jws, const struct json *keys,
		      struct text *payload_out)
{
	size_t count = json_count(keys);
	bool has_tried = false;

	for (size_t i = 0; i < count && count <= KEY_COUNT_MAX; i++) {
		outcome tried = try_key(request, jws, json_at(keys, i),
					&has_tried, payload_out);

		if (tried != REFUSED)
			return tried;
	}
	return refuse_key(request, jws, has_tried, count);
}

/* The set of keys at the client's jwks_uri. */
static outcome load_set(const struct client_auth_request *request,
			const struct client *client, bool wants_newer,
			struct text *set_out)
{
	struct decision *decision = request->decision;
	const char *why = NULL;

	if (fetch_document(request->fetch, decision->arena, client->jwks_uri,
			   decision->now, wants_newer, set_out, &why) == DONE)
		return DONE;
	return refuse(decision, REASON_ASSERTION_KEYS_UNREACHABLE,
		      .expected = client->jwks_uri,
		      .near_miss = text_from(why));
}

static outcome verify_by_set(const struct client_auth_request *request,
			     const struct jws *jws, struct text set,
			     struct text *payload_out)
{
	CLEANUP(json_document_free) struct json_document *document = NULL;
	const struct json *keys = NULL;

	if (set.size > 0 && json_parse(set, set.size, &document, NULL) == DONE)
		keys = json_find(json_root(document), "keys");
	return verify(request, jws, keys, payload_out);
}

/* A key that the set lacks may be new: it is fetched anew, once a minute at
 * most (attack S05). */
static outcome verify_by_uri(const struct client_auth_request *request,
			     const struct client *client, const struct jws *jws,
			     struct text *payload_out)
{
	struct decision *decision = request->decision;
	struct text set = TEXT_ABSENT;
	struct text newer = TEXT_ABSENT;
	outcome verified;

	TRY(load_set(request, client, false, &set));
	verified = verify_by_set(request, jws, set, payload_out);
	if (verified != REFUSED ||
	    decision->refusal.reason != REASON_ASSERTION_KEY_UNKNOWN)
		return verified;
	decision_retract(decision);
	TRY(load_set(request, client, true, &newer));
	return verify_by_set(request, jws, newer, payload_out);
}

static outcome verify_by_client(const struct client_auth_request *request,
				const struct client *client,
				const struct jws *jws, struct text *payload_out)
{
	if (client->jwks_uri.size > 0)
		return verify_by_uri(request, client, jws, payload_out);
	return verify_by_set(request, jws, client->jwks, payload_out);
}

static outcome prove_signed(const struct client_auth_request *request,
			    const struct client *client, const struct jws *jws)
{
	struct text payload = TEXT_ABSENT;

	if (jws_algorithm_find(jws->algorithm) == NULL)
		return assertion_refuse_algorithm(request, jws);
	TRY(verify_by_client(request, client, jws, &payload));
	TRY(assertion_check(request, client, payload));
	decision_note(request->decision, "client authentication",
		      "private_key_jwt of %.*s, alg %.*s, kid %.*s",
		      TEXT_ARG(client->id), TEXT_ARG(jws->algorithm),
		      TEXT_ARG(text_first(jws->key_id, 100)));
	return DONE;
}

static outcome prove(const struct client_auth_request *request,
		     const struct client *client)
{
	struct jws jws;
	outcome proven;

	TRY(assertion_parse(request, client, &jws));
	proven = prove_signed(request, client, &jws);
	jws_wipe(&jws);
	return proven;
}

const struct client_auth_method client_auth_private_key_jwt = {
	.name = "private_key_jwt",
	.is_used = is_used,
	.identify = assertion_identify,
	.prove = prove,
};
