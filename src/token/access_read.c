/* SPDX-License-Identifier: Apache-2.0 */
/* Reads access tokens that are presented to our own endpoints. */
#include "crypto/digest.h"
#include "jose/jwt.h"
#include "token/access.h"
#include "token/access_internal.h"

#define ISSUED_AT_SIZE 4

static outcome refuse_unknown(struct decision *decision, struct text spelling,
			      const char *near_miss)
{
	return refuse(decision, REASON_TOKEN_UNKNOWN,
		      .received = decision_redact(decision, spelling),
		      .near_miss = text_from(near_miss));
}

/* The space-delimited form of a claim that is a string or an array of them. */
static struct text words_of(struct arena *arena, const struct json *value)
{
	struct text words = json_text(value);

	for (size_t i = 0; json_is(value, JSON_ARRAY) && i < json_count(value);
	     i++)
		words = arena_format(arena, "%.*s%s%.*s", TEXT_ARG(words),
				     i == 0 ? "" : " ",
				     TEXT_ARG(json_text(json_at(value, i))));
	return words;
}

/* "jkt:…" from {"jkt": "…"}, as the grant keeps it. */
static struct text confirmation_of(struct arena *arena, const struct json *cnf)
{
	const struct json *value;
	struct text name;
	void *at = NULL;

	if (!json_next(cnf, &at, &name, &value))
		return TEXT_ABSENT;
	return arena_format(arena, "%.*s:%.*s", TEXT_ARG(name),
			    TEXT_ARG(json_text(value)));
}

static struct text kept_text(struct arena *arena, const struct json *all,
			     const char *name)
{
	return arena_copy(arena, json_text(json_find(all, name)));
}

static void take_claims(struct arena *arena, const struct jwt_claims *claims,
			struct access *access)
{
	const struct json *cnf = json_find(claims->all, "cnf");

	access->issued_at = instant_to_seconds(claims->issued_at);
	access->scope = kept_text(arena, claims->all, "scope");
	access->audience = arena_copy(arena, words_of(arena, claims->audience));
	access->confirmation = json_is(cnf, JSON_OBJECT)
				       ? confirmation_of(arena, cnf)
				       : TEXT_ABSENT;
}

static outcome read_claims(struct decision *decision, struct tokens *tokens,
			   const struct tenant *tenant, struct text payload,
			   struct access *access)
{
	CLEANUP(jwt_wipe) struct jwt_claims claims = {0};
	const char *why = NULL;

	if (jwt_parse(payload, &claims, &why) != DONE)
		return refuse_unknown(decision, access->spelling, why);
	if (!text_is_present(claims.id))
		return refuse_unknown(decision, access->spelling,
				      "a JWT of this tenant, but without the "
				      "jti of an access token: an ID token?");
	take_claims(decision->arena, &claims, access);
	return token_open_reference(decision, tokens, tenant,
				    &(struct token_lookup){
					    .kind = REFERENCE_ACCESS_TOKEN_ID,
					    .spelling = claims.id,
					    .unknown = REASON_TOKEN_UNKNOWN,
					    .wrong_kind = REASON_TOKEN_UNKNOWN,
				    },
				    &access->reference);
}

static outcome read_jwt(struct decision *decision, struct tokens *tokens,
			const struct tenant *tenant, struct access *access)
{
	struct keys_proof proof = {
		.tenant_id = tenant->id,
		.compact = access->spelling,
		.type = text_from(tenant->profile->access_token_type),
		.now = decision->now,
	};
	struct text payload = TEXT_ABSENT;
	const char *why = "not a JWT";
	outcome verified = keys_verify(tokens_keys(tokens), decision->arena,
				       &proof, &payload, &why);

	if (verified == BROKEN)
		return decision_broken(decision, "signing keys cannot be read");
	if (verified == REFUSED)
		return refuse_unknown(decision, access->spelling, why);
	return read_claims(decision, tokens, tenant, payload, access);
}

static outcome read_opaque(struct decision *decision, struct tokens *tokens,
			   const struct tenant *tenant,
			   const struct reference *opened,
			   struct access *access)
{
	struct text more;

