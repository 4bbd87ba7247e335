/* SPDX-License-Identifier: Apache-2.0 */
/* Compact JWSs from strangers: one spelling each, and no way around the key. */
#include <stdint.h>

#include "base/encoding.h"
#include "crypto/crypto.h"
#include "jose/jws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* RFC 8037 appendix A.2's key, and what A.4 signed with it. */
static const unsigned char key_bytes[] = {
	0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe,
	0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6,
	0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
};
#define SIGNED "Example of Ed25519 signing"

static struct pkey *known_key(void)
{
	static struct pkey *key;

	if (key == NULL) {
		MUST(crypto_open() == DONE);
		MUST(pkey_from_public_parts(PKEY_ED25519,
					    text_of(key_bytes,
						    sizeof(key_bytes)),
					    TEXT_ABSENT, &key) == DONE);
	}
	return key;
}

/* The input is its signed part, a dot, and its signature encoded again. */
static void check_spelling(const struct jws *jws, struct text compact)
{
	struct buf again = buf_init(JWS_SIZE_MAX);

	buf_add(&again, jws->signing_input);
	buf_add_byte(&again, '.');
	base64url_encode(&again, jws->signature);
	MUST(text_equal(buf_text(&again), compact));
	buf_wipe(&again);
}

static void check_verify(const struct jws *jws)
{
	const struct jws_algorithm *algorithm =
		jws_algorithm_find(jws->algorithm);
	struct text payload;

	if (algorithm == NULL)
		return;
	if (jws_verify(jws, known_key(), algorithm, &payload) == DONE)
		MUST(text_equal(payload, TEXT(SIGNED)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(4 * JWS_SIZE_MAX);
	struct text compact = text_of(data, size);
	const char *why = NULL;
	struct jws jws;

	known_key();
	if (jws_parse(arena, compact, &jws, &why) == DONE) {
		MUST(why == NULL && text_is_present(jws.algorithm));
		check_spelling(&jws, compact);
		check_verify(&jws);
	} else {
		MUST(why != NULL && jws.header == NULL);
	}
	jws_wipe(&jws);
	arena_free(&arena);
	return 0;
}
