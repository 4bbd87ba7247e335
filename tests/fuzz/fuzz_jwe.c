/* SPDX-License-Identifier: Apache-2.0 */
/* Compact JWEs from strangers: one spelling each, and no way around the tag. */
#include <stdint.h>

#include "base/encoding.h"
#include "crypto/crypto.h"
#include "jose/jwe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* RFC 7520 section 5.5's private key as PKCS #8, in base64. */
static const char private_key[] =
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgr/kHyZ+a06rm"
	"xM3yESK84r1otSg+aQcVStkRhA+iCM+hRANCAARl7aWhJXfCuugpQ3/jOHAa"
	"EKqjdeG7W13hCN5DnAhVHR5S7XVwEWP3+eQN3580Gz3JuoYK9+DKfKfp7s0A"
	"hNGc";
/* How the one text begins that anybody has encrypted to it. */
#define ENCRYPTED "You can trust us"

static struct pkey *known_key(void)
{
	static struct pkey *key;

	if (key == NULL) {
		struct buf der = buf_init(1024);

		MUST(crypto_open() == DONE);
		MUST(base64_decode(text_from(private_key), &der));
		MUST(pkey_import_private(buf_text(&der), &key) == DONE);
		buf_wipe(&der);
	}
	return key;
}

static struct pkey *rsa_key(void)
{
	static struct pkey *key;

	known_key();
	if (key == NULL)
		MUST(pkey_generate(PKEY_RSA, 2048, &key) == DONE);
	return key;
}

/* The input is its parts, encoded again. */
static void check_spelling(const struct jwe *jwe, struct text compact)
{
	const struct text parts[] = {jwe->encrypted_key, jwe->iv,
				     jwe->ciphertext, jwe->tag};
	struct buf again = buf_init(JWE_SIZE_MAX);

	buf_add(&again, jwe->associated);
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		buf_add_byte(&again, '.');
		base64url_encode(&again, parts[i]);
	}
	MUST(text_equal(buf_text(&again), compact));
	buf_wipe(&again);
}

static void check_decrypt(struct arena *arena, const struct jwe *jwe)
{
	struct text plain = TEXT_ABSENT;

	if (jwe_decrypt(arena, jwe, known_key(), &plain) == DONE)
		MUST(text_starts_with(plain, TEXT(ENCRYPTED)));
	MUST(jwe_decrypt(arena, jwe, rsa_key(), &plain) == REFUSED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(8 * (size_t)JWE_SIZE_MAX);
	struct text compact = text_of(data, size);
	const char *why = NULL;
	struct jwe jwe;

	if (jwe_parse(arena, compact, &jwe, &why) == DONE) {
		MUST(why == NULL && text_is_present(jwe.algorithm));
		check_spelling(&jwe, compact);
		check_decrypt(arena, &jwe);
	} else {
		MUST(why != NULL && jwe.header == NULL);
	}
	jwe_wipe(&jwe);
	arena_free(&arena);
	return 0;
}
