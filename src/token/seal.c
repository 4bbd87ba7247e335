/* SPDX-License-Identifier: Apache-2.0 */
/* Seals: AES-SIV over expiry, a hash of the browser's cookie, and a payload. */
#include "token/seal.h"

#include "base/encoding.h"
#include "crypto/equal.h"
#include "crypto/random.h"

#define NONCE_SIZE 16
#define BROWSER_SIZE 16
#define FIXED_SIZE (NONCE_SIZE + 8 + BROWSER_SIZE)

static struct text associate(struct arena *arena, const struct seal *seal,
			     unsigned char number)
{
	return arena_format(arena, "%u %lld %.*s", number,
			    (long long)seal->tenant_id,
			    TEXT_ARG(seal->purpose));
}

static struct text browser_hash(struct arena *arena, struct text browser)
{
	unsigned char *hash = arena_alloc(arena, SHA256_SIZE);

	digest_sha256(browser, hash);
	return text_of(hash, BROWSER_SIZE);
}

static void write_plain(struct buf *plain, struct arena *arena,
			const struct seal *seal, struct text payload)
{
	unsigned char nonce[NONCE_SIZE];

	random_fill(nonce, sizeof(nonce));
	buf_add(plain, text_of(nonce, sizeof(nonce)));
	for (int i = 7; i >= 0; i--)
		buf_add_byte(plain,
			     (char)((uint64_t)seal->expires_at >> (8 * i)));
	buf_add(plain, browser_hash(arena, seal->browser));
	buf_add(plain, payload);
}

struct text seal_close(struct tokens *tokens, struct arena *arena, instant now,
		       const struct seal *seal, struct text payload)
{
	struct buf plain = buf_init_arena(arena, SEAL_SIZE_MAX);
	struct buf wire = buf_init_arena(arena, SEAL_SIZE_MAX);
	struct buf spelling = buf_init_arena(arena, 2 * SEAL_SIZE_MAX);
	unsigned char number = 0;
	const struct siv_key *key =
		tokens_minting_key(tokens, TOKENS_SEALS, now, &number);

	write_plain(&plain, arena, seal, payload);
	buf_add_byte(&wire, (char)number);
	siv_seal(key, associate(arena, seal, number), buf_text(&plain), &wire);
	base64url_encode(&spelling, buf_text(&wire));
	MUST(!plain.is_over && !wire.is_over && !spelling.is_over);
	return buf_text(&spelling);
}

static bool open_wire(struct tokens *tokens, struct arena *arena,
		      const struct seal *seal, struct text sealed,
		      struct buf *plain)
{
	struct buf wire = buf_init_arena(arena, SEAL_SIZE_MAX);
	const struct siv_key *key;
	unsigned char number;

	if (!base64url_decode(sealed, &wire) || wire.size < 1)
		return false;
	number = (unsigned char)wire.at[0];
	key = tokens_key(tokens, TOKENS_SEALS, number);
	return key != NULL &&
	       siv_open(key, associate(arena, seal, number),
			text_from_byte(buf_text(&wire), 1), plain) &&
	       plain->size >= FIXED_SIZE;
}

static instant read_expiry(struct text plain)
{
	uint64_t number = 0;

	for (size_t i = 0; i < 8; i++)
		number = number << 8 | (unsigned char)plain.at[NONCE_SIZE + i];
	return (instant)number;
}

enum seal_fault seal_open(struct tokens *tokens, struct arena *arena,
			  instant now, struct seal *seal, struct text sealed,
			  struct text *payload_out)
{
	struct buf plain = buf_init_arena(arena, SEAL_SIZE_MAX);
	struct text browser;

	if (sealed.size > 2 * SEAL_SIZE_MAX ||
	    !open_wire(tokens, arena, seal, sealed, &plain))
		return SEAL_FOREIGN;
	browser = text_first(text_from_byte(buf_text(&plain), NONCE_SIZE + 8),
			     BROWSER_SIZE);
	if (!equal_secret(browser, browser_hash(arena, seal->browser)))
		return SEAL_OTHER_BROWSER;
	seal->expires_at = read_expiry(buf_text(&plain));
	if (seal->expires_at <= now)
		return SEAL_EXPIRED;
	*payload_out = text_from_byte(buf_text(&plain), FIXED_SIZE);
	return SEAL_GOOD;
}
