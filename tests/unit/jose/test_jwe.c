/* SPDX-License-Identifier: Apache-2.0 */
/* JWE against the RFCs' examples, both ways, and against what attackers send. */
#include "forge.h"

#include "base/encoding.h"
#include "crypto/crypto.h"
#include "jose/jwe_internal.h"
#include "vectors.h"

static struct arena *arena;

/* RFC 7520 section 5.5: ECDH-ES, A128CBC-HS256 */
static const char rfc7520_5_5[] =
	"eyJhbGciOiJFQ0RILUVTIiwia2lkIjoibWVyaWFkb2MuYnJhbmR5YnVja0Bi"
	"dWNrbGFuZC5leGFtcGxlIiwiZXBrIjp7Imt0eSI6IkVDIiwiY3J2IjoiUC0y"
	"NTYiLCJ4IjoibVBVS1RfYkFXR0hJaGcwVHBqanFWc1AxclhXUXVfdndWT0hI"
	"dE5rZFlvQSIsInkiOiI4QlFBc0ltR2VBUzQ2ZnlXdzVNaFlmR1RUMElqQnBG"
	"dzJTUzM0RHY0SXJzIn0sImVuYyI6IkExMjhDQkMtSFMyNTYifQ..yc9N8v5s"
	"Yyv3iGQT926IUg.BoDlwPnTypYq-ivjmQvAYJLb5Q6l-F3LIgQomlz87yW4O"
	"PKbWE1zSTEFjDfhU9IPIOSA9Bml4m7iDFwA-1ZXvHteLDtw4R1XRGMEsDIqA"
	"YtskTTmzmzNa-_q4F_evAPUmwlO-ZG45Mnq4uhM1fm_D9rBtWolqZSF3xGNN"
	"kpOMQKF1Cl8i8wjzRli7-IXgyirlKQsbhhqRzkv8IcY6aHl24j03C-AR2le1"
	"r7URUhArM79BY8soZU0lzwI-sD5PZ3l4NDCCei9XkoIAfsXJWmySPoeRb2Ni"
	"5UZL4mYpvKDiwmyzGd65KqVw7MsFfI_K767G9C9Azp73gKZD0DyUn1mn0WW5"
	"LmyX_yJ-3AROq8p1WZBfG-ZyJ6195_JGG2m9Csg.WCCkNa-x4BeB9hIDIfFu"
	"hg";
/* Its private key as PKCS #8, in base64 */
static const char rfc7520_5_5_private[] =
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgr/kHyZ+a06rm"
	"xM3yESK84r1otSg+aQcVStkRhA+iCM+hRANCAARl7aWhJXfCuugpQ3/jOHAa"
	"EKqjdeG7W13hCN5DnAhVHR5S7XVwEWP3+eQN3580Gz3JuoYK9+DKfKfp7s0A"
	"hNGc";
#define FRODO                                                                      \
	"You can trust us to stick with you through thick and thin\xe2\x80\x93to " \
	"the bitter end. And you can trust us to keep any secret of yours"         \
	"\xe2\x80\x93"                                                             \
	"closer than you keep it yourself. But you cannot trust us to let you "    \
	"face trouble alone, and go off without a word. We are your friends, "     \
	"Frodo."

/* RFC 7518 appendix C: Bob's private key as PKCS #8, Alice's ephemeral one */
static const char rfc7518_c_private[] =
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgVEmDZpDXXK8p"
	"8N0Cndsxs924q6nS1RXFASRl6BfUqdyhRANCAATB40nLYexwJIzoAQNMODTh"
	"uI6+EWHLJa84dB94X8/ExHvJZwjvgJUrU/jSVV/nK4Qe0EWIYosdN4pZSTlQ"
	"DsnJ";
static const char rfc7518_c_ephemeral[] =
	"{\"kty\":\"EC\",\"crv\":\"P-256\","
	"\"x\":\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0\","
	"\"y\":\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps\"}";

