/* SPDX-License-Identifier: Apache-2.0 */
/* Claims of a JSON Web Token (RFC 7519), to be read only after jws_verify. */
#pragma once

#include "base/instant.h"
#include "jose/jws.h"

/* A time that the token does not state; 0 is 1970, and long past. */
#define JWT_TIME_ABSENT INT64_MIN

/* What is not there is absent text, NULL or JWT_TIME_ABSENT. */
struct jwt_claims {
	struct json_document *document;
	const struct json *all; /* an object */
	struct text issuer; /* "iss" */
	struct text subject; /* "sub" */
	struct text id; /* "jti" */
	const struct json *audience; /* "aud": a string or an array of them */
	instant expires_at; /* "exp" */
	instant not_before_at; /* "nbf" */
	instant issued_at; /* "iat" */
};

/*
 * Parses the bytes that jws_verify gave. REFUSED with a sentence (static) in
 * *why_out when they are not one JSON object, or a registered claim is of a wrong
 * type: times are numbers of seconds, whole or not, from 0 to the end of the
 * year 9999. To be ended with jwt_wipe.
 */
outcome jwt_parse(struct text payload, struct jwt_claims *claims_out,
		  const char **why_out) MUST_USE;
void jwt_wipe(struct jwt_claims *claims);

/*
 * `sub` of a token of which nothing is verified: only to find the party whose
 * key is to verify it (RFC 7521 section 4.2). Absent when there is none that can
 * be read.
 */
struct text jwt_peek_subject(struct arena *arena, const struct jws *jws);

/* What a token has to fulfil; what is left zero is not asked for. */
struct jwt_checks {
	struct text issuer;
	/* `aud` is it, or an array that holds it. */
	struct text audience;
	/* `aud` is that one string, not an array (client assertions, J14). */
	bool needs_lone_audience;
	bool needs_expiry;
	/* Longest time from now to `exp`, in seconds; 0: any. */
	int64_t longest_for;
	instant now;
	int64_t leeway_for;
};

/*
 * REFUSED with a sentence (static) in *why_out. Expired at `exp`, leeway added;
 * not yet valid before `nbf`, and before `iat`, leeway subtracted. Whether a time
 * is there at all is asked by needs_expiry alone.
 */
outcome jwt_check(const struct jwt_claims *claims,
		  const struct jwt_checks *checks, const char **why_out)
	MUST_USE;

/* Appends at_hash or c_hash of `value`: the left half of the algorithm's digest
 * in base64url (OpenID Connect Core 3.1.3.6, 3.3.2.11). */
void jwt_hash_half(const struct jws_algorithm *algorithm, struct text value,
		   struct buf *out);
