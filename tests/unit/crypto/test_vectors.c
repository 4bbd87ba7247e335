/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures that others made, and what is made of them to deceive: ECDSA of
 * RFC 6979 appendix A.2, Ed25519 of RFC 8032 section 7.1. The changes are after the
 * ideas of Wycheproof. */
#include "crypto/pkey.h"

#include "bytes.h"
#include "crypto/crypto.h"

#define NUMBER_MAX 66

static const struct curve {
	enum pkey_type type;
	enum pkey_scheme scheme;
	const char *x;
	const char *y;
	const char *r; /* of "sample" */
	const char *s;
	const char *order;
	const char *field;
} curves[] = {
	{PKEY_P256, PKEY_ES256,
	 "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
	 "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
	 "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
	 "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
	 "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
	 "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"},
	{PKEY_P384, PKEY_ES384,
	 "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64"
	 "def8f0ea9055866064a254515480bc13",
	 "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1"
	 "288b231c3ae0d4fe7344fd2533264720",
	 "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c"
	 "81a648152e44acf96e36dd1e80fabe46",
	 "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94f"
	 "a329c145786e679e7b82c71a38628ac8",
	 "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf"
	 "581a0db248b0a77aecec196accc52973",
	 "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe"
	 "ffffffff0000000000000000ffffffff"},
	{PKEY_P521, PKEY_ES512,
	 "01894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a7167db4e5bcd37"
	 "1123d46e45db6b5d5370a7f20fb633155d38ffa16d2bd761dcac474b9a2f5023a4",
	 "00493101c962cd4d2fddf782285e64584139c2f91b47f87ff82354d6630f746a28"
	 "a0db25741b5b34a828008b22acc23f924faafbd4d33f81ea66956dfeaa2bfdfcf5",
	 "00c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f17"
	 "4e25a1ee9017b5d450606add152b534931d7d4e8455cc91f9b15bf05ec36e377fa",
	 "00617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af28"
	 "2623eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1ee0e44da4a67a",
	 "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	 "a51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
	 "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
};

static struct pkey *key_of(enum pkey_type type, const char *a, const char *b)
{
	struct buf x = bytes_of(a);
	struct buf y = bytes_of(b);
	struct pkey *key = NULL;

	if (pkey_from_public_parts(type, buf_text(&x), buf_text(&y), &key) !=
	    DONE)
		assert_null(key);
	buf_wipe(&x);
	buf_wipe(&y);
	return key;
}

static bool is_right(struct pkey *key, enum pkey_scheme scheme,
		     struct text bytes, const char *first, const char *second)
{
	struct buf signature = bytes_of(first);
	struct buf rest = bytes_of(second);
	bool is_right;

	buf_add(&signature, buf_text(&rest));
	is_right = pkey_verify(key, scheme, bytes, buf_text(&signature));
	buf_wipe(&signature);
	buf_wipe(&rest);
	return is_right;
}

/* Two numbers of one size, big-endian; the sum or difference fits. */
static void combine(const char *a, const char *b, int sign,
		    char hex[2 * NUMBER_MAX + 1])
{
	struct buf left = bytes_of(a);
	struct buf right = bytes_of(b);
	struct buf out = buf_init(2 * NUMBER_MAX);
	int carried = 0;

	assert_int_equal(left.size, right.size);
	for (size_t i = left.size; i-- > 0;) {
		carried += (unsigned char)left.at[i] +
			   sign * (unsigned char)right.at[i];
		left.at[i] = (char)carried;
		carried >>= 8;
	}
	hex_encode(&out, buf_text(&left));
	memcpy(hex, out.at, out.size);
	hex[out.size] = '\0';
	buf_wipe(&left);
	buf_wipe(&right);
	buf_wipe(&out);
}

static void ecdsa_of_others(void **state)
{
	for (size_t i = 0; i < COUNT_OF(curves); i++) {
		const struct curve *at = &curves[i];
		CLEANUP(pkey_unref)
		struct pkey *key = key_of(at->type, at->x, at->y);

		assert_non_null(key);
		assert_true(is_right(key, at->scheme, TEXT("sample"), at->r,
				     at->s));
		assert_false(is_right(key, at->scheme, TEXT("samplf"), at->r,
				      at->s));
		assert_false(is_right(key, at->scheme, TEXT("sample"), at->s,
				      at->r));
	}
}

/* Each number that is none, as R, as S and as both. */
static void refuse_numbers(const struct curve *at, struct pkey *key)
{
	char zero[2 * NUMBER_MAX + 1] = "";
	char one[2 * NUMBER_MAX + 1];
	char less[2 * NUMBER_MAX + 1];
	char most[2 * NUMBER_MAX + 1];
	const char *numbers[] = {zero, one, less, at->order, at->field, most};
	struct text sample = TEXT("sample");

	combine(at->order, at->order, -1, zero);
	memcpy(one, zero, sizeof(one));
	one[strlen(one) - 1] = '1';
	combine(at->order, one, -1, less);
	combine(zero, one, -1, most);
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		const char *number = numbers[i];

		assert_false(is_right(key, at->scheme, sample, number, at->s));
		assert_false(is_right(key, at->scheme, sample, at->r, number));
		for (size_t k = 0; k < COUNT_OF(numbers); k++)
			assert_false(is_right(key, at->scheme, sample, number,
					      numbers[k]));
	}
}

