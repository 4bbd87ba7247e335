/* SPDX-License-Identifier: Apache-2.0 */
/* JWS against the examples of RFC 7515, RFC 7520 and RFC 8037. */
#include <stdio.h>

#include "base/encoding.h"
#include "crypto/crypto.h"
#include "forge.h"
#include "suite_arena.h"
#include "vectors.h"

static void check_vector(const char *compact, const char *jwk,
			 const char *algorithm, struct text payload)
{
	CLEANUP(pkey_unref) struct pkey *key = forge_key(jwk);
	struct text found = TEXT_ABSENT;

	assert_int_equal(forge_accepts(arena, text_from(compact), key,
				       algorithm, &found),
			 DONE);
	assert_true(text_equal(found, payload));
}

static void rfc7515(void **state)
{
	struct buf payload = buf_init(256);

	assert_true(base64url_decode(text_from(rfc7515_payload), &payload));
	check_vector(rfc7515_a2, rfc7515_a2_key, "RS256", buf_text(&payload));
	check_vector(rfc7515_a3, rfc7515_a3_key, "ES256", buf_text(&payload));
	check_vector(rfc7515_a4, rfc7515_a4_key, "ES512", TEXT("Payload"));
	buf_wipe(&payload);
}

static void rfc7520(void **state)
{
	struct text payload = text_from(rfc7520_payload);

	check_vector(rfc7520_4_1, rfc7520_rsa, "RS256", payload);
	check_vector(rfc7520_4_2, rfc7520_rsa, "PS384", payload);
	check_vector(rfc7520_4_3, rfc7520_ec, "ES512", payload);
}

static void rfc8037(void **state)
{
	check_vector(rfc8037_a4, rfc8037_a2, "EdDSA",
		     TEXT("Example of Ed25519 signing"));
}

static void header_read(void **state)
{
	const char *why = NULL;
	struct jws jws;

	assert_int_equal(jws_parse(arena, text_from(rfc7520_4_1), &jws, &why),
			 DONE);
	assert_true(text_equal(jws.algorithm, TEXT("RS256")));
	assert_true(
		text_equal(jws.key_id, TEXT("bilbo.baggins@hobbiton.example")));
	assert_false(text_is_present(jws.type));
	assert_int_equal(jws.signature.size, 256);
	jws_wipe(&jws);
	assert_null(jws.header);
	jws_wipe(&jws);
}

/* RS256 and Ed25519 sign without chance: the RFCs' signatures come out. */
static void signs_the_same(void **state)
{
	CLEANUP(pkey_unref)
	struct pkey *rsa = forge_private_key(rfc7515_a2_private);
	CLEANUP(pkey_unref)
	struct pkey *ed = forge_private_key(rfc8037_a1_private);
	struct buf payload = buf_init(256);
	struct buf compact;

	assert_true(base64url_decode(text_from(rfc7515_payload), &payload));
	compact = forge_jws(rsa, PKEY_RS256, "{\"alg\":\"RS256\"}",
			    buf_text(&payload));
	assert_true(text_equal(buf_text(&compact), text_from(rfc7515_a2)));
	buf_wipe(&compact);
	buf_wipe(&payload);
	compact = forge_jws(ed, PKEY_EDDSA, "{\"alg\":\"EdDSA\"}",
			    TEXT("Example of Ed25519 signing"));
	assert_true(text_equal(buf_text(&compact), text_from(rfc8037_a4)));
	buf_wipe(&compact);
}

static void type_of(size_t i, struct pkey **key_out)
{
	static const enum pkey_type types[] = {PKEY_RSA, PKEY_P256, PKEY_P384,
					       PKEY_P521, PKEY_ED25519};
	static struct pkey *made[COUNT_OF(types)];
	enum pkey_scheme scheme = jws_algorithm_at(i)->scheme;

	for (size_t j = 0; j < COUNT_OF(types); j++) {
		if (made[j] == NULL)
			assert_int_equal(
				pkey_generate(types[j], 2048, &made[j]), DONE);
		if (pkey_fits(made[j], scheme))
			*key_out = made[j];
	}
}

static void all_algorithms(void **state)
{
	size_t count = 0;

	for (; jws_algorithm_at(count) != NULL; count++) {
		const struct jws_algorithm *algorithm = jws_algorithm_at(count);
		struct pkey *key = NULL;
		struct text payload = TEXT_ABSENT;
		char header[64];
		struct buf compact;

		assert_ptr_equal(jws_algorithm_find(text_from(algorithm->name)),
				 algorithm);
		type_of(count, &key);
		snprintf(header, sizeof(header), "{\"alg\":\"%s\"}",
			 algorithm->name);
		compact = forge_jws(key, algorithm->scheme, header, TEXT("x"));
		assert_int_equal(forge_accepts(arena, buf_text(&compact), key,
					       algorithm->name, &payload),
				 DONE);
		assert_true(text_equal(payload, TEXT("x")));
		buf_wipe(&compact);
	}
	assert_int_equal(count, 11);
}

static void empty_payload(void **state)
{
	CLEANUP(pkey_unref)
	struct pkey *key = forge_private_key(rfc8037_a1_private);
	struct buf compact =
		forge_jws(key, PKEY_EDDSA, "{\"alg\":\"EdDSA\"}", TEXT(""));
	struct text payload = TEXT("not empty");

	assert_int_equal(forge_accepts(arena, buf_text(&compact), key, "EdDSA",
				       &payload),
			 DONE);
	assert_int_equal(payload.size, 0);
	buf_wipe(&compact);
}

static void media_types(void **state)
{
	struct jws jws = {.type = TEXT("at+jwt")};

	assert_true(jws_has_type(&jws, TEXT("at+jwt")));
	assert_false(jws_has_type(&jws, TEXT("jwt")));
	jws.type = TEXT("application/AT+JWT");
	assert_true(jws_has_type(&jws, TEXT("at+jwt")));
	jws.type = TEXT("application/");
	assert_false(jws_has_type(&jws, TEXT("at+jwt")));
	jws.type = TEXT("text/at+jwt");
	assert_false(jws_has_type(&jws, TEXT("at+jwt")));
	jws.type = TEXT_ABSENT;
	assert_false(jws_has_type(&jws, TEXT("at+jwt")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("RFC 7515 appendices A.2, A.3 and A.4 are accepted",
			  rfc7515),
		test_that("RFC 7520 sections 4.1, 4.2 and 4.3 are accepted",
			  rfc7520),
		test_that("RFC 8037 appendix A.4 is accepted", rfc8037),
		test_that("the header's alg, kid and typ can be read",
			  header_read),
		test_that("RS256 and EdDSA sign as RFC 7515 A.2 and RFC 8037 "
			  "A.4 did",
			  signs_the_same),
		test_that("all eleven algorithms sign and verify",
			  all_algorithms),
		test_that("an empty payload may be signed", empty_payload),
		test_that("typ is a media type, with or without application/",
			  media_types),
	};

	if (crypto_open() != DONE)
		return 1;
	return cmocka_run_group_tests_name("jws", tests, open_arena,
					   close_arena);
}
