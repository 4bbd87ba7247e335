/* SPDX-License-Identifier: Apache-2.0 */
/* JWKs: RFC 7517, 7638 and 8037's examples, and keys that nobody may send. */
#include "base/encoding.h"
#include "crypto/crypto.h"
#include "forge.h"
#include "vectors.h"

static void assert_refused(const char *json)
{
	struct json_document *document = NULL;
	struct pkey *key = NULL;
	const char *why = NULL;

	assert_int_equal(json_parse(text_from(json), 8192, &document, NULL),
			 DONE);
	assert_int_equal(jwk_parse(json_root(document), &key, &why), REFUSED);
	assert_null(key);
	assert_non_null(why);
	json_document_free(&document);
}

static void assert_thumbprint(const struct pkey *key, const char *expected)
{
	struct buf bytes = buf_init(32);
	struct buf encoded = buf_init(64);

	assert_int_equal(jwk_thumbprint(key, &bytes), DONE);
	assert_int_equal(bytes.size, 32);
	base64url_encode(&encoded, buf_text(&bytes));
	assert_true(text_equal(buf_text(&encoded), text_from(expected)));
	buf_wipe(&bytes);
	buf_wipe(&encoded);
}

static void thumbprints(void **state)
{
	CLEANUP(pkey_unref) struct pkey *rsa = forge_key(rfc7638_key);
	CLEANUP(pkey_unref) struct pkey *ed = forge_key(rfc8037_a2);

	assert_thumbprint(rsa, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
	assert_thumbprint(ed, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

static void key_set(void **state)
{
	static const enum pkey_type types[] = {PKEY_P256, PKEY_RSA};
	static const char *const prints[] = {
		"cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s",
		"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"};
	CLEANUP(json_document_free) struct json_document *document = NULL;
	const struct json *keys;

	assert_int_equal(
		json_parse(text_from(rfc7517_a1), 8192, &document, NULL), DONE);
	keys = json_find(json_root(document), "keys");
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		CLEANUP(pkey_unref) struct pkey *key = NULL;
		const char *why;

		assert_int_equal(jwk_parse(json_at(keys, i), &key, &why), DONE);
		assert_int_equal(pkey_type(key), types[i]);
		assert_thumbprint(key, prints[i]);
	}
}

/* What was read is written, in the order that thumbprints need. */
static void writes(void **state)
{
	static const char *const keys[] = {
		"{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":"
		"\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
		"{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":"
		"\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":"
		"\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}",
	};

	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		CLEANUP(pkey_unref) struct pkey *key = forge_key(keys[i]);
		struct buf json = buf_init(1024);
		struct json_writer writer = {.buf = &json};

		json_open_object(&writer);
		assert_int_equal(jwk_write(key, &writer), DONE);
		json_close_object(&writer);
		assert_true(text_equal(buf_text(&json), text_from(keys[i])));
		buf_wipe(&json);
	}
}

/* Coordinates and moduli of any value, a leading zero byte among them. */
static void survives(void **state)
{
	static const enum pkey_type types[] = {PKEY_P256, PKEY_P384, PKEY_P521,
					       PKEY_ED25519};

	for (size_t i = 0; i < 400; i++) {
		CLEANUP(pkey_unref) struct pkey *key = NULL;
		CLEANUP(pkey_unref) struct pkey *again = NULL;
		struct buf json = buf_init(1024);
		struct buf signature = buf_init(PKEY_SIGNATURE_MAX);
		struct json_writer writer = {.buf = &json};

		assert_int_equal(pkey_generate(types[i % 4], 0, &key), DONE);
		json_open_object(&writer);
		assert_int_equal(jwk_write(key, &writer), DONE);
		json_close_object(&writer);
		buf_add_byte(&json, '\0');
		again = forge_key(json.at);
		for (enum pkey_scheme scheme = PKEY_ES256; scheme <= PKEY_EDDSA;
		     scheme++) {
			if (!pkey_fits(key, scheme))
				continue;
			assert_int_equal(pkey_sign(key, scheme, TEXT("x"),
						   &signature),
					 DONE);
			assert_true(pkey_verify(again, scheme, TEXT("x"),
						buf_text(&signature)));
		}
		buf_wipe(&json);
		buf_wipe(&signature);
	}
}

static void private_members(void **state)
{
	assert_refused(rfc8037_a1);
	assert_refused("{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODw\"}");
	assert_refused("{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\","
		       "\"oth\":[]}");
	assert_refused("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"k\":null,\"x\":"
		       "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}");
}

#define P256_X "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\""
#define P256_Y "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""

static void off_curve(void **state)
{
	assert_refused("{\"kty\":\"EC\",\"crv\":\"P-256\"," P256_X ",\"y\":"
		       "\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a4\"}");
	assert_refused("{\"kty\":\"EC\",\"crv\":\"P-384\"," P256_X "," P256_Y
		       "}");
	assert_refused("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":"
		       "\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}");
	assert_refused("{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":"
		       "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}");
}

static void bad_members(void **state)
{
	static const char *const keys[] = {
		"[]",
		"{}",
		"\"RSA\"",
		"{\"kty\":\"EC\"," P256_X "," P256_Y "}",
		"{\"kty\":\"EC\",\"crv\":\"p-256\"," P256_X "," P256_Y "}",
		"{\"kty\":\"ec\",\"crv\":\"P-256\"," P256_X "," P256_Y "}",
		"{\"kty\":\"EC\",\"crv\":\"secp256k1\"," P256_X "," P256_Y "}",
		"{\"kty\":\"EC\",\"crv\":1," P256_X "," P256_Y "}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\"," P256_X "}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\"," P256_X ",\"y\":7}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\"," P256_X ",\"y\":\"\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\"," P256_Y ",\"x\":"
		"\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU=\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\"," P256_Y ",\"x\":"
		"\"AH_Nzidw9sRdQYPL7m_bS3tYBzM1eunvE7rPbjx70VRF\"}",
		"{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}",
		"{\"kty\":\"RSA\",\"e\":\"AQAB\"}",
		"{\"kty\":\"AKP\",\"alg\":\"ML-DSA-44\",\"pub\":\"AA\"}",
	};

	for (size_t i = 0; i < COUNT_OF(keys); i++)
		assert_refused(keys[i]);
}

static void allows(const char *json, const char *key_id, bool expected)
{
	struct json_document *document = NULL;

	assert_int_equal(json_parse(text_from(json), 512, &document, NULL),
			 DONE);
	assert_int_equal(jwk_allows_verify(json_root(document),
					   text_from(key_id), TEXT("ES256")),
			 expected);
	json_document_free(&document);
}

static void choice(void **state)
{
	allows("{}", NULL, true);
	allows("{\"kid\":\"a\"}", NULL, true);
	allows("{\"kid\":\"a\"}", "a", true);
	allows("{\"kid\":\"a\"}", "A", false);
	allows("{\"kid\":\"\"}", "a", false);
	allows("{}", "a", false);
	allows("{\"kid\":1}", "1", false);
	allows("{\"use\":\"sig\",\"alg\":\"ES256\"}", NULL, true);
	allows("{\"use\":\"enc\"}", NULL, false);
	allows("{\"use\":[\"sig\"]}", NULL, false);
	allows("{\"alg\":\"RS256\"}", NULL, false);
	allows("{\"alg\":null}", NULL, false);
	allows("{\"key_ops\":[\"sign\",\"verify\"]}", NULL, true);
	allows("{\"key_ops\":[\"sign\"]}", NULL, false);
	allows("{\"key_ops\":\"verify\"}", NULL, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("thumbprints are those of RFC 7638 section 3.1 and "
			  "RFC 8037 A.3",
			  thumbprints),
		test_that("RFC 7517 appendix A.1's keys are read", key_set),
		test_that("a key is written as it was read, members in order",
			  writes),
		test_that("four hundred new keys survive being written and "
			  "read",
			  survives),
		test_that("private and symmetric keys are refused",
			  private_members),
		test_that("J08: points off the curve, of another curve or of "
			  "small order are refused",
			  off_curve),
		test_that("members that are missing, mistyped or padded are "
			  "refused",
			  bad_members),
		test_that("kid, use, key_ops and alg decide whether a key may "
			  "verify",
			  choice),
	};

	if (crypto_open() != DONE)
		return 1;
	return cmocka_run_group_tests_name("jwk", tests, NULL, NULL);
}
