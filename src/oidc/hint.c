/* SPDX-License-Identifier: Apache-2.0 */
/* Reads id_token_hint: an ID token of ours, expired or not (OIDC Core 3.1.2.1).
 */
#include "jose/jwt.h"
#include "oidc/internal.h"
#include "token/reference.h"

/* What is read of one. */
struct reading {
	struct oauth *oauth;
	struct decision *decision;
	const struct tenant *tenant;
	struct text hint;
};

static outcome refuse_hint(const struct reading *reading, const char *near_miss)
{
	return refuse(reading->decision, REASON_HINT_INVALID,
		      .argument = TEXT("id_token_hint"),
		      .received =
			      decision_redact(reading->decision, reading->hint),
		      .near_miss = text_from(near_miss));
}

/* The header's typ is what this tenant's ID tokens have, none or "JWT". */
static bool has_type_of_id_tokens(const struct reading *reading)
{
	CLEANUP(jws_wipe) struct jws jws = {0};
	const char *why = NULL;

	if (jws_parse(reading->decision->arena, reading->hint, &jws, &why) !=
	    DONE)
		return false;
	return reading->tenant->profile->flags.type_header
		       ? jws_has_type(&jws, TEXT("JWT"))
		       : !text_is_present(jws.type);
}

static outcome verify(const struct reading *reading, struct text *payload_out)
{
	struct keys_proof proof = {
		.tenant_id = reading->tenant->id,
		.compact = reading->hint,
		.now = reading->decision->now,
	};
	const char *why = "not a JWT";
	outcome verified = keys_verify(reading->oauth->keys,
				       reading->decision->arena, &proof,
				       payload_out, &why);

	if (verified == BROKEN)
		return decision_broken(reading->decision,
				       "signing keys cannot be read");
	if (verified == REFUSED)
		return refuse_hint(reading, why);
	if (!has_type_of_id_tokens(reading))
		return refuse_hint(reading, "its typ is not that of an ID "
					    "token: another kind of token?");
	return DONE;
}

/* Where both have one typ (auth0), the jti tells them apart. */
static bool is_access_token(const struct reading *reading,
			    const struct jwt_claims *claims)
{
	struct reference reference;

	return text_is_present(claims->id) &&
	       reference_open(reading->oauth->tokens, reading->decision->arena,
			      reading->tenant->id, claims->id, &reference);
}

/* The one audience that an ID token of ours has. */
static struct text client_of(const struct jwt_claims *claims)
{
	if (json_is(claims->audience, JSON_ARRAY) &&
	    json_count(claims->audience) == 1)
		return json_text(json_at(claims->audience, 0));
	return json_text(claims->audience);
}

static outcome take_claims(const struct reading *reading,
			   const struct jwt_claims *claims,
			   struct oauth_hint *hint_out)
{
	struct arena *arena = reading->decision->arena;

	if (is_access_token(reading, claims))
		return refuse_hint(reading, "it is an access token");
	if (!text_equal(claims->issuer, reading->tenant->issuer))
		return refuse(reading->decision, REASON_HINT_INVALID,
			      .argument = TEXT("id_token_hint"),
			      .expected = reading->tenant->issuer,
			      .received = arena_copy(arena, claims->issuer),
			      .near_miss = decision_difference(
				      reading->decision,
				      reading->tenant->issuer, claims->issuer));
	hint_out->subject = arena_copy(arena, claims->subject);
	hint_out->client_id = arena_copy(arena, client_of(claims));
	hint_out->sid =
		arena_copy(arena, json_text(json_find(claims->all, "sid")));
	if (hint_out->subject.size == 0 || hint_out->client_id.size == 0)
		return refuse_hint(reading, "it lacks sub or aud");
	return DONE;
}

outcome oidc_read_hint(struct oauth *oauth, struct decision *decision,
		       const struct tenant *tenant, struct text hint,
		       struct oauth_hint *hint_out)
{
	struct reading reading = {oauth, decision, tenant, hint};
	CLEANUP(jwt_wipe) struct jwt_claims claims = {0};
	struct text payload = TEXT_ABSENT;
	const char *why = NULL;

	*hint_out = (struct oauth_hint){.subject = TEXT_ABSENT};
	TRY(verify(&reading, &payload));
	if (jwt_parse(payload, &claims, &why) != DONE)
		return refuse_hint(&reading, why);
	TRY(take_claims(&reading, &claims, hint_out));
	decision_note(decision, "id_token_hint", "an ID token of this tenant");
	return DONE;
}
