/* SPDX-License-Identifier: Apache-2.0 */
/* Four threads at once with the same keys: for the thread sanitizer. */
#include <pthread.h>
#include <stdatomic.h>

#include "crypto/crypto.h"
#include "crypto/digest.h"
#include "crypto/pkey.h"
#include "crypto/siv.h"
#include "suite.h"

#define THREADS 4
#define TURNS 40

static const struct {
	enum pkey_type type;
	enum pkey_scheme scheme;
} kinds[] = {
	{PKEY_RSA, PKEY_RS256},	    {PKEY_RSA, PKEY_PS256},
	{PKEY_P256, PKEY_ES256},    {PKEY_P384, PKEY_ES384},
	{PKEY_ED25519, PKEY_EDDSA},
};

#define KINDS COUNT_OF(kinds)

static struct pkey *keys[KINDS];
static struct siv_key *siv;
static atomic_int mistakes;

static void expect(bool is_right)
{
	if (!is_right)
		atomic_fetch_add(&mistakes, 1);
}

static void sign_and_verify(size_t kind, struct text bytes)
{
	struct pkey *key = pkey_ref(keys[kind]);
	struct buf signature = buf_init(PKEY_SIGNATURE_MAX);

	expect(pkey_sign(key, kinds[kind].scheme, bytes, &signature) == DONE);
	expect(pkey_verify(key, kinds[kind].scheme, bytes,
			   buf_text(&signature)));
	expect(!pkey_verify(key, kinds[kind].scheme, TEXT("other"),
			    buf_text(&signature)));
	buf_wipe(&signature);
	pkey_unref(&key);
}

/* By a key that each thread makes of its parts, and keeps. */
static void verify_by_parts(size_t kind, struct text bytes)
{
	struct pkey *key = NULL;
	struct buf a = buf_init(512);
	struct buf b = buf_init(512);
	struct buf signature = buf_init(PKEY_SIGNATURE_MAX);

	expect(pkey_public_parts(keys[kind], &a, &b) == DONE);
	expect(pkey_from_public_parts(kinds[kind].type, buf_text(&a),
				      buf_text(&b), &key) == DONE);
	expect(pkey_sign(keys[kind], kinds[kind].scheme, bytes, &signature) ==
	       DONE);
	expect(pkey_verify(key, kinds[kind].scheme, bytes,
			   buf_text(&signature)));
	buf_wipe(&a);
	buf_wipe(&b);
	buf_wipe(&signature);
	pkey_unref(&key);
}

static void seal_and_open(struct text bytes)
{
	struct buf sealed = buf_init(256);
	struct buf plain = buf_init(256);

	siv_seal(siv, TEXT("associated"), bytes, &sealed);
	expect(siv_open(siv, TEXT("associated"), buf_text(&sealed), &plain));
	expect(text_equal(buf_text(&plain), bytes));
	buf_wipe(&sealed);
	buf_wipe(&plain);
}

static void *work(void *name)
{
	struct text bytes = text_from(name);
	unsigned char first[SHA256_SIZE];
	unsigned char again[SHA256_SIZE];

	digest_hmac_sha256(TEXT("key"), bytes, first);
	for (size_t i = 0; i < TURNS; i++) {
		for (size_t kind = 0; kind < KINDS; kind++)
			sign_and_verify(kind, bytes);
		verify_by_parts(2 + i % (KINDS - 2), bytes);
		seal_and_open(bytes);
		digest_hmac_sha256(TEXT("key"), bytes, again);
		expect(memcmp(first, again, sizeof(first)) == 0);
	}
	return NULL;
}

static void at_once(void **state)
{
	static char names[THREADS][8] = {"first", "second", "third", "fourth"};
	pthread_t threads[THREADS];

	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, work, names[i]), 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(atomic_load(&mistakes), 0);
}

static int make_keys(void **state)
{
	static const unsigned char bytes[SIV_KEY_SIZE] = {1, 2, 3};

	for (size_t i = 0; i < KINDS; i++) {
		if (pkey_generate(kinds[i].type, 2048, &keys[i]) != DONE)
			return -1;
	}
	siv = siv_key_new(bytes);
	return 0;
}

static int drop_keys(void **state)
{
	for (size_t i = 0; i < KINDS; i++)
		pkey_unref(&keys[i]);
	siv_key_free(&siv);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("four threads sign, verify, seal and open with the "
			  "same keys at once",
			  at_once),
	};

	if (crypto_open() != DONE)
		return 1;
	return cmocka_run_group_tests_name("threads", tests, make_keys,
					   drop_keys);
}
