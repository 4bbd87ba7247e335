/* SPDX-License-Identifier: Apache-2.0 */
/* Verifies request objects and reads their parameters (RFC 9101 section 6). */
#include "oauth/request_object.h"

#include "client_auth/client_keys.h"
#include "jose/jwt.h"
#include "keys/keys.h"
#include "json/writer.h"

/* FAPI 2.0 Message Signing 5.3.1: nbf and exp an hour at most from now; clocks
 * may differ by ten seconds (Security Profile 5.3.2.1). */
#define LONGEST_FOR 3600
#define LEEWAY_FOR 10
/* A page that it led to may stand open until then, whatever its exp. */
#define OPENED_FOR (3 * 3600)
#define MEMBER_MAX 12000

static outcome refuse_malformed(struct authorization *authorization,
				const char *near_miss)
{
	return refuse(authorization->decision, REASON_REQUEST_OBJECT_MALFORMED,
		      .argument = TEXT("request"),
		      .near_miss = text_from(near_miss));
}

/* RFC 9101 section 10.8: no other kind of JWT passes for one. */
static outcome check_type(struct authorization *authorization,
			  const struct jws *jws)
{
	if (!text_is_present(jws->type) || jws_has_type(jws, TEXT("JWT")) ||
	    jws_has_type(jws, TEXT("oauth-authz-req+jwt")))
		return DONE;
	return refuse_malformed(authorization,
				"its typ is that of another kind of JWT");
}

static struct text algorithms_of(const struct profile *profile)
{
	return profile->limits.algorithms == NULL
		       ? TEXT("an asymmetric algorithm")
		       : text_from(profile->limits.algorithms);
}

/* The registered one alone; where none is, any that signs by a key pair. */
static outcome find_algorithm(struct authorization *authorization,
			      const struct jws *jws,
			      const struct jws_algorithm **algorithm_out)
{
	struct text registered = authorization->client->request_object_alg;
	const struct profile *profile = authorization->base->tenant->profile;

	*algorithm_out = jws_algorithm_find(jws->algorithm);
	if (*algorithm_out != NULL &&
	    profile_allows_algorithm(profile, jws->algorithm) &&
	    (registered.size == 0 || text_equal(registered, jws->algorithm)))
		return DONE;
	return refuse(authorization->decision, REASON_REQUEST_OBJECT_ALGORITHM,
		      .argument = TEXT("request"),
		      .expected = registered.size > 0 ? registered
						      : algorithms_of(profile),
		      .received = arena_copy(authorization->decision->arena,
					     text_first(jws->algorithm, 32)));
}

static outcome refuse_signature(struct authorization *authorization,
				const struct client_keys_search *search,
				const char *near_miss)
{
	struct decision *decision = authorization->decision;
	const struct jws *jws = search->jws;

	return refuse(
		decision, REASON_REQUEST_OBJECT_SIGNATURE,
		.argument = TEXT("request"),
		.expected = authorization->client->jwks_uri,
		.received = arena_format(decision->arena, "alg %.*s, kid %.*s",
					 TEXT_ARG(jws->algorithm),
					 TEXT_ARG(text_first(jws->key_id, 64))),
		.near_miss = text_from(near_miss));
}

static outcome verify(struct authorization *authorization,
		      const struct jws *jws, struct text *payload_out)
{
	struct client_keys_search search = {
		.decision = authorization->decision,
		.fetch = authorization->oauth->fetch,
		.client = authorization->client,
		.jws = jws,
	};

	switch (client_keys_verify(&search)) {
	case CLIENT_KEYS_VERIFIED:
		*payload_out = search.payload;
		return DONE;
	case CLIENT_KEYS_UNKNOWN:
		return refuse_signature(authorization, &search,
					"no key of the client's has this kid, "
					"alg and use");
	case CLIENT_KEYS_WRONG:
		return refuse_signature(authorization, &search,
					"by no key of the client's");
	case CLIENT_KEYS_UNREACHABLE:
		return refuse_signature(authorization, &search, search.why);
	case CLIENT_KEYS_BROKEN:
		break;
	}
	return decision_broken(
		authorization->decision,
		"a request object's signature cannot be checked");
}

