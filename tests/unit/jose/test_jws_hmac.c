/* SPDX-License-Identifier: Apache-2.0 */
/* HS256, HS384, HS512: RFC 7515 appendix A.1, short secrets, wrong MACs. */
#include "forge.h"

#include "base/encoding.h"
#include "crypto/crypto.h"
#include "jose/jws_hmac.h"
#include "vectors.h"

/* The "k" of RFC 7515 appendix A.1.1. */
#define A1_SECRET                                                              \
	"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75"               \
	"aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"

static outcome verify(struct arena *arena, struct text compact,
		      struct text secret, const char *name)
{
	struct text payload;
	struct jws jws;
	const char *why;
	outcome verified;

	assert_int_equal(jws_parse(arena, compact, &jws, &why), DONE);
	verified = jws_hmac_verify(&jws, secret, jws_hmac_find(text_from(name)),
				   &payload);
	jws_wipe(&jws);
	return verified;
}

static void vector(void **state)
{
	CLEANUP(arena_free) struct arena *arena = arena_new((size_t)1 << 20);
	CLEANUP(buf_wipe) struct buf secret = buf_init(128);

	assert_true(base64url_decode(TEXT(A1_SECRET), &secret));
	assert_int_equal(verify(arena, text_from(rfc7515_a1), buf_text(&secret),
				"HS256"),
			 DONE);
	assert_int_equal(verify(arena, text_from(rfc7515_a1), buf_text(&secret),
				"HS512"),
			 REFUSED);
	secret.at[0] ^= 1;
	assert_int_equal(verify(arena, text_from(rfc7515_a1), buf_text(&secret),
				"HS256"),
			 REFUSED);
}

static void round_trip(void **state)
{
	static const char secret[64] = "of exactly 64 bytes, zeros at its end";
	const struct jws_hmac *algorithm;

	for (size_t i = 0; (algorithm = jws_hmac_at(i)) != NULL; i++) {
		CLEANUP(arena_free)
		struct arena *arena = arena_new((size_t)1 << 20);
		struct text header = arena_format(arena, "{\"alg\":\"%s\"}",
						  algorithm->name);
		struct buf compact = buf_init_arena(arena, 4096);
		struct text key = text_of(secret, algorithm->secret_min);

		assert_int_equal(jws_hmac_sign(key, algorithm, header,
					       TEXT("{}"), &compact),
				 DONE);
		assert_int_equal(verify(arena, buf_text(&compact), key,
					algorithm->name),
				 DONE);
		key.size--;
		assert_int_equal(verify(arena, buf_text(&compact), key,
					algorithm->name),
				 REFUSED);
		assert_int_equal(jws_hmac_sign(key, algorithm, header,
					       TEXT("{}"), &compact),
				 REFUSED);
	}
}

/* The MAC cut, lengthened, and in each of its bits. */
static void wrong_macs(void **state)
{
	static const char secret[] = "0123456789abcdef0123456789abcdef";
	CLEANUP(arena_free) struct arena *arena = arena_new((size_t)8 << 20);
	unsigned char mac[DIGEST_MAX_SIZE] = {0};
	struct buf input = buf_init_arena(arena, 4096);

	jws_signing_input(&input, TEXT("{\"alg\":\"HS256\"}"), TEXT("{}"));
	digest_hmac_sha256(TEXT(secret), buf_text(&input), mac);
	for (size_t size = 1; size <= 40; size++) {
		struct buf compact = forge_parts(
			"{\"alg\":\"HS256\"}", TEXT("{}"), text_of(mac, size));

		assert_int_equal(verify(arena, buf_text(&compact), TEXT(secret),
					"HS256"),
				 size == 32 ? DONE : REFUSED);
		buf_wipe(&compact);
	}
	for (size_t bit = 0; bit < 256; bit++) {
		struct buf compact;

		mac[bit / 8] ^= (unsigned char)(1 << bit % 8);
		compact = forge_parts("{\"alg\":\"HS256\"}", TEXT("{}"),
				      text_of(mac, 32));
		assert_int_equal(verify(arena, buf_text(&compact), TEXT(secret),
					"HS256"),
				 REFUSED);
		mac[bit / 8] ^= (unsigned char)(1 << bit % 8);
		buf_wipe(&compact);
	}
}

static void names(void **state)
{
	assert_null(jws_hmac_find(TEXT("hs256")));
	assert_null(jws_hmac_find(TEXT("RS256")));
	assert_null(jws_hmac_find(TEXT("none")));
	assert_null(jws_hmac_find(TEXT_ABSENT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("RFC 7515 appendix A.1 is right, and nothing near it",
			  vector),
		test_that("J25: what is signed is verified, under a secret as "
			  "long as the digest alone",
			  round_trip),
		test_that("J26: a MAC cut, lengthened or changed in a bit is "
			  "refused",
			  wrong_macs),
		test_that("J02: no public key's algorithm is among them",
			  names),
	};

	if (crypto_open() != DONE)
		return 1;
	return cmocka_run_group_tests_name("jose_jws_hmac", tests, NULL, NULL);
}
