/* SPDX-License-Identifier: Apache-2.0 */
/* References: their layout to the byte, and that nothing else is taken. */
#include "suite_arena.h"
#include "world.h"

#include "base/encoding.h"

static const unsigned char seed[ROW_SEED_SIZE] = "0123456789abcde";
static const unsigned char other_seed[ROW_SEED_SIZE] = "0123456789abcdf";

static struct reference code_of(int64_t tenant_id)
{
	return (struct reference){
		.kind = REFERENCE_CODE,
		.tenant_id = tenant_id,
		.shard = 0x0102,
		.row_id = 0x0304050607080910,
		.generation = 0x11121314,
		.epoch = 0x15161718,
		.expires_at = 0x191a1b1c,
	};
}

static struct text spell(const struct reference *reference)
{
	return reference_seal(world.tokens, arena, WORLD_NOW, reference, seed);
}

static bool opens(int64_t tenant_id, struct text spelling)
{
	struct reference opened;

	return reference_open(world.tokens, arena, tenant_id, spelling,
			      &opened);
}

static struct text decode(struct text spelling)
{
	struct buf wire = buf_init_arena(arena, REFERENCE_SIZE_MAX);

	assert_true(base64url_decode(spelling, &wire));
	return buf_text(&wire);
}

static struct text encode(struct text wire)
{
	struct buf spelling = buf_init_arena(arena, 2 * REFERENCE_SIZE_MAX);

	base64url_encode(&spelling, wire);
	return buf_text(&spelling);
}

/* Rebuilt here from RULES' words alone, with the bare primitives. */
static void layout(void **state)
{
	static const unsigned char plain[] = {1,    0x01, 0x02, 0x03, 0x04,
					      0x05, 0x06, 0x07, 0x08, 0x09,
					      0x10, 0x11, 0x12, 0x13, 0x14,
					      0x15, 0x16, 0x17, 0x18, 0x19,
					      0x1a, 0x1b, 0x1c};
	static const unsigned char tenant[8] = {0, 0, 0, 0, 0, 0, 0, 1};
	static const unsigned char associated[9] = {1, 0, 0, 0, 0, 0, 0, 0, 1};
	struct reference reference = code_of(1);
	struct text wire = decode(spell(&reference));
	struct buf message = buf_init_arena(arena, 64);
	struct buf opened = buf_init_arena(arena, 64);
	unsigned char key_bytes[SIV_KEY_SIZE];
	unsigned char proof[SHA256_SIZE];
	struct siv_key *key;

	buf_add(&message, text_of(tenant, 8));
	buf_add(&message, text_of(plain, sizeof(plain)));
	digest_hmac_sha256(text_of(seed, sizeof(seed)), buf_text(&message),
			   proof);
	digest_hkdf(TEXT("0123456789abcdef0123456789abcdef"),
		    TEXT("references"), key_bytes, sizeof(key_bytes));
	key = siv_key_new(key_bytes);
	assert_int_equal(wire.at[0], 1);
	assert_true(siv_open(key, text_of(associated, 9),
			     text_from_byte(wire, 1), &opened));
	siv_key_free(&key);
	assert_int_equal(opened.size, sizeof(plain) + 16);
	assert_memory_equal(opened.at, plain, sizeof(plain));
	assert_memory_equal(opened.at + sizeof(plain), proof, 16);
}

static void size_and_alphabet(void **state)
{
	struct reference reference = code_of(1);
	struct text spelling = spell(&reference);

	assert_int_equal(spelling.size, 75);
	for (size_t i = 0; i < spelling.size; i++)
		assert_non_null(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
				       "mnopqrstuvwxyz0123456789-_",
				       spelling.at[i]));
}

static void assert_same(const struct reference *a, const struct reference *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->tenant_id, b->tenant_id);
	assert_int_equal(a->shard, b->shard);
	assert_int_equal(a->row_id, b->row_id);
	assert_int_equal(a->generation, b->generation);
	assert_int_equal(a->epoch, b->epoch);
	assert_int_equal(a->expires_at, b->expires_at);
	assert_true(text_equal(a->more, b->more));
}

static void every_kind(void **state)
{
	for (int kind = REFERENCE_CODE; kind <= REFERENCE_PUSHED; kind++) {
		struct reference reference = code_of(2);
		struct reference opened;

		reference.kind = (enum reference_kind)kind;
		reference.row_id = INT64_MAX;
		reference.generation = UINT32_MAX;
		reference.epoch = UINT32_MAX;
		reference.shard = UINT16_MAX;
		reference.expires_at = UINT32_MAX;
		if (kind == REFERENCE_ACCESS_TOKEN)
			reference.more = TEXT("1234\0scope\0audience\0cnf");
		assert_true(reference_open(world.tokens, arena, 2,
					   spell(&reference), &opened));
		assert_same(&opened, &reference);
		assert_true(reference_is_proven(&opened, seed));
	}
}

