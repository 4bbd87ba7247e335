/* SPDX-License-Identifier: Apache-2.0 */
/* A tenant's keys: held, rotated, published; they sign and decrypt on request,
 * unseen. */
#pragma once

#include "base/arena.h"
#include "jose/jwe.h"
#include "keys/master.h"
#include "loop/worker.h"
#include "store/store.h"
#include "json/writer.h"

struct keys;

/* Borrows all three; `workers` may be NULL (keys are then made where one asks).
 */
struct keys *keys_new(struct store *store, const struct master *master,
		      struct worker_pool *workers);
void keys_free(struct keys **keys);

/* What it may remember of the tenants' keys, bytes: KEYS_SIZE_DEFAULT until told.
 * Beyond it the tenants that have long not been met are read anew. Thread-safe. */
void keys_limit(struct keys *keys, size_t size_most);
#define KEYS_SIZE_DEFAULT ((size_t)64 * 1024 * 1024)

/* Forgets what it has read, so that keys rotated elsewhere are seen: when the
 * store's config epoch was raised. Thread-safe. */
void keys_forget(struct keys *keys);
/* Reads a tenant's keys anew; when the store does not answer, those before stay. */
void keys_renew(struct keys *keys, int64_t tenant_id, instant now);

/* The name as a constant, when it is of SIGNING_KEY_ALGORITHMS or
 * ENCRYPTION_KEY_ALGORITHMS; else NULL. */
const char *keys_algorithm_name(struct text algorithm);

/*
 * Makes the tenant's key of that algorithm (of one of the two lists) and state
 * (CURRENT or NEXT) unless there is one. Takes up to a second for RSA.
 */
outcome keys_make(struct keys *keys, int64_t tenant_id, const char *algorithm,
		  enum signing_key_state state, instant now) MUST_USE;
/*
 * NEXT becomes CURRENT, CURRENT becomes PREVIOUS and is published until
 * `retires_at`, a new NEXT is made. REFUSED when there is no NEXT yet, or
 * another rotated at the same time.
 */
outcome keys_rotate(struct keys *keys, int64_t tenant_id, const char *algorithm,
		    instant now, instant retires_at) MUST_USE;

/* Which CURRENT and NEXT keys the tenants have: read of all of them at once, in an
 * arena. */
struct keys_held {
	const struct signing_key *keys; /* by tenant */
	size_t count;
};
outcome keys_load_held(struct keys *keys, struct arena *arena,
		       struct keys_held *held_out) MUST_USE;
MUST_USE bool keys_held_has(const struct keys_held *held, int64_t tenant_id,
			    struct text algorithm,
			    enum signing_key_state state);

/* A JWS to be made. */
struct keys_request {
	int64_t tenant_id;
	struct text algorithm; /* "RS256" */
	struct text type; /* header "typ"; absent: none */
	struct text payload;
	instant now;
};

/* Appends the compact JWS, with the current key's kid. REFUSED when the tenant
 * has no key of that algorithm; BROKEN when it does not fit into *jws. */
outcome keys_sign(struct keys *keys, const struct keys_request *request,
		  struct buf *jws) MUST_USE;

/*
 * The payload of a JWS that this tenant signed with any published key, wanted
 * `type` in its header (absent: none demanded). REFUSED, with a sentence
 * (static) in *why_out, for anything else. The payload is in the arena.
 */
struct keys_proof {
	int64_t tenant_id;
	struct text compact;
	struct text type;
	instant now;
};
outcome keys_verify(struct keys *keys, struct arena *arena,
		    const struct keys_proof *proof, struct text *payload_out,
		    const char **why_out) MUST_USE;

/* Writes {"keys": […]} (RFC 7517 section 5): current ones, next ones, previous
 * ones that have not retired; each in the order of SIGNING_KEY_ALGORITHMS. Then
 * the current ones for encryption: nobody is to encrypt to another. */
outcome keys_write_jwks(struct keys *keys, int64_t tenant_id, instant now,
			struct json_writer *writer) MUST_USE;

/* Whether the tenant has a current key of that algorithm. */
MUST_USE bool keys_can_sign(struct keys *keys, int64_t tenant_id,
			    struct text algorithm, instant now);

/* A JWE to be decrypted. */
struct keys_ciphertext {
	int64_t tenant_id;
	const struct jwe *jwe;
	instant now;
};

/*
 * Its plaintext, in the arena. Tries the tenant's key of the header's kid and
 * alg; without a kid CURRENT and the newest PREVIOUS of the alg. REFUSED for every cause alike:
 * no such key, another's, altered (attacks J19, J22).
 */
outcome keys_decrypt(struct keys *keys, struct arena *arena,
		     const struct keys_ciphertext *ciphertext,
		     struct text *plain_out) MUST_USE;

/* Whether the tenant has a current key to be encrypted to by that algorithm. */
MUST_USE bool keys_can_decrypt(struct keys *keys, int64_t tenant_id,
			       struct text algorithm, instant now);