static const enum pkey_type types[] = {PKEY_RSA, PKEY_P256, PKEY_P384,
				       PKEY_P521};
static struct pkey *keys[COUNT_OF(types)];

static outcome decrypt(struct text compact, const struct pkey *key,
		       struct text *plain_out)
{
	CLEANUP(jwe_wipe) struct jwe jwe = {0};
	const char *why;

	*plain_out = TEXT_ABSENT;
	TRY(jwe_parse(arena, compact, &jwe, &why));
	return jwe_decrypt(arena, &jwe, key, plain_out);
}

static void assert_refused(struct text compact, const struct pkey *key)
{
	struct text plain;

	assert_int_equal(decrypt(compact, key, &plain), REFUSED);
	assert_false(text_is_present(plain));
}

static struct text encrypt(const struct pkey *key, const char *encryption,
			   struct text plain)
{
	struct buf compact = buf_init_arena(arena, JWE_SIZE_MAX);
	struct jwe_request request = {
		.key = key,
		.encryption = text_from(encryption),
		.key_id = TEXT("k1"),
		.content_type = TEXT("JWT"),
		.plain = plain,
	};

	assert_int_equal(jwe_encrypt(&request, &compact), DONE);
	return buf_text(&compact);
}

/* header . key . iv . ciphertext . tag, of parts as they are. */
static struct text forge(const char *header, const char *rest)
{
	struct buf compact = buf_init_arena(arena, 4 * JWE_SIZE_MAX);

	base64url_encode(&compact, text_from(header));
	buf_add_byte(&compact, '.');
	buf_add_string(&compact, rest);
	return buf_text(&compact);
}

static const char *refusal(struct text compact)
{
	CLEANUP(jwe_wipe) struct jwe jwe = {0};
	const char *why = NULL;

	assert_int_equal(jwe_parse(arena, compact, &jwe, &why), REFUSED);
	assert_non_null(why);
	assert_null(jwe.header);
	return why;
}

static void rfc7520_decrypts(void **state)
{
	struct pkey *key = forge_private_key(rfc7520_5_5_private);
	struct text plain;

	assert_int_equal(decrypt(text_from(rfc7520_5_5), key, &plain), DONE);
	assert_true(text_equal(plain, TEXT(FRODO)));
	pkey_unref(&key);
}

static void rfc7518_agrees(void **state)
{
	struct pkey *key = forge_private_key(rfc7518_c_private);
	struct pkey *ephemeral = forge_key(rfc7518_c_ephemeral);
	struct jwe_agreement agreement = {
		.encryption = AEAD_A128GCM,
		.producer = TEXT("Alice"),
		.consumer = TEXT("Bob"),
	};
	struct secret shared;
	unsigned char out[AEAD_KEY_MAX];
	struct buf encoded = buf_init_arena(arena, 64);

	assert_true(pkey_derive(key, ephemeral, &shared));
	jwe_agree(&agreement, &shared, out);
	base64url_encode(&encoded, text_of(out, 16));
	assert_true(
		text_equal(buf_text(&encoded), TEXT("VqqN6vgjbSBcIijNcacQGg")));
	secret_free(&shared);
	pkey_unref(&ephemeral);
	pkey_unref(&key);
}

/* RFC 7516 appendices A.1 and A.3: what stands behind the encrypted key. */
static const struct {
	const char *compact;
	const char *key;
	enum aead aead;
	const char *plain;
} rfc7516[] = {
	{"eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.AAAA"
	 ".48V1_ALb6US04U3b"
	 ".5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6ji"
	 "SdiwkIr3ajwQzaBtQD_A.XFBoMYUZodetZdvTiFvSkQ",
	 "saH0gFSP4XM_tAP_a5rU9ooHbltwLiJpL4LLLnrqQPw", AEAD_A256GCM,
	 "The true sign of intelligence is not knowledge but imagination."},
	{"eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.AAAA"
	 ".AxY8DCtDaGlsbGljb3RoZQ"
	 ".KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY"
	 ".U0m_YmjN04DJvceFICbCVQ",
	 "BNMfxVSd_P4LZJ36P6pqzmt81C1vawnbyLEA8I-cLM8", AEAD_A128CBC_HS256,
	 "Live long and prosper."},
};

