/* SPDX-License-Identifier: Apache-2.0 */
/* Signed by a key that the client has registered (OpenID Connect Core 9). */
#include "client_auth/assertion.h"
#include "client_auth/client_auth.h"
#include "client_auth/client_keys.h"

/* What cannot be read is its business too: it says why. */
static bool is_used(const struct client_auth_request *request)
{
	return assertion_is_sent(request) && !assertion_has_hmac(request);
}

static outcome refuse_key(const struct client_auth_request *request,
			  const struct client_keys_search *search,
			  enum reason reason)
{
	struct arena *arena = request->decision->arena;
	const struct jws *jws = search->jws;

	return refuse(
		request->decision, reason,
		.received =
			arena_format(arena, "alg %.*s, kid %.*s",
				     TEXT_ARG(text_first(jws->algorithm, 16)),
				     TEXT_ARG(text_first(jws->key_id, 100))),
		.near_miss = arena_format(
			arena, "%zu keys are registered, at most %d are read",
			search->key_count, CLIENT_KEYS_MAX));
}

static outcome verify(const struct client_auth_request *request,
		      const struct client *client, const struct jws *jws,
		      struct text *payload_out)
{
	struct client_keys_search search = {
		.decision = request->decision,
		.fetch = request->fetch,
		.client = client,
		.jws = jws,
	};

	switch (client_keys_verify(&search)) {
	case CLIENT_KEYS_VERIFIED:
		*payload_out = search.payload;
		return DONE;
	case CLIENT_KEYS_UNKNOWN:
		return refuse_key(request, &search,
				  REASON_ASSERTION_KEY_UNKNOWN);
	case CLIENT_KEYS_WRONG:
		return refuse_key(request, &search, REASON_ASSERTION_SIGNATURE);
	case CLIENT_KEYS_UNREACHABLE:
		return refuse(request->decision,
			      REASON_ASSERTION_KEYS_UNREACHABLE,
			      .expected = client->jwks_uri,
			      .near_miss = text_from(search.why));
	case CLIENT_KEYS_BROKEN:
		break;
	}
	return BROKEN;
}

static outcome prove(const struct client_auth_request *request,
		     const struct client *client)
{
	struct text payload = TEXT_ABSENT;
	const struct jws *jws;

	TRY(assertion_parse(request, client, &jws));
	if (jws_algorithm_find(jws->algorithm) == NULL)
		return assertion_refuse_algorithm(request, jws);
	TRY(verify(request, client, jws, &payload));
	TRY(assertion_check(request, client, payload));
	decision_note(request->decision, "client authentication",
		      "private_key_jwt of %.*s, alg %.*s, kid %.*s",
		      TEXT_ARG(client->id), TEXT_ARG(jws->algorithm),
		      TEXT_ARG(text_first(jws->key_id, 100)));
	return DONE;
}

const struct client_auth_method client_auth_private_key_jwt = {
	.name = "private_key_jwt",
	.is_used = is_used,
	.identify = assertion_identify,
	.prove = prove,
};
