/* SPDX-License-Identifier: Apache-2.0 */
/* Forged and mangled signatures: attacks J01 to J23 on RFC 7515. */
#include "base/encoding.h"
#include "crypto/crypto.h"
#include "crypto/digest.h"
#include "forge.h"
#include "vectors.h"

#include <stdio.h>
#include <stdlib.h>

static struct arena *arena;
static struct pkey *rsa;
static struct pkey *ec;
static struct pkey *p384;

#define ES256_HEADER "{\"alg\":\"ES256\"}"

static int open_all(void **state)
{
	arena = arena_new(1 << 22);
	if (pkey_generate(PKEY_RSA, 2048, &rsa) != DONE ||
	    pkey_generate(PKEY_P256, 0, &ec) != DONE ||
	    pkey_generate(PKEY_P384, 0, &p384) != DONE)
		return -1;
	return 0;
}

static int close_all(void **state)
{
	pkey_unref(&rsa);
	pkey_unref(&ec);
	pkey_unref(&p384);
	arena_free(&arena);
	return 0;
}

/* By every algorithm that there is, with every key. */
static void assert_no_way(struct text compact)
{
	struct pkey *keys[] = {rsa, ec, p384};

	for (size_t i = 0; jws_algorithm_at(i) != NULL; i++) {
		for (size_t j = 0; j < COUNT_OF(keys); j++)
			assert_int_equal(
				forge_accepts(arena, compact, keys[j],
					      jws_algorithm_at(i)->name, NULL),
				REFUSED);
	}
}

static void assert_refused(const char *header, struct text signature)
{
	struct buf compact =
		forge_parts(header, TEXT("{\"sub\":\"a\"}"), signature);

	assert_no_way(buf_text(&compact));
	buf_wipe(&compact);
}

/* Refused at once, before anybody asks which key. */
static void assert_not_parsed(const char *compact)
{
	struct jws jws;
	const char *why = NULL;

	assert_int_equal(jws_parse(arena, text_from(compact), &jws, &why),
			 REFUSED);
	assert_non_null(why);
}

static void none(void **state)
{
	static const char *const names[] = {"none", "None", "NONE", "nOnE", ""};
	struct buf good = forge_jws(ec, PKEY_ES256, ES256_HEADER, TEXT("{}"));
	size_t dot = good.size - BASE64URL_SIZE(64);
	char header[64];

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		assert_null(jws_algorithm_find(text_from(names[i])));
		snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", names[i]);
		assert_refused(header, TEXT(""));
		assert_refused(header, TEXT("signature"));
	}
	assert_null(jws_algorithm_find(TEXT_ABSENT));
	assert_refused("{}", TEXT("signature"));
	assert_refused("{\"alg\":null}", TEXT("signature"));
	assert_refused("{\"alg\":[\"ES256\"]}", TEXT("signature"));
	assert_no_way(text_first(buf_text(&good), dot));
	assert_no_way(text_first(buf_text(&good), dot - 1));
	assert_no_way(text_from(rfc7515_a5));
	assert_not_parsed(rfc7515_a5);
	buf_wipe(&good);
}

/* HS256 with whatever a stranger knows of the public key as the secret. */
static void hs256(void **state)
{
	CLEANUP(pkey_unref) struct pkey *known = forge_key(rfc7515_a2_key);
	struct buf der = buf_init(4096);
	struct text secrets[2] = {text_from(rfc7515_a2_key)};
	struct buf input = buf_init(4096);
	unsigned char mac[SHA256_SIZE];

	assert_int_equal(pkey_export_public(known, &der), DONE);
	secrets[1] = buf_text(&der);
	jws_signing_input(&input, TEXT("{\"alg\":\"HS256\"}"),
			  TEXT("{\"sub\":\"a\"}"));
	for (size_t i = 0; i < COUNT_OF(secrets); i++) {
		digest_hmac_sha256(secrets[i], buf_text(&input), mac);
		assert_refused("{\"alg\":\"HS256\"}",
			       text_of(mac, sizeof(mac)));
		assert_refused("{\"alg\":\"RS256\"}",
			       text_of(mac, sizeof(mac)));
	}
	assert_no_way(text_from(rfc7515_a1));
	assert_null(jws_algorithm_find(TEXT("HS256")));
	assert_null(jws_algorithm_find(TEXT("HS512")));
	buf_wipe(&input);
	buf_wipe(&der);
}

