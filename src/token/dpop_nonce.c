/* SPDX-License-Identifier: Apache-2.0 */
/* Nonces for DPoP proofs, without a row of theirs (RFC 9449 sections 8 and 9). */
#include "base/encoding.h"
#include "token/dpop.h"

#define STEP_FOR 60
#define STEP_COUNT 5
#define STEP_SIZE 8
/* key number | tag | step */
#define NONCE_SIZE (1 + SIV_TAG_SIZE + STEP_SIZE)
#define NONCE_SPELLING_SIZE BASE64URL_SIZE(NONCE_SIZE)

static int64_t step_at(instant now)
{
	return instant_to_seconds(now) / STEP_FOR;
}

static void add_integer(struct buf *buf, int64_t value)
{
	for (int i = STEP_SIZE - 1; i >= 0; i--)
		buf_add_byte(buf, (char)((uint64_t)value >> (8 * i)));
}

static int64_t integer_of(struct text bytes)
{
	uint64_t value = 0;

	for (size_t i = 0; i < bytes.size; i++)
		value = value << 8 | (unsigned char)bytes.at[i];
	return (int64_t)value;
}

struct text dpop_nonce_format(struct tokens *tokens, struct arena *arena,
			      int64_t tenant_id, instant now)
{
	struct buf bytes = buf_init_arena(arena, NONCE_SIZE);
	struct buf spelling = buf_init_arena(arena, NONCE_SPELLING_SIZE);
	struct buf tenant = buf_init_arena(arena, STEP_SIZE);
	struct buf step = buf_init_arena(arena, STEP_SIZE);
	unsigned char number;
	const struct siv_key *key =
		tokens_minting_key(tokens, TOKENS_NONCES, now, &number);

	add_integer(&tenant, tenant_id);
	add_integer(&step, step_at(now));
	buf_add_byte(&bytes, (char)number);
	siv_seal(key, buf_text(&tenant), buf_text(&step), &bytes);
	base64url_encode(&spelling, buf_text(&bytes));
	return buf_text(&spelling);
}

/* false for what was not made for this tenant. */
static bool open_step(struct tokens *tokens, int64_t tenant_id,
		      struct text bytes, int64_t *step_out)
{
	struct buf tenant = buf_init(STEP_SIZE);
	struct buf step = buf_init(STEP_SIZE);
	const struct siv_key *key;
	bool is_ours;

	key = tokens_key(tokens, TOKENS_NONCES, (unsigned char)bytes.at[0]);
	add_integer(&tenant, tenant_id);
	is_ours = key != NULL && siv_open(key, buf_text(&tenant),
					  text_from_byte(bytes, 1), &step);
	*step_out = integer_of(buf_text(&step));
	buf_wipe(&tenant);
	buf_wipe(&step);
	return is_ours;
}

enum dpop_nonce_fault dpop_nonce_check(struct tokens *tokens, int64_t tenant_id,
				       instant now, struct text nonce)
{
	struct buf bytes = buf_init(NONCE_SIZE);
	enum dpop_nonce_fault fault = DPOP_NONCE_FOREIGN;
	int64_t age;
	int64_t step;

	if (nonce.size == NONCE_SPELLING_SIZE &&
	    base64url_decode(nonce, &bytes) &&
	    open_step(tokens, tenant_id, buf_text(&bytes), &step)) {
		age = step_at(now) - step;
		fault = age >= -1 && age <= STEP_COUNT ? DPOP_NONCE_GOOD
						       : DPOP_NONCE_OLD;
	}
	buf_wipe(&bytes);
	return fault;
}
