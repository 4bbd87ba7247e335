/* SPDX-License-Identifier: Apache-2.0 */
/* AES-SIV (RFC 5297) against another implementation, and against changes. */
#include "crypto/siv.h"

#include <openssl/evp.h>

#include "bytes.h"
#include "crypto/crypto.h"
#include "crypto/internal.h"

/*
 * RFC 5297's own examples have AES-128 halves. These were computed by
 * python-cryptography and by PyCryptodome (which agree), key 00 01 02 … 3f.
 */
static const struct {
	const char *associated;
	const char *plain;
	const char *sealed;
} vectors[] = {
	{"", "78", "88c07f717ba671023974b23b3bd47a3b33"},
	{"ad", "30313233343536373839616263646566",
	 "3e7f0b1fa39851234c9a5b5cc27787563b13557be0263ceafd2aade26b9c4318"},
	{"0123456789abcdef", "3031323334353637383961626364656667",
	 "c276a1061b66c0f6e1cea252c060c505a2a1d14d71a43197677e605cd4b759b282"},
	{"associated data of more than sixteen bytes",
	 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
	 "2122232425262728292a",
	 "8f2e3eab0178d377ea1745df487e8eccb4d0aa7198d61539f1894525b0e5f932ee"
	 "6ac4676931a3821888cf9898e47ea62faf1818908031f73762e2"},
};

static struct siv_key *new_key(unsigned char first)
{
	unsigned char bytes[SIV_KEY_SIZE];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(first + i);
	return siv_key_new(bytes);
}

static void seals_vectors(void **state)
{
	CLEANUP(siv_key_free) struct siv_key *key = new_key(0);

	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		struct buf plain = bytes_of(vectors[i].plain);
		struct buf sealed = buf_init(256);

		siv_seal(key, text_from(vectors[i].associated),
			 buf_text(&plain), &sealed);
		assert_bytes(sealed.at, sealed.size, vectors[i].sealed);
		buf_wipe(&plain);
		buf_wipe(&sealed);
	}
}

static void opens_vectors(void **state)
{
	CLEANUP(siv_key_free) struct siv_key *key = new_key(0);

	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		struct buf sealed = bytes_of(vectors[i].sealed);
		struct buf plain = buf_init(256);

		assert_true(siv_open(key, text_from(vectors[i].associated),
				     buf_text(&sealed), &plain));
		assert_bytes(plain.at, plain.size, vectors[i].plain);
		buf_wipe(&plain);
		buf_wipe(&sealed);
	}
}

/* OpenSSL's own, which leaves empty associated data out before 3.0.10. */
static void seal_by_openssl(const unsigned char *key, struct text associated,
			    struct text plain, unsigned char *sealed)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-SIV", NULL);
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int size;

	assert_int_equal(EVP_EncryptInit_ex2(context, cipher, key, NULL, NULL),
			 1);
	assert_int_equal(EVP_EncryptUpdate(context, NULL, &size,
					   (const unsigned char *)associated.at,
					   (int)associated.size),
			 1);
	assert_int_equal(EVP_EncryptUpdate(context, sealed + SIV_TAG_SIZE,
					   &size,
					   (const unsigned char *)plain.at,
					   (int)plain.size),
			 1);
	assert_int_equal(
		EVP_EncryptFinal_ex(context, sealed + SIV_TAG_SIZE, &size), 1);
	assert_int_equal(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG,
					     SIV_TAG_SIZE, sealed),
			 1);
	EVP_CIPHER_CTX_free(context);
	EVP_CIPHER_free(cipher);
}

static void agrees_with_openssl(void **state)
{
	unsigned char bytes[SIV_KEY_SIZE] = "key";
	CLEANUP(siv_key_free) struct siv_key *key = siv_key_new(bytes);
	unsigned char expected[8192];
	char message[5000]; /* more blocks than a byte of the counter holds */

	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (char)(i * 7 + i / 256);
	for (size_t size = 1; size < sizeof(message);
	     size += size < 100 ? 1 : 97) {
		struct text plain = text_of(message, size);
		struct text associated = text_of(message + 5, 1 + size % 70);
		struct buf sealed = buf_init(sizeof(expected));
		struct buf opened = buf_init(sizeof(expected));

		seal_by_openssl(bytes, associated, plain, expected);
		siv_seal(key, associated, plain, &sealed);
		assert_int_equal(sealed.size, SIV_TAG_SIZE + size);
		assert_memory_equal(sealed.at, expected, sealed.size);
		assert_true(
			siv_open(key, associated, buf_text(&sealed), &opened));
		assert_true(text_equal(buf_text(&opened), plain));
		buf_wipe(&sealed);
		buf_wipe(&opened);
	}
}

/* More of them than a thread keeps contexts for, at addresses used before. */
static void keeps_keys_apart(void **state)
{
	struct siv_key *keys[20];
	struct buf sealed[20];

	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		struct siv_key *gone = new_key((unsigned char)(i + 100));

		sealed[i] = buf_init(256);
		siv_seal(gone, TEXT("a"), TEXT("text"), &sealed[i]);
		siv_key_free(&gone);
		buf_wipe(&sealed[i]);
		keys[i] = new_key((unsigned char)i);
		siv_seal(keys[i], TEXT("a"), TEXT("text"), &sealed[i]);
	}
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		for (size_t k = 0; k < COUNT_OF(keys); k++) {
			struct buf plain = buf_init(256);

			assert_int_equal(siv_open(keys[i], TEXT("a"),
						  buf_text(&sealed[k]), &plain),
					 i == k);
			buf_wipe(&plain);
		}
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		siv_key_free(&keys[i]);
		buf_wipe(&sealed[i]);
	}
}

