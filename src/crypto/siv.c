/* SPDX-License-Identifier: Apache-2.0 */
/* AES-SIV by OpenSSL (RFC 5297): a copy of a readied context per message. */
#include "crypto/siv.h"

#include <openssl/err.h>
#include <stdlib.h>

#include "crypto/internal.h"

/*
 * A context serves one message. Copying one that has its key set costs less
 * than half of setting the key again, and only reads what it copies from.
 */
struct siv_key {
	EVP_CIPHER_CTX *seals;
	EVP_CIPHER_CTX *opens;
};

static EVP_CIPHER_CTX *new_context(const unsigned char *key, int seals)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();

	MUST(context != NULL);
	MUST(EVP_CipherInit_ex2(context, crypto_siv(), key, NULL, seals,
				NULL) == 1);
	return context;
}

struct siv_key *siv_key_new(const unsigned char bytes[SIV_KEY_SIZE])
{
	struct siv_key *key = calloc(1, sizeof(*key));

	MUST(key != NULL);
	key->seals = new_context(bytes, 1);
	key->opens = new_context(bytes, 0);
	return key;
}

void siv_key_free(struct siv_key **key)
{
	if (*key != NULL) {
		EVP_CIPHER_CTX_free((*key)->seals);
		EVP_CIPHER_CTX_free((*key)->opens);
		free(*key);
	}
	*key = NULL;
}

/* This thread's context, ready and with the associated data taken in. */
static EVP_CIPHER_CTX *begin(const EVP_CIPHER_CTX *readied,
			     struct text associated)
{
	const char *at = associated.at != NULL ? associated.at : "";
	EVP_CIPHER_CTX *context = crypto_contexts()->siv;
	int size = 0;

	MUST(associated.size <= SIV_SIZE_MAX);
	MUST(EVP_CIPHER_CTX_copy(context, readied) == 1);
	MUST(EVP_CipherUpdate(context, NULL, &size, (const unsigned char *)at,
			      (int)associated.size) == 1);
	return context;
}

void siv_seal(const struct siv_key *key, struct text associated,
	      struct text plain, struct buf *sealed)
{
	unsigned char *out;
	EVP_CIPHER_CTX *context;
	int size = 0;

	MUST(plain.size > 0 && plain.size <= SIV_SIZE_MAX);
	out = (unsigned char *)buf_reserve(sealed, SIV_TAG_SIZE + plain.size);
	if (out == NULL)
		return;
	context = begin(key->seals, associated);
	MUST(EVP_EncryptUpdate(context, out + SIV_TAG_SIZE, &size,
			       (const unsigned char *)plain.at,
			       (int)plain.size) == 1);
	MUST(size == (int)plain.size);
	MUST(EVP_EncryptFinal_ex(context, out + SIV_TAG_SIZE, &size) == 1);
	MUST(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, SIV_TAG_SIZE,
				 out) == 1);
	EVP_CIPHER_CTX_reset(context);
	buf_advance(sealed, SIV_TAG_SIZE + plain.size);
}

/* The tag's place is not const to OpenSSL, though it only reads it. */
static bool decrypt(EVP_CIPHER_CTX *context, struct text sealed,
		    unsigned char *out)
{
	unsigned char tag[SIV_TAG_SIZE];
	int size = 0;

	memcpy(tag, sealed.at, sizeof(tag));
	sealed = text_from_byte(sealed, SIV_TAG_SIZE);
	MUST(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, sizeof(tag),
				 tag) == 1);
	return EVP_DecryptUpdate(context, out, &size,
				 (const unsigned char *)sealed.at,
				 (int)sealed.size) == 1 &&
	       size == (int)sealed.size &&
	       EVP_DecryptFinal_ex(context, out, &size) == 1;
}

bool siv_open(const struct siv_key *key, struct text associated,
	      struct text sealed, struct buf *plain)
{
	size_t size = sealed.size - SIV_TAG_SIZE;
	unsigned char *out;
	EVP_CIPHER_CTX *context;
	bool is_genuine;

	if (sealed.size <= SIV_TAG_SIZE || size > SIV_SIZE_MAX)
		return false;
	out = (unsigned char *)buf_reserve(plain, size);
	if (out == NULL)
		return false;
	context = begin(key->opens, associated);
	is_genuine = decrypt(context, sealed, out);
	EVP_CIPHER_CTX_reset(context);
	if (is_genuine) {
		buf_advance(plain, size);
	} else {
		explicit_bzero(out, size);
		ERR_clear_error();
	}
	return is_genuine;
}
