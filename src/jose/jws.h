/* SPDX-License-Identifier: Apache-2.0 */
/* Compact JSON Web Signatures (RFC 7515): taken apart, verified, put together.
 */
#pragma once

#include "base/arena.h"
#include "crypto/pkey.h"
#include "json/json.h"

/* An algorithm of JWA as a record; jose/algorithm.c lists them. "none" is not
 * among them. */
struct jws_algorithm {
	const char *name; /* "RS256" */
	enum pkey_scheme scheme;
	/* For at_hash and c_hash: half of this digest (OpenID Connect Core
	 * 3.1.3.6); EdDSA over Ed25519: SHA-512. */
	int digest; /* enum digest */
};

/* NULL when we do not have it; names are case-sensitive. */
const struct jws_algorithm *jws_algorithm_find(struct text name);
/* All of them, from 0; NULL past the end. */
const struct jws_algorithm *jws_algorithm_at(size_t index);

/* A compact JWS taken apart; nothing in it is verified yet. */
struct jws {
	struct text signing_input;
	/* For jws_verify, jws_hmac_verify and jwt_peek_subject: everyone else
	 * reads what has been verified. */
	struct text unverified_payload;
	struct text signature; /* bytes */
	struct json_document *header;
	struct text algorithm;
	struct text key_id; /* absent when there is none */
	struct text type; /* "typ", absent when there is none */
};

#define JWS_SIZE_MAX 16384

/*
 * Takes apart exactly three canonical base64url parts, at most JWS_SIZE_MAX in
 * all. REFUSED with a sentence (static) in *why_out: malformed parts, header not
 * an object, missing or non-string alg, `crit` or `b64` that we do not
 * understand. Borrows `compact`, takes what its payload and signature have of the
 * arena; to be ended with jws_wipe.
 */
outcome jws_parse(struct arena *arena, struct text compact, struct jws *jws_out,
		  const char **why_out) MUST_USE;
void jws_wipe(struct jws *jws);

/* Whether "typ" names the media type `type` ("at+jwt"), with or without
 * "application/" and in either case (RFC 7515 section 4.1.9). */
bool jws_has_type(const struct jws *jws, struct text type);

/*
 * The payload's bytes, only after the signature has been found right with this
 * key and exactly this algorithm (RFC 8725 section 3.1: the caller's, never the
 * header's); REFUSED otherwise.
 */
outcome jws_verify(const struct jws *jws, struct pkey *key,
		   const struct jws_algorithm *algorithm,
		   struct text *payload_out) MUST_USE;

/* Appends base64url(header) '.' base64url(payload): what gets signed. */
void jws_signing_input(struct buf *buf, struct text header,
		       struct text payload);
