/* SPDX-License-Identifier: Apache-2.0 */
/* Against cjose, in both directions, for what it has. */
#include <stdlib.h>

#include "forge.h"

/* Its headers hand out const values. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-qualifiers"
#include <cjose/cjose.h>
#pragma GCC diagnostic pop

#include "crypto/crypto.h"
#include "jose/jwe.h"

/* It loses a byte for each encrypted key that is empty: that is not ours. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libcjose.so\n";
}

#define PAYLOAD "{\"sub\":\"alice\"}"
#define JSON_MAX 4096

static struct arena *arena;
/* Some of its functions write here without asking. */
static cjose_err fault;

static const struct type {
	enum pkey_type type;
	cjose_jwk_ec_curve curve; /* EC alone */
	const char *algorithms;
} types[] = {
	{PKEY_RSA, CJOSE_JWK_EC_INVALID, "RS256 RS384 RS512 PS256 PS384 PS512"},
	{PKEY_P256, CJOSE_JWK_EC_P_256, "ES256"},
	{PKEY_P384, CJOSE_JWK_EC_P_384, "ES384"},
	{PKEY_P521, CJOSE_JWK_EC_P_521, "ES512"},
};

/* A private key of ours and one of cjose's, and each other's public half. */
static struct pair {
	struct pkey *our_private;
	struct pkey *our_view;
	cjose_jwk_t *their_private;
	cjose_jwk_t *their_view;
} pairs[COUNT_OF(types)];

static cjose_jwk_t *their_view_of(const struct pkey *key)
{
	struct buf json = buf_init_arena(arena, JSON_MAX);
	struct json_writer writer = {.buf = &json};
	cjose_jwk_t *jwk;

	json_open_object(&writer);
	assert_int_equal(jwk_write(key, &writer), DONE);
	json_close_object(&writer);
	jwk = cjose_jwk_import(json.at, json.size, &fault);
	assert_non_null(jwk);
	return jwk;
}

static struct pkey *our_view_of(const cjose_jwk_t *jwk)
{
	char *json = cjose_jwk_to_json(jwk, false, &fault);
	struct pkey *key;

	assert_non_null(json);
	key = forge_key(json);
	free(json);
	return key;
}

static cjose_jwk_t *their_key(const struct type *type)
{
	static const unsigned char exponent[] = {1, 0, 1};

	if (type->type == PKEY_RSA)
		return cjose_jwk_create_RSA_random(2048, exponent,
						   sizeof(exponent), &fault);
	return cjose_jwk_create_EC_random(type->curve, &fault);
}

static int open_keys(void **state)
{
	assert_int_equal(crypto_open(), DONE);
	arena = arena_new((size_t)64 << 20);
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		struct pair *pair = &pairs[i];

		assert_int_equal(pkey_generate(types[i].type, 2048,
					       &pair->our_private),
				 DONE);
		pair->their_private = their_key(&types[i]);
		assert_non_null(pair->their_private);
		pair->their_view = their_view_of(pair->our_private);
		pair->our_view = our_view_of(pair->their_private);
	}
	return 0;
}

static int close_keys(void **state)
{
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		pkey_unref(&pairs[i].our_private);
		pkey_unref(&pairs[i].our_view);
		cjose_jwk_release(pairs[i].their_private);
		cjose_jwk_release(pairs[i].their_view);
	}
	arena_free(&arena);
	return 0;
}

static cjose_header_t *header_of(const char *algorithm, const char *encryption)
{
	cjose_header_t *header = cjose_header_new(&fault);

	assert_non_null(header);
	assert_true(cjose_header_set(header, CJOSE_HDR_ALG, algorithm, &fault));
	if (encryption != NULL)
		assert_true(cjose_header_set(header, CJOSE_HDR_ENC, encryption,
					     &fault));
	return header;
}

static bool they_verify(struct text compact, const cjose_jwk_t *key)
{
	cjose_jws_t *jws = cjose_jws_import(compact.at, compact.size, &fault);
	bool is_right = jws != NULL && cjose_jws_verify(jws, key, &fault);
	unsigned char *payload;
	size_t size;

	if (is_right) {
		assert_true(
			cjose_jws_get_plaintext(jws, &payload, &size, &fault));
		assert_true(text_equal(text_of(payload, size), TEXT(PAYLOAD)));
	}
	cjose_jws_release(jws);
	return is_right;
}

static struct text they_sign(const cjose_jwk_t *key, const char *algorithm)
{
	cjose_header_t *header = header_of(algorithm, NULL);
	cjose_jws_t *jws = cjose_jws_sign(key, header,
					  (const unsigned char *)PAYLOAD,
					  strlen(PAYLOAD), &fault);
	const char *compact = NULL;
	struct text copy;

	assert_non_null(jws);
	assert_true(cjose_jws_export(jws, &compact, &fault));
	copy = arena_copy(arena, text_from(compact));
	cjose_jws_release(jws);
	cjose_header_release(header);
	return copy;
}

/* Another character within the signature, or the tag. */
static struct text altered(struct text compact)
{
	struct text copy = arena_copy(arena, compact);
	char *at = (char *)(uintptr_t)copy.at + copy.size - 10;

	*at = *at == 'A' ? 'B' : 'A';
	return copy;
}