/* Signed by the attacker's key, which the header offers. */
static void brought_keys(void **state)
{
	static const char *const members[] = {
		"\"jku\":\"https://evil.example/jwks\"",
		"\"x5u\":\"https://evil.example/cert\"",
		"\"x5c\":[\"MIIB\"]",
		"\"x5t\":\"AAAA\"",
	};
	CLEANUP(pkey_unref) struct pkey *evil = NULL;
	struct buf header = buf_init(4096);
	struct json_writer writer = {.buf = &header};
	struct buf compact;

	assert_int_equal(pkey_generate(PKEY_P256, 0, &evil), DONE);
	json_open_object(&writer);
	json_member_string(&writer, "alg", "ES256");
	json_name(&writer, "jwk");
	json_open_object(&writer);
	assert_int_equal(jwk_write(evil, &writer), DONE);
	json_close_object(&writer);
	json_close_object(&writer);
	buf_add_byte(&header, '\0');
	compact = forge_jws(evil, PKEY_ES256, header.at, TEXT("{}"));
	assert_no_way(buf_text(&compact));
	buf_wipe(&compact);
	for (size_t i = 0; i < COUNT_OF(members); i++) {
		header.size = 0;
		buf_format(&header, "{\"alg\":\"ES256\",%s}", members[i]);
		buf_add_byte(&header, '\0');
		compact = forge_jws(evil, PKEY_ES256, header.at, TEXT("{}"));
		assert_no_way(buf_text(&compact));
		buf_wipe(&compact);
	}
	buf_wipe(&header);
}

static outcome parse_with_kid(struct text kid, struct text *kid_out)
{
	struct buf header = buf_init(1 << 18);
	struct json_writer writer = {.buf = &header};
	struct buf compact;
	struct jws jws;
	const char *why;
	outcome result;

	json_open_object(&writer);
	json_member_string(&writer, "alg", "ES256");
	json_member_text(&writer, "kid", kid);
	json_close_object(&writer);
	buf_add_byte(&header, '\0');
	compact = forge_jws(ec, PKEY_ES256, header.at, TEXT("{}"));
	result = jws_parse(arena, buf_text(&compact), &jws, &why);
	if (result == DONE)
		*kid_out = arena_copy(arena, jws.key_id);
	jws_wipe(&jws);
	buf_wipe(&compact);
	buf_wipe(&header);
	return result;
}

static void key_ids(void **state)
{
	static char huge[65536];
	struct text kid = TEXT_ABSENT;

	memset(huge, 'k', sizeof(huge));
	assert_int_equal(parse_with_kid(TEXT("../../dev/null"), &kid), DONE);
	assert_true(text_equal(kid, TEXT("../../dev/null")));
	assert_int_equal(parse_with_kid(TEXT("' OR 1=1"), &kid), DONE);
	assert_true(text_equal(kid, TEXT("' OR 1=1")));
	assert_int_equal(parse_with_kid(text_of("a\0b", 3), &kid), REFUSED);
	assert_int_equal(parse_with_kid(text_of(huge, sizeof(huge)), &kid),
			 REFUSED);
	assert_refused("{\"alg\":\"ES256\",\"kid\":1}", TEXT("signature"));
	assert_refused("{\"alg\":\"ES256\",\"kid\":null}", TEXT("signature"));
}

/* The order of P-256's group. */
static const char order[] =
	"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

/* R and S of 32 bytes each, from hexadecimal. */
static void assert_pair_refused(const char *r, const char *s)
{
	struct buf pair = buf_init(64);

	assert_true(hex_decode(text_from(r), &pair));
	assert_true(hex_decode(text_from(s), &pair));
	assert_int_equal(pair.size, 64);
	assert_refused(ES256_HEADER, buf_text(&pair));
	buf_wipe(&pair);
}

