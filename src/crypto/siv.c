/* SPDX-License-Identifier: Apache-2.0 */
/* AES-SIV (RFC 5297) over OpenSSL's AES, block by block. */
#include "crypto/siv.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#include "crypto/internal.h"

/*
 * OpenSSL's own AES-SIV wants its key set anew for each message, or a readied
 * context copied with six allocations: 1.2 us where its AES takes 0.3. To begin its
 * CBC or its CTR anew takes as long as all of a reference's blocks. So its AES is
 * asked for single blocks, on contexts that keep their key and nothing else; CMAC
 * (RFC 4493), S2V (section 2.4) and the counter are done here.
 */

#define BLOCK 16
#define HALF 32 /* of a key: for the MAC, for the cipher */
#define PIECE 512

struct siv_key {
	unsigned char bytes[SIV_KEY_SIZE];
	uint64_t number; /* never used again, unlike an address */
	/* CMAC's subkeys (RFC 4493 section 2.3), and S2V's first step. */
	unsigned char whole[BLOCK];
	unsigned char padded[BLOCK];
	unsigned char of_zero[BLOCK];
};

/* --- Contexts ------------------------------------------------------------- */

static EVP_CIPHER_CTX *new_context(const unsigned char half[HALF])
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();

	MUST(context != NULL);
	MUST(EVP_EncryptInit_ex2(context, crypto_aes(), half, NULL, NULL) == 1);
	return context;
}

void crypto_siv_wipe(struct crypto_siv *kept)
{
	EVP_CIPHER_CTX_free(kept->mac);
	EVP_CIPHER_CTX_free(kept->stream);
	*kept = (struct crypto_siv){0};
}

/* This thread's of the number, or NULL; of 0, one that is free. */
static struct crypto_siv *find_kept(uint64_t number)
{
	struct crypto_contexts *own = crypto_contexts();

	for (size_t i = 0; i < CRYPTO_SIV_KEPT; i++)
		if (own->siv[i].number == number)
			return &own->siv[i];
	return NULL;
}

/* They give way one after the other. */
static struct crypto_siv *give_way(void)
{
	struct crypto_contexts *own = crypto_contexts();
	struct crypto_siv *oldest = &own->siv[own->siv_next];

	own->siv_next = (own->siv_next + 1) % CRYPTO_SIV_KEPT;
	crypto_siv_wipe(oldest);
	return oldest;
}

/* This thread's for the key. */
static struct crypto_siv *contexts_for(const struct siv_key *key)
{
	struct crypto_siv *kept = find_kept(key->number);

	if (kept != NULL)
		return kept;
	kept = find_kept(0);
	if (kept == NULL)
		kept = give_way();
	kept->number = key->number;
	kept->mac = new_context(key->bytes);
	kept->stream = new_context(key->bytes + HALF);
	return kept;
}

/* Whole blocks, in place: OpenSSL then holds nothing back, and pads nothing
 * because it is never told of an end. */
static void encrypt(EVP_CIPHER_CTX *context, unsigned char *blocks, size_t size)
{
	int written = 0;

	MUST(EVP_EncryptUpdate(context, blocks, &written, blocks, (int)size) ==
	     1);
	MUST(written == (int)size);
}

/* --- S2V ------------------------------------------------------------------ */

static void exclusive_or(unsigned char *to, const void *with, size_t size)
{
	const unsigned char *at = with;

	for (size_t i = 0; i < size; i++)
		to[i] ^= at[i];
}

/* In GF(2^128) (RFC 5297 section 2.3), whatever the bits in the same time. */
static void double_block(unsigned char block[BLOCK])
{
	unsigned char carry = block[0] >> 7;

	for (size_t i = 0; i < BLOCK - 1; i++)
		block[i] = (unsigned char)(block[i] << 1 | block[i + 1] >> 7);
	block[BLOCK - 1] =
		(unsigned char)(block[BLOCK - 1] << 1 ^ (0x87 & (0u - carry)));
}