static outcome refuse_claims(struct authorization *authorization,
			     const char *near_miss)
{
	return refuse(authorization->decision, REASON_REQUEST_OBJECT_CLAIMS,
		      .argument = TEXT("request"),
		      .expected = authorization->base->tenant->issuer,
		      .near_miss = text_from(near_miss));
}

/* FAPI 2.0 Message Signing 5.3.1: both are there, an hour apart at most. */
static outcome check_dates(struct authorization *authorization,
			   const struct jwt_claims *claims)
{
	if (!authorization->base->tenant->profile->limits.dates_request_objects)
		return DONE;
	if (claims->not_before_at == JWT_TIME_ABSENT)
		return refuse_claims(authorization, "there is no nbf");
	if (claims->expires_at >
	    instant_after(claims->not_before_at, LONGEST_FOR))
		return refuse_claims(authorization,
				     "exp is more than an hour after nbf");
	return DONE;
}

static outcome check_registered(struct authorization *authorization,
				const struct jwt_claims *claims)
{
	instant now = authorization->decision->now;
	struct jwt_checks checks = {
		.issuer = authorization->client->id,
		.audience = authorization->base->tenant->issuer,
		.needs_expiry = true,
		.longest_for = LONGEST_FOR,
		.now = now,
		.leeway_for = authorization->is_opened ? OPENED_FOR
						       : LEEWAY_FOR,
	};
	const char *why = NULL;

	if (jwt_check(claims, &checks, &why) != DONE)
		return refuse_claims(authorization, why);
	if (claims->not_before_at != JWT_TIME_ABSENT &&
	    instant_after(claims->not_before_at,
			  LONGEST_FOR + checks.leeway_for) < now)
		return refuse_claims(authorization,
				     "nbf is more than an hour ago");
	TRY(check_dates(authorization, claims));
	/* RFC 9101 section 10.8: then it would be a client assertion. */
	if (text_is_present(claims->subject) &&
	    text_equal(claims->subject, authorization->client->id))
		return refuse_claims(authorization, "sub is the client");
	return DONE;
}

/* What is said of the JWT itself is no parameter. */
static bool is_registered_claim(struct text name)
{
	static const char *const names[] = {"iss", "sub", "aud", "exp",
					    "nbf", "iat", "jti"};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (text_equal(name, text_from(names[i])))
			return true;
	return false;
}

/* As the parameter is written in a query: strings as they are, all else as
 * JSON. */
static struct text value_of(struct arena *arena, const struct json *value)
{
	struct buf text = buf_init_arena(arena, MEMBER_MAX);
	struct json_writer writer = {.buf = &text};

	if (json_is(value, JSON_STRING))
		return arena_copy(arena, json_text(value));
	json_write_value(&writer, value);
	return text.is_over ? TEXT_ABSENT : buf_text(&text);
}

static outcome add_field(struct authorization *authorization, struct form *form,
			 struct text name, const struct json *value)
{
	struct arena *arena = authorization->decision->arena;
	struct text text = value_of(arena, value);

	if (!text_is_present(text) || form->count == FORM_FIELD_COUNT_MAX ||
	    text_find_byte(text, '\0') < text.size)
		return refuse_malformed(authorization,
					"too much in it, or a NUL");
	form->fields[form->count++] =
		(struct form_field){arena_copy(arena, name), text};
	return DONE;
}

/* `resource` may be an array: it may stand several times (RFC 8707 2). */
static outcome add_member(struct authorization *authorization,
			  struct form *form, struct text name,
			  const struct json *value)
{
	if (is_registered_claim(name) || json_is(value, JSON_NULL))
		return DONE;
	if (!text_equal(name, TEXT("resource")) || !json_is(value, JSON_ARRAY))
		return add_field(authorization, form, name, value);
	for (size_t i = 0; i < json_count(value); i++)
		TRY(add_field(authorization, form, name, json_at(value, i)));
	return DONE;
}

static outcome read_parameters(struct authorization *authorization,
			       const struct jwt_claims *claims,
			       struct form *form_out)
{
	const struct json *value;
	struct text name;
	void *at = NULL;

