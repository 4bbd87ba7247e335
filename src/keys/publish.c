/* SPDX-License-Identifier: Apache-2.0 */
/* A tenant's public keys as a JWK Set (RFC 7517 section 5). */
#include "jose/jwk.h"
#include "keys/ring.h"

static outcome write_key(const struct ring *ring, const struct ring_key *key,
			 struct json_writer *writer)
{
	struct pkey *pair;

	TRY(ring_open_key(ring, key, &pair));
	json_open_object(writer);
	TRY(jwk_write(pair, writer));
	json_member_string(writer, "use",
			   key->signs_by != NULL ? "sig" : "enc");
	json_member_text(writer, "alg", key->algorithm);
	json_member_text(writer, "kid", key->id);
	json_close_object(writer);
	return DONE;
}

/* Which of a ring's keys, and in which order. */
struct part {
	enum signing_key_state state;
	struct text algorithms;
};

static outcome write_part(const struct ring *ring, const struct part *part,
			  instant now, struct json_writer *writer)
{
	struct text rest = part->algorithms;
	struct text algorithm;

	while (text_next_word(&rest, &algorithm)) {
		for (size_t i = 0; i < ring->count; i++) {
			const struct ring_key *key = &ring->keys[i];

			if (key->state == part->state &&
			    text_equal(key->algorithm, algorithm) &&
			    ring_find_id(ring, key->id, now) != NULL)
				TRY(write_key(ring, key, writer));
		}
	}
	return DONE;
}

outcome keys_write_jwks(struct keys *keys, int64_t tenant_id, instant now,
			struct json_writer *writer)
{
	static const char signing[] = SIGNING_KEY_ALGORITHMS;
	const struct part order[] = {
		{SIGNING_KEY_CURRENT, text_from(signing)},
		{SIGNING_KEY_NEXT, text_from(signing)},
		{SIGNING_KEY_PREVIOUS, text_from(signing)},
		{SIGNING_KEY_CURRENT, TEXT(ENCRYPTION_KEY_ALGORITHMS)},
	};
	CLEANUP(ring_unref) struct ring *ring = NULL;

	TRY(keys_load_ring(keys, tenant_id, now, &ring));
	json_open_object(writer);
	json_name(writer, "keys");
	json_open_array(writer);
	for (size_t i = 0; i < COUNT_OF(order); i++)
		TRY(write_part(ring, &order[i], now, writer));
	json_close_array(writer);
	json_close_object(writer);
	return DONE;
}
