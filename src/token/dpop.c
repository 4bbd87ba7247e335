/* SPDX-License-Identifier: Apache-2.0 */
/* Reads DPoP proofs (RFC 9449 sections 4.2 and 4.3). */
#include "token/dpop.h"

#include "base/encoding.h"
#include "crypto/digest.h"
#include "jose/jwk.h"
#include "jose/jwt.h"

#define ALGORITHMS_MAX 256

static outcome refuse_malformed(struct decision *decision, const char *why)
{
	return refuse(decision, REASON_DPOP_MALFORMED,
		      .near_miss = text_from(why));
}

static struct text thumbprint_of(struct arena *arena, const struct pkey *key)
{
	struct buf bytes = buf_init_arena(arena, SHA256_SIZE);
	struct buf encoded = buf_init_arena(arena, DPOP_THUMBPRINT_SIZE);

	if (jwk_thumbprint(key, &bytes) != DONE)
		return TEXT_ABSENT;
	base64url_encode(&encoded, buf_text(&bytes));
	return buf_text(&encoded);
}

/* The header alone decides the algorithm, but only among the asymmetric ones and
 * for a key that fits: there is no secret that it could be confused with. */
static outcome verify(struct decision *decision, const struct profile *profile,
		      const struct jws *jws, struct pkey *key,
		      struct text *payload_out)
{
	const struct jws_algorithm *algorithm =
		jws_algorithm_find(jws->algorithm);

	if (algorithm == NULL ||
	    !profile_allows_algorithm(profile, jws->algorithm))
		return refuse(
			decision, REASON_DPOP_MALFORMED,
			.expected = dpop_algorithms(decision->arena, profile),
			.received = arena_copy(decision->arena,
					       text_first(jws->algorithm, 16)),
			.near_miss = TEXT("alg is not one of those"));
	if (!pkey_fits(key, algorithm->scheme))
		return refuse_malformed(decision, "alg and jwk do not fit");
	if (jws_verify(jws, key, algorithm, payload_out) != DONE)
		return refuse(decision, REASON_DPOP_SIGNATURE_WRONG);
	return DONE;
}

static outcome prove_key(struct decision *decision,
			 const struct profile *profile, const struct jws *jws,
			 struct dpop_proof *proof, struct text *payload_out)
{
	const struct json *jwk = json_find(json_root(jws->header), "jwk");
	struct pkey *key = NULL;
	const char *why = NULL;
	outcome result;

	if (!jws_has_type(jws, TEXT("dpop+jwt")))
		return refuse_malformed(decision, "typ is not dpop+jwt");
	if (jwk == NULL)
		return refuse_malformed(decision, "the header has no jwk");
	result = jwk_parse(jwk, &key, &why);
	if (result == BROKEN)
		return decision_broken(decision, "a proof's key: no memory");
	if (result == REFUSED)
		return refuse_malformed(decision, why);
	result = verify(decision, profile, jws, key, payload_out);
	proof->thumbprint = thumbprint_of(decision->arena, key);
	pkey_unref(&key);
	return result;
}

/* A string, or not there; *is_right_out becomes false for anything else. */
static struct text take(struct arena *arena, const struct json *all,
			const char *name, bool *is_right_out)
{
	const struct json *value = json_find(all, name);

	if (value != NULL && !json_is(value, JSON_STRING))
		*is_right_out = false;
	return arena_copy(arena, json_text(value));
}

static outcome take_claims(struct decision *decision,
			   const struct jwt_claims *claims,
			   struct dpop_proof *proof)
{
	struct arena *arena = decision->arena;
	bool is_right = true;

	proof->id = take(arena, claims->all, "jti", &is_right);
	proof->method = take(arena, claims->all, "htm", &is_right);
	proof->url = take(arena, claims->all, "htu", &is_right);
	proof->token_hash = take(arena, claims->all, "ath", &is_right);
	proof->nonce = take(arena, claims->all, "nonce", &is_right);
	proof->issued_at = claims->issued_at;
	if (!is_right)
		return refuse_malformed(decision,
					"one of jti, htm, htu, ath and nonce "
					"is not a string");
	if (proof->id.size == 0)
		return refuse_malformed(decision, "there is no jti");
	if (proof->id.size > DPOP_ID_MAX)
		return refuse_malformed(decision, "jti has over 255 bytes");
	if (!text_is_present(proof->method))
		return refuse_malformed(decision, "there is no htm");
	if (!text_is_present(proof->url))
		return refuse_malformed(decision, "there is no htu");
	if (proof->issued_at == JWT_TIME_ABSENT)
		return refuse_malformed(decision, "there is no iat");
	return DONE;
}

static outcome read_claims(struct decision *decision, struct text payload,
			   struct dpop_proof *proof)
{
	CLEANUP(jwt_wipe) struct jwt_claims claims = {0};
	const char *why = NULL;

	if (jwt_parse(payload, &claims, &why) != DONE)
		return refuse_malformed(decision, why);
	return take_claims(decision, &claims, proof);
}

outcome dpop_read(struct decision *decision, const struct profile *profile,
		  struct text compact, struct dpop_proof *proof_out)
{
	CLEANUP(jws_wipe) struct jws jws = {0};
	struct text payload = TEXT_ABSENT;
	const char *why = NULL;

	*proof_out = (struct dpop_proof){0};
	if (compact.size > DPOP_SIZE_MAX)
		return refuse_malformed(decision, "it is too long");
	if (text_find_byte(compact, ',') < compact.size)
		return refuse(decision, REASON_DPOP_REPEATED,
			      .near_miss = TEXT("two values, joined by a "
						"comma"));
	if (jws_parse(decision->arena, compact, &jws, &why) != DONE)
		return refuse_malformed(decision, why);
	TRY(prove_key(decision, profile, &jws, proof_out, &payload));
	return read_claims(decision, payload, proof_out);
}

bool dpop_is_thumbprint(struct text text)
{
	struct buf bytes = buf_init(SHA256_SIZE);
	bool is_right = text.size == DPOP_THUMBPRINT_SIZE &&
			base64url_decode(text, &bytes);

	buf_wipe(&bytes);
	return is_right;
}

struct text dpop_algorithms(struct arena *arena, const struct profile *profile)
{
	struct buf names = buf_init_arena(arena, ALGORITHMS_MAX);
	const struct jws_algorithm *algorithm;

	for (size_t i = 0; (algorithm = jws_algorithm_at(i)) != NULL; i++) {
		if (!profile_allows_algorithm(profile,
					      text_from(algorithm->name)))
			continue;
		if (names.size > 0)
			buf_add_byte(&names, ' ');
		buf_add_string(&names, algorithm->name);
	}
	return buf_text(&names);
}