static struct text decoded(struct text encoded)
{
	struct buf bytes = buf_init_arena(arena, 256);

	assert_true(base64url_decode(encoded, &bytes));
	return buf_text(&bytes);
}

/* The next of five parts; *rest is what follows its dot. */
static struct text next_part(struct text *rest)
{
	const char *dot = memchr(rest->at, '.', rest->size);
	struct text part =
		dot == NULL ? *rest
			    : text_first(*rest, (size_t)(dot - rest->at));

	*rest = text_from_byte(*rest, part.size + (dot != NULL ? 1 : 0));
	return part;
}

static void rfc7516_agrees(void **state)
{
	for (size_t i = 0; i < COUNT_OF(rfc7516); i++) {
		struct text rest = text_from(rfc7516[i].compact);
		struct aead_context context = {
			.aead = rfc7516[i].aead,
			.key = decoded(text_from(rfc7516[i].key)),
			.associated = next_part(&rest),
		};
		struct buf plain = buf_init_arena(arena, 256);
		struct text ciphertext;

		(void)next_part(&rest);
		context.iv = decoded(next_part(&rest));
		ciphertext = decoded(next_part(&rest));
		assert_true(
			aead_open(&context, ciphertext, decoded(rest), &plain));
		assert_true(text_equal(buf_text(&plain),
				       text_from(rfc7516[i].plain)));
		assert_non_null(
			strstr(refusal(text_from(rfc7516[i].compact)), "alg"));
	}
}

static void what_it_encrypts_it_decrypts(void **state)
{
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		struct text rest = TEXT(JWE_ENCRYPTIONS);
		struct text name;

		while (text_next_word(&rest, &name)) {
			const char *encryption = arena_terminated(arena, name);
			struct text compact =
				encrypt(keys[i], encryption, TEXT("a.b.c"));
			struct text plain;

			assert_int_equal(decrypt(compact, keys[i], &plain),
					 DONE);
			assert_true(text_equal(plain, TEXT("a.b.c")));
			assert_refused(compact,
				       keys[(i + 1) % COUNT_OF(types)]);
		}
	}
}

static void the_header_tells(void **state)
{
	CLEANUP(jwe_wipe) struct jwe jwe = {0};
	const char *why = NULL;

	assert_int_equal(jwe_parse(arena,
				   encrypt(keys[1], "A256GCM", TEXT("x")), &jwe,
				   &why),
			 DONE);
	assert_true(text_equal(jwe.algorithm, TEXT("ECDH-ES")));
	assert_int_equal(jwe.encryption, AEAD_A256GCM);
	assert_true(text_equal(jwe.key_id, TEXT("k1")));
	assert_true(text_equal(jwe.content_type, TEXT("JWT")));
}

/* Another character at each place: the header is authenticated, too. */
static void j22_nothing_altered_decrypts(void **state)
{
	for (size_t i = 0; i < 2; i++) {
		struct text compact =
			encrypt(keys[i], "A128CBC-HS256", TEXT("secret"));
		char *at = (char *)(uintptr_t)compact.at;

		for (size_t k = 0; k < compact.size; k++) {
			char was = at[k];

			at[k] = was == 'A' ? 'B' : 'A';
			assert_refused(compact, keys[i]);
			at[k] = was;
		}
		assert_int_equal(decrypt(compact, keys[i], &compact), DONE);
	}
}

#define PARTS "AAAA.AAAAAAAAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA"
#define WITH(alg, more)                                                        \
	"{\"alg\":\"" alg "\",\"enc\":\"A128CBC-HS256\"" more "}"