/* One block on (RFC 4493 section 2.4); `mac` begins as zeros. */
static void add_block(EVP_CIPHER_CTX *context, const void *block,
		      unsigned char mac[BLOCK])
{
	exclusive_or(mac, block, BLOCK);
	encrypt(context, mac, BLOCK);
}

/* All but the end: `size` is whole blocks. */
static void add_lead(EVP_CIPHER_CTX *context, const char *at, size_t size,
		     unsigned char mac[BLOCK])
{
	for (size_t i = 0; i < size; i += BLOCK)
		add_block(context, at + i, mac);
}

/* `size` bytes, a block's at most, in `last`, which is written to. Nothing at
 * all is one padded block. */
static void add_last(const struct siv_key *key, EVP_CIPHER_CTX *context,
		     unsigned char last[BLOCK], size_t size,
		     unsigned char mac[BLOCK])
{
	if (size == BLOCK) {
		exclusive_or(last, key->whole, BLOCK);
	} else {
		memset(last + size, 0, BLOCK - size);
		last[size] = 0x80;
		exclusive_or(last, key->padded, BLOCK);
	}
	add_block(context, last, mac);
}

static void mac_associated(const struct siv_key *key, EVP_CIPHER_CTX *context,
			   struct text associated, unsigned char mac[BLOCK])
{
	size_t lead = associated.size == 0
			      ? 0
			      : (associated.size - 1) / BLOCK * BLOCK;
	struct text rest = text_from_byte(associated, lead);
	unsigned char last[BLOCK];

	memset(mac, 0, BLOCK);
	if (rest.size > 0)
		memcpy(last, rest.at, rest.size);
	add_lead(context, associated.at, lead, mac);
	add_last(key, context, last, rest.size, mac);
}

/* `mixed` goes into the last block's worth of bytes, or the padded whole. */
static void mac_plain(const struct siv_key *key, EVP_CIPHER_CTX *context,
		      struct text plain, unsigned char mixed[BLOCK],
		      unsigned char mac[BLOCK])
{
	size_t lead = plain.size < BLOCK ? 0
					 : (plain.size - BLOCK) / BLOCK * BLOCK;
	struct text rest = text_from_byte(plain, lead);
	unsigned char last[2 * BLOCK] = {0};
	size_t before;

	memset(mac, 0, BLOCK);
	memcpy(last, rest.at, rest.size);
	if (rest.size < BLOCK) {
		last[rest.size] = 0x80;
		rest.size = BLOCK;
		double_block(mixed);
	}
	exclusive_or(last + rest.size - BLOCK, mixed, BLOCK);
	before = rest.size > BLOCK ? BLOCK : 0;
	add_lead(context, plain.at, lead, mac);
	add_lead(context, (const char *)last, before, mac);
	add_last(key, context, last + before, rest.size - before, mac);
	explicit_bzero(last, sizeof(last));
}

static void make_tag(const struct siv_key *key, EVP_CIPHER_CTX *context,
		     struct text associated, struct text plain,
		     unsigned char tag[SIV_TAG_SIZE])
{
	unsigned char mixed[BLOCK];
	unsigned char mac[BLOCK];

	memcpy(mixed, key->of_zero, BLOCK);
	double_block(mixed);
	mac_associated(key, context, associated, mac);
	exclusive_or(mixed, mac, BLOCK);
	mac_plain(key, context, plain, mixed, tag);
}

/* --- The counter ---------------------------------------------------------- */

/* The next of them, `size` bytes of whole blocks. Its lower half never overflows:
 * its first bit was cleared. */
static void make_stream(EVP_CIPHER_CTX *context, unsigned char counter[BLOCK],
			unsigned char *stream, size_t size)
{
	for (size_t i = 0; i < size; i += BLOCK) {
		memcpy(stream + i, counter, BLOCK);
		for (size_t k = BLOCK; k > BLOCK / 2 && ++counter[k - 1] == 0;)
			k--;
	}
	encrypt(context, stream, size);
}

