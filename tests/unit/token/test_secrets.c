/* SPDX-License-Identifier: Apache-2.0 */
/* Server secrets: the next one waits, the old ones stay, strangers fail. */
#include "world.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static unsigned char minting_at(instant now)
{
	unsigned char number = 0;

	assert_non_null(tokens_minting_key(world.tokens, TOKENS_REFERENCES, now,
					   &number));
	return number;
}

static void next_waits(void **state)
{
	struct arena *arena = arena_new(65536);
	unsigned char seed[ROW_SEED_SIZE] = {1};
	struct reference reference = {
		.kind = REFERENCE_CODE,
		.tenant_id = 1,
		.row_id = 5,
		.expires_at = 1,
	};
	struct text old = reference_seal(world.tokens, arena, WORLD_NOW,
					 &reference, seed);
	instant later = WORLD_NOW + 60 * INSTANT_SECOND;

	assert_int_equal(tokens_rotate_secret(world.tokens, WORLD_NOW), DONE);
	assert_int_equal(minting_at(WORLD_NOW), 1);
	assert_int_equal(minting_at(later - 1), 1);
	assert_int_equal(minting_at(later), 2);
	assert_true(reference_open(world.tokens, arena, 1, old, &reference));
	assert_true(reference_open(world.tokens, arena, 1,
				   reference_seal(world.tokens, arena, later,
						  &reference, seed),
				   &reference));
	arena_free(&arena);
}

/* What a second process reads is what the first wrote. */
static void others_read_it(void **state)
{
	struct tokens *other = NULL;
	struct arena *arena = arena_new(65536);
	unsigned char seed[ROW_SEED_SIZE] = {1};
	struct reference reference = {
		.kind = REFERENCE_CODE,
		.tenant_id = 1,
		.row_id = 5,
		.expires_at = 1,
	};
	instant later = WORLD_NOW + 999 * INSTANT_SECOND;

	assert_int_equal(tokens_open(world.store, world.master, world.keys,
				     WORLD_NOW, &other),
			 DONE);
	assert_true(reference_open(other, arena, 1,
				   reference_seal(world.tokens, arena, later,
						  &reference, seed),
				   &reference));
	tokens_close(&other);
	arena_free(&arena);
}

static void no_such_number(void **state)
{
	assert_null(tokens_key(world.tokens, TOKENS_REFERENCES, 0));
	assert_null(tokens_key(world.tokens, TOKENS_SEALS, 255));
	assert_non_null(tokens_key(world.tokens, TOKENS_SEALS, 1));
}

static void other_master(void **state)
{
	struct master *other = NULL;
	struct tokens *tokens = NULL;
	char file[128];
	char why[256];

	snprintf(file, sizeof(file), "%s/other", world.folder);
	assert_int_equal(master_create(file, why, sizeof(why)), DONE);
	assert_int_equal(master_load(file, &other, why, sizeof(why)), DONE);
	assert_int_equal(tokens_open(world.store, other, world.keys, WORLD_NOW,
				     &tokens),
			 REFUSED);
	assert_null(tokens);
	master_free(&other);
}

static void all_numbers(void **state)
{
	for (int i = 0; i < 253; i++)
		assert_int_equal(tokens_rotate_secret(world.tokens, WORLD_NOW),
				 DONE);
	assert_int_equal(tokens_rotate_secret(world.tokens, WORLD_NOW),
			 REFUSED);
	assert_int_equal(minting_at(WORLD_NOW), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("a new secret mints after 60 s, the old one still "
			  "opens",
			  next_waits),
		test_that("another process reads what the first made",
			  others_read_it),
		test_that("there is no key of an unused number",
			  no_such_number),
		test_that("another master key opens nothing", other_master),
		test_that("after 255 secrets a rotation is refused",
			  all_numbers),
	};

	return cmocka_run_group_tests_name("secrets", tests, world_open,
					   world_close);
}