static void j16_j19_other_algorithms_are_not_had(void **state)
{
	static const char *const headers[] = {
		WITH("RSA1_5", ""),
		WITH("RSA-OAEP", ""),
		WITH("PBES2-HS256+A128KW",
		     ",\"p2s\":\"AAAAAAAAAAA\",\"p2c\":1000000000"),
		WITH("dir", ""),
		WITH("A128KW", ""),
		WITH("A256GCMKW", ""),
		WITH("ECDH-ES+A128KW", ""),
		WITH("RSA-OAEP-256 ECDH-ES", ""),
		WITH("ecdh-es", ""),
		WITH("none", ""),
		WITH("", ""),
		"{\"enc\":\"A128CBC-HS256\"}",
		"{\"alg\":[\"ECDH-ES\"],\"enc\":\"A128CBC-HS256\"}",
	};

	for (size_t i = 0; i < COUNT_OF(headers); i++)
		assert_non_null(
			strstr(refusal(forge(headers[i], PARTS)), "alg"));
}

static void j17_zip_and_what_else_a_header_may_not_have(void **state)
{
	static const struct {
		const char *header;
		const char *why;
	} rows[] = {
		{WITH("ECDH-ES", ",\"zip\":\"DEF\""), "zip"},
		{WITH("ECDH-ES", ",\"zip\":null"), "zip"},
		{WITH("ECDH-ES", ",\"crit\":[\"exp\"]"), "crit"},
		{WITH("ECDH-ES", ",\"kid\":1"), "kid"},
		{WITH("ECDH-ES", ",\"cty\":[]"), "cty"},
		{WITH("ECDH-ES", ",\"alg\":\"ECDH-ES\""), "JSON"},
		{"{\"alg\":\"ECDH-ES\"}", "enc"},
		{"{\"alg\":\"ECDH-ES\",\"enc\":\"A192GCM\"}", "enc"},
		{"{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\"}", "iv or tag"},
		{"[]", "not an object"},
		{"", "JSON"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_non_null(strstr(refusal(forge(rows[i].header, PARTS)),
				       rows[i].why));
}

static void j10_one_spelling(void **state)
{
	static const char *const parts[] = {
		"AAAA.AAAAAAAAAAAAAAAAAAAAAA.AAAA",
		PARTS ".AAAA",
		PARTS "=",
		"AAAA.AAAAAAAAAAAAAAAAAAAAAB.AAAA.AAAAAAAAAAAAAAAAAAAAAA",
		"AAA+.AAAAAAAAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA",
		"AAAA .AAAAAAAAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA",
		"AAAA..AAAA.AAAAAAAAAAAAAAAAAAAAAA",
		"AAAA.AAAAAAAAAAAAAAAAAAAAAA.AAAA.",
		"...",
	};

	for (size_t i = 0; i < COUNT_OF(parts); i++)
		refusal(forge(WITH("ECDH-ES", ""), parts[i]));
	refusal(TEXT(""));
	refusal(TEXT("....."));
}

static void j23_too_much_is_refused_at_once(void **state)
{
	struct buf dots = buf_init(2000000);
	char *at = buf_reserve(&dots, 1000000);

	memset(at, '.', 1000000);
	buf_advance(&dots, 1000000);
	assert_string_equal(refusal(buf_text(&dots)), "it is too long");
	dots.size = JWE_SIZE_MAX;
	assert_non_null(strstr(refusal(buf_text(&dots)), "five parts"));
	buf_wipe(&dots);
}

/* Every size of encrypted_key but the modulus' own, and that one at random. */
static void j20_sizes_of_the_encrypted_key(void **state)
{
	static const size_t sizes[] = {0, 1, 255, 256, 257, 512, 4096};

	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct buf rest = buf_init_arena(arena, JWE_SIZE_MAX);

		base64url_encode(&rest,
				 text_of(arena_alloc(arena, sizes[i] + 1),
					 sizes[i]));
		buf_add(&rest, text_from_byte(TEXT(PARTS "\0"), 4));
		assert_refused(forge(WITH("RSA-OAEP-256", ""), rest.at),
			       keys[0]);
	}
	/* In direct agreement there is none (RFC 7518 section 4.6). */
	assert_refused(
		forge(WITH("ECDH-ES",
			   ",\"epk\":{\"kty\":\"EC\","
			   "\"crv\":\"P-256\","
			   "\"x\":\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0\","
			   "\"y\":\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps\"}"),
		      PARTS),
		keys[1]);
}

static void j08_ephemeral_keys_are_on_the_curve(void **state)
{
	static const char *const epks[] = {
		"null",
		"{}",
		/* y altered by one bit */
		"{\"kty\":\"EC\",\"crv\":\"P-256\","
		"\"x\":\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0\","
		"\"y\":\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpp8\"}",
		/* (0, 0) */
		"{\"kty\":\"EC\",\"crv\":\"P-256\","
		"\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
		"\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
		/* another kind of key */
		"{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
		"\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
	};

	for (size_t i = 0; i < COUNT_OF(epks); i++) {
		struct text header = arena_format(
			arena, WITH("ECDH-ES", ",\"epk\":%s"), epks[i]);

		assert_refused(forge(header.at, &PARTS[4]), keys[1]);
	}
}

static void keys_that_only_sign_are_refused(void **state)
{
	struct buf compact = buf_init_arena(arena, JWE_SIZE_MAX);
	struct jwe_request request = {.encryption = TEXT("A256GCM"),
				      .plain = TEXT("x")};
	struct pkey *key;

	assert_int_equal(pkey_generate(PKEY_ED25519, 0, &key), DONE);
	request.key = key;
	assert_null(jwe_algorithm_for(key));
	assert_int_equal(jwe_encrypt(&request, &compact), REFUSED);
	assert_refused(encrypt(keys[1], "A256GCM", TEXT("x")), key);
	pkey_unref(&key);
	request.key = keys[1];
	request.encryption = TEXT("A192GCM");
	assert_int_equal(jwe_encrypt(&request, &compact), REFUSED);
	assert_int_equal(compact.size, 0);
}

static int open_keys(void **state)
{
	assert_int_equal(crypto_open(), DONE);
	arena = arena_new((size_t)1 << 30);
	for (size_t i = 0; i < COUNT_OF(types); i++)
		assert_int_equal(pkey_generate(types[i], 2048, &keys[i]), DONE);
	return 0;
}

static int close_keys(void **state)
{
	for (size_t i = 0; i < COUNT_OF(types); i++)
		pkey_unref(&keys[i]);
	arena_free(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("RFC 7520 5.5 is decrypted", rfc7520_decrypts),
		test_that("RFC 7518 C's key is agreed on", rfc7518_agrees),
		test_that(
			"RFC 7516 A.1's and A.3's content is opened, and their "
			"ways to its key are not had",
			rfc7516_agrees),
		test_that("what it encrypts it decrypts, and no other key does",
			  what_it_encrypts_it_decrypts),
		test_that("the header's members are told", the_header_tells),
		test_that("J22: with any character altered nothing decrypts",
			  j22_nothing_altered_decrypts),
		test_that("J16, J19: RSA1_5, PBES2 and others are not had",
			  j16_j19_other_algorithms_are_not_had),
		test_that(
			"J17: zip and crit are refused, and what is malformed",
			j17_zip_and_what_else_a_header_may_not_have),
		test_that("J10: one spelling, five parts", j10_one_spelling),
		test_that("J23: a million dots are refused at once",
			  j23_too_much_is_refused_at_once),
		test_that("J20: encrypted keys of any size are refused cleanly",
			  j20_sizes_of_the_encrypted_key),
		test_that("J08: an ephemeral key off the curve is refused",
			  j08_ephemeral_keys_are_on_the_curve),
		test_that("keys that only sign neither encrypt nor decrypt",
			  keys_that_only_sign_are_refused),
	};

	return cmocka_run_group_tests_name("jose_jwe", tests, open_keys,
					   close_keys);
}