#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE "0000000000000000000000000000000000000000000000000000000000000001"
#define HIGH "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static void psychic(void **state)
{
	const char *const values[] = {ZERO, order, HIGH};

	for (size_t i = 0; i < COUNT_OF(values); i++) {
		for (size_t j = 0; j < COUNT_OF(values); j++)
			assert_pair_refused(values[i], values[j]);
		assert_pair_refused(values[i], ONE);
		assert_pair_refused(ONE, values[i]);
	}
	assert_refused(ES256_HEADER, TEXT("\x30\x06\x02\x01\x01\x02\x01\x01"));
}

/* A right signature, in the spelling that X.509 has for it. */
static void der_spelling(void **state)
{
	struct buf good = forge_jws(ec, PKEY_ES256, ES256_HEADER,
				    TEXT("{\"sub\":\"a\"}"));
	struct buf raw = buf_init(64);
	struct buf der = buf_init(128);

	assert_int_equal(
		forge_accepts(arena, buf_text(&good), ec, "ES256", NULL), DONE);
	assert_true(base64url_decode(
		text_from_byte(buf_text(&good), good.size - BASE64URL_SIZE(64)),
		&raw));
	buf_add(&der, TEXT("\x30\x46\x02\x21"));
	buf_add_byte(&der, 0);
	buf_add(&der, text_first(buf_text(&raw), 32));
	buf_add(&der, TEXT("\x02\x21"));
	buf_add_byte(&der, 0);
	buf_add(&der, text_from_byte(buf_text(&raw), 32));
	assert_refused(ES256_HEADER, buf_text(&der));
	buf_wipe(&der);
	buf_wipe(&raw);
	buf_wipe(&good);
}

/* Bytes that the signature covers not, or covers twice. */
static void changed(void **state)
{
	struct buf good = forge_jws(ec, PKEY_ES256, ES256_HEADER,
				    TEXT("{\"sub\":\"a\"}"));

	for (size_t i = 0; i < good.size; i++) {
		char kept = good.at[i];

		good.at[i] = kept == 'A' ? 'B' : 'A';
		assert_int_equal(forge_accepts(arena, buf_text(&good), ec,
					       "ES256", NULL),
				 REFUSED);
		good.at[i] = kept;
	}
	assert_int_equal(
		forge_accepts(arena, buf_text(&good), ec, "ES256", NULL), DONE);
	buf_wipe(&good);
}

/* Signed rightly, under a header that names another curve or scheme. */
static void switched(void **state)
{
	struct text payload = TEXT("{}");
	struct buf compact =
		forge_jws(ec, PKEY_ES256, "{\"alg\":\"ES384\"}", payload);

	assert_no_way(buf_text(&compact));
	buf_wipe(&compact);
	compact = forge_jws(p384, PKEY_ES384, ES256_HEADER, payload);
	assert_no_way(buf_text(&compact));
	buf_wipe(&compact);
	compact = forge_jws(rsa, PKEY_PS256, "{\"alg\":\"RS256\"}", payload);
	assert_no_way(buf_text(&compact));
	buf_wipe(&compact);
	compact = forge_jws(rsa, PKEY_RS256, "{\"alg\":\"RS256\"}", payload);
	assert_int_equal(forge_accepts(arena, buf_text(&compact), rsa, "PS256",
				       NULL),
			 REFUSED);
	assert_int_equal(forge_accepts(arena, buf_text(&compact), rsa, "RS384",
				       NULL),
			 REFUSED);
	assert_int_equal(forge_accepts(arena, buf_text(&compact), ec, "RS256",
				       NULL),
			 REFUSED);
	assert_int_equal(forge_accepts(arena, buf_text(&compact), rsa, "RS256",
				       NULL),
			 DONE);
	buf_wipe(&compact);
}

/* The good token with `with` put in at `at`, `gone` bytes taken out. */
static void assert_spliced_refused(struct text good, size_t at, size_t gone,
				   const char *with)
{
	struct buf spliced = buf_init(JWS_SIZE_MAX);

	buf_add(&spliced, text_first(good, at));
	buf_add_string(&spliced, with);
	buf_add(&spliced, text_from_byte(good, at + gone));
	assert_no_way(buf_text(&spliced));
	buf_wipe(&spliced);
}

