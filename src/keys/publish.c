/* SPDX-License-Identifier: Apache-2.0 */
/* A tenant's public keys as a JWK Set (RFC 7517 section 5). */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "jose/jwk.h"
#include "keys/ring.h"

/* An RSA-4096 key with its id, twice over. */
#define JWK_SIZE_MAX 2048

static outcome format_key(const struct ring *ring, const struct ring_key *key,
			  struct buf *jwk)
{
	struct json_writer writer = {.buf = jwk};
	struct pkey *pair;

	TRY(ring_open_key(ring, key, &pair));
	json_open_object(&writer);
	TRY(jwk_write(pair, &writer));
	json_member_string(&writer, "use",
			   key->signs_by != NULL ? "sig" : "enc");
	json_member_text(&writer, "alg", key->algorithm);
	json_member_text(&writer, "kid", key->id);
	json_close_object(&writer);
	return jwk->is_over ? BROKEN : DONE;
}

/* To write them again and again costs 60 us. Two threads may make one at once:
 * one of the two stays. */
static outcome keep_jwk(const struct ring *ring, const struct ring_key *key,
			char **jwk_out)
{
	CLEANUP(buf_wipe) struct buf jwk = buf_init(JWK_SIZE_MAX);
	char *made;

	TRY(format_key(ring, key, &jwk));
	made = malloc(jwk.size + 1);
	MUST(made != NULL);
	memcpy(made, jwk.at, jwk.size);
	made[jwk.size] = 0;
	*jwk_out = NULL;
	if (atomic_compare_exchange_strong(&key->slot->jwk, jwk_out, made))
		*jwk_out = made;
	else
		free(made);
	return DONE;
}

static outcome write_key(const struct ring *ring, const struct ring_key *key,
			 struct json_writer *writer)
{
	char *jwk = atomic_load(&key->slot->jwk);

	if (jwk == NULL)
		TRY(keep_jwk(ring, key, &jwk));
	json_write_raw(writer, text_from(jwk));
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
