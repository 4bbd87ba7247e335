/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of each type: made, carried around, signed with, and refused. */
#include "crypto/pkey.h"

#include "bytes.h"
#include "crypto/crypto.h"

static const struct {
	enum pkey_type type;
	unsigned int bits;
	size_t schemes_count;
	enum pkey_scheme schemes[6];
	size_t signature_size;
} kinds[] = {
	{PKEY_RSA,
	 2048,
	 6,
	 {PKEY_RS256, PKEY_RS384, PKEY_RS512, PKEY_PS256, PKEY_PS384,
	  PKEY_PS512},
	 256},
	{PKEY_P256, 256, 1, {PKEY_ES256}, 64},
	{PKEY_P384, 384, 1, {PKEY_ES384}, 96},
	{PKEY_P521, 521, 1, {PKEY_ES512}, 132},
	{PKEY_ED25519, 256, 1, {PKEY_EDDSA}, 64},
};

#define KINDS COUNT_OF(kinds)
#define SCHEMES 10

static struct pkey *keys[KINDS];

static int make_keys(void **state)
{
	for (size_t i = 0; i < KINDS; i++) {
		if (pkey_generate(kinds[i].type, 2048, &keys[i]) != DONE)
			return -1;
	}
	return 0;
}

static int drop_keys(void **state)
{
	for (size_t i = 0; i < KINDS; i++)
		pkey_unref(&keys[i]);
	return 0;
}

static struct pkey *public_half(struct pkey *key)
{
	struct buf a = buf_init(1024);
	struct buf b = buf_init(1024);
	struct pkey *half = NULL;

	assert_int_equal(pkey_public_parts(key, &a, &b), DONE);
	assert_int_equal(pkey_from_public_parts(pkey_type(key), buf_text(&a),
						buf_text(&b), &half),
			 DONE);
	buf_wipe(&a);
	buf_wipe(&b);
	return half;
}

/* Asked of a key that was made of them, and of one that was not. */
static void same_parts(void **state)
{
	for (size_t i = 0; i < KINDS; i++) {
		CLEANUP(pkey_unref) struct pkey *half = public_half(keys[i]);
		struct buf parts[4] = {buf_init(1024), buf_init(1024),
				       buf_init(1024), buf_init(1024)};

		assert_int_equal(
			pkey_public_parts(keys[i], &parts[0], &parts[1]), DONE);
		assert_int_equal(pkey_public_parts(half, &parts[2], &parts[3]),
				 DONE);
		assert_true(
			text_equal(buf_text(&parts[0]), buf_text(&parts[2])));
		assert_true(
			text_equal(buf_text(&parts[1]), buf_text(&parts[3])));
		for (size_t j = 0; j < 4; j++)
			buf_wipe(&parts[j]);
	}
}

static void check_scheme(struct pkey *key, struct pkey *half,
			 enum pkey_scheme scheme, size_t size)
{
	struct buf signature = buf_init(PKEY_SIGNATURE_MAX);
	struct text bytes = TEXT("signed");

	assert_int_equal(pkey_sign(key, scheme, bytes, &signature), DONE);
	assert_int_equal(signature.size, size);
	assert_true(pkey_verify(half, scheme, bytes, buf_text(&signature)));
	assert_false(pkey_verify(half, scheme, TEXT("signee"),
				 buf_text(&signature)));
	assert_false(pkey_verify(half, scheme, bytes,
				 text_first(buf_text(&signature), size - 1)));
	buf_add_byte(&signature, 0);
	assert_false(pkey_verify(half, scheme, bytes, buf_text(&signature)));
	buf_consume(&signature, 1);
	assert_false(pkey_verify(half, scheme, bytes, buf_text(&signature)));
	assert_false(pkey_verify(half, scheme, bytes, TEXT_ABSENT));
	buf_wipe(&signature);
}

static void signs(void **state)
{
	for (size_t i = 0; i < KINDS; i++) {
		CLEANUP(pkey_unref) struct pkey *half = public_half(keys[i]);

		assert_int_equal(pkey_bits(half), kinds[i].bits);
		assert_true(pkey_is_private(keys[i]));
		assert_false(pkey_is_private(half));
		for (size_t j = 0; j < kinds[i].schemes_count; j++)
			check_scheme(keys[i], half, kinds[i].schemes[j],
				     kinds[i].signature_size);
	}
}