static void ecdsa_numbers(void **state)
{
	for (size_t i = 0; i < COUNT_OF(curves); i++) {
		const struct curve *at = &curves[i];
		CLEANUP(pkey_unref)
		struct pkey *key = key_of(at->type, at->x, at->y);
		struct text sample = TEXT("sample");
		char other[2 * NUMBER_MAX + 1];

		refuse_numbers(at, key);
		/* The same residues, spelled with the order added or taken. */
		if (at->type == PKEY_P521) {
			combine(at->r, at->order, 1, other);
			assert_false(is_right(key, at->scheme, sample, other,
					      at->s));
			combine(at->s, at->order, 1, other);
			assert_false(is_right(key, at->scheme, sample, at->r,
					      other));
		}
		combine(at->order, at->r, -1, other);
		assert_false(is_right(key, at->scheme, sample, other, at->s));
		/* JWA leaves both signs of S right (RFC 7518 section 3.4). */
		combine(at->order, at->s, -1, other);
		assert_true(is_right(key, at->scheme, sample, at->r, other));
	}
}

/* DER, numbers of another size, and bytes before or behind. */
static void ecdsa_forms(void **state)
{
	for (size_t i = 0; i < COUNT_OF(curves); i++) {
		const struct curve *at = &curves[i];
		CLEANUP(pkey_unref)
		struct pkey *key = key_of(at->type, at->x, at->y);
		char padded[2 * NUMBER_MAX + 3] = "00";
		struct text sample = TEXT("sample");

		assert_false(is_right(key, at->scheme, sample, "", ""));
		assert_false(is_right(key, at->scheme, sample, at->r, ""));
		assert_false(is_right(key, at->scheme, sample, at->r + 2,
				      at->s + 2));
		memcpy(padded + 2, at->r, strlen(at->r) + 1);
		assert_false(is_right(key, at->scheme, sample, padded, at->s));
		memcpy(padded + 2, at->s, strlen(at->s) + 1);
		assert_false(is_right(key, at->scheme, sample, at->r, padded));
		for (size_t k = 0; k < COUNT_OF(curves); k++)
			assert_int_equal(is_right(key, curves[k].scheme, sample,
						  curves[k].r, curves[k].s),
					 i == k);
	}
}

/* The same point, spelled with the field's prime added where that fits; its
 * mirror is another key. */
static void points(void **state)
{
	for (size_t i = 0; i < COUNT_OF(curves); i++) {
		const struct curve *at = &curves[i];
		CLEANUP(pkey_unref) struct pkey *mirror = NULL;
		char other[2 * NUMBER_MAX + 1];

		combine(at->field, at->y, -1, other);
		mirror = key_of(at->type, at->x, other);
		assert_non_null(mirror);
		assert_false(is_right(mirror, at->scheme, TEXT("sample"), at->r,
				      at->s));
		assert_null(key_of(at->type, at->field, at->y));
		assert_null(key_of(at->type, at->x, at->field));
		assert_null(key_of(at->type, at->y, at->x));
		assert_null(key_of(at->type, at->x, ""));
		if (at->type != PKEY_P521)
			continue;
		combine(at->x, at->field, 1, other);
		assert_null(key_of(at->type, other, at->y));
		combine(at->y, at->field, 1, other);
		assert_null(key_of(at->type, at->x, other));
	}
}

