/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP Basic (RFC 6749 section 2.3.1): form-encoded, or raw as many send it. */
#include "base/encoding.h"
#include "client_auth/client_auth.h"
#include "client_auth/secret.h"

#define CREDENTIAL_MAX 4096

/* The pair as the RFC has it, and as it stands in the header. */
struct credential {
	struct text id;
	struct text secret;
	struct text raw_id;
	struct text raw_secret;
};

static bool is_used(const struct client_auth_request *request)
{
	return http_header_count(request->http, "authorization") > 0;
}

static outcome refuse_malformed(const struct client_auth_request *request,
				const char *why)
{
	return refuse(request->decision, REASON_CLIENT_HEADER_MALFORMED,
		      .near_miss = text_from(why));
}

static bool decode(struct arena *arena, struct text encoded, struct text *out)
{
	struct buf decoded = buf_init_arena(arena, CREDENTIAL_MAX);

	if (!form_decode(encoded, &decoded))
		return false;
	*out = buf_text(&decoded);
	return true;
}

static outcome split(const struct client_auth_request *request,
		     struct text pair, struct credential *credential)
{
	struct arena *arena = request->decision->arena;
	size_t colon = text_find_byte(pair, ':');

	if (colon == pair.size)
		return refuse_malformed(request, "no colon between id and "
						 "secret");
	if (text_has_control(pair) || !text_is_utf8(pair))
		return refuse_malformed(request, "controls, or bytes that are "
						 "not UTF-8");
	credential->raw_id = text_first(pair, colon);
	credential->raw_secret = text_from_byte(pair, colon + 1);
	if (!decode(arena, credential->raw_id, &credential->id) ||
	    !decode(arena, credential->raw_secret, &credential->secret)) {
		credential->id = credential->raw_id;
		credential->secret = credential->raw_secret;
	}
	return DONE;
}

static outcome read_credential(const struct client_auth_request *request,
			       struct credential *credential)
{
	struct text header = http_header_find(request->http, "authorization");
	struct buf pair =
		buf_init_arena(request->decision->arena, CREDENTIAL_MAX);

	if (!text_is_present(header))
		return refuse_malformed(request, "it stands there twice");
	if (!text_equal_nocase(text_first(header, 6), TEXT("Basic ")))
		return refuse_malformed(request, "its scheme is not Basic");
	if (!base64_decode(text_trim(text_from_byte(header, 6)), &pair))
		return refuse_malformed(request, "not base64, or too long");
	return split(request, buf_text(&pair), credential);
}

/* The raw spelling counts only where no client has the decoded one. */
static outcome identify(const struct client_auth_request *request,
			struct text *id_out)
{
	struct credential credential;
	const struct client *client;
	outcome loaded;

	TRY(read_credential(request, &credential));
	request->claimed->secret = credential.secret;
	request->claimed->raw_secret = credential.raw_secret;
	*id_out = credential.id;
	if (text_equal(credential.id, credential.raw_id))
		return DONE;
	loaded = tenant_load_client(request->decision, request->store,
				    request->tenants, request->tenant,
				    credential.id, &client);
	if (loaded != REFUSED)
		return loaded;
	decision_retract(request->decision);
	*id_out = credential.raw_id;
	return DONE;
}

static outcome prove(const struct client_auth_request *request,
		     const struct client *client)
{
	struct decision *decision = request->decision;
	const struct client_auth_claimed *claimed = request->claimed;
	bool is_decoded_right = secret_is_of(request, client, claimed->secret);
	/* Most are spelled alike both ways. */
	bool is_raw_right = !text_equal(claimed->secret, claimed->raw_secret) &&
			    secret_is_of(request, client, claimed->raw_secret);
	if (!is_decoded_right && !is_raw_right)
		return refuse(decision, REASON_CLIENT_SECRET_WRONG,
			      .received = arena_format(
				      decision->arena,
				      "%zu bytes, tried form-decoded and raw",
				      claimed->raw_secret.size));
	decision_note_text(
		decision, "client authentication",
		ARENA_JOIN(decision->arena, TEXT("client_secret_basic of "),
			   client->id,
			   is_decoded_right ? TEXT("") : TEXT(", sent raw")));
	return DONE;
}

const struct client_auth_method client_auth_client_secret_basic = {
	.name = "client_secret_basic",
	.is_used = is_used,
	.identify = identify,
	.prove = prove,
	.is_secret = true,
};