static bool is_of_kind(size_t kind, enum pkey_scheme scheme)
{
	for (size_t i = 0; i < kinds[kind].schemes_count; i++) {
		if (kinds[kind].schemes[i] == scheme)
			return true;
	}
	return false;
}

/* Each signature, under each key and scheme that is not its own. */
static void foreign_schemes(void **state)
{
	for (size_t i = 0; i < KINDS; i++) {
		enum pkey_scheme own = kinds[i].schemes[0];
		struct buf signature = buf_init(PKEY_SIGNATURE_MAX);

		assert_int_equal(pkey_sign(keys[i], own, TEXT("x"), &signature),
				 DONE);
		for (size_t j = 0; j < KINDS * SCHEMES; j++) {
			size_t kind = j / SCHEMES;
			enum pkey_scheme scheme =
				(enum pkey_scheme)(j % SCHEMES);

			assert_int_equal(pkey_fits(keys[kind], scheme),
					 is_of_kind(kind, scheme));
			assert_int_equal(pkey_verify(keys[kind], scheme,
						     TEXT("x"),
						     buf_text(&signature)),
					 kind == i && scheme == own);
		}
		buf_wipe(&signature);
	}
}

static void carries_private(void **state)
{
	for (size_t i = 0; i < KINDS; i++) {
		CLEANUP(pkey_unref) struct pkey *copy = NULL;
		struct secret der;
		struct pkey *none = NULL;

		assert_int_equal(pkey_export_private(keys[i], &der), DONE);
		assert_int_equal(pkey_import_private(secret_bytes(&der), &copy),
				 DONE);
		assert_true(pkey_is_private(copy));
		assert_int_equal(pkey_type(copy), kinds[i].type);
		check_scheme(copy, keys[i], kinds[i].schemes[0],
			     kinds[i].signature_size);
		assert_int_equal(
			pkey_import_private(text_first(secret_bytes(&der),
						       der.size - 1),
					    &none),
			REFUSED);
		assert_null(none);
		secret_free(&der);
	}
}

static void junk(void **state)
{
	struct pkey *none = NULL;

	assert_int_equal(pkey_import_public(TEXT_ABSENT, &none), REFUSED);
	assert_int_equal(pkey_import_private(TEXT_ABSENT, &none), REFUSED);
	assert_int_equal(pkey_import_public(TEXT("junk"), &none), REFUSED);
	assert_int_equal(pkey_import_private(TEXT("junk"), &none), REFUSED);
	assert_null(none);
}

static void carries_public(void **state)
{
	for (size_t i = 0; i < KINDS; i++) {
		CLEANUP(pkey_unref) struct pkey *copy = NULL;
		struct buf der = buf_init(4096);
		struct pkey *none = NULL;

		assert_int_equal(pkey_export_public(keys[i], &der), DONE);
		assert_int_equal(pkey_import_public(buf_text(&der), &copy),
				 DONE);
		assert_false(pkey_is_private(copy));
		check_scheme(keys[i], copy, kinds[i].schemes[0],
			     kinds[i].signature_size);
		buf_add_byte(&der, 0);
		assert_int_equal(pkey_import_public(buf_text(&der), &none),
				 REFUSED);
		assert_int_equal(pkey_import_private(buf_text(&der), &none),
				 REFUSED);
		buf_wipe(&der);
	}
}

static void assert_refused(enum pkey_type type, struct text a, struct text b)
{
	struct pkey *key = NULL;

	assert_int_equal(pkey_from_public_parts(type, a, b, &key), REFUSED);
	assert_null(key);
}

/* A number of so many bits, odd, all others zero. */
static struct text modulus_of(unsigned int bits, unsigned char *bytes)
{
	size_t size = (bits + 7) / 8;

	memset(bytes, 0, size);
	bytes[0] = (unsigned char)(1 << (bits - 1) % 8);
	bytes[size - 1] |= 1;
	return text_of(bytes, size);
}