/* Two bits of the counter are cleared (section 2.5). */
static void crypt(EVP_CIPHER_CTX *context, const void *tag, struct text from,
		  unsigned char *out)
{
	unsigned char counter[BLOCK];
	unsigned char stream[PIECE];

	memcpy(counter, tag, BLOCK);
	counter[8] &= 0x7f;
	counter[12] &= 0x7f;
	while (from.size > 0) {
		struct text piece = text_first(from, PIECE);

		make_stream(context, counter, stream,
			    (piece.size + BLOCK - 1) / BLOCK * BLOCK);
		for (size_t i = 0; i < piece.size; i++)
			out[i] = stream[i] ^ (unsigned char)piece.at[i];
		out += piece.size;
		from = text_from_byte(from, piece.size);
	}
	explicit_bzero(stream, sizeof(stream));
}

/* --- Keys ----------------------------------------------------------------- */

struct siv_key *siv_key_new(const unsigned char bytes[SIV_KEY_SIZE])
{
	static _Atomic uint64_t last_number;
	struct siv_key *key = calloc(1, sizeof(*key));
	unsigned char block[BLOCK] = {0};
	EVP_CIPHER_CTX *context;

	MUST(key != NULL);
	memcpy(key->bytes, bytes, SIV_KEY_SIZE);
	key->number = atomic_fetch_add(&last_number, 1) + 1;
	context = contexts_for(key)->mac;
	encrypt(context, key->whole, BLOCK);
	double_block(key->whole);
	memcpy(key->padded, key->whole, BLOCK);
	double_block(key->padded);
	add_last(key, context, block, BLOCK, key->of_zero);
	return key;
}

/* Other threads' contexts of it go when theirs give way, or they end. */
void siv_key_free(struct siv_key **key)
{
	struct crypto_siv *kept;

	if (*key == NULL)
		return;
	kept = find_kept((*key)->number);
	if (kept != NULL)
		crypto_siv_wipe(kept);
	explicit_bzero(*key, sizeof(**key));
	free(*key);
	*key = NULL;
}

/* --- Messages ------------------------------------------------------------- */

void siv_seal(const struct siv_key *key, struct text associated,
	      struct text plain, struct buf *sealed)
{
	struct crypto_siv *contexts;
	unsigned char *out;

	MUST(plain.size > 0 && plain.size <= SIV_SIZE_MAX);
	MUST(associated.size <= SIV_SIZE_MAX);
	out = (unsigned char *)buf_reserve(sealed, SIV_TAG_SIZE + plain.size);
	if (out == NULL)
		return;
	contexts = contexts_for(key);
	make_tag(key, contexts->mac, associated, plain, out);
	crypt(contexts->stream, out, plain, out + SIV_TAG_SIZE);
	buf_advance(sealed, SIV_TAG_SIZE + plain.size);
}

bool siv_open(const struct siv_key *key, struct text associated,
	      struct text sealed, struct buf *plain)
{
	size_t size = sealed.size - SIV_TAG_SIZE;
	unsigned char tag[SIV_TAG_SIZE];
	struct crypto_siv *contexts;
	unsigned char *out;

	if (sealed.size <= SIV_TAG_SIZE || size > SIV_SIZE_MAX ||
	    associated.size > SIV_SIZE_MAX)
		return false;
	out = (unsigned char *)buf_reserve(plain, size);
	if (out == NULL)
		return false;
	contexts = contexts_for(key);
	crypt(contexts->stream, sealed.at, text_from_byte(sealed, SIV_TAG_SIZE),
	      out);
	make_tag(key, contexts->mac, associated, text_of(out, size), tag);
	if (CRYPTO_memcmp(tag, sealed.at, SIV_TAG_SIZE) == 0) {
		buf_advance(plain, size);
		return true;
	}
	explicit_bzero(out, size);
	return false;
}
