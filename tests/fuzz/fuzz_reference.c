/* SPDX-License-Identifier: Apache-2.0 */
/* References under a fixed key: any spelling, and any plaintext made genuine. */

#include "base/encoding.h"
#include "fuzz_tokens.h"
#include "token/reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const unsigned char seed[ROW_SEED_SIZE] = "0123456789abcde";

/* What opens is what its fields seal to. */
static void open_spelling(struct tokens *tokens, struct arena *arena,
			  struct text spelling)
{
	struct reference reference;
	struct text again;

	if (!reference_open(tokens, arena, 1, spelling, &reference))
		return;
	(void)reference_kind_name(reference.kind);
	if (reference.expires_at == 0 || !reference_is_proven(&reference, seed))
		return;
	again = reference_seal(tokens, arena, FUZZ_NOW, &reference, seed);
	MUST(text_equal(again, spelling));
}

/* The input as what stands under the seal: nobody without the key can, but
 * nothing may be read past its end. */
static void open_sealed(struct tokens *tokens, struct arena *arena,
			struct text plain)
{
	static const unsigned char associated[9] = {1, 0, 0, 0, 0, 0, 0, 0, 1};
	struct buf wire = buf_init_arena(arena, 8192);
	struct buf spelling = buf_init_arena(arena, 16384);
	const struct siv_key *key = tokens_key(tokens, TOKENS_REFERENCES, 1);

	if (plain.size == 0 || plain.size > 6000)
		return;
	buf_add_byte(&wire, 1);
	siv_seal(key, text_of(associated, sizeof(associated)), plain, &wire);
	base64url_encode(&spelling, buf_text(&wire));
	open_spelling(tokens, arena, buf_text(&spelling));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tokens *tokens = fuzz_tokens();
	struct arena *arena = arena_new((size_t)1 << 20);

	open_spelling(tokens, arena, text_of(data, size));
	open_sealed(tokens, arena, text_of(data, size));
	arena_free(&arena);
	return 0;
}