static void rsa_numbers(void **state)
{
	unsigned char n[600];
	CLEANUP(pkey_unref) struct pkey *key = NULL;
	struct text e = TEXT("\x01\x00\x01");

	assert_int_equal(pkey_from_public_parts(PKEY_RSA, modulus_of(2048, n),
						e, &key),
			 DONE);
	assert_refused(PKEY_RSA, modulus_of(2047, n), e);
	assert_refused(PKEY_RSA, modulus_of(1024, n), e);
	assert_refused(PKEY_RSA, modulus_of(4097, n), e);
	assert_refused(PKEY_RSA, TEXT_ABSENT, e);
	modulus_of(2048, n);
	n[255] = 0;
	assert_refused(PKEY_RSA, text_of(n, 256), e);
	memmove(n + 1, n, 256);
	n[0] = 0;
	n[256] = 1;
	assert_refused(PKEY_RSA, text_of(n, 257), e);
	modulus_of(2048, n);
	assert_refused(PKEY_RSA, text_of(n, 256), TEXT("\x01"));
	assert_refused(PKEY_RSA, text_of(n, 256), TEXT("\x03"));
	assert_refused(PKEY_RSA, text_of(n, 256), TEXT("\x01\x00\x00"));
	assert_refused(PKEY_RSA, text_of(n, 256), TEXT("\x00\x01\x00\x01"));
	assert_refused(PKEY_RSA, text_of(n, 256), text_of(n, 256));
	assert_refused(PKEY_RSA, text_of(n, 256), TEXT_ABSENT);
}

/* Above 4096 bits in a SubjectPublicKeyInfo, where no size stands before. */
static void rsa_too_large(void **state)
{
	struct buf der = bytes_of("30820222300d06092a864886f70d0101010500"
				  "0382020f003082020a02820201");
	unsigned char n[600];
	struct pkey *key = NULL;

	buf_add(&der, modulus_of(4097, n));
	buf_add(&der, TEXT("\x02\x03\x01\x00\x01"));
	assert_int_equal(pkey_import_public(buf_text(&der), &key), REFUSED);
	assert_null(key);
	/* 4096 bits: one leading zero, as DER wants it, and the top bit. */
	memset(n, 0, sizeof(n));
	n[1] = 0x80;
	n[512] = 1;
	der.size -= 513 + 5;
	buf_add(&der, text_of(n, 513));
	buf_add(&der, TEXT("\x02\x03\x01\x00\x01"));
	assert_int_equal(pkey_import_public(buf_text(&der), &key), DONE);
	assert_int_equal(pkey_bits(key), 4096);
	pkey_unref(&key);
	buf_wipe(&der);
}

static void ec_points(void **state)
{
	struct buf x = buf_init(128);
	struct buf y = buf_init(128);
	static const char zeros[66] = {0};

	for (size_t i = 1; i <= 3; i++) {
		size_t size;

		buf_wipe(&x);
		buf_wipe(&y);
		assert_int_equal(pkey_public_parts(keys[i], &x, &y), DONE);
		size = x.size;
		assert_int_equal(y.size, size);
		y.at[size - 1] ^= 1;
		assert_refused(kinds[i].type, buf_text(&x), buf_text(&y));
		y.at[size - 1] ^= 1;
		assert_refused(kinds[i].type, buf_text(&x),
			       text_first(buf_text(&y), size - 1));
		assert_refused(kinds[i].type, text_of(zeros, size),
			       text_of(zeros, size));
		assert_refused(kinds[i % 3 + 1].type, buf_text(&x),
			       buf_text(&y));
		memset(x.at, 0xff, size);
		assert_refused(kinds[i].type, buf_text(&x), buf_text(&y));
		assert_refused(kinds[i].type, TEXT_ABSENT, TEXT_ABSENT);
	}
	buf_wipe(&x);
	buf_wipe(&y);
}

/* The points of order 1, 2 and 8, and a y outside the field. */
static void ed25519_points(void **state)
{
	static const char *const points[] = {
		"0100000000000000000000000000000000000000000000000000000000"
		"000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"ffff7f",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d"
		"53fc05",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792"
		"ac037a",
		"0000000000000000000000000000000000000000000000000000000000"
		"000000",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"ffff7f",
	};

	for (size_t i = 0; i < COUNT_OF(points); i++) {
		struct buf point = bytes_of(points[i]);

		assert_refused(PKEY_ED25519, buf_text(&point), TEXT_ABSENT);
		buf_wipe(&point);
	}
	assert_refused(PKEY_ED25519, TEXT_ABSENT, TEXT_ABSENT);
}

