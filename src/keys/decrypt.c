/* SPDX-License-Identifier: Apache-2.0 */
/* Decrypts what was encrypted to a tenant (RFC 7516 section 5.2). */
#include "keys/ring.h"

/* Of a header without a kid: an RSA key holds the loop up for most of a
 * millisecond, and strangers may ask. It is tried with the key that is published
 * and the one before. */
#define KEYS_TRIED_MAX 2

/* Who names no key encrypts to one that is or was published. */
static bool is_named(const struct ring_key *key, const struct jwe *jwe)
{
	if (text_is_present(jwe->key_id))
		return text_equal(key->id, jwe->key_id);
	return key->state != SIGNING_KEY_NEXT;
}

static bool is_meant(const struct ring_key *key, const struct jwe *jwe,
		     instant now)
{
	bool has_retired = key->retires_at != INSTANT_NEVER &&
			   key->retires_at <= now;

	return key->signs_by == NULL && !has_retired &&
	       text_equal(key->algorithm, jwe->algorithm) && is_named(key, jwe);
}

outcome keys_decrypt(struct keys *keys, struct arena *arena,
		     const struct keys_ciphertext *ciphertext,
		     struct text *plain_out)
{
	CLEANUP(ring_unref) struct ring *ring = NULL;
	const struct jwe *jwe = ciphertext->jwe;
	size_t tried = 0;

	TRY(keys_load_ring(keys, ciphertext->tenant_id, ciphertext->now,
			   &ring));
	for (size_t i = 0; i < ring->count && tried < KEYS_TRIED_MAX; i++) {
		const struct ring_key *key = &ring->keys[i];
		struct pkey *pair;

		if (!is_meant(key, jwe, ciphertext->now))
			continue;
		TRY(ring_open_key(ring, key, &pair));
		if (jwe_decrypt(arena, jwe, pair, plain_out) == DONE)
			return DONE;
		tried++;
	}
	return REFUSED;
}

bool keys_can_decrypt(struct keys *keys, int64_t tenant_id,
		      struct text algorithm, instant now)
{
	CLEANUP(ring_unref) struct ring *ring = NULL;
	const struct ring_key *key;

	if (keys_load_ring(keys, tenant_id, now, &ring) != DONE)
		return false;
	key = ring_find(ring, algorithm, SIGNING_KEY_CURRENT);
	return key != NULL && key->signs_by == NULL;
}
