/* SPDX-License-Identifier: Apache-2.0 */
/* AES-SIV (RFC 5297) over OpenSSL's AES, block by block. */
#include "crypto/siv.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#include "crypto/internal.h"

/*
 * OpenSSL's own AES-SIV wants its key set anew for each message, or a readied
 * context copied with six allocations: 1.2 us where its AES takes 0.3. To begin its
 * CBC or its CTR anew takes as long as all of a reference's blocks. So the counter
 * is done here, over single blocks, and CBC is never begun anew: what it made last
 * is mixed into a message's first block, and is out of it again. CMAC's subkeys
 * (RFC 4493) and S2V (section 2.4) are done here too.
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

static EVP_CIPHER_CTX *new_context(const EVP_CIPHER *cipher,
				   const unsigned char half[HALF])
{
	static const unsigned char zero[BLOCK];
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();

	MUST(context != NULL);
	MUST(EVP_EncryptInit_ex2(context, cipher, half, zero, NULL) == 1);
	return context;
}

void crypto_siv_wipe(struct crypto_siv *kept)
{
	EVP_CIPHER_CTX_free(kept->mac);
	EVP_CIPHER_CTX_free(kept->stream);
	explicit_bzero(kept, sizeof(*kept));
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
	kept->mac = new_context(crypto_aes_cbc(), key->bytes);
	kept->stream = new_context(crypto_aes(), key->bytes + HALF);
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
	uint64_t word[2];
	size_t i = 0;

	for (; size - i >= sizeof(word[0]); i += sizeof(word[0])) {
		memcpy(&word[0], to + i, sizeof(word[0]));
		memcpy(&word[1], at + i, sizeof(word[0]));
		word[0] ^= word[1];
		memcpy(to + i, &word[0], sizeof(word[0]));
	}
	for (; i < size; i++)
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

/* CBC-MAC's next blocks, which are written over. */
static void add_blocks(struct crypto_siv *own, unsigned char *blocks,
		       size_t size, bool is_first)
{
	if (is_first)
		exclusive_or(blocks, own->chain, BLOCK);
	encrypt(own->mac, blocks, size);
	memcpy(own->chain, blocks + size - BLOCK, BLOCK);
}

/* CMAC (RFC 4493 section 2.4), its end prepared; `lead` is whole blocks, and `end`
 * one or two. */
static void make_mac(struct crypto_siv *own, struct text lead, struct text end,
		     unsigned char mac[BLOCK])
{
	unsigned char piece[PIECE];
	bool is_first = true;

	while (lead.size + end.size > sizeof(piece)) {
		struct text part = text_first(lead, sizeof(piece));

		memcpy(piece, part.at, part.size);
		add_blocks(own, piece, part.size, is_first);
		is_first = false;
		lead = text_from_byte(lead, part.size);
	}
	if (lead.size > 0)
		memcpy(piece, lead.at, lead.size);
	memcpy(piece + lead.size, end.at, end.size);
	add_blocks(own, piece, lead.size + end.size, is_first);
	memcpy(mac, own->chain, BLOCK);
}

/* The last block, of which there are `size` bytes. Nothing at all is one padded
 * block. */
static void prepare_last(const struct siv_key *key, unsigned char last[BLOCK],
			 size_t size)
{
	if (size == BLOCK) {
		exclusive_or(last, key->whole, BLOCK);
		return;
	}
	memset(last + size, 0, BLOCK - size);
	last[size] = 0x80;
	exclusive_or(last, key->padded, BLOCK);
}

static void mac_associated(const struct siv_key *key, struct crypto_siv *own,
			   struct text associated, unsigned char mac[BLOCK])
{
	size_t lead = associated.size == 0
			      ? 0
			      : (associated.size - 1) / BLOCK * BLOCK;
	struct text rest = text_from_byte(associated, lead);
	unsigned char last[BLOCK];

	if (rest.size > 0)
		memcpy(last, rest.at, rest.size);
	prepare_last(key, last, rest.size);
	make_mac(own, text_first(associated, lead), text_of(last, BLOCK), mac);
}

/* `mixed` goes into the last block's worth of bytes, or the padded whole. */
static void mac_plain(const struct siv_key *key, struct crypto_siv *own,
		      struct text plain, unsigned char mixed[BLOCK],
		      unsigned char mac[BLOCK])
{
	size_t lead = plain.size < BLOCK ? 0
					 : (plain.size - BLOCK) / BLOCK * BLOCK;
	struct text rest = text_from_byte(plain, lead);
	unsigned char last[2 * BLOCK] = {0};
	size_t before;

	memcpy(last, rest.at, rest.size);
	if (rest.size < BLOCK) {
		last[rest.size] = 0x80;
		rest.size = BLOCK;
		double_block(mixed);
	}
	exclusive_or(last + rest.size - BLOCK, mixed, BLOCK);
	before = rest.size > BLOCK ? BLOCK : 0;
	prepare_last(key, last + before, rest.size - before);
	make_mac(own, text_first(plain, lead), text_of(last, before + BLOCK),
		 mac);
	explicit_bzero(last, sizeof(last));
}

static void make_tag(const struct siv_key *key, struct crypto_siv *own,
		     struct text associated, struct text plain,
		     unsigned char tag[SIV_TAG_SIZE])
{
	unsigned char mixed[BLOCK];
	unsigned char mac[BLOCK];

	memcpy(mixed, key->of_zero, BLOCK);
	double_block(mixed);
	mac_associated(key, own, associated, mac);
	exclusive_or(mixed, mac, BLOCK);
	mac_plain(key, own, plain, mixed, tag);
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
		exclusive_or(stream, piece.at, piece.size);
		memcpy(out, stream, piece.size);
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
	struct crypto_siv *own;

	MUST(key != NULL);
	memcpy(key->bytes, bytes, SIV_KEY_SIZE);
	key->number = atomic_fetch_add(&last_number, 1) + 1;
	own = contexts_for(key);
	make_mac(own, TEXT_ABSENT, text_of(block, BLOCK), key->whole);
	double_block(key->whole);
	memcpy(key->padded, key->whole, BLOCK);
	double_block(key->padded);
	prepare_last(key, block, BLOCK);
	make_mac(own, TEXT_ABSENT, text_of(block, BLOCK), key->of_zero);
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
	make_tag(key, contexts, associated, plain, out);
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
	make_tag(key, contexts, associated, text_of(out, size), tag);
	if (CRYPTO_memcmp(tag, sealed.at, SIV_TAG_SIZE) == 0) {
		buf_advance(plain, size);
		return true;
	}
	explicit_bzero(out, size);
	return false;
}