/* S + L, which signs the same but for RFC 8032 section 5.1.7's bound. */
static void ed25519_order(void **state)
{
	struct buf order = bytes_of("edd3f55c1a631258d69cf7a2def9de1400000000"
				    "000000000000000000000010");
	struct buf signature = buf_init(PKEY_SIGNATURE_MAX);
	struct pkey *key = keys[KINDS - 1];
	unsigned int carried = 0;

	assert_int_equal(pkey_type(key), PKEY_ED25519);
	assert_int_equal(pkey_sign(key, PKEY_EDDSA, TEXT("signed"), &signature),
			 DONE);
	assert_true(pkey_verify(key, PKEY_EDDSA, TEXT("signed"),
				buf_text(&signature)));
	for (size_t i = 0; i < 32; i++) {
		carried += (unsigned char)signature.at[32 + i] +
			   (unsigned int)(unsigned char)order.at[i];
		signature.at[32 + i] = (char)carried;
		carried >>= 8;
	}
	assert_false(pkey_verify(key, PKEY_EDDSA, TEXT("signed"),
				 buf_text(&signature)));
	buf_wipe(&signature);
	buf_wipe(&order);
}

/* SubjectPublicKeyInfo of keys that OpenSSL reads and we do not take. */
static void other_keys(void **state)
{
	static const char *const ders[] = {
		/* X25519 */
		"302a300506032b656e032100de9edb7d7b7dc1b4d35b61c2ece435373f"
		"8343c85b78674dadfc7e146f882b4f",
		/* secp256k1's generator */
		"3056301006072a8648ce3d020106052b8104000a0342000479be667ef9"
		"dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483a"
		"da7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4"
		"b8",
	};

	for (size_t i = 0; i < COUNT_OF(ders); i++) {
		struct buf der = bytes_of(ders[i]);
		struct pkey *key = NULL;

		assert_int_equal(pkey_import_public(buf_text(&der), &key),
				 REFUSED);
		assert_null(key);
		buf_wipe(&der);
	}
}

static void counted(void **state)
{
	struct pkey *key = NULL;
	struct pkey *other;

	assert_int_equal(pkey_generate(PKEY_P256, 0, &key), DONE);
	other = pkey_ref(key);
	pkey_unref(&key);
	assert_null(key);
	check_scheme(other, other, PKEY_ES256, 64);
	pkey_unref(&other);
	pkey_unref(&other);
}

/* An Ed25519 point, its key made and let go. */
struct met {
	struct buf x;
	const struct pkey *key;
};

static const struct pkey *meet(const struct met *met)
{
	CLEANUP(pkey_unref) struct pkey *key = NULL;

	assert_int_equal(pkey_from_public_parts(PKEY_ED25519, buf_text(&met->x),
						TEXT_ABSENT, &key),
			 DONE);
	return key;
}

static struct met new_met(void)
{
	CLEANUP(pkey_unref) struct pkey *pair = NULL;
	struct met met = {buf_init(32), NULL};
	struct buf none = buf_init(32);

	assert_int_equal(pkey_generate(PKEY_ED25519, 0, &pair), DONE);
	assert_int_equal(pkey_public_parts(pair, &met.x, &none), DONE);
	buf_wipe(&none);
	met.key = meet(&met);
	return met;
}

static void met_again(void **state)
{
	struct met first = new_met();
	struct met second = new_met();

	assert_ptr_equal(meet(&first), first.key);
	assert_ptr_equal(meet(&second), second.key);
	assert_ptr_not_equal(first.key, second.key);
	assert_refused(PKEY_ED25519, buf_text(&first.x), buf_text(&second.x));
	assert_refused(PKEY_P256, buf_text(&first.x), TEXT_ABSENT);
	buf_wipe(&first.x);
	buf_wipe(&second.x);
}

/* Twice as many as fit. */
static void met_many(void **state)
{
	CLEANUP(pkey_unref) struct pkey *held = public_half(keys[4]);
	struct buf x = buf_init(32);
	struct buf none = buf_init(32);

	for (size_t i = 0; i < 1024; i++) {
		struct met met = new_met();

		buf_wipe(&met.x);
	}
	assert_int_equal(pkey_public_parts(held, &x, &none), DONE);
	check_scheme(keys[4], held, PKEY_EDDSA, 64);
	buf_wipe(&x);
	buf_wipe(&none);
}

/* An EC key, the public half of it and its signature of a word. */
struct signer {
	struct pkey *pair;
	struct pkey *half;
	struct buf signature;
};