static size_t kept_count(void)
{
	size_t count = 0;

	for (size_t i = 0; i < CRYPTO_SIV_KEPT; i++)
		count += crypto_contexts()->siv[i].number != 0;
	return count;
}

/* Keys that are used once, as the master key's are, take no other's contexts. */
static void leaves_nothing(void **state)
{
	CLEANUP(siv_key_free) struct siv_key *stays = new_key(0);
	size_t before = kept_count();

	assert_in_range(before, 1, CRYPTO_SIV_KEPT - 1);
	for (int i = 0; i < 3 * CRYPTO_SIV_KEPT; i++) {
		struct siv_key *once = new_key((unsigned char)(i + 1));
		struct buf sealed = buf_init(64);

		siv_seal(once, TEXT("a"), TEXT("text"), &sealed);
		assert_int_equal(kept_count(), before + 1);
		siv_key_free(&once);
		assert_int_equal(kept_count(), before);
		buf_wipe(&sealed);
	}
}

static void refuses_changes(void **state)
{
	CLEANUP(siv_key_free) struct siv_key *key = new_key(0);
	struct text associated = text_from(vectors[2].associated);
	struct buf sealed = bytes_of(vectors[2].sealed);
	struct buf plain = buf_init(256);

	for (size_t bit = 0; bit < sealed.size * 8; bit++) {
		sealed.at[bit / 8] ^= (char)(1 << bit % 8);
		assert_false(
			siv_open(key, associated, buf_text(&sealed), &plain));
		sealed.at[bit / 8] ^= (char)(1 << bit % 8);
	}
	assert_true(siv_open(key, associated, buf_text(&sealed), &plain));
	assert_false(siv_open(key, TEXT("other"), buf_text(&sealed), &plain));
	assert_false(siv_open(key, TEXT_ABSENT, buf_text(&sealed), &plain));
	buf_wipe(&plain);
	buf_wipe(&sealed);
}

static void refuses_other_key(void **state)
{
	CLEANUP(siv_key_free) struct siv_key *key = new_key(0);
	CLEANUP(siv_key_free) struct siv_key *other = new_key(1);
	struct buf sealed = buf_init(256);
	struct buf plain = buf_init(256);

	siv_seal(key, TEXT("a"), TEXT("text"), &sealed);
	assert_false(siv_open(other, TEXT("a"), buf_text(&sealed), &plain));
	assert_int_equal(plain.size, 0);
	assert_true(siv_open(key, TEXT("a"), buf_text(&sealed), &plain));
	buf_wipe(&plain);
	buf_wipe(&sealed);
}

static void refuses_sizes(void **state)
{
	CLEANUP(siv_key_free) struct siv_key *key = new_key(0);
	struct buf sealed = bytes_of(vectors[3].sealed);
	struct buf plain = buf_init(256);
	struct text associated = text_from(vectors[3].associated);

	for (size_t size = 0; size < sealed.size; size++)
		assert_false(siv_open(key, associated,
				      text_first(buf_text(&sealed), size),
				      &plain));
	assert_false(siv_open(key, associated, TEXT_ABSENT, &plain));
	buf_wipe(&plain);
	buf_wipe(&sealed);
}

static void keeps_out(void **state)
{
	CLEANUP(siv_key_free) struct siv_key *key = new_key(0);
	struct buf sealed = buf_init(19);

	siv_seal(key, TEXT("a"), TEXT("text"), &sealed);
	assert_true(sealed.is_over);
	assert_int_equal(sealed.size, 0);
	buf_wipe(&sealed);
}

static void repeats(void **state)
{
	CLEANUP(siv_key_free) struct siv_key *key = new_key(0);
	struct buf first = buf_init(64);

	siv_seal(key, TEXT("a"), TEXT("text"), &first);
	for (int i = 0; i < 1000; i++) {
		struct buf again = buf_init(64);

		siv_seal(key, TEXT("a"), TEXT("text"), &again);
		assert_true(text_equal(buf_text(&first), buf_text(&again)));
		buf_wipe(&again);
	}
	buf_wipe(&first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("sealing gives what other implementations give",
			  seals_vectors),
		test_that("sealing agrees with OpenSSL's own at every size",
			  agrees_with_openssl),
		test_that("a thread keeps many keys apart", keeps_keys_apart),
		test_that("a key that ends leaves no context behind",
			  leaves_nothing),
		test_that("what other implementations sealed can be opened",
			  opens_vectors),
		test_that("any bit changed, or other associated data, is "
			  "refused",
			  refuses_changes),
		test_that("another key opens nothing and appends nothing",
			  refuses_other_key),
		test_that("a sealed text cut short is refused at every size",
			  refuses_sizes),
		test_that("a full buffer latches and holds nothing of it",
			  keeps_out),
		test_that("the same text seals to the same bytes, a thousand "
			  "times",
			  repeats),
	};

	if (crypto_open() != DONE)
		return 1;
	return cmocka_run_group_tests_name("siv", tests, NULL, NULL);
}
