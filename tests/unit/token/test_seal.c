/* SPDX-License-Identifier: Apache-2.0 */
/* Seals: what they are bound to, and that nothing else opens. */
#include "suite_arena.h"
#include "world.h"

#include "base/encoding.h"
#include "token/seal.h"

static struct seal sign_in(void)
{
	return (struct seal){
		.tenant_id = 1,
		.purpose = TEXT("sign-in"),
		.browser = TEXT("the cookie's secret"),
		.expires_at = WORLD_NOW + 3600 * INSTANT_SECOND,
	};
}

static struct text sealed(struct text payload)
{
	struct seal seal = sign_in();

	return seal_close(world.tokens, arena, WORLD_NOW, &seal, payload);
}

static enum seal_fault fault_of(struct seal seal, struct text spelling,
				instant now)
{
	struct text payload = TEXT_ABSENT;
	enum seal_fault fault =
		seal_open(world.tokens, arena, now, &seal, spelling, &payload);

	if (fault != SEAL_GOOD)
		assert_false(text_is_present(payload));
	return fault;
}

static void comes_back(void **state)
{
	struct seal seal = sign_in();
	struct text payload = TEXT_ABSENT;

	seal.expires_at = 0;
	assert_int_equal(seal_open(world.tokens, arena, WORLD_NOW, &seal,
				   sealed(TEXT("response_type=code")),
				   &payload),
			 SEAL_GOOD);
	world_assert_text(payload, "response_type=code");
	assert_int_equal(seal.expires_at, WORLD_NOW + 3600 * INSTANT_SECOND);
}

static void empty_payload(void **state)
{
	assert_int_equal(fault_of(sign_in(), sealed(TEXT("")), WORLD_NOW),
			 SEAL_GOOD);
}

static void never_alike(void **state)
{
	assert_false(text_equal(sealed(TEXT("same")), sealed(TEXT("same"))));
}

static void bound_to_tenant_and_purpose(void **state)
{
	struct text spelling = sealed(TEXT("x"));
	struct seal other = sign_in();

	other.tenant_id = 2;
	assert_int_equal(fault_of(other, spelling, WORLD_NOW), SEAL_FOREIGN);
	other = sign_in();
	other.purpose = TEXT("logout");
	assert_int_equal(fault_of(other, spelling, WORLD_NOW), SEAL_FOREIGN);
	other.purpose = TEXT("");
	assert_int_equal(fault_of(other, spelling, WORLD_NOW), SEAL_FOREIGN);
}

/* "1 2 x" is neither tenant 12 nor the purpose "2 x" of tenant 1. */
static void fields_do_not_run_together(void **state)
{
	struct seal seal = sign_in();
	struct text spelling;

	seal.tenant_id = 2;
	seal.purpose = TEXT("3 x");
	spelling = seal_close(world.tokens, arena, WORLD_NOW, &seal, TEXT("p"));
	seal.tenant_id = 23;
	seal.purpose = TEXT("x");
	assert_int_equal(fault_of(seal, spelling, WORLD_NOW), SEAL_FOREIGN);
}

static void bound_to_browser(void **state)
{
	struct text spelling = sealed(TEXT("x"));
	struct seal other = sign_in();

	other.browser = TEXT("another's secret");
	assert_int_equal(fault_of(other, spelling, WORLD_NOW),
			 SEAL_OTHER_BROWSER);
	other.browser = TEXT_ABSENT;
	assert_int_equal(fault_of(other, spelling, WORLD_NOW),
			 SEAL_OTHER_BROWSER);
}

static void ends(void **state)
{
	struct text spelling = sealed(TEXT("x"));
	instant end = sign_in().expires_at;

	assert_int_equal(fault_of(sign_in(), spelling, end - 1), SEAL_GOOD);
	assert_int_equal(fault_of(sign_in(), spelling, end), SEAL_EXPIRED);
	assert_int_equal(fault_of(sign_in(), spelling, end + 1), SEAL_EXPIRED);
}

static void bit_flips(void **state)
{
	struct buf wire = buf_init_arena(arena, SEAL_SIZE_MAX);

	assert_true(base64url_decode(sealed(TEXT("payload")), &wire));
	for (size_t bit = 0; bit < 8 * wire.size; bit++) {
		struct buf spelling = buf_init_arena(arena, 512);

		wire.at[bit / 8] ^= (char)(1u << (bit % 8));
		base64url_encode(&spelling, buf_text(&wire));
		assert_int_equal(fault_of(sign_in(), buf_text(&spelling),
					  WORLD_NOW),
				 SEAL_FOREIGN);
		wire.at[bit / 8] ^= (char)(1u << (bit % 8));
	}
}

static void nonsense(void **state)
{
	char *bytes = arena_alloc(arena, (size_t)1 << 20);

	memset(bytes, 'A', (size_t)1 << 20);
	assert_int_equal(fault_of(sign_in(), TEXT_ABSENT, WORLD_NOW),
			 SEAL_FOREIGN);
	assert_int_equal(fault_of(sign_in(), TEXT("AQ"), WORLD_NOW),
			 SEAL_FOREIGN);
	assert_int_equal(fault_of(sign_in(), TEXT("not base64url!"), WORLD_NOW),
			 SEAL_FOREIGN);
	assert_int_equal(fault_of(sign_in(), text_of(bytes, (size_t)1 << 20),
				  WORLD_NOW),
			 SEAL_FOREIGN);
	assert_int_equal(fault_of(sign_in(), text_of(bytes, 2 * SEAL_SIZE_MAX),
				  WORLD_NOW),
			 SEAL_FOREIGN);
}

/* One label per use of the server secret: no seal is a reference. */
static void is_no_reference(void **state)
{
	struct reference reference = {
		.kind = REFERENCE_CODE,
		.tenant_id = 1,
		.row_id = 1,
		.expires_at = 1,
	};
	unsigned char seed[ROW_SEED_SIZE] = {0};
	struct reference opened;

	assert_false(reference_open(world.tokens, arena, 1,
				    sealed(TEXT("a payload of some size")),
				    &opened));
	assert_int_equal(fault_of(sign_in(),
				  reference_seal(world.tokens, arena, WORLD_NOW,
						 &reference, seed),
				  WORLD_NOW),
			 SEAL_FOREIGN);
}

#define test_here(sentence, function)                                          \
	test_that_with(sentence, function, open_arena, close_arena)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_here("a seal brings its payload back", comes_back),
		test_here("an empty payload too", empty_payload),
		test_here("two alike cannot be told to be so", never_alike),
		test_here("bound to tenant and purpose",
			  bound_to_tenant_and_purpose),
		test_here("tenant and purpose do not run together",
			  fields_do_not_run_together),
		test_here("bound to the browser", bound_to_browser),
		test_here("too old at its very end", ends),
		test_here("every flipped bit is foreign", bit_flips),
		test_here("nonsense of any size is foreign", nonsense),
		test_here("a seal is no reference, a reference no seal",
			  is_no_reference),
	};

	return cmocka_run_group_tests_name("seal", tests, world_open,
					   world_close);
}