static struct text we_sign(struct pkey *key, const char *algorithm)
{
	struct text header = arena_format(arena, "{\"alg\":\"%s\"}", algorithm);
	struct buf compact =
		forge_jws(key, jws_algorithm_find(text_from(algorithm))->scheme,
			  header.at, TEXT(PAYLOAD));
	struct text copy = arena_copy(arena, buf_text(&compact));

	buf_wipe(&compact);
	return copy;
}

static void check_signatures(const struct pair *pair, const char *algorithm)
{
	struct text ours = we_sign(pair->our_private, algorithm);
	struct text theirs = they_sign(pair->their_private, algorithm);
	struct text payload;

	assert_true(they_verify(ours, pair->their_view));
	assert_int_equal(forge_accepts(arena, theirs, pair->our_view, algorithm,
				       &payload),
			 DONE);
	assert_true(text_equal(payload, TEXT(PAYLOAD)));
	assert_false(they_verify(altered(ours), pair->their_view));
	assert_int_equal(forge_accepts(arena, altered(theirs), pair->our_view,
				       algorithm, NULL),
			 REFUSED);
	assert_false(they_verify(ours, pair->their_private));
	assert_int_equal(forge_accepts(arena, theirs, pair->our_private,
				       algorithm, NULL),
			 REFUSED);
}

static void signatures_agree(void **state)
{
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		struct text rest = text_from(types[i].algorithms);
		struct text name;

		while (text_next_word(&rest, &name))
			check_signatures(&pairs[i],
					 arena_terminated(arena, name));
	}
}

static bool they_decrypt(struct text compact, const cjose_jwk_t *key)
{
	cjose_jwe_t *jwe = cjose_jwe_import(compact.at, compact.size, &fault);
	size_t size = 0;
	unsigned char *plain =
		jwe == NULL ? NULL : cjose_jwe_decrypt(jwe, key, &size, &fault);
	bool is_right = plain != NULL;

	if (is_right)
		assert_true(text_equal(text_of(plain, size), TEXT(PAYLOAD)));
	free(plain);
	cjose_jwe_release(jwe);
	return is_right;
}

static struct text they_encrypt(const cjose_jwk_t *key, const char *algorithm,
				const char *encryption)
{
	cjose_header_t *header = header_of(algorithm, encryption);
	cjose_jwe_t *jwe = cjose_jwe_encrypt(key, header,
					     (const unsigned char *)PAYLOAD,
					     strlen(PAYLOAD), &fault);
	char *compact;
	struct text copy;

	assert_non_null(jwe);
	compact = cjose_jwe_export(jwe, &fault);
	assert_non_null(compact);
	copy = arena_copy(arena, text_from(compact));
	free(compact);
	cjose_jwe_release(jwe);
	cjose_header_release(header);
	return copy;
}

static outcome we_decrypt(struct text compact, const struct pkey *key)
{
	CLEANUP(jwe_wipe) struct jwe jwe = {0};
	struct text plain;
	const char *why;

	TRY(jwe_parse(arena, compact, &jwe, &why));
	TRY(jwe_decrypt(arena, &jwe, key, &plain));
	assert_true(text_equal(plain, TEXT(PAYLOAD)));
	return DONE;
}

static void check_encryption(const struct pair *pair, const char *encryption)
{
	struct buf ours = buf_init_arena(arena, JWE_SIZE_MAX);
	struct text theirs =
		they_encrypt(pair->their_view, "ECDH-ES", encryption);
	struct jwe_request request = {
		.key = pair->our_view,
		.encryption = text_from(encryption),
		.plain = TEXT(PAYLOAD),
	};

	assert_int_equal(jwe_encrypt(&request, &ours), DONE);
	assert_true(they_decrypt(buf_text(&ours), pair->their_private));
	assert_int_equal(we_decrypt(theirs, pair->our_private), DONE);
	assert_false(
		they_decrypt(altered(buf_text(&ours)), pair->their_private));
	assert_int_equal(we_decrypt(altered(theirs), pair->our_private),
			 REFUSED);
}

/* cjose has no RSA-OAEP-256. */
static void ecdh_es_agrees(void **state)
{
	struct text rest = TEXT(JWE_ENCRYPTIONS);
	struct text name;

	while (text_next_word(&rest, &name))
		for (size_t i = 1; i < COUNT_OF(types); i++)
			check_encryption(&pairs[i],
					 arena_terminated(arena, name));
}

/* What cjose has and we do not: SHA-1, and a padding oracle (J19). */
static void its_rsa_encryption_is_refused(void **state)
{
	static const char *const algorithms[] = {"RSA-OAEP", "RSA1_5"};

	for (size_t i = 0; i < COUNT_OF(algorithms); i++)
		assert_int_equal(we_decrypt(they_encrypt(pairs[0].their_view,
							 algorithms[i],
							 "A256GCM"),
					    pairs[0].our_private),
				 REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("signatures: what one makes the other verifies",
			  signatures_agree),
		test_that("ECDH-ES: what one encrypts the other decrypts",
			  ecdh_es_agrees),
		test_that("J19: its RSA1_5 and RSA-OAEP are refused",
			  its_rsa_encryption_is_refused),
	};

	return cmocka_run_group_tests_name("jose_cjose", tests, open_keys,
					   close_keys);
}
