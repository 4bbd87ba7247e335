/* SPDX-License-Identifier: Apache-2.0 */
/* Seals and opens references; the layout is in reference.h. */
#include "token/reference.h"

#include "base/encoding.h"
#include "crypto/equal.h"

#define FIXED_SIZE (1 + 2 + 8 + 4 + 4 + 4)
#define PROOF_SIZE 16
#define PLAIN_MAX (FIXED_SIZE + REFERENCE_MORE_MAX + PROOF_SIZE)
#define WIRE_MAX (1 + SIV_TAG_SIZE + PLAIN_MAX)
#define ASSOCIATED_SIZE 9

const char *reference_kind_name(enum reference_kind kind)
{
	switch (kind) {
	case REFERENCE_CODE:
		return "code";
	case REFERENCE_REFRESH_TOKEN:
		return "refresh token";
	case REFERENCE_ACCESS_TOKEN_ID:
		return "access token's jti";
	case REFERENCE_ACCESS_TOKEN:
		return "access token";
	case REFERENCE_SESSION:
		return "session cookie";
	case REFERENCE_REQUEST:
		return "stored step";
	case REFERENCE_PUSHED:
		return "pushed request";
	}
	return "reference of an unknown kind";
}

static void write_number(unsigned char *at, uint64_t number, size_t size)
{
	for (size_t i = 0; i < size; i++)
		at[i] = (unsigned char)(number >> (8 * (size - 1 - i)));
}

static void add_number(struct buf *buf, uint64_t number, size_t size)
{
	unsigned char bytes[8];

	write_number(bytes, number, size);
	buf_add(buf, text_of(bytes, size));
}

static uint64_t take_number(struct text *from, size_t size)
{
	uint64_t number = 0;

	for (size_t i = 0; i < size; i++)
		number = number << 8 | (unsigned char)from->at[i];
	*from = text_from_byte(*from, size);
	return number;
}

static void associate(unsigned char associated[ASSOCIATED_SIZE],
		      unsigned char key_number, int64_t tenant_id)
{
	associated[0] = key_number;
	write_number(associated + 1, (uint64_t)tenant_id, 8);
}

static void write_plain(struct buf *plain, const struct reference *reference)
{
	add_number(plain, (uint64_t)reference->kind, 1);
	add_number(plain, reference->shard, 2);
	add_number(plain, (uint64_t)reference->row_id, 8);
	add_number(plain, reference->generation, 4);
	add_number(plain, reference->epoch, 4);
	add_number(plain, (uint64_t)reference->expires_at, 4);
	buf_add(plain, reference->more);
}

/* HMAC-SHA-256(seed, tenant id | every plaintext byte before the proof). */
static void prove(int64_t tenant_id, struct text proven,
		  const unsigned char seed[ROW_SEED_SIZE],
		  unsigned char proof[SHA256_SIZE])
{
	unsigned char tenant[8];

	write_number(tenant, (uint64_t)tenant_id, sizeof(tenant));
	digest_hmac_sha256_joined(text_of(seed, ROW_SEED_SIZE),
				  text_of(tenant, sizeof(tenant)), proven,
				  proof);
}

struct text reference_seal(struct tokens *tokens, struct arena *arena,
			   instant now, const struct reference *reference,
			   const unsigned char seed[ROW_SEED_SIZE])
{
	struct buf plain = buf_init_arena(arena, PLAIN_MAX);
	struct buf wire = buf_init_arena(arena, WIRE_MAX);
	struct buf spelling = buf_init_arena(arena, REFERENCE_SIZE_MAX);
	unsigned char associated[ASSOCIATED_SIZE];
	unsigned char proof[SHA256_SIZE];
	const struct siv_key *key;
	unsigned char number = 0;

	MUST(reference->expires_at > 0 && reference->expires_at <= UINT32_MAX);
	key = tokens_minting_key(tokens, TOKENS_REFERENCES, now, &number);
	write_plain(&plain, reference);
	prove(reference->tenant_id, buf_text(&plain), seed, proof);
	buf_add(&plain, text_of(proof, PROOF_SIZE));
	associate(associated, number, reference->tenant_id);
	buf_add_byte(&wire, (char)number);
	siv_seal(key, text_of(associated, sizeof(associated)), buf_text(&plain),
		 &wire);
	base64url_encode(&spelling, buf_text(&wire));
	MUST(!plain.is_over && !wire.is_over && !spelling.is_over);
	return buf_text(&spelling);
}

static void read_plain(struct text plain, struct reference *reference)
{
	struct text rest = plain;

	reference->proven = text_first(plain, plain.size - PROOF_SIZE);
	reference->proof = text_from_byte(plain, plain.size - PROOF_SIZE);
	reference->kind = (enum reference_kind)take_number(&rest, 1);
	reference->shard = (uint16_t)take_number(&rest, 2);
	reference->row_id = (int64_t)take_number(&rest, 8);
	reference->generation = (uint32_t)take_number(&rest, 4);
	reference->epoch = (uint32_t)take_number(&rest, 4);
	reference->expires_at = (int64_t)take_number(&rest, 4);
	reference->more = text_first(rest, rest.size - PROOF_SIZE);
}

static bool open_wire(struct tokens *tokens, int64_t tenant_id,
		      struct text wire, struct buf *plain)
{
	unsigned char associated[ASSOCIATED_SIZE];
	unsigned char number = (unsigned char)wire.at[0];
	const struct siv_key *key =
		tokens_key(tokens, TOKENS_REFERENCES, number);

	if (key == NULL)
		return false;
	associate(associated, number, tenant_id);
	return siv_open(key, text_of(associated, sizeof(associated)),
			text_from_byte(wire, 1), plain);
}

bool reference_open(struct tokens *tokens, struct arena *arena,
		    int64_t tenant_id, struct text spelling,
		    struct reference *reference_out)
{
	struct buf wire = buf_init_arena(arena, WIRE_MAX);
	struct buf plain = buf_init_arena(arena, PLAIN_MAX);

	if (spelling.size > REFERENCE_SIZE_MAX ||
	    !base64url_decode(spelling, &wire) ||
	    wire.size < 1 + SIV_TAG_SIZE + FIXED_SIZE + PROOF_SIZE)
		return false;
	if (!open_wire(tokens, tenant_id, buf_text(&wire), &plain))
		return false;
	*reference_out = (struct reference){.tenant_id = tenant_id};
	read_plain(buf_text(&plain), reference_out);
	return true;
}

bool reference_is_proven(const struct reference *reference,
			 const unsigned char seed[ROW_SEED_SIZE])
{
	unsigned char proof[SHA256_SIZE];

	prove(reference->tenant_id, reference->proven, seed, proof);
	return equal_secret(reference->proof, text_of(proof, PROOF_SIZE));
}
