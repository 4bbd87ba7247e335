/* SPDX-License-Identifier: Apache-2.0 */
/* Fetches what we use of OpenSSL once, and keeps each thread's contexts. */
#include "crypto/crypto.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/event.h"
#include "crypto/internal.h"
#include "crypto/siv.h"

static const char *const digest_names[CRYPTO_DIGESTS] = {
	[DIGEST_SHA1] = "SHA1",
	[DIGEST_SHA256] = "SHA2-256",
	[DIGEST_SHA384] = "SHA2-384",
	[DIGEST_SHA512] = "SHA2-512",
};

#define CURVES 3
static const struct {
	enum pkey_type type;
	const char *name;
} curves[CURVES] = {
	{PKEY_P256, "P-256"},
	{PKEY_P384, "P-384"},
	{PKEY_P521, "P-521"},
};

static struct {
	bool is_open;
	EVP_MD *digest[CRYPTO_DIGESTS];
	EVP_CIPHER *aes;
	EVP_CIPHER *aes_cbc;
	EVP_PKEY *curve[CURVES];
	pthread_key_t contexts;
} fetched;

static _Thread_local struct crypto_contexts *own_contexts;

outcome crypto_failed(const char *what)
{
	char reason[256];

	ERR_error_string_n(ERR_peek_error(), reason, sizeof(reason));
	ERR_clear_error();
	event_fault("crypto.failed", "%s: %s", what, reason);
	return BROKEN;
}

outcome crypto_refused(void)
{
	ERR_clear_error();
	return REFUSED;
}

const EVP_MD *crypto_md(enum digest digest)
{
	MUST(fetched.is_open);
	return fetched.digest[digest];
}

const EVP_CIPHER *crypto_aes(void)
{
	MUST(fetched.is_open);
	return fetched.aes;
}

const EVP_CIPHER *crypto_aes_cbc(void)
{
	MUST(fetched.is_open);
	return fetched.aes_cbc;
}

EVP_PKEY *crypto_curve(enum pkey_type type)
{
	MUST(fetched.is_open);
	for (size_t i = 0; i < CURVES; i++) {
		if (curves[i].type == type)
			return fetched.curve[i];
	}
	return NULL;
}

static void free_contexts(void *at)
{
	struct crypto_contexts *contexts = at;

	for (size_t i = 0; i < CRYPTO_DIGESTS; i++) {
		EVP_MD_CTX_free(contexts->digest[i]);
	}
	for (size_t i = 0; i < CRYPTO_SIV_KEPT; i++)
		crypto_siv_wipe(&contexts->siv[i]);
	for (size_t i = 0; i < PKEY_TYPES; i++)
		crypto_ec_free(&contexts->ec[i]);
	pkey_kept_free(&contexts->keys);
	free(contexts);
	own_contexts = NULL;
}

struct crypto_contexts *crypto_contexts(void)
{
	struct crypto_contexts *contexts = own_contexts;

	if (contexts != NULL)
		return contexts;
	MUST(fetched.is_open);
	contexts = calloc(1, sizeof(*contexts));
	MUST(contexts != NULL);
	for (size_t i = 0; i < CRYPTO_DIGESTS; i++) {
		contexts->digest[i] = EVP_MD_CTX_new();
		MUST(contexts->digest[i] != NULL);
	}
	MUST(pthread_setspecific(fetched.contexts, contexts) == 0);
	own_contexts = contexts;
	return contexts;
}

static outcome fetch_digests(void)
{
	for (size_t i = 0; i < CRYPTO_DIGESTS; i++) {
		fetched.digest[i] = EVP_MD_fetch(NULL, digest_names[i], NULL);
		if (fetched.digest[i] == NULL)
			return crypto_failed(digest_names[i]);
	}
	return DONE;
}

static outcome fetch_ciphers(void)
{
	fetched.aes = EVP_CIPHER_fetch(NULL, "AES-256-ECB", NULL);
	fetched.aes_cbc = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	if (fetched.aes != NULL && fetched.aes_cbc != NULL)
		return DONE;
	return crypto_failed("AES-256");
}

static bool make_curve(size_t i)
{
	char *name = (char *)(uintptr_t)curves[i].name;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
						 name, 0),
		OSSL_PARAM_construct_end(),
	};
	bool is_made = context != NULL &&
		       EVP_PKEY_fromdata_init(context) == 1 &&
		       EVP_PKEY_fromdata(context, &fetched.curve[i],
					 EVP_PKEY_KEY_PARAMETERS, params) == 1;

	EVP_PKEY_CTX_free(context);
	return is_made;
}

static outcome make_curves(void)
{
	for (size_t i = 0; i < CURVES; i++) {
		if (!make_curve(i))
			return crypto_failed(curves[i].name);
	}
	return DONE;
}

/* The answer expected here was computed by two other implementations. */
static outcome check_siv(void)
{
	static const unsigned char expected[] = {0x4c, 0x79, 0x69, 0x74, 0xc0,
						 0xdf, 0xa6, 0x58, 0x2b, 0x09,
						 0x61, 0xc0, 0x8e, 0xe0, 0x0b,
						 0x52, 0x48, 0x03, 0x21, 0x92,
						 0x21};
	unsigned char bytes[SIV_KEY_SIZE];
	struct siv_key *key;
	struct buf sealed = buf_init(64);
	bool is_right;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)i;
	key = siv_key_new(bytes);
	siv_seal(key, TEXT(""), TEXT("hello"), &sealed);
	is_right = text_equal(buf_text(&sealed),
			      text_of(expected, sizeof(expected)));
	buf_wipe(&sealed);
	siv_key_free(&key);
	if (is_right)
		return DONE;
	return crypto_failed("AES-SIV computes wrong");
}

outcome crypto_open(void)
{
	if (fetched.is_open)
		return DONE;
	if (sodium_init() < 0) {
		event_fault("crypto.failed", "libsodium does not start");
		return BROKEN;
	}
	TRY(fetch_digests());
	TRY(fetch_ciphers());
	TRY(make_curves());
	MUST(pthread_key_create(&fetched.contexts, free_contexts) == 0);
	fetched.is_open = true;
	return check_siv();
}
