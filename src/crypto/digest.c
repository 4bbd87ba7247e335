/* SPDX-License-Identifier: Apache-2.0 */
/* SHA, HMAC and HKDF (FIPS 180-4, RFC 2104, RFC 5869). */
#define OPENSSL_SUPPRESS_DEPRECATED /* SHA256_Init and its kin, see sha256 */
#include "crypto/digest.h"

#include <openssl/sha.h>

#include "crypto/internal.h"

/* What is hashed as one: of HMAC the key's block, and two. */
#define PARTS 3

/* Of RFC 2104's B. */
#define BLOCK_MAX 128
static const size_t block_sizes[CRYPTO_DIGESTS] = {
	[DIGEST_SHA1] = 64,
	[DIGEST_SHA256] = 64,
	[DIGEST_SHA384] = 128,
	[DIGEST_SHA512] = 128,
};

/*
 * The code behind EVP, without what EVP does each time: it allocates the state,
 * looks for engines and takes a lock, for each of an exchange's eleven digests.
 */
static void sha256(const struct text parts[PARTS],
		   unsigned char out[SHA256_SIZE])
{
	SHA256_CTX state;

	MUST(SHA256_Init(&state) == 1);
	for (size_t i = 0; i < PARTS; i++)
		MUST(SHA256_Update(&state, parts[i].at, parts[i].size) == 1);
	MUST(SHA256_Final(out, &state) == 1);
	explicit_bzero(&state, sizeof(state));
}

/* Of the parts, one after the other. */
static size_t hash(enum digest digest, const struct text parts[PARTS],
		   unsigned char out[DIGEST_MAX_SIZE])
{
	EVP_MD_CTX *context;
	unsigned int size = 0;

	if (digest == DIGEST_SHA256) {
		sha256(parts, out);
		return SHA256_SIZE;
	}
	context = crypto_contexts()->digest[digest];
	MUST(EVP_DigestInit_ex2(context, crypto_md(digest), NULL) == 1);
	for (size_t i = 0; i < PARTS; i++)
		MUST(EVP_DigestUpdate(context, parts[i].at, parts[i].size) ==
		     1);
	MUST(EVP_DigestFinal_ex(context, out, &size) == 1);
	return size;
}

size_t digest_of(enum digest digest, struct text bytes,
		 unsigned char out[DIGEST_MAX_SIZE])
{
	return hash(digest, (struct text[PARTS]){bytes}, out);
}

void digest_sha256(struct text bytes, unsigned char out[SHA256_SIZE])
{
	sha256((struct text[PARTS]){bytes}, out);
}

/* OpenSSL's HMAC, which takes each key through its parameters, costs twice as
 * much as the hashing itself. */
static size_t hmac_joined(enum digest digest, struct text key,
			  const struct text parts[2],
			  unsigned char out[DIGEST_MAX_SIZE])
{
	unsigned char pad[BLOCK_MAX] = {0};
	struct text block = text_of(pad, block_sizes[digest]);
	size_t size;

	if (key.size > block.size)
		digest_of(digest, key, pad);
	else if (key.size > 0)
		memcpy(pad, key.at, key.size);
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36;
	size = hash(digest, (struct text[PARTS]){block, parts[0], parts[1]},
		    out);
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	hash(digest, (struct text[PARTS]){block, text_of(out, size)}, out);
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