static void spellings(void **state)
{
	static const char *const extras[] = {"=",   "==",	" ", "\n",
					     "\t",  "+",	"/", ".",
					     "%3d", "\xc3\xa9", "!"};
	struct buf good = forge_jws(ec, PKEY_ES256, ES256_HEADER,
				    TEXT("{\"sub\":\"abc\"}"));
	size_t first = text_find_byte(buf_text(&good), '.');
	size_t second = good.size - BASE64URL_SIZE(64) - 1;
	size_t ends[] = {0, 3, first, first + 1, second, second + 1, good.size};

	for (size_t i = 0; i < COUNT_OF(extras); i++) {
		for (size_t j = 0; j < COUNT_OF(ends); j++)
			assert_spliced_refused(buf_text(&good), ends[j], 0,
					       extras[i]);
	}
	assert_spliced_refused(buf_text(&good), first, 1, "");
	assert_spliced_refused(buf_text(&good), second, 1, "");
	assert_spliced_refused(buf_text(&good), first, second - first, "");
	assert_spliced_refused(buf_text(&good), 0, good.size, "");
	assert_spliced_refused(buf_text(&good), 0, good.size, "..");
	assert_spliced_refused(buf_text(&good), 0, first, "");
	buf_wipe(&good);
}

/* ES256 signatures end with four unused bits: sixteen spellings, one right. */
static void tail_bits(void **state)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
				       "mnopqrstuvwxyz0123456789-_";
	struct buf good = forge_jws(ec, PKEY_ES256, ES256_HEADER, TEXT("{}"));
	char *last = good.at + good.size - 1;
	size_t value = (size_t)(strchr(alphabet, *last) - alphabet);
	size_t accepted = 0;

	for (size_t bits = 0; bits < 16; bits++) {
		*last = alphabet[(value & 48) + bits];
		if (forge_accepts(arena, buf_text(&good), ec, "ES256", NULL) ==
		    DONE)
			accepted++;
	}
	assert_int_equal(accepted, 1);
	buf_wipe(&good);
}

/* Signed rightly by our own key over a part with an unused bit set. */
static void signed_spelling(void **state)
{
	static const char *const inputs[] = {
		"eyJhbGciOiJFUzI1NiJ9.e30",   "eyJhbGciOiJFUzI1NiJ9.e31",
		"eyJhbGciOiJFUzI1NiJ9.e30=",  "eyJhbGciOiJFUzI1NiJ9.e3",
		"eyJhbGciOiJFUzI1NiIgfR.e30",
	};

	for (size_t i = 0; i < COUNT_OF(inputs); i++) {
		struct buf compact = buf_init(256);
		struct buf signature = buf_init(64);

		buf_add_string(&compact, inputs[i]);
		assert_int_equal(pkey_sign(ec, PKEY_ES256, buf_text(&compact),
					   &signature),
				 DONE);
		buf_add_byte(&compact, '.');
		base64url_encode(&compact, buf_text(&signature));
		assert_int_equal(forge_accepts(arena, buf_text(&compact), ec,
					       "ES256", NULL),
				 i == 0 ? DONE : REFUSED);
		buf_wipe(&compact);
		buf_wipe(&signature);
	}
}

static void headers(void **state)
{
	struct text signature = TEXT("signature");
	static const char *const bad[] = {
		"{\"alg\":\"ES256\",\"alg\":\"none\"}",
		"{\"alg\":\"none\",\"alg\":\"ES256\"}",
		"{\"alg\":\"ES256\",\"kid\":\"a\",\"kid\":\"b\"}",
		"{\"alg\":\"ES256\",\"crit\":[\"exp\"],\"exp\":1}",
		"{\"alg\":\"ES256\",\"crit\":[]}",
		"{\"alg\":\"ES256\",\"crit\":[\"b64\"],\"b64\":false}",
		"{\"alg\":\"ES256\",\"b64\":false}",
		"{\"alg\":\"ES256\",\"typ\":1}",
		"[\"ES256\"]",
		"\"ES256\"",
		"ES256",
		"{\"alg\":\"ES256\"",
		"{\"alg\":\"ES256\"} x",
		"",
	};

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct buf compact;

		assert_refused(bad[i], signature);
		compact = forge_jws(ec, PKEY_ES256, bad[i], TEXT("{}"));
		assert_no_way(buf_text(&compact));
		buf_wipe(&compact);
	}
}