static void same_spelling(void **state)
{
	struct reference reference = code_of(1);

	assert_true(text_equal(spell(&reference), spell(&reference)));
}

static void bit_flips(void **state)
{
	struct reference reference = code_of(1);
	struct text wire = decode(spell(&reference));
	char *bytes = arena_terminated(arena, wire);

	for (size_t bit = 0; bit < 8 * wire.size; bit++) {
		char mask = (char)(1u << (bit % 8));

		bytes[bit / 8] ^= mask;
		if (opens(1, encode(text_of(bytes, wire.size))))
			fail_msg("bit %zu of byte %zu", bit % 8, bit / 8);
		bytes[bit / 8] ^= mask;
	}
	assert_true(opens(1, encode(text_of(bytes, wire.size))));
}

/* Every other character in every place, the last one's unused bits too. */
static void other_spellings(void **state)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
				       "mnopqrstuvwxyz0123456789-_+/=. %";
	struct reference reference = code_of(1);
	struct text spelling = spell(&reference);
	char *bytes = arena_terminated(arena, spelling);

	for (size_t i = 0; i < spelling.size; i++)
		for (size_t k = 0; k < sizeof(alphabet); k++) {
			struct arena *outer = arena;

			bytes[i] = alphabet[k];
			arena = arena_new(65536);
			if (bytes[i] != spelling.at[i])
				assert_false(opens(1, text_of(bytes,
							      spelling.size)));
			arena_free(&arena);
			arena = outer;
			bytes[i] = spelling.at[i];
		}
}

static void padded_or_cut(void **state)
{
	struct reference reference = code_of(1);
	struct text spelling = spell(&reference);

	for (size_t size = 0; size < spelling.size; size++)
		assert_false(opens(1, text_first(spelling, size)));
	assert_false(
		opens(1, arena_format(arena, "%.*s=", TEXT_ARG(spelling))));
	assert_false(
		opens(1, arena_format(arena, "%.*sA", TEXT_ARG(spelling))));
	assert_false(
		opens(1, arena_format(arena, " %.*s", TEXT_ARG(spelling))));
	assert_false(
		opens(1, arena_format(arena, "%.*s\n", TEXT_ARG(spelling))));
	assert_false(opens(1, TEXT_ABSENT));
}

static void too_long(void **state)
{
	char *bytes = arena_alloc(arena, (size_t)1 << 20);

	memset(bytes, 'A', (size_t)1 << 20);
	assert_false(opens(1, text_of(bytes, (size_t)1 << 20)));
	assert_false(opens(1, text_of(bytes, REFERENCE_SIZE_MAX)));
	assert_false(opens(1, text_of(bytes, REFERENCE_SIZE_MAX + 1)));
}

static void other_tenant(void **state)
{
	struct reference reference = code_of(1);

	assert_false(opens(2, spell(&reference)));
	assert_false(opens(0, spell(&reference)));
}

/* A second secret: neither opens what the other sealed. */
static void other_key_number(void **state)
{
	struct reference reference = code_of(1);
	struct text wire = decode(spell(&reference));
	char *bytes = arena_terminated(arena, wire);

	for (int number = 0; number < 256; number++) {
		bytes[0] = (char)number;
		assert_int_equal(opens(1, encode(text_of(bytes, wire.size))),
				 number == 1);
	}
}

/* Whoever has the server's secret alone can seal, but prove nothing. */
static void needs_the_row(void **state)
{
	struct visit visit;
	struct reference reference;
	struct grant grant;
	struct token_lookup lookup = {
		.kind = REFERENCE_CODE,
		.unknown = REASON_CODE_UNKNOWN,
		.wrong_kind = REASON_CODE_WRONG_KIND,
	};

	world_visit(&visit, "rfc");
	world_insert_grant(&visit);
	lookup.spelling = token_format_code(world.tokens, visit.arena,
					    WORLD_NOW, &visit.grant);
	assert_int_equal(token_load_grant(&visit.decision, world.tokens,
					  visit.tenant, &lookup, &reference,
					  &grant),
			 DONE);
	assert_int_equal(grant.id, visit.grant.id);
	memcpy(visit.grant.seed, other_seed, sizeof(other_seed));
	lookup.spelling = token_format_code(world.tokens, visit.arena,
					    WORLD_NOW, &visit.grant);
	assert_int_equal(token_load_grant(&visit.decision, world.tokens,
					  visit.tenant, &lookup, &reference,
					  &grant),
			 REFUSED);
	assert_int_equal(visit.decision.refusal.reason, REASON_CODE_UNKNOWN);
	world_leave(&visit);
}

