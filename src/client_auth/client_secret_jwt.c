/* SPDX-License-Identifier: Apache-2.0 */
/* Keyed by the client secret, which stays at home (OpenID Connect Core 9). */
#include "client_auth/assertion.h"
#include "client_auth/client_auth.h"
#include "jose/jws_hmac.h"

static bool is_used(const struct client_auth_request *request)
{
	return assertion_is_sent(request) && assertion_has_hmac(request);
}

/* A secret kept as its hash alone verifies nothing. */
static outcome open_secret(const struct client_auth_request *request,
			   const struct client *client,
			   struct secret *secret_out)
{
	if (master_open_client_secret(request->master, client, secret_out))
		return DONE;
	return refuse(request->decision, REASON_ASSERTION_KEY_UNKNOWN,
		      .near_miss = TEXT("no secret is kept for this client: "
					"import it again with its secret"));
}

static outcome verify(const struct client_auth_request *request,
		      const struct client *client, const struct jws *jws,
		      struct text *payload_out)
{
	const struct jws_hmac *algorithm = jws_hmac_find(jws->algorithm);
	CLEANUP(secret_free) struct secret secret = {NULL, 0};

	if (algorithm == NULL)
		return assertion_refuse_algorithm(request, jws);
	TRY(open_secret(request, client, &secret));
	if (secret.size < algorithm->secret_min)
		return refuse(request->decision, REASON_ASSERTION_ALGORITHM,
			      .near_miss = arena_format(
				      request->decision->arena,
				      "%s needs a secret of %zu bytes, the "
				      "client's has %zu",
				      algorithm->name, algorithm->secret_min,
				      secret.size));
	if (jws_hmac_verify(jws, secret_bytes(&secret), algorithm,
			    payload_out) != DONE)
		return refuse(request->decision, REASON_ASSERTION_SIGNATURE,
			      .received = text_from(algorithm->name));
	return DONE;
}

static outcome prove(const struct client_auth_request *request,
		     const struct client *client)
{
	struct text payload = TEXT_ABSENT;
	const struct jws *jws;

	TRY(assertion_parse(request, client, &jws));
	TRY(verify(request, client, jws, &payload));
	TRY(assertion_check(request, client, payload));
	decision_note(request->decision, "client authentication",
		      "client_secret_jwt of %.*s", TEXT_ARG(client->id));
	return DONE;
}

const struct client_auth_method client_auth_client_secret_jwt = {
	.name = "client_secret_jwt",
	.is_used = is_used,
	.identify = assertion_identify,
	.prove = prove,
};
