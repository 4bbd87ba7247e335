/* SPDX-License-Identifier: Apache-2.0 */
/* Digests, HMAC and HKDF against FIPS 180-4, RFC 4231 and RFC 5869. */
#include "crypto/digest.h"

#include "bytes.h"
#include "crypto/crypto.h"
#include "crypto/equal.h"
#include "crypto/siphash.h"

static void digests(void **state)
{
	static const char *const expected[] = {
		"a9993e364706816aba3e25717850c26c9cd0d89d",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f200"
		"15ad",
		"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff"
		"5bed8086072ba1e7cc2358baeca134c825a7",
		"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55"
		"d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94f"
		"a54ca49f",
	};
	unsigned char out[DIGEST_MAX_SIZE];

	for (int i = DIGEST_SHA1; i <= DIGEST_SHA512; i++) {
		size_t size = digest_of((enum digest)i, TEXT("abc"), out);

		assert_bytes(out, size, expected[i]);
	}
}

static void nothing(void **state)
{
	unsigned char out[SHA256_SIZE];

	digest_sha256(TEXT_ABSENT, out);
	assert_bytes(out, sizeof(out),
		     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7"
		     "852b855");
}

/* RFC 4231 section 4: key, data, HMAC-SHA-256, -384, -512. */
static const struct {
	const char *key;
	const char *data;
	const char *expected[3];
} hmac_vectors[] = {
	{"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	 "4869205468657265",
	 {"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
	  "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfa"
	  "ea9ea9076ede7f4af152e8b2fa9cb6",
	  "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdeda"
	  "a833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"}},
	{"4a656665",
	 "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	 {"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
	  "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e"
	  "2240ca5e69e2c78b3239ecfab21649",
	  "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758"
	  "bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"}},
};

static void hmac(void **state)
{
	unsigned char out[DIGEST_MAX_SIZE];

	for (size_t i = 0; i < COUNT_OF(hmac_vectors); i++) {
		struct buf key = bytes_of(hmac_vectors[i].key);
		struct buf data = bytes_of(hmac_vectors[i].data);

		for (int j = 0; j < 3; j++) {
			size_t size = digest_hmac(
				(enum digest)(DIGEST_SHA256 + j),
				buf_text(&key), buf_text(&data), out);

			assert_bytes(out, size, hmac_vectors[i].expected[j]);
		}
		buf_wipe(&key);
		buf_wipe(&data);
	}
}

/* RFC 4231 section 4.7: a key larger than a block is hashed first. */
static void hmac_long_key(void **state)
{
	char key[131];
	unsigned char out[SHA256_SIZE];

	memset(key, 0xaa, sizeof(key));
	digest_hmac_sha256(text_of(key, sizeof(key)),
			   TEXT("Test Using Larger Than Block-Size Key - "
				"Hash Key First"),
			   out);
	assert_bytes(out, sizeof(out),
		     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0"
		     "ee37f54");
}

static void hmac_no_key(void **state)
{
	unsigned char out[SHA256_SIZE];

	digest_hmac_sha256(TEXT("some key"), TEXT("some data"), out);
	digest_hmac_sha256(TEXT_ABSENT, TEXT(""), out);
	assert_bytes(out, sizeof(out),
		     "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144"
		     "292c5ad");
}

/* RFC 5869 appendix A.3: no salt, no info. */
static void hkdf(void **state)
{
	struct buf key =
		bytes_of("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
	unsigned char out[42];

	digest_hkdf(buf_text(&key), TEXT(""), out, sizeof(out));
	assert_bytes(out, sizeof(out),
		     "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3"
		     "c738d2d9d201395faa4b61a96c8");
	buf_wipe(&key);
}

static void hkdf_labels(void **state)
{
	unsigned char long_out[100];
	unsigned char short_out[40];
	unsigned char other[40];

	digest_hkdf(TEXT("key"), TEXT("one"), long_out, sizeof(long_out));
	digest_hkdf(TEXT("key"), TEXT("one"), short_out, sizeof(short_out));
	digest_hkdf(TEXT("key"), TEXT("two"), other, sizeof(other));
	assert_memory_equal(long_out, short_out, sizeof(short_out));
	assert_memory_not_equal(short_out, other, sizeof(other));
}

static void challenge(const char *verifier, const char *expected)
{
	struct buf encoded = buf_init(64);
	unsigned char hash[SHA256_SIZE];

	digest_sha256(text_from(verifier), hash);
	base64url_encode(&encoded, text_of(hash, sizeof(hash)));
	assert_true(text_equal(buf_text(&encoded), text_from(expected)));
	buf_wipe(&encoded);
}

static void pkce(void **state)
{
	challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
		  "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
	challenge("zYYoWc9LNIahfonUKyKZcpDc0oWV0zGbn-gTkrr4lkw",
		  "IMbNq8j9HZBlbLuZ4nHcYOv1ZkRF5TVNAfVIGyeUsi0");
}

static void equal(void **state)
{
	assert_true(equal_secret(TEXT("same"), TEXT("same")));
	assert_false(equal_secret(TEXT("same"), TEXT("sane")));
	assert_false(equal_secret(TEXT("same"), TEXT("sam")));
	assert_false(equal_secret(TEXT("same"), TEXT_ABSENT));
	assert_true(equal_secret(TEXT(""), TEXT_ABSENT));
}

/* The example of "SipHash: a fast short-input PRF", appendix A. */
static void short_hash(void **state)
{
	unsigned char key[SIPHASH_KEY_SIZE];
	unsigned char message[15];

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (unsigned char)i;
	memcpy(message, key, sizeof(message));
	assert_true(siphash(key, text_of(message, sizeof(message))) ==
		    0xa129ca6149be45e5);
	assert_true(siphash(key, TEXT("")) == 0x726fdb47dd0e0e31);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("SHA-1 and SHA-2 of abc are those of FIPS 180-4",
			  digests),
		test_that("absent text has the digest of no bytes", nothing),
		test_that("HMAC computes RFC 4231's test cases 1 and 2", hmac),
		test_that("HMAC hashes a key larger than a block first "
			  "(RFC 4231 case 6)",
			  hmac_long_key),
		test_that("HMAC with an empty key does not take the key before",
			  hmac_no_key),
		test_that("HKDF computes RFC 5869's case without salt (A.3)",
			  hkdf),
		test_that("HKDF's label changes the key, its size only extends "
			  "it",
			  hkdf_labels),
		test_that("the S256 challenges of RFC 7636 appendix B and of a "
			  "vendor's page come out",
			  pkce),
		test_that("SipHash-2-4 computes its authors' example",
			  short_hash),
		test_that("secrets are equal in all bytes or not at all",
			  equal),
	};

	if (crypto_open() != DONE)
		return 1;
	return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