	TRY(token_open_reference(decision, tokens, tenant,
				 &(struct token_lookup){
					 .kind = REFERENCE_ACCESS_TOKEN,
					 .spelling = access->spelling,
					 .opened = opened,
					 .unknown = REASON_TOKEN_UNKNOWN,
					 .wrong_kind = REASON_TOKEN_UNKNOWN,
				 },
				 &access->reference));
	more = access->reference.more;
	if (more.size < ISSUED_AT_SIZE + ACCESS_RANDOM_SIZE)
		return refuse_unknown(decision, access->spelling,
				      "its inside is too short");
	for (size_t i = 0; i < ISSUED_AT_SIZE; i++)
		access->issued_at = access->issued_at << 8 |
				    (unsigned char)more.at[i];
	more = text_from_byte(more, ISSUED_AT_SIZE + ACCESS_RANDOM_SIZE);
	if (!text_cut(&more, '\0', &access->scope) ||
	    !text_cut(&more, '\0', &access->audience))
		return refuse_unknown(decision, access->spelling,
				      "its inside lacks a part");
	access->confirmation = more.size > 0 ? more : TEXT_ABSENT;
	return DONE;
}

static bool is_jwt(struct text spelling)
{
	return text_find_byte(spelling, '.') < spelling.size;
}

static void hash_of(const struct access *access,
		    unsigned char hash[STORE_SPENT_SIZE])
{
	digest_sha256(access->reference.proven, hash);
}

static outcome check_spent(struct decision *decision, struct tokens *tokens,
			   const struct access *access)
{
	unsigned char hash[STORE_SPENT_SIZE];
	enum store_outcome found;

	if (!access->grant.has_spent_tokens)
		return DONE;
	hash_of(access, hash);
	found = store_find_spent(tenant_shard(decision, tokens_store(tokens),
					      access->grant.shard),
				 hash);
	if (found == STORE_NOT_FOUND)
		return DONE;
	TRY(tenant_store_outcome(decision, found));
	return refuse(decision, REASON_TOKEN_REVOKED,
		      .near_miss = TEXT("this one alone was revoked; its grant "
					"lives"));
}

static outcome check_alive(struct decision *decision,
			   const struct access *access)
{
	const struct grant *grant = &access->grant;

	if (access->expires_at <= instant_to_seconds(decision->now))
		return refuse(
			decision, REASON_TOKEN_EXPIRED,
			.near_miss = arena_format(
				decision->arena, "%lld s ago",
				(long long)(instant_to_seconds(decision->now) -
					    access->expires_at)));
	if (grant->revoked_at != INSTANT_NEVER)
		return refuse(decision, REASON_TOKEN_REVOKED,
			      .near_miss = arena_format(
				      decision->arena,
				      "its grant was revoked: %.*s",
				      TEXT_ARG(grant->revoked_reason)));
	return DONE;
}

outcome access_read(struct decision *decision, struct tokens *tokens,
		    const struct tenant *tenant,
		    const struct access_presented *presented,
		    struct access *access_out)
{
	*access_out = (struct access){.spelling = presented->spelling,
				      .is_jwt = is_jwt(presented->spelling)};
	if (access_out->is_jwt)
		TRY(read_jwt(decision, tokens, tenant, access_out));
	else
		TRY(read_opaque(decision, tokens, tenant, presented->opened,
				access_out));
	TRY(token_load_proven(decision, tokens, &access_out->reference,
			      REASON_TOKEN_UNKNOWN, &access_out->grant));
	access_out->expires_at = access_out->reference.expires_at;
	TRY(check_alive(decision, access_out));
	TRY(check_spent(decision, tokens, access_out));
	decision_note(decision, "access token",
		      access_out->is_jwt ? "genuine and alive (JWT)"
					 : "genuine and alive (opaque)");
	return DONE;
}

outcome access_revoke(struct decision *decision, struct tokens *tokens,
		      const struct access *access)
{
	unsigned char hash[STORE_SPENT_SIZE];
	enum store_outcome spent;

	hash_of(access, hash);
	spent = store_spend_access_token(
		tenant_shard(decision, tokens_store(tokens),
			     access->grant.shard),
		access->grant.id, hash,
		instant_from_seconds(access->expires_at));
	if (spent == STORE_ALREADY || spent == STORE_CONFLICT)
		return DONE;
	return tenant_store_outcome(decision, spent);
}
