/* SPDX-License-Identifier: Apache-2.0 */
/* AES-GCM, and AES-CBC with HMAC (RFC 7518 sections 5.2, 5.3), by OpenSSL. */
#include "crypto/aead.h"

#include <openssl/err.h>

#include "crypto/equal.h"
#include "crypto/internal.h"

struct algorithm {
	const EVP_CIPHER *(*cipher)(void);
	size_t key_size; /* of the whole: CBC's has the MAC's before it */
	size_t iv_size;
	size_t tag_size;
	bool is_gcm;
	enum digest digest; /* CBC alone */
};

static const struct algorithm algorithms[] = {
	[AEAD_A128CBC_HS256] = {EVP_aes_128_cbc, 32, 16, 16, false,
				DIGEST_SHA256},
	[AEAD_A256CBC_HS512] = {EVP_aes_256_cbc, 64, 16, 32, false,
				DIGEST_SHA512},
	[AEAD_A128GCM] = {EVP_aes_128_gcm, 16, 12, 16, true, DIGEST_SHA256},
	[AEAD_A256GCM] = {EVP_aes_256_gcm, 32, 12, 16, true, DIGEST_SHA256},
};

size_t aead_key_size(enum aead aead)
{
	return algorithms[aead].key_size;
}

size_t aead_iv_size(enum aead aead)
{
	return algorithms[aead].iv_size;
}

size_t aead_tag_size(enum aead aead)
{
	return algorithms[aead].tag_size;
}

static const unsigned char *bytes_of(struct text text)
{
	return (const unsigned char *)(text.at != NULL ? text.at : "");
}

/* The half that the cipher takes, or all of it. */
static struct text cipher_key(const struct aead_context *context)
{
	struct text key = context->key;

	return algorithms[context->aead].is_gcm
		       ? key
		       : text_from_byte(key, key.size / 2);
}

/* A | IV | E | the bits of A, 64 of them (RFC 7518 section 5.2.2.1). */
static void mac(const struct aead_context *context, struct text ciphertext,
		unsigned char out[DIGEST_MAX_SIZE])
{
	struct buf input = buf_init(2 * AEAD_SIZE_MAX + 64);
	uint64_t bits = (uint64_t)context->associated.size * 8;

	buf_add(&input, context->associated);
	buf_add(&input, context->iv);
	buf_add(&input, ciphertext);
	for (int shift = 56; shift >= 0; shift -= 8)
		buf_add_byte(&input, (char)(bits >> shift));
	MUST(!input.is_over);
	digest_hmac(algorithms[context->aead].digest,
		    text_first(context->key, context->key.size / 2),
		    buf_text(&input), out);
	buf_wipe(&input);
}

static EVP_CIPHER_CTX *begin(const struct aead_context *context, int seals)
{
	const struct algorithm *algorithm = &algorithms[context->aead];
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	int size = 0;

	MUST(cipher != NULL);
	MUST(EVP_CipherInit_ex2(cipher, algorithm->cipher(),
				bytes_of(cipher_key(context)),
				bytes_of(context->iv), seals, NULL) == 1);
	if (algorithm->is_gcm)
		MUST(EVP_CipherUpdate(cipher, NULL, &size,
				      bytes_of(context->associated),
				      (int)context->associated.size) == 1);
	return cipher;
}

/* All of `in` through the cipher; what came out, or a negative size. */
static int run(EVP_CIPHER_CTX *cipher, struct text in, char *out)
{
	unsigned char *at = (unsigned char *)out;
	int updated = 0;
	int ended = 0;

	if (EVP_CipherUpdate(cipher, at, &updated, bytes_of(in),
			     (int)in.size) != 1 ||
	    EVP_CipherFinal_ex(cipher, at + updated, &ended) != 1) {
		ERR_clear_error();
		return -1;
	}
	return updated + ended;
}

void aead_seal(const struct aead_context *context, struct text plain,
	       struct buf *ciphertext, struct buf *tag)
{
	const struct algorithm *algorithm = &algorithms[context->aead];
	char *out = buf_reserve(ciphertext, plain.size + AEAD_IV_MAX);
	unsigned char tag_bytes[DIGEST_MAX_SIZE];
	EVP_CIPHER_CTX *cipher;
	int size;

	MUST(plain.size <= AEAD_SIZE_MAX &&
	     context->associated.size <= AEAD_SIZE_MAX &&
	     context->key.size == algorithm->key_size &&
	     context->iv.size == algorithm->iv_size);
	if (out == NULL)
		return;
	cipher = begin(context, 1);
	size = run(cipher, plain, out);
	MUST(size >= 0);
	buf_advance(ciphertext, (size_t)size);
	if (algorithm->is_gcm)
		MUST(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG,
					 (int)algorithm->tag_size,
					 tag_bytes) == 1);
	else
		mac(context, text_of(out, (size_t)size), tag_bytes);
	EVP_CIPHER_CTX_free(cipher);
	buf_add(tag, text_of(tag_bytes, algorithm->tag_size));
}

static bool has_right_mac(const struct aead_context *context,
			  struct text ciphertext, struct text tag)
{
	unsigned char right[DIGEST_MAX_SIZE];

	mac(context, ciphertext, right);
	return equal_secret(tag, text_of(right, tag.size));
}

/* OpenSSL's GCM gives bytes before it has looked at the tag: they are wiped with
 * the buffer that nobody is given. */
static bool open_sized(const struct aead_context *context,
		       struct text ciphertext, struct text tag,
		       struct buf *plain)
{
	struct buf out = buf_init(AEAD_SIZE_MAX + 2 * AEAD_IV_MAX);
	char *at = buf_reserve(&out, ciphertext.size + AEAD_IV_MAX);
	EVP_CIPHER_CTX *cipher = begin(context, 0);
	int size = -1;

	MUST(at != NULL);
	if (!algorithms[context->aead].is_gcm ||
	    EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, (int)tag.size,
				(void *)(uintptr_t)tag.at) == 1)
		size = run(cipher, ciphertext, at);
	EVP_CIPHER_CTX_free(cipher);
	buf_advance(&out, ciphertext.size + AEAD_IV_MAX);
	if (size >= 0)
		buf_add(plain, text_of(at, (size_t)size));
	buf_wipe(&out);
	return size >= 0 && !plain->is_over;
}

bool aead_open(const struct aead_context *context, struct text ciphertext,
	       struct text tag, struct buf *plain)
{
	const struct algorithm *algorithm = &algorithms[context->aead];

	if (context->key.size != algorithm->key_size ||
	    context->iv.size != algorithm->iv_size ||
	    tag.size != algorithm->tag_size ||
	    ciphertext.size > AEAD_SIZE_MAX ||
	    context->associated.size > AEAD_SIZE_MAX)
		return false;
	if (!algorithm->is_gcm && !has_right_mac(context, ciphertext, tag))
		return false;
	return open_sized(context, ciphertext, tag, plain);
}
