/* SPDX-License-Identifier: Apache-2.0 */
/* Argon2id: known hashes, the default cost, and what is refused. */
#include "crypto/password.h"

#include <time.h>

#include "crypto/crypto.h"
#include "suite.h"

static const struct password_cost cheap = {.passes = 1,
					   .memory_bytes = 64 * 1024};

/* Computed by another implementation (argon2-cffi), of "correct horse". */
#define KNOWN                                                                  \
	"$argon2id$v=19$m=19456,t=2,p=1$"                                      \
	"kSeQwML0RZWl5WAKAmHL9g$fOdaEy53HYzPGE1w0eTEnOPQLj3F9SwIyamV2njzwWU"

static void known(void **state)
{
	assert_true(password_verify(TEXT("correct horse"), TEXT(KNOWN)));
	assert_false(password_verify(TEXT("correct horsf"), TEXT(KNOWN)));
	assert_false(password_verify(TEXT(""), TEXT(KNOWN)));
	assert_false(password_verify(TEXT_ABSENT, TEXT(KNOWN)));
}

static void own(void **state)
{
	struct buf encoded = buf_init(PASSWORD_HASH_MAX);
	struct buf again = buf_init(PASSWORD_HASH_MAX);

	assert_int_equal(password_hash(TEXT("gr\xc3\xbc\xc3\x9f"),
				       &password_cost_default, &encoded),
			 DONE);
	assert_true(text_starts_with(buf_text(&encoded),
				     TEXT("$argon2id$v=19$m=19456,t=2,p=1$")));
	assert_true(password_verify(TEXT("gr\xc3\xbc\xc3\x9f"),
				    buf_text(&encoded)));
	assert_int_equal(password_hash(TEXT("gr\xc3\xbc\xc3\x9f"),
				       &password_cost_default, &again),
			 DONE);
	assert_false(text_equal(buf_text(&encoded), buf_text(&again)));
	buf_wipe(&encoded);
	buf_wipe(&again);
}

static void limits(void **state)
{
	static char longest[PASSWORD_MAX + 1];
	struct buf encoded = buf_init(PASSWORD_HASH_MAX);

	memset(longest, 'p', sizeof(longest));
	assert_int_equal(password_hash(text_of(longest, PASSWORD_MAX + 1),
				       &cheap, &encoded),
			 REFUSED);
	assert_int_equal(password_hash(text_of("a\0b", 3), &cheap, &encoded),
			 REFUSED);
	assert_int_equal(encoded.size, 0);
	assert_int_equal(password_hash(text_of(longest, PASSWORD_MAX), &cheap,
				       &encoded),
			 DONE);
	assert_true(password_verify(text_of(longest, PASSWORD_MAX),
				    buf_text(&encoded)));
	assert_false(password_verify(text_of(longest, PASSWORD_MAX + 1),
				     buf_text(&encoded)));
	buf_wipe(&encoded);
}

static void nul(void **state)
{
	struct buf encoded = buf_init(PASSWORD_HASH_MAX);

	assert_int_equal(password_hash(TEXT("a"), &cheap, &encoded), DONE);
	assert_false(password_verify(text_of("a\0b", 3), buf_text(&encoded)));
	buf_wipe(&encoded);
}

static void malformed(void **state)
{
	static const char *const hashes[] = {
		"",
		"$argon2id$",
		"$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$"
		"wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
		"$2b$10$abcdefghijklmnopqrstuv",
		"correct horse",
	};

	for (size_t i = 0; i < COUNT_OF(hashes); i++)
		assert_false(password_verify(TEXT("password"),
					     text_from(hashes[i])));
	assert_false(password_verify(TEXT("password"), TEXT_ABSENT));
}

static double seconds_of_cpu(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double least_of_five(struct text password, struct text encoded)
{
	double least = 1e9;

	for (int i = 0; i < 5; i++) {
		double from = seconds_of_cpu();
		double took;

		if (text_is_present(encoded))
			assert_false(password_verify(password, encoded));
		else
			password_verify_nobody(password);
		took = seconds_of_cpu() - from;
		least = took < least ? took : least;
	}
	return least;
}

/* Only that there is work of the same order: a timing test proves no more. */
static void nobody(void **state)
{
	double wrong = least_of_five(TEXT("wrong"), TEXT(KNOWN));
	double unknown = least_of_five(TEXT("wrong"), TEXT_ABSENT);
	double unusable = least_of_five(TEXT("wrong"), TEXT("not a hash"));

	assert_true(unknown > wrong / 2 && unknown < wrong * 2);
	assert_true(unusable > wrong / 2 && unusable < wrong * 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("a hash made by another implementation is verified",
			  known),
		test_that("hashes are at OWASP's cost and salted", own),
		test_that("the longest password is taken whole, a longer one "
			  "refused",
			  limits),
		test_that("a NUL byte does not end a password", nul),
		test_that("what is no Argon2id hash fits no password",
			  malformed),
		test_that("L01: a user who does not exist costs as much as a "
			  "wrong password",
			  nobody),
	};

	if (crypto_open() != DONE)
		return 1;
	return cmocka_run_group_tests_name("password", tests, NULL, NULL);
}