/* The proof covers every byte before it, the kind's own part too. */
static void proof_covers_all(void **state)
{
	struct reference reference = code_of(1);
	struct reference opened;

	reference.more = TEXT("more");
	assert_true(reference_open(world.tokens, arena, 1, spell(&reference),
				   &opened));
	assert_true(reference_is_proven(&opened, seed));
	assert_false(reference_is_proven(&opened, other_seed));
	opened.tenant_id = 2;
	assert_false(reference_is_proven(&opened, seed));
	opened.tenant_id = 1;
	for (size_t i = 0; i < opened.proven.size; i++) {
		char *bytes = arena_terminated(arena, opened.proven);
		struct reference changed = opened;

		bytes[i] ^= 1;
		changed.proven = text_of(bytes, opened.proven.size);
		assert_false(reference_is_proven(&changed, seed));
	}
}

static void purged_row(void **state)
{
	struct visit visit;
	struct reference reference;
	struct grant grant;
	struct token_lookup lookup = {
		.kind = REFERENCE_CODE,
		.unknown = REASON_CODE_UNKNOWN,
		.wrong_kind = REASON_CODE_WRONG_KIND,
	};

	world_visit(&visit, "rfc");
	lookup.spelling = token_format_code(world.tokens, visit.arena,
					    WORLD_NOW, &visit.grant);
	assert_int_equal(token_load_grant(&visit.decision, world.tokens,
					  visit.tenant, &lookup, &reference,
					  &grant),
			 REFUSED);
	assert_int_equal(visit.decision.refusal.reason, REASON_CODE_UNKNOWN);
	world_leave(&visit);
}

static void wrong_kind(void **state)
{
	struct visit visit;
	struct reference reference;
	struct grant grant;
	struct token_lookup lookup = {
		.kind = REFERENCE_REFRESH_TOKEN,
		.unknown = REASON_REFRESH_UNKNOWN,
		.wrong_kind = REASON_REFRESH_WRONG_KIND,
	};

	world_visit(&visit, "rfc");
	world_insert_grant(&visit);
	lookup.spelling = token_format_code(world.tokens, visit.arena,
					    WORLD_NOW, &visit.grant);
	assert_int_equal(token_load_grant(&visit.decision, world.tokens,
					  visit.tenant, &lookup, &reference,
					  &grant),
			 REFUSED);
	assert_int_equal(visit.decision.refusal.reason,
			 REASON_REFRESH_WRONG_KIND);
	world_leave(&visit);
}

/* Last: it makes all earlier references of this world too old. */
static void old_epoch(void **state)
{
	struct visit visit;
	struct reference reference;
	struct token_lookup lookup = {
		.kind = REFERENCE_CODE,
		.unknown = REASON_CODE_UNKNOWN,
		.wrong_kind = REASON_CODE_WRONG_KIND,
	};

	world_visit(&visit, "rfc");
	lookup.spelling = token_format_code(world.tokens, visit.arena,
					    WORLD_NOW, &visit.grant);
	assert_int_equal(token_open_reference(&visit.decision, world.tokens,
					      visit.tenant, &lookup,
					      &reference),
			 DONE);
	assert_int_equal(store_begin_epoch(world.store, WORLD_NOW), STORE_DONE);
	assert_int_equal(tokens_reload(world.tokens), DONE);
	assert_int_equal(token_open_reference(&visit.decision, world.tokens,
					      visit.tenant, &lookup,
					      &reference),
			 REFUSED);
	assert_int_equal(visit.decision.refusal.reason, REASON_EPOCH_OLD);
	decision_retract(&visit.decision);
	lookup.spelling = token_format_code(world.tokens, visit.arena,
					    WORLD_NOW, &visit.grant);
	assert_int_equal(token_open_reference(&visit.decision, world.tokens,
					      visit.tenant, &lookup,
					      &reference),
			 DONE);
	world_leave(&visit);
}

#define test_here(sentence, function)                                          \
	test_that_with(sentence, function, open_arena, close_arena)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_here("the layout is the one that is promised", layout),
		test_here("75 characters, all unreserved", size_and_alphabet),
		test_here("every kind comes back as it was sealed", every_kind),
		test_here("the same fields and seed give the same spelling",
			  same_spelling),
		test_here("every single flipped bit is refused", bit_flips),
		test_here("every other character in any place is refused",
			  other_spellings),
		test_here("cut, padded and prolonged spellings are refused",
			  padded_or_cut),
		test_here("what is longer than any reference is refused",
			  too_long),
		test_here("another tenant's reference is refused",
			  other_tenant),
		test_here("another key's number is refused", other_key_number),
		test_here("the server's secret alone makes no code",
			  needs_the_row),
		test_here("the proof covers every byte and the tenant",
			  proof_covers_all),
		test_here("a reference whose row is gone is unknown",
			  purged_row),
		test_here("a code is no refresh token", wrong_kind),
		test_here("a restored store refuses every earlier reference",
			  old_epoch),
	};

	return cmocka_run_group_tests_name("reference", tests, world_open,
					   world_close);
}
