/* SPDX-License-Identifier: Apache-2.0 */
/* Issues access tokens. */
#include "token/access.h"

#include "crypto/random.h"
#include "token/access_internal.h"

#define JWT_MAX 16384

/* Two space-delimited lists as one. */
static struct text join(struct arena *arena, struct text a, struct text b)
{
	return arena_format(arena, "%.*s%s%.*s", TEXT_ARG(a),
			    a.size > 0 && b.size > 0 ? " " : "", TEXT_ARG(b));
}

static struct text userinfo_url(struct arena *arena,
				const struct tenant *tenant)
{
	const char *path = profile_path(tenant->profile, ENDPOINT_USERINFO);

	return arena_format(arena, "%.*s%s", TEXT_ARG(tenant->url),
			    path == NULL ? "" : path);
}

/* What goes into `aud`, by the profile's rule. */
static struct text audience_of(struct arena *arena,
			       const struct access_request *request)
{
	const struct tenant *tenant = request->tenant;
	struct text resources = request->resources;

	switch (tenant->profile->audience_rule) {
	case AUDIENCE_RESOURCES:
		return resources.size > 0 ? resources : tenant->issuer;
	case AUDIENCE_WITH_USERINFO:
		if (!text_has_word(request->scope, TEXT("openid")))
			return resources;
		return join(arena, resources, userinfo_url(arena, tenant));
	case AUDIENCE_WITH_CLIENT:
		return join(arena, request->client->id, resources);
	}
	return resources;
}

static struct text random_bytes(struct arena *arena)
{
	char *bytes = arena_alloc(arena, ACCESS_RANDOM_SIZE);

	random_fill(bytes, ACCESS_RANDOM_SIZE);
	return text_of(bytes, ACCESS_RANDOM_SIZE);
}

static struct text seal_reference(struct decision *decision,
				  struct tokens *tokens,
				  const struct access_request *request,
				  enum reference_kind kind, struct text more)
{
	const struct grant *grant = request->grant;
	struct reference reference = {
		.kind = kind,
		.tenant_id = grant->tenant_id,
		.row_id = grant->id,
		.generation = (uint32_t)grant->generation,
		.shard = grant->shard,
		.epoch = tokens_epoch(tokens, grant->shard),
		.expires_at = instant_to_seconds(decision->now) +
			      request->for_seconds,
		.more = more,
	};

	return reference_seal(tokens, decision->arena, decision->now,
			      &reference, grant->seed);
}

/* more: issued_at 4 | random 8 | scope NUL audience NUL confirmation. */
static struct text opaque_more(struct decision *decision,
			       const struct access_request *request)
{
	struct buf more = buf_init_arena(decision->arena, REFERENCE_MORE_MAX);
	uint64_t issued_at = (uint64_t)instant_to_seconds(decision->now);

	for (int i = 3; i >= 0; i--)
		buf_add_byte(&more, (char)(issued_at >> (8 * i)));
	buf_add(&more, random_bytes(decision->arena));
	buf_add(&more, request->scope);
	buf_add_byte(&more, '\0');
	buf_add(&more, audience_of(decision->arena, request));
	buf_add_byte(&more, '\0');
	buf_add(&more, request->confirmation);
	return more.is_over ? TEXT_ABSENT : buf_text(&more);
}

static outcome issue_opaque(struct decision *decision, struct tokens *tokens,
			    const struct access_request *request,
			    struct text *token_out)
{
	struct text more = opaque_more(decision, request);

	if (!text_is_present(more))
		return decision_broken(decision,
				       "an opaque access token's scope and "
				       "audience pass %d bytes",
				       REFERENCE_MORE_MAX);
	*token_out = seal_reference(decision, tokens, request,
				    REFERENCE_ACCESS_TOKEN, more);
	return DONE;
}

static void write_claims(struct decision *decision, struct tokens *tokens,
			 const struct access_request *request,
			 struct buf *payload)
{
	const struct profile *profile = request->tenant->profile;
	int64_t now = instant_to_seconds(decision->now);
	struct claims_source source = {
		.tenant = request->tenant,
		.client = request->client,
		.grant = request->grant,
		.subject = request->subject,
		.issued_at = now,
		.expires_at = now + request->for_seconds,
		.scope = request->scope,
		.audience = audience_of(decision->arena, request),
		.confirmation = request->confirmation,
		.reference = seal_reference(decision, tokens, request,
					    REFERENCE_ACCESS_TOKEN_ID,
					    random_bytes(decision->arena)),
		.is_refresh = request->is_refresh,
	};

	claims_write(decision->arena, profile->access_token_claims,
		     profile->access_token_claim_count, &source,
		     &(struct json_writer){.buf = payload});
}

static outcome issue_jwt(struct decision *decision, struct tokens *tokens,
			 const struct access_request *request,
			 struct text *token_out)
{
	struct buf payload = buf_init_arena(decision->arena, JWT_MAX);
	struct buf jwt = buf_init_arena(decision->arena, JWT_MAX);
	outcome signed_outcome;

	write_claims(decision, tokens, request, &payload);
	if (payload.is_over)
		return decision_broken(decision,
				       "an access token's claims pass %d bytes",
				       JWT_MAX);
	signed_outcome = keys_sign(
		tokens_keys(tokens),
		&(struct keys_request){
			.tenant_id = request->tenant->id,
			.algorithm = request->tenant->signing_alg,
			.type = text_from(
				request->tenant->profile->access_token_type),
			.payload = buf_text(&payload),
			.now = decision->now,
		},
		&jwt);
	if (signed_outcome != DONE || jwt.is_over)
		return decision_broken(decision,
				       "no access token can be signed: has the "
				       "tenant a key for %.*s?",
				       TEXT_ARG(request->tenant->signing_alg));
	*token_out = buf_text(&jwt);
	return DONE;
}

outcome access_issue(struct decision *decision, struct tokens *tokens,
		     const struct access_request *request,
		     struct text *token_out)
{
	if (request->is_jwt)
		return issue_jwt(decision, tokens, request, token_out);
	return issue_opaque(decision, tokens, request, token_out);
}
