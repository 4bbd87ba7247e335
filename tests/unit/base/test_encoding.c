/* SPDX-License-Identifier: Apache-2.0 */
/* Base64url, base64 and hexadecimal: RFC 4648 section 10, one spelling each. */
#include "base/encoding.h"
#include "suite.h"

struct pair {
	struct text bytes;
	struct text spelling;
};

typedef void encoder(struct buf *buf, struct text bytes);
typedef bool decoder(struct text text, struct buf *bytes);

static void assert_pairs(encoder *encode, decoder *decode,
			 const struct pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct buf out = buf_init(100);
		struct buf back = buf_init(100);

		encode(&out, pairs[i].bytes);
		assert_true(text_equal(buf_text(&out), pairs[i].spelling));
		assert_true(decode(pairs[i].spelling, &back));
		assert_true(text_equal(buf_text(&back), pairs[i].bytes));
		buf_wipe(&out);
		buf_wipe(&back);
	}
}

static void assert_refused(decoder *decode, struct text text)
{
	struct buf bytes = buf_init(100);

	buf_add(&bytes, TEXT("before"));
	if (decode(text, &bytes))
		fail_msg("taken: %.*s", TEXT_ARG(text));
	assert_int_equal(bytes.size, 6);
	buf_wipe(&bytes);
}

static void url_vectors(void **state)
{
	static const struct pair pairs[] = {
		{TEXT(""), TEXT("")},
		{TEXT("f"), TEXT("Zg")},
		{TEXT("fo"), TEXT("Zm8")},
		{TEXT("foo"), TEXT("Zm9v")},
		{TEXT("foob"), TEXT("Zm9vYg")},
		{TEXT("fooba"), TEXT("Zm9vYmE")},
		{TEXT("foobar"), TEXT("Zm9vYmFy")},
		{TEXT("\xfb\xff\xfe"), TEXT("-__-")},
		{TEXT("\0\0\0\0"), TEXT("AAAAAA")},
		/* RFC 7515 appendix C. */
		{TEXT("\x03\xec\xff\xe0\xc1"), TEXT("A-z_4ME")},
	};

	(void)state;
	assert_pairs(base64url_encode, base64url_decode, pairs,
		     COUNT_OF(pairs));
}

static void plain_vectors(void **state)
{
	static const struct pair pairs[] = {
		{TEXT(""), TEXT("")},
		{TEXT("f"), TEXT("Zg==")},
		{TEXT("fo"), TEXT("Zm8=")},
		{TEXT("foo"), TEXT("Zm9v")},
		{TEXT("foob"), TEXT("Zm9vYg==")},
		{TEXT("fooba"), TEXT("Zm9vYmE=")},
		{TEXT("foobar"), TEXT("Zm9vYmFy")},
		{TEXT("\xfb\xff\xfe"), TEXT("+//+")},
		/* RFC 7617 section 2. */
		{TEXT("Aladdin:open sesame"),
		 TEXT("QWxhZGRpbjpvcGVuIHNlc2FtZQ==")},
	};

	(void)state;
	assert_pairs(base64_encode, base64_decode, pairs, COUNT_OF(pairs));
}

static void hex_vectors(void **state)
{
	static const struct pair pairs[] = {
		{TEXT(""), TEXT("")},
		{TEXT("foobar"), TEXT("666f6f626172")},
		{TEXT("\x00\x7f\x80\xff"), TEXT("007f80ff")},
	};
	struct buf bytes = buf_init(4);

	(void)state;
	assert_pairs(hex_encode, hex_decode, pairs, COUNT_OF(pairs));
	assert_true(hex_decode(TEXT("aBcD"), &bytes));
	assert_true(text_equal(buf_text(&bytes), TEXT("\xab\xcd")));
	buf_wipe(&bytes);
}

