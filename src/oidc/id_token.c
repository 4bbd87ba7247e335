/* SPDX-License-Identifier: Apache-2.0 */
/* Issues ID tokens after the profile's template (OIDC Core 2, 3.1.3, 12.2). */
#include "jose/jwt.h"
#include "oidc/internal.h"
#include "token/claims.h"

/* So that the whole stays within JWS_SIZE_MAX: a hint must be readable. */
#define PAYLOAD_MAX 11264
#define HASH_MAX 64

/* at_hash and c_hash go with the algorithm of the signature (3.1.3.6). */
static struct text hash_of(struct arena *arena,
			   const struct jws_algorithm *algorithm,
			   struct text value)
{
	struct buf hash = buf_init_arena(arena, HASH_MAX);

	if (!text_is_present(value))
		return TEXT_ABSENT;
	jwt_hash_half(algorithm, value, &hash);
	return buf_text(&hash);
}

static bool has_source(const struct profile *profile, enum claim_source source)
{
	for (size_t i = 0; i < profile->id_token_claim_count; i++)
		if (profile->id_token_claims[i].source == source)
			return true;
	return false;
}

/* Members without braces, as templates take them; none for a template that
 * lacks the source. */
static outcome release_claims(const struct oauth_issue *issue,
			      enum claim_source source,
			      struct text *members_out)
{
	struct text scope = source == CLAIM_USER ? issue->scope : TEXT_ABSENT;
	struct buf members =
		buf_init_arena(issue->decision->arena, PAYLOAD_MAX);
	struct oidc_release release = {
		.tenant = issue->tenant,
		.client = issue->client,
		.user = issue->user,
		.scope = scope,
		.parameter = issue->grant->request.claims,
		.member = "id_token",
	};

	if (!has_source(issue->tenant->profile, source))
		return DONE;
	TRY(oidc_claims_release(issue->decision, &release,
				&(struct json_writer){.buf = &members}));
	if (members.is_over)
		return decision_broken(issue->decision,
				       "a person's claims pass the %d bytes "
				       "of an ID token",
				       PAYLOAD_MAX);
	*members_out = buf_text(&members);
	return DONE;
}

static outcome write_payload(const struct oauth_issue *issue,
			     const struct jws_algorithm *algorithm,
			     struct buf *payload)
{
	struct arena *arena = issue->decision->arena;
	const struct profile *profile = issue->tenant->profile;
	int64_t now = instant_to_seconds(issue->decision->now);
	struct claims_source source = {
		.tenant = issue->tenant,
		.client = issue->client,
		.grant = issue->grant,
		.subject = issue->user->subject,
		.issued_at = now,
		.expires_at =
			now + (issue->client->id_token_for > 0
				       ? issue->client->id_token_for
				       : issue->tenant->lifetimes.id_token_for),
		.at_hash =
			has_source(profile, CLAIM_AT_HASH)
				? hash_of(arena, algorithm, issue->access_token)
				: TEXT_ABSENT,
		.c_hash = has_source(profile, CLAIM_C_HASH)
				  ? hash_of(arena, algorithm, issue->code)
				  : TEXT_ABSENT,
		.is_refresh = issue->is_refresh,
		.asks_auth_time = issue->grant->request.asks_auth_time ||
				  issue->client->requires_auth_time,
	};

	TRY(release_claims(issue, CLAIM_USER, &source.user_claims));
	TRY(release_claims(issue, CLAIM_USER_BY_PARAMETER,
			   &source.user_claims_by_parameter));
	claims_write(arena, profile->id_token_claims,
		     profile->id_token_claim_count, &source,
		     &(struct json_writer){.buf = payload});
	return DONE;
}

static outcome sign(const struct oauth_issue *issue,
		    const struct jws_algorithm *algorithm, struct text payload,
		    struct text *id_token_out)
{
	struct buf jws = buf_init_arena(issue->decision->arena, JWS_SIZE_MAX);
	struct keys_request request = {
		.tenant_id = issue->tenant->id,
		.algorithm = text_from(algorithm->name),
		.type = issue->tenant->profile->flags.type_header ? TEXT("JWT")
								  : TEXT_ABSENT,
		.payload = payload,
		.now = issue->decision->now,
	};

	if (keys_sign(issue->oauth->keys, &request, &jws) != DONE ||
	    jws.is_over)
		return decision_broken(issue->decision,
				       "no ID token can be signed: has the "
				       "tenant a key for %s?",
				       algorithm->name);
	*id_token_out = buf_text(&jws);
	return DONE;
}

static outcome find_algorithm(const struct oauth_issue *issue,
			      const struct jws_algorithm **algorithm_out)
{
	struct text name = issue->client->id_token_alg.size > 0
				   ? issue->client->id_token_alg
				   : issue->tenant->signing_alg;

	*algorithm_out = jws_algorithm_find(name);
	if (*algorithm_out == NULL)
		return decision_broken(issue->decision,
				       "id_token_signed_response_alg %.*s is "
				       "not one of ours",
				       TEXT_ARG(name));
	return DONE;
}

/* Due whenever openid was granted, also when a refresh asks for less scope:
 * SDKs that keep a person signed in expect it (RULES: Refresh). */
outcome oidc_issue_id_token(const struct oauth_issue *issue,
			    struct text *id_token_out)
{
	struct buf payload =
		buf_init_arena(issue->decision->arena, PAYLOAD_MAX);
	const struct jws_algorithm *algorithm = NULL;

	*id_token_out = TEXT_ABSENT;
	if (!text_has_word(issue->grant->scope, TEXT("openid")))
		return DONE;
	TRY(find_algorithm(issue, &algorithm));
	TRY(write_payload(issue, algorithm, &payload));
	if (payload.is_over)
		return decision_broken(issue->decision,
				       "an ID token's claims pass %d bytes",
				       PAYLOAD_MAX);
	return sign(issue, algorithm, buf_text(&payload), id_token_out);
}
