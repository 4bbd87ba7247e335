/* SPDX-License-Identifier: Apache-2.0 */
/* Signs authorization responses (JARM sections 2.1 and 2.2). */
#include "oauth/jarm.h"

#include "keys/keys.h"
#include "json/writer.h"

/* JARM section 2.1 recommends ten minutes at most; a code rarely lives longer
 * than five. */
#define RESPONSE_LIVES_FOR 300
/* Of a state of 4096 bytes each may become six in JSON, if they are controls.
 * The JWS is a third longer, and response.c takes it. */
#define PAYLOAD_MAX 28672
#define JWS_MAX 40960
/* None of our other tokens has it: neither can pass for the other (RFC 8725
 * section 3.11). */
#define RESPONSE_TYPE TEXT("oauth-authz-resp+jwt")

static bool is_issuer(const struct form_field *field)
{
	return text_equal(field->name, TEXT("iss"));
}

static struct text write_claims(const struct authorization *authorization,
				const struct response *response)
{
	struct decision *decision = authorization->decision;
	struct buf payload = buf_init_arena(decision->arena, PAYLOAD_MAX);
	struct json_writer writer = {.buf = &payload};

	json_open_object(&writer);
	json_member_text(&writer, "iss", authorization->base->tenant->issuer);
	json_member_text(&writer, "aud", authorization->client->id);
	json_member_integer(&writer, "exp",
			    instant_to_seconds(decision->now) +
				    RESPONSE_LIVES_FOR);
	for (size_t i = 0; i < response->count; i++)
		if (!is_issuer(&response->fields[i]))
			json_member_text(
				&writer,
				arena_terminated(decision->arena,
						 response->fields[i].name),
				response->fields[i].value);
	json_close_object(&writer);
	return payload.is_over ? TEXT_ABSENT : buf_text(&payload);
}

outcome jarm_sign(struct authorization *authorization,
		  const struct response *response, struct response *signed_out)
{
	struct decision *decision = authorization->decision;
	const struct tenant *tenant = authorization->base->tenant;
	struct text registered = authorization->client->response_alg;
	struct buf jws = buf_init_arena(decision->arena, JWS_MAX);
	struct keys_request request = {
		.tenant_id = tenant->id,
		.algorithm = registered.size > 0 ? registered
						 : tenant->signing_alg,
		.type = RESPONSE_TYPE,
		.payload = write_claims(authorization, response),
		.now = decision->now,
	};

	if (!text_is_present(request.payload) ||
	    keys_sign(authorization->oauth->keys, &request, &jws) != DONE)
		return decision_broken(decision,
				       "the response cannot be signed by %.*s",
				       TEXT_ARG(request.algorithm));
	*signed_out = (struct response){.count = 0};
	response_add(signed_out, "response", buf_text(&jws));
	decision_note(decision, "response_mode", "signed by %.*s",
		      TEXT_ARG(request.algorithm));
	return DONE;
}