/* SubjectPublicKeyInfo of infinity: one zero byte for a point. */
static void infinity(void **state)
{
	static const char *const ders[] = {
		"3019301306072a8648ce3d020106082a8648ce3d03010703020000",
		"3016301006072a8648ce3d020106052b8104002203020000",
		"3016301006072a8648ce3d020106052b8104002303020000",
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

static const struct {
	const char *point;
	const char *message;
	const char *r;
	const char *s;
} ed25519[] = {
	{"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
	 "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155",
	 "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
	{"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
	 "72",
	 "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da",
	 "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
	{"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
	 "af82",
	 "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac",
	 "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

static void ed25519_of_others(void **state)
{
	static const char zero[] = "0000000000000000000000000000000000000000"
				   "000000000000000000000000";
	static const char *const small_points[] = {
		"01000000000000000000000000000000000000000000000000000000"
		"00000000",
		"01000000000000000000000000000000000000000000000000000000"
		"00000080",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"ffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"ffffff7f",
	};

	for (size_t i = 0; i < COUNT_OF(ed25519); i++) {
		CLEANUP(pkey_unref)
		struct pkey *key = key_of(PKEY_ED25519, ed25519[i].point, "");
		struct buf message = bytes_of(ed25519[i].message);
		struct text bytes = buf_text(&message);
		const char *r = ed25519[i].r;
		const char *s = ed25519[i].s;

		assert_non_null(key);
		assert_true(is_right(key, PKEY_EDDSA, bytes, r, s));
		assert_false(is_right(key, PKEY_EDDSA, TEXT("other"), r, s));
		assert_false(is_right(key, PKEY_EDDSA, bytes, s, r));
		assert_false(is_right(key, PKEY_EDDSA, bytes, zero, zero));
		assert_false(is_right(key, PKEY_EDDSA, bytes, r, ""));
		assert_false(is_right(key, PKEY_EDDSA, bytes, "", ""));
		for (size_t k = 0; k < COUNT_OF(small_points); k++) {
			assert_false(is_right(key, PKEY_EDDSA, bytes,
					      small_points[k], zero));
			assert_false(is_right(key, PKEY_EDDSA, bytes,
					      small_points[k], s));
		}
		buf_wipe(&message);
	}
}

/* Every bit of each is heeded. */
static void each_bit(void **state)
{
	CLEANUP(pkey_unref)
	struct pkey *ed = key_of(PKEY_ED25519, ed25519[1].point, "");
	CLEANUP(pkey_unref)
	struct pkey *ec = key_of(PKEY_P256, curves[0].x, curves[0].y);
	struct buf texts[2] = {bytes_of(ed25519[1].r), bytes_of(curves[0].r)};
	struct buf rests[2] = {bytes_of(ed25519[1].s), bytes_of(curves[0].s)};

	for (size_t i = 0; i < 2; i++)
		buf_add(&texts[i], buf_text(&rests[i]));
	for (size_t bit = 0; bit < 512; bit++) {
		for (size_t i = 0; i < 2; i++)
			texts[i].at[bit / 8] ^= (char)(1 << bit % 8);
		assert_false(pkey_verify(ed, PKEY_EDDSA, TEXT("r"),
					 buf_text(&texts[0])));
		assert_false(pkey_verify(ec, PKEY_ES256, TEXT("sample"),
					 buf_text(&texts[1])));
		for (size_t i = 0; i < 2; i++)
			texts[i].at[bit / 8] ^= (char)(1 << bit % 8);
	}
	assert_true(
		pkey_verify(ed, PKEY_EDDSA, TEXT("r"), buf_text(&texts[0])));
	assert_true(pkey_verify(ec, PKEY_ES256, TEXT("sample"),
				buf_text(&texts[1])));
	for (size_t i = 0; i < 2; i++) {
		buf_wipe(&texts[i]);
		buf_wipe(&rests[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("ECDSA signatures of RFC 6979 are right",
			  ecdsa_of_others),
		test_that("J07: R and S lie between zero and the order, and "
			  "have one spelling but for S's sign",
			  ecdsa_numbers),
		test_that("an ECDSA signature has one form and one size",
			  ecdsa_forms),
		test_that("J08: a point has one spelling", points),
		test_that("J08: infinity is no key", infinity),
		test_that("Ed25519 signatures of RFC 8032 are right, and none "
			  "with a point of small order",
			  ed25519_of_others),
		test_that("every bit of a signature is heeded", each_bit),
	};

	if (crypto_open() != DONE)
		return 1;
	return cmocka_run_group_tests_name("vectors", tests, NULL, NULL);
}
