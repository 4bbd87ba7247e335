/* SPDX-License-Identifier: Apache-2.0 */
/* Which of a client's registered keys signed: of its `jwks`, or at its
 * `jwks_uri` (RFC 7591 section 2). */
#pragma once

#include "decision/decision.h"
#include "fetch/fetch.h"
#include "jose/jws.h"
#include "model/client.h"

/* A set with more is not read. */
#define CLIENT_KEYS_MAX 32

enum client_keys_answer {
	CLIENT_KEYS_VERIFIED,
	CLIENT_KEYS_UNKNOWN, /* no key is one that could have signed */
	CLIENT_KEYS_WRONG, /* those that could did not */
	CLIENT_KEYS_UNREACHABLE, /* the jwks_uri cannot be read: `why` */
	CLIENT_KEYS_BROKEN,
};

struct client_keys_search {
	struct decision *decision;
	struct fetch *fetch;
	const struct client *client;
	const struct jws *jws; /* of an algorithm that we have */
	/* What came of it. */
	struct text payload; /* verified, in the arena */
	size_t key_count; /* how many the set has */
	const char *why; /* a sentence (static) */
};

/* Whether it has any to look for. */
bool client_keys_are_registered(const struct client *client);

/*
 * Tries the keys that the header's kid and alg, and use and key_ops of the key,
 * allow. What is at a jwks_uri is kept; a key that it lacks may be new, so that
 * it is fetched anew, once a minute at most (fetch.h; attack S05). Parks the
 * task.
 */
enum client_keys_answer client_keys_verify(struct client_keys_search *search)
	MUST_USE;