/* Every byte string comes back, and its spelling has the size foretold. */
static void round_trips(void **state)
{
	char bytes[70];

	(void)state;
	for (size_t size = 0; size <= sizeof(bytes); size++) {
		struct buf out = buf_init(100);
		struct buf back = buf_init(100);

		for (size_t i = 0; i < size; i++)
			bytes[i] = (char)(i * 37 + size * 101);
		base64url_encode(&out, text_of(bytes, size));
		assert_int_equal(out.size, BASE64URL_SIZE(size));
		assert_true(base64url_decode(buf_text(&out), &back));
		assert_true(text_equal(buf_text(&back), text_of(bytes, size)));
		buf_wipe(&out);
		buf_wipe(&back);
	}
}

static void url_refused(void **state)
{
	static const char *const refused[] = {
		"Zg==",	   "Zm8=",   "Zm9vYg==", "Z",	     "Zm9vY",
		"Zm9v Yg", "Zm9v\n", " Zm9v",	 "Zm+v",     "Zm/v",
		"Zm9v.",   "=",	     "====",	 "Zm9v\x80", "Z\xc3\xbcv"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++)
		assert_refused(base64url_decode, text_from(refused[i]));
	assert_refused(base64url_decode, TEXT("Zg\0"));
	assert_refused(base64url_decode, TEXT("Zm\0v"));
}

/* Of the 64 last characters only those with zero unused bits are taken. */
static void unused_bits(void **state)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz0123456789-_";
	int two_count = 0;
	int three_count = 0;

	(void)state;
	for (int i = 0; i < 64; i++) {
		char three[] = {'A', 'A', alphabet[i]};
		char two[] = {'A', alphabet[i]};
		struct buf bytes = buf_init(10);

		two_count += base64url_decode(text_of(two, 2), &bytes);
		three_count += base64url_decode(text_of(three, 3), &bytes);
		buf_wipe(&bytes);
	}
	assert_int_equal(two_count, 4);
	assert_int_equal(three_count, 16);
	assert_refused(base64url_decode, TEXT("Zh"));
	assert_refused(base64_decode, TEXT("Zh=="));
	assert_refused(base64_decode, TEXT("Zm9="));
}

static void plain_refused(void **state)
{
	static const char *const refused[] = {
		"Zg=",	"Zm8==",    "Zm9v=",  "Zm9v====", "Z===",
		"====", "=",	    "==",     "Zm-v",	  "Zm_v",
		"Z",	"Zg==Zg==", "Zg=\n=", "Zm9v\r\n", "Z=g="};
	struct buf bytes = buf_init(10);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++)
		assert_refused(base64_decode, text_from(refused[i]));
	assert_true(base64_decode(TEXT("Zm9vYg"), &bytes));
	assert_true(text_equal(buf_text(&bytes), TEXT("foob")));
	buf_wipe(&bytes);
}

static void hex_refused(void **state)
{
	static const char *const refused[] = {"a",    "abc",	 "0x00", "0g",
					      "g0",   " 00",	 "00 ",	 "0\n",
					      "abcz", "\xff\xff"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++)
		assert_refused(hex_decode, text_from(refused[i]));
}

static void too_long(void **state)
{
	struct buf small = buf_init(3);

	(void)state;
	assert_false(base64url_decode(TEXT("Zm9vYg"), &small));
	assert_true(small.is_over);
	buf_wipe(&small);
	assert_false(hex_decode(TEXT("01020304"), &small));
	buf_wipe(&small);
	base64_encode(&small, TEXT("foo"));
	assert_true(small.is_over);
	assert_int_equal(small.size, 0);
	buf_wipe(&small);
	assert_true(hex_decode(TEXT("010203"), &small));
	buf_wipe(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("base64url agrees with RFC 4648 and RFC 7515",
			  url_vectors),
		test_that("base64 agrees with RFC 4648 and RFC 7617",
			  plain_vectors),
		test_that("hexadecimal is written small and read in both cases",
			  hex_vectors),
		test_that("any bytes come back from base64url", round_trips),
		test_that("base64url refuses padding, spaces and strangers",
			  url_refused),
		test_that("each value has exactly one spelling", unused_bits),
		test_that("base64 takes right padding or none", plain_refused),
		test_that("hexadecimal refuses odd lengths and strangers",
			  hex_refused),
		test_that("what passes the buffer's maximum is refused",
			  too_long),
	};

	return cmocka_run_group_tests_name("base_encoding", tests, NULL, NULL);
}
