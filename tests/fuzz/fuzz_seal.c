/* SPDX-License-Identifier: Apache-2.0 */
/* Seals under a fixed key: any spelling, and any plaintext made genuine. */
#include "token/seal.h"

#include "base/encoding.h"
#include "fuzz_tokens.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void open_spelling(struct tokens *tokens, struct arena *arena,
			  struct text spelling)
{
	struct seal seal = {
		.tenant_id = 1,
		.purpose = TEXT("sign-in"),
		.browser = TEXT("browser"),
	};
	struct text payload = TEXT_ABSENT;

	if (seal_open(tokens, arena, FUZZ_NOW, &seal, spelling, &payload) ==
	    SEAL_GOOD) {
		MUST(seal.expires_at > FUZZ_NOW);
		MUST(payload.size < spelling.size);
	} else {
		MUST(!text_is_present(payload));
	}
}

static void open_sealed(struct tokens *tokens, struct arena *arena,
			struct text plain)
{
	struct buf wire = buf_init_arena(arena, SEAL_SIZE_MAX);
	struct buf spelling = buf_init_arena(arena, (size_t)2 * SEAL_SIZE_MAX);
	const struct siv_key *key = tokens_key(tokens, TOKENS_SEALS, 1);

	if (plain.size == 0 || plain.size > SEAL_SIZE_MAX - 64)
		return;
	buf_add_byte(&wire, 1);
	siv_seal(key, TEXT("1 1 sign-in"), plain, &wire);
	base64url_encode(&spelling, buf_text(&wire));
	open_spelling(tokens, arena, buf_text(&spelling));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tokens *tokens = fuzz_tokens();
	struct arena *arena = arena_new((size_t)4 << 20);

	open_spelling(tokens, arena, text_of(data, size));
	open_sealed(tokens, arena, text_of(data, size));
	arena_free(&arena);
	return 0;
}