static struct signer new_signer(void)
{
	struct signer signer = {.signature = buf_init(64)};

	assert_int_equal(pkey_generate(PKEY_P256, 0, &signer.pair), DONE);
	signer.half = public_half(signer.pair);
	assert_int_equal(pkey_sign(signer.pair, PKEY_ES256, TEXT("signed"),
				   &signer.signature),
			 DONE);
	return signer;
}

static bool is_right(const struct signer *key, const struct signer *signer)
{
	return pkey_verify(key->half, PKEY_ES256, TEXT("signed"),
			   buf_text(&signer->signature));
}

/* A thread verifies for all of them with one key, in whatever order. */
static void ec_in_turn(void **state)
{
	struct signer signers[] = {new_signer(), new_signer(), new_signer()};
	struct buf zeros = bytes_of(
		"0000000000000000000000000000000000000000000000000000000000"
		"000000");

	for (size_t i = 0; i < COUNT_OF(signers); i++) {
		for (size_t j = 0; j < COUNT_OF(signers); j++) {
			assert_int_equal(is_right(&signers[i], &signers[j]),
					 i == j);
			assert_refused(PKEY_P256, buf_text(&zeros),
				       buf_text(&zeros));
			assert_int_equal(is_right(&signers[j], &signers[i]),
					 i == j);
			assert_true(is_right(&signers[j], &signers[j]));
		}
	}
	for (size_t i = 0; i < COUNT_OF(signers); i++) {
		pkey_unref(&signers[i].pair);
		pkey_unref(&signers[i].half);
		buf_wipe(&signers[i].signature);
	}
	buf_wipe(&zeros);
}

/* R or S of zero, or not below the order (FIPS 186-5 section 6.4.2 step 1). */
static void ecdsa_range(void **state)
{
	static const char *const bad[] = {
		"0000000000000000000000000000000000000000000000000000000000"
		"000000",
		"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc"
		"632551",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"ffffff",
	};
	struct signer signer = new_signer();
	struct buf good = buf_init(64);

	buf_add(&good, buf_text(&signer.signature));
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct buf number = bytes_of(bad[i]);

		for (size_t at = 0; at <= 32; at += 32) {
			memcpy(signer.signature.at, good.at, 64);
			memcpy(signer.signature.at + at, number.at, 32);
			assert_false(is_right(&signer, &signer));
		}
		memcpy(signer.signature.at, number.at, 32);
		assert_false(is_right(&signer, &signer));
		buf_wipe(&number);
	}
	memcpy(signer.signature.at, good.at, 64);
	assert_true(is_right(&signer, &signer));
	pkey_unref(&signer.pair);
	pkey_unref(&signer.half);
	buf_wipe(&signer.signature);
	buf_wipe(&good);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("every scheme signs and verifies, and no other bytes "
			  "or sizes pass",
			  signs),
		test_that("a key has the public parts that it was made of",
			  same_parts),
		test_that("a public key that was met before is the same, and "
			  "nothing else is taken for it",
			  met_again),
		test_that("keys that are held outlast those that are kept",
			  met_many),
		test_that("EC keys that take turns are not taken for one "
			  "another",
			  ec_in_turn),
		test_that("J07: an ECDSA signature of zeros or over the order "
			  "is wrong",
			  ecdsa_range),
		test_that("a signature is right under its own key and scheme "
			  "alone",
			  foreign_schemes),
		test_that("a private key signs the same after PKCS #8",
			  carries_private),
		test_that("a public key verifies after its DER, which ends "
			  "where it ends",
			  carries_public),
		test_that("what is no DER is no key", junk),
		test_that("RSA numbers that are small, large, even or padded "
			  "are refused",
			  rsa_numbers),
		test_that("an RSA key of 4096 bits is the largest",
			  rsa_too_large),
		test_that("J08: points off the curve or outside the field are "
			  "refused",
			  ec_points),
		test_that("J08: Ed25519 points of small order are refused",
			  ed25519_points),
		test_that("an Ed25519 signature has one spelling",
			  ed25519_order),
		test_that("X25519 and secp256k1 keys are not taken",
			  other_keys),
		test_that("a key lives until its last holder lets go", counted),
	};

	if (crypto_open() != DONE)
		return 1;
	return cmocka_run_group_tests_name("pkey", tests, make_keys, drop_keys);
}
