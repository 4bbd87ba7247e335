/* SPDX-License-Identifier: Apache-2.0 */
/* SHA, HMAC and HKDF (FIPS 180-4, RFC 2104, RFC 5869). */
#include "crypto/digest.h"

#include "crypto/internal.h"

/* Of RFC 2104's B. */
#define BLOCK_MAX 128
static const size_t block_sizes[CRYPTO_DIGESTS] = {
	[DIGEST_SHA1] = 64,
	[DIGEST_SHA256] = 64,
	[DIGEST_SHA384] = 128,
	[DIGEST_SHA512] = 128,
};

/* OpenSSL takes an absent key for "the one before". */
static const unsigned char *bytes_of(struct text text)
{
	return (const unsigned char *)(text.at != NULL ? text.at : "");
}

size_t digest_of(enum digest digest, struct text bytes,
		 unsigned char out[DIGEST_MAX_SIZE])
{
	EVP_MD_CTX *context = crypto_contexts()->digest[digest];
	unsigned int size = 0;

	MUST(EVP_DigestInit_ex2(context, crypto_md(digest), NULL) == 1);
	MUST(EVP_DigestUpdate(context, bytes_of(bytes), bytes.size) == 1);
	MUST(EVP_DigestFinal_ex(context, out, &size) == 1);
	return size;
}

void digest_sha256(struct text bytes, unsigned char out[SHA256_SIZE])
{
	unsigned char whole[DIGEST_MAX_SIZE];

	digest_of(DIGEST_SHA256, bytes, whole);
	memcpy(out, whole, SHA256_SIZE);
}

/* One of the two hashes; `pad` is the key's block, mixed. */
static void hash_keyed(enum digest digest, const unsigned char pad[BLOCK_MAX],
		       const struct text parts[2],
		       unsigned char out[DIGEST_MAX_SIZE])
{
	EVP_MD_CTX *context = crypto_contexts()->digest[digest];

	MUST(EVP_DigestInit_ex2(context, crypto_md(digest), NULL) == 1);
	MUST(EVP_DigestUpdate(context, pad, block_sizes[digest]) == 1);
	for (size_t i = 0; i < 2; i++)
		if (parts[i].size > 0)
			MUST(EVP_DigestUpdate(context, parts[i].at,
					      parts[i].size) == 1);
	MUST(EVP_DigestFinal_ex(context, out, NULL) == 1);
}

/* OpenSSL's HMAC, which takes each key through its parameters, costs twice as
 * much as the hashing itself. */
static size_t hmac_joined(enum digest digest, struct text key,
			  const struct text parts[2],
			  unsigned char out[DIGEST_MAX_SIZE])
{
	size_t size = (size_t)EVP_MD_get_size(crypto_md(digest));
	unsigned char pad[BLOCK_MAX] = {0};

	if (key.size > block_sizes[digest])
		digest_of(digest, key, pad);
	else if (key.size > 0)
		memcpy(pad, key.at, key.size);
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36;
	hash_keyed(digest, pad, parts, out);
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	hash_keyed(digest, pad, (struct text[2]){text_of(out, size)}, out);
	explicit_bzero(pad, sizeof(pad));
	return size;
}

size_t digest_hmac(enum digest digest, struct text key, struct text bytes,
		   unsigned char out[DIGEST_MAX_SIZE])
{
	return hmac_joined(digest, key, (struct text[2]){bytes}, out);
}

void digest_hmac_sha256_joined(struct text key, struct text first,
			       struct text second,
			       unsigned char out[SHA256_SIZE])
{
	unsigned char whole[DIGEST_MAX_SIZE];

	hmac_joined(DIGEST_SHA256, key, (struct text[2]){first, second}, whole);
	memcpy(out, whole, SHA256_SIZE);
	explicit_bzero(whole, sizeof(whole));
}

void digest_hmac_sha256(struct text key, struct text bytes,
			unsigned char out[SHA256_SIZE])
{
	digest_hmac_sha256_joined(key, bytes, TEXT_ABSENT, out);
}

#define HKDF_LABEL_MAX 512

/* T(n) = HMAC(PRK, T(n-1) | info | n), RFC 5869 section 2.3. */
static void expand(struct text pseudorandom_key, struct text label, void *out,
		   size_t size)
{
	unsigned char input[SHA256_SIZE + HKDF_LABEL_MAX + 1];
	unsigned char block[SHA256_SIZE];
	unsigned char *next = out;
	size_t before = 0;

	for (unsigned int n = 1; size > 0; n++) {
		size_t now = size < SHA256_SIZE ? size : SHA256_SIZE;

		memcpy(input, block, before);
		if (label.size > 0)
			memcpy(input + before, label.at, label.size);
		input[before + label.size] = (unsigned char)n;
		digest_hmac_sha256(pseudorandom_key,
				   text_of(input, before + label.size + 1),
				   block);
		before = SHA256_SIZE;
		memcpy(next, block, now);
		next += now;
		size -= now;
	}
	explicit_bzero(input, sizeof(input));
	explicit_bzero(block, sizeof(block));
}

void digest_hkdf(struct text key, struct text label, void *out, size_t size)
{
	unsigned char pseudorandom_key[SHA256_SIZE];

	MUST(size <= 255 * SHA256_SIZE);
	MUST(label.size <= HKDF_LABEL_MAX);
	digest_hmac_sha256(TEXT(""), key, pseudorandom_key);
	expand(text_of(pseudorandom_key, sizeof(pseudorandom_key)), label, out,
	       size);
	explicit_bzero(pseudorandom_key, sizeof(pseudorandom_key));
}
