/* SPDX-License-Identifier: Apache-2.0 */
/* Registered claims by their types, and the rules on them (RFC 7519 4.1). */
#include "jose/jwt.h"

#include "base/encoding.h"
#include "crypto/digest.h"

/* 9999-12-31T23:59:59Z: in microseconds, far below 2^63. */
#define SECONDS_MAX INT64_C(253402300799)

static outcome refused(const char **why_out, const char *why)
{
	*why_out = why;
	return REFUSED;
}

/* A string, or not there. */
static bool read_string(const struct jwt_claims *claims, const char *name,
			struct text *value_out)
{
	const struct json *value = json_find(claims->all, name);

	*value_out = json_text(value);
	return value == NULL || text_is_present(*value_out);
}

/* NumericDate (RFC 7519 section 2), or not there. */
static bool read_time(const struct jwt_claims *claims, const char *name,
		      instant *at_out)
{
	const struct json *value = json_find(claims->all, name);
	int64_t seconds;
	double real;

	*at_out = JWT_TIME_ABSENT;
	if (value == NULL)
		return true;
	if (json_integer(value, &seconds)) {
		if (seconds < 0 || seconds > SECONDS_MAX)
			return false;
		*at_out = instant_from_seconds(seconds);
		return true;
	}
	/* Written so that what compares with nothing (NaN) is refused too. */
	if (!json_real(value, &real) ||
	    !(real >= 0 && real <= (double)SECONDS_MAX))
		return false;
	*at_out = (instant)(real * (double)INSTANT_SECOND);
	return true;
}

static bool read_audience(struct jwt_claims *claims)
{
	const struct json *audience = json_find(claims->all, "aud");

	claims->audience = audience;
	if (audience == NULL || json_is(audience, JSON_STRING))
		return true;
	if (!json_is(audience, JSON_ARRAY))
		return false;
	for (size_t i = 0; i < json_count(audience); i++) {
		if (!json_is(json_at(audience, i), JSON_STRING))
			return false;
	}
	return true;
}

static outcome read_claims(struct jwt_claims *claims, const char **why_out)
{
	claims->all = json_root(claims->document);
	if (!json_is(claims->all, JSON_OBJECT))
		return refused(why_out, "the claims are not an object");
	if (!read_string(claims, "iss", &claims->issuer))
		return refused(why_out, "iss is not a string");
	if (!read_string(claims, "sub", &claims->subject))
		return refused(why_out, "sub is not a string");
	if (!read_string(claims, "jti", &claims->id))
		return refused(why_out, "jti is not a string");
	if (!read_audience(claims))
		return refused(why_out, "aud is not a string or strings");
	if (!read_time(claims, "exp", &claims->expires_at))
		return refused(why_out, "exp is not a time");
	if (!read_time(claims, "nbf", &claims->not_before_at))
		return refused(why_out, "nbf is not a time");
	if (!read_time(claims, "iat", &claims->issued_at))
		return refused(why_out, "iat is not a time");
	return DONE;
}

outcome jwt_parse(struct text payload, struct jwt_claims *claims_out,
		  const char **why_out)
{
	outcome result;

	*claims_out = (struct jwt_claims){.document = NULL};
	*why_out = NULL;
	result = json_parse(payload, JWS_SIZE_MAX, &claims_out->document, NULL);
	if (result == REFUSED)
		return refused(why_out, "the claims are not valid JSON");
	if (result == DONE)
		result = read_claims(claims_out, why_out);
	if (result != DONE)
		jwt_wipe(claims_out);
	return result;
}

void jwt_wipe(struct jwt_claims *claims)
{
	json_document_free(&claims->document);
	*claims = (struct jwt_claims){.document = NULL};
}

struct text jwt_peek_subject(struct arena *arena, const struct jws *jws)
{
	struct jwt_claims claims;
	struct text subject;
	const char *why;

	if (jwt_parse(jws->unverified_payload, &claims, &why) != DONE)
		return TEXT_ABSENT;
	subject = arena_copy(arena, claims.subject);
	jwt_wipe(&claims);
	return subject;
}

static outcome check_audience(const struct jwt_claims *claims,
			      const struct jwt_checks *checks,
			      const char **why_out)
{
	if (!text_is_present(checks->audience))
		return DONE;
	if (checks->needs_lone_audience &&
	    !json_is(claims->audience, JSON_STRING))
		return refused(why_out, "aud is not a single string");
	if (claims->audience == NULL ||
	    !json_has_text(claims->audience, checks->audience))
		return refused(why_out, "aud names somebody else");
	return DONE;
}

static outcome check_times(const struct jwt_claims *claims,
			   const struct jwt_checks *checks,
			   const char **why_out)
{
	instant leeway = instant_from_seconds(checks->leeway_for);
	instant latest = instant_after(checks->now, checks->longest_for);

	if (claims->expires_at == JWT_TIME_ABSENT) {
		if (checks->needs_expiry || checks->longest_for > 0)
			return refused(why_out, "there is no exp");
	} else {
		if (claims->expires_at <= checks->now - leeway)
			return refused(why_out, "it has expired");
		if (checks->longest_for > 0 &&
		    claims->expires_at > latest + leeway)
			return refused(why_out, "exp is too far away");
	}
	if (claims->not_before_at != JWT_TIME_ABSENT &&
	    claims->not_before_at > checks->now + leeway)
		return refused(why_out, "it is not valid yet");
	if (claims->issued_at != JWT_TIME_ABSENT &&
	    claims->issued_at > checks->now + leeway)
		return refused(why_out, "it was issued in the future");
	return DONE;
}

outcome jwt_check(const struct jwt_claims *claims,
		  const struct jwt_checks *checks, const char **why_out)
{
	*why_out = NULL;
	if (text_is_present(checks->issuer) &&
	    (!text_is_present(claims->issuer) ||
	     !text_equal(claims->issuer, checks->issuer)))
		return refused(why_out, "iss is somebody else");
	TRY(check_audience(claims, checks, why_out));
	return check_times(claims, checks, why_out);
}

void jwt_hash_half(const struct jws_algorithm *algorithm, struct text value,
		   struct buf *out)
{
	unsigned char hash[DIGEST_MAX_SIZE];
	size_t size = digest_of((enum digest)algorithm->digest, value, hash);

	base64url_encode(out, text_of(hash, size / 2));
}