	*form_out = (struct form){
		.fields = ARENA_ARRAY(authorization->decision->arena,
				      struct form_field, FORM_FIELD_COUNT_MAX),
	};
	while (json_next(claims->all, &at, &name, &value))
		TRY(add_member(authorization, form_out, name, value));
	return DONE;
}

/* Five parts, not three. */
static bool is_encrypted(struct text compact)
{
	size_t dots = 0;

	for (size_t i = 0; i < compact.size; i++)
		dots += compact.at[i] == '.';
	return dots == 4;
}

static outcome refuse_encryption(struct authorization *authorization,
				 const char *near_miss)
{
	return refuse(authorization->decision, REASON_REQUEST_OBJECT_ENCRYPTION,
		      .argument = TEXT("request"),
		      .near_miss = text_from(near_miss));
}

/* A nested JWT (RFC 7519 section 5.2): what is inside is always signed (RFC 9101
 * section 4). */
static bool says_nested(const struct jwe *jwe)
{
	return !text_is_present(jwe->content_type) ||
	       text_equal_nocase(jwe->content_type, TEXT("JWT")) ||
	       text_equal_nocase(jwe->content_type,
				 TEXT("oauth-authz-req+jwt"));
}

static outcome decrypt_parsed(struct authorization *authorization,
			      const struct jwe *jwe, struct text *signed_out)
{
	const struct keys_ciphertext ciphertext = {
		.tenant_id = authorization->base->tenant->id,
		.jwe = jwe,
		.now = authorization->decision->now,
	};
	outcome decrypted;

	if (!says_nested(jwe))
		return refuse_encryption(authorization,
					 "its cty says that no JWT is inside");
	decrypted = keys_decrypt(authorization->oauth->keys,
				 authorization->decision->arena, &ciphertext,
				 signed_out);
	if (decrypted == REFUSED)
		return refuse_encryption(authorization,
					 "encrypted to no key that this tenant "
					 "has or lately had, or altered");
	if (decrypted != DONE)
		return decision_broken(authorization->decision,
				       "the tenant's keys cannot be read");
	decision_note(authorization->decision, "request",
		      "encrypted to this tenant by %.*s",
		      TEXT_ARG(jwe->algorithm));
	return DONE;
}

/* The signed object inside; one that is not encrypted, as it is. Whatever is
 * wrong with a JWE, the answer is the same: no oracle (attacks J16 to J23). */
static outcome decrypt(struct authorization *authorization, struct text compact,
		       struct text *signed_out)
{
	CLEANUP(jwe_wipe) struct jwe jwe = {.header = NULL};
	const char *why = NULL;

	*signed_out = compact;
	if (!is_encrypted(compact))
		return DONE;
	if (jwe_parse(authorization->decision->arena, compact, &jwe, &why) !=
	    DONE)
		return refuse_encryption(authorization, why);
	return decrypt_parsed(authorization, &jwe, signed_out);
}

outcome request_object_open(struct authorization *authorization,
			    struct text compact, struct form *form_out)
{
	CLEANUP(jws_wipe) struct jws jws = {0};
	CLEANUP(jwt_wipe) struct jwt_claims claims = {0};
	const struct jws_algorithm *algorithm = NULL;
	struct text payload = TEXT_ABSENT;
	struct text inside = TEXT_ABSENT;
	const char *why = NULL;

	TRY(decrypt(authorization, compact, &inside));
	if (jws_parse(authorization->decision->arena, inside, &jws, &why) !=
	    DONE)
		return refuse_malformed(authorization, why);
	TRY(check_type(authorization, &jws));
	TRY(find_algorithm(authorization, &jws, &algorithm));
	TRY(verify(authorization, &jws, &payload));
	if (jwt_parse(payload, &claims, &why) != DONE)
		return refuse_malformed(authorization, why);
	TRY(check_registered(authorization, &claims));
	TRY(read_parameters(authorization, &claims, form_out));
	decision_note(authorization->decision, "request",
		      "signed by the client with %s", algorithm->name);
	return DONE;
}