static void giants(void **state)
{
	size_t size = 1 << 20;
	char *giant = malloc(size);
	size_t used;

	assert_non_null(giant);
	used = arena_used(arena);
	memset(giant, '.', size);
	assert_no_way(text_of(giant, size));
	assert_no_way(text_of(giant, JWS_SIZE_MAX));
	memset(giant, 'A', size);
	assert_no_way(text_of(giant, size));
	assert_int_equal(arena_used(arena), used);
	free(giant);
}

/* Signed rightly, at the maximum and four characters above. */
static void largest(void **state)
{
	static char payload[JWS_SIZE_MAX];
	size_t fixed =
		sizeof("eyJhbGciOiJFUzI1NiJ9..") - 1 + BASE64URL_SIZE(64);
	size_t size = (JWS_SIZE_MAX - fixed) / 4 * 3;
	struct buf compact =
		forge_jws(ec, PKEY_ES256, ES256_HEADER, text_of(payload, size));

	assert_in_range(compact.size, JWS_SIZE_MAX - 3, JWS_SIZE_MAX);
	assert_int_equal(forge_accepts(arena, buf_text(&compact), ec, "ES256",
				       NULL),
			 DONE);
	buf_wipe(&compact);
	compact = forge_jws(ec, PKEY_ES256, ES256_HEADER,
			    text_of(payload, size + 3));
	assert_int_equal(forge_accepts(arena, buf_text(&compact), ec, "ES256",
				       NULL),
			 REFUSED);
	buf_wipe(&compact);
}

static void nested_header(void **state)
{
	struct buf header = buf_init(JWS_SIZE_MAX);

	buf_add_string(&header, "{\"alg\":\"ES256\",\"a\":");
	for (int i = 0; i < 5000; i++)
		buf_add_byte(&header, '[');
	for (int i = 0; i < 5000; i++)
		buf_add_byte(&header, ']');
	buf_add(&header, text_of("}", 2));
	assert_refused(header.at, TEXT("signature"));
	buf_wipe(&header);
}

static void long_signature(void **state)
{
	static char bytes[PKEY_SIGNATURE_MAX + 1];

	assert_refused(ES256_HEADER, text_of(bytes, sizeof(bytes)));
	assert_refused("{\"alg\":\"RS256\"}", text_of(bytes, 256));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("J01: none in any spelling, no alg and no signature "
			  "are refused (RFC 7515 A.5 too)",
			  none),
		test_that("J02: HS256 under what is public of an RSA key is "
			  "refused (RFC 7515 A.1 too)",
			  hs256),
		test_that("J04: a key that the header brings verifies nothing",
			  brought_keys),
		test_that("J05: a kid is a text to look up by, of a bounded "
			  "size and without NUL",
			  key_ids),
		test_that("J07: r or s of zero, the order or above are refused",
			  psychic),
		test_that("J07: a right signature in DER is refused",
			  der_spelling),
		test_that("any character changed is refused", changed),
		test_that("J08: another curve or scheme than the key's and the "
			  "caller's is refused",
			  switched),
		test_that("J10: padding, spaces, other alphabets and other "
			  "counts of parts are refused",
			  spellings),
		test_that("J10: unused bits that are not zero are refused",
			  tail_bits),
		test_that("J10: a part spelled otherwise is refused though its "
			  "signature is right",
			  signed_spelling),
		test_that("J11: duplicate members, crit, b64 and what is no "
			  "object are refused",
			  headers),
		test_that("J23: a million dots and a giant part are refused "
			  "for their size, at no memory",
			  giants),
		test_that("J23: the maximum size is the last that is taken",
			  largest),
		test_that("J23: a header nested 5000 deep is refused",
			  nested_header),
		test_that("signatures of wrong sizes are refused",
			  long_signature),
	};

	if (crypto_open() != DONE)
		return 1;
	return cmocka_run_group_tests_name("jws_attacks", tests, open_all,
					   close_all);
}
