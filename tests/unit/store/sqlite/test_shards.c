/* SPDX-License-Identifier: Apache-2.0 */
/* Three embedded stores as the shards of one installation. */
#include "store/driver.h"
#include "store/sqlite/shards.h"

#include <stdio.h>

#define NOW SHARDS_NOW
#define KEY_COUNT 300

static struct grant grant_of(struct store *store)
{
	struct grant grant = {
		.id = store_new_id(store, NOW),
		.tenant_id = 1,
		.user_id = 2,
		.created_at = NOW,
		.code_expires_at = NOW + 60 * INSTANT_SECOND,
	};

	return grant;
}

static void number_leads_to_row(void **state)
{
	struct store *home = *state;
	CLEANUP(arena_free) struct arena *arena = arena_new(65536);
	struct grant grant = grant_of(store_shard(home, 7));
	struct grant loaded;

	assert_int_equal(store_insert_grant(store_shard(home, 7), &grant, NULL),
			 STORE_DONE);
	assert_int_equal(store_load_grant(store_shard(home, 7), arena, grant.id,
					  &loaded),
			 STORE_DONE);
	assert_int_equal(loaded.shard, 7);
	assert_int_equal(store_load_grant(store_shard(home, 1), arena, grant.id,
					  &loaded),
			 STORE_NOT_FOUND);
	assert_ptr_equal(store_shard(home, 0), home);
}

static void assert_away(struct store *shard)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(65536);
	struct grant grant = grant_of(shard);
	int64_t count;

	assert_true(store_is_away(shard));
	assert_int_equal(store_load_grant(shard, arena, 5, &grant), STORE_AWAY);
	assert_int_equal(store_insert_grant(shard, &grant, NULL), STORE_AWAY);
	assert_int_equal(store_revoke_grant(shard, 5, NOW, TEXT("x")),
			 STORE_AWAY);
	assert_int_equal(store_purge(shard, NOW, 1, &count), STORE_AWAY);
	assert_int_equal(store_begin(shard), STORE_AWAY);
}

static void one_away_says_so(void **state)
{
	struct store *home = *state;

	assert_away(store_shard(home, 1));
	shards_join(home, 1);
	assert_false(store_is_away(store_shard(home, 1)));
	assert_true(store_note_shard(home, 1, true));
	assert_false(store_note_shard(home, 1, true));
	assert_away(store_shard(home, 1));
	assert_true(store_note_shard(home, 0, true));
	assert_away(store_shard(home, 0));
}

static void unlisted_is_away(void **state)
{
	assert_away(store_shard(*state, 2));
	assert_away(store_shard(*state, UINT16_MAX));
}

static void alone_has_only_itself(void **state)
{
	struct store *home = shards_open_one();

	assert_int_equal(store_shard_count(home), 0);
	assert_ptr_equal(store_shard(home, 0), home);
	assert_ptr_equal(store_choose(home, TEXT("anybody")), home);
	assert_ptr_equal(store_book(home), home);
	assert_away(store_shard(home, 1));
	*state = home;
}

static struct text key_of(char *buf, size_t size, int number)
{
	return text_of(buf, (size_t)snprintf(buf, size, "person %d", number));
}

static uint16_t chosen(struct store *home, int number)
{
	char key[32];

	return store_number(
		store_choose(home, key_of(key, sizeof(key), number)));
}

/* As a fill leaves it (test_book.c). */
static void fill(struct store *home, uint16_t number)
{
	assert_false(store_is_away(store_shard(home, number)));
	store_note_copy(home, number, STORE_COPY_EQUAL);
}

static void empty_one_takes_nothing_new(void **state)
{
	struct store *home = *state;

	for (int i = 0; i < KEY_COUNT; i++)
		assert_int_equal(chosen(home, i), 0);
}

static void loss_moves_only_its_own(void **state)
{
	struct store *home = *state;
	uint16_t before[KEY_COUNT];
	size_t count[8] = {0};

	fill(home, 1);
	fill(home, 7);
	for (int i = 0; i < KEY_COUNT; i++)
		count[before[i] = chosen(home, i)]++;
	assert_in_range(count[0], KEY_COUNT / 4, KEY_COUNT / 2);
	assert_in_range(count[1], KEY_COUNT / 4, KEY_COUNT / 2);
	assert_in_range(count[7], KEY_COUNT / 4, KEY_COUNT / 2);
	(void)store_note_shard(home, 7, true);
	for (int i = 0; i < KEY_COUNT; i++)
		if (before[i] != 7)
			assert_int_equal(chosen(home, i), before[i]);
		else
			assert_int_not_equal(chosen(home, i), 7);
}

static void book_moves_when_home_is_away(void **state)
{
	struct store *home = *state;

	assert_ptr_equal(store_book(home), home);
	(void)store_note_shard(home, 0, true);
	assert_true(store_is_away(store_book(home)));
	fill(home, 7);
	assert_int_equal(store_number(store_book(home)), 7);
	for (int i = 0; i < KEY_COUNT; i++)
		assert_int_equal(chosen(home, i), 7);
}

static void copy_that_is_not_equal_is_not_chosen(void **state)
{
	struct store *home = *state;

	fill(home, 1);
	fill(home, 7);
	store_note_copy(home, 7, STORE_COPY_BEHIND);
	for (int i = 0; i < KEY_COUNT; i++)
		assert_int_not_equal(chosen(home, i), 7);
	assert_int_equal(store_number(store_book_else(home)), 1);
	store_note_copy(home, 1, STORE_COPY_AHEAD);
	for (int i = 0; i < KEY_COUNT; i++)
		assert_int_equal(chosen(home, i), 0);
	assert_true(store_is_away(store_book_else(home)));
	(void)store_note_shard(home, 0, true);
	assert_true(store_is_away(store_choose(home, TEXT("anybody"))));
	assert_true(store_is_away(store_book(home)));
}

static void epochs_are_each_ones_own(void **state)
{
	struct store *home = *state;
	struct store_epochs epochs;

	assert_int_equal(store_begin_epoch(store_shard(home, 7), NOW),
			 STORE_DONE);
	assert_int_equal(store_load_epochs(store_shard(home, 7), &epochs),
			 STORE_DONE);
	assert_int_equal(store_epoch_of(home, 7).floor, 1800000000);
	assert_int_equal(store_epoch_of(home, 1).floor, 1);
	(void)store_note_shard(home, 7, true);
	assert_int_equal(store_epoch_of(home, 7).floor, 1800000000);
	assert_int_equal(store_epoch_of(home, 2).floor, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that_with("a shard's number leads to its rows, and only "
			       "there",
			       number_leads_to_row, shards_set_up_joined,
			       shards_tear_down),
		test_that_with("a shard that is away says so to everything",
			       one_away_says_so, shards_set_up,
			       shards_tear_down),
		test_that_with("a number that is not listed is away",
			       unlisted_is_away, shards_set_up_joined,
			       shards_tear_down),
		test_that_with("a home without shards has only itself",
			       alone_has_only_itself, NULL, shards_tear_down),
		test_that_with("a shard without people takes nothing new",
			       empty_one_takes_nothing_new,
			       shards_set_up_joined, shards_tear_down),
		test_that_with("a shard that goes away moves only its own",
			       loss_moves_only_its_own, shards_set_up_joined,
			       shards_tear_down),
		test_that_with("while the home is away a copy is read",
			       book_moves_when_home_is_away,
			       shards_set_up_joined, shards_tear_down),
		test_that_with(
			"a shard whose copy is not the home's book takes "
			"nothing new, and is not read in its place",
			copy_that_is_not_equal_is_not_chosen,
			shards_set_up_joined, shards_tear_down),
		test_that_with("each shard has its epoch, known while it is "
			       "away",
			       epochs_are_each_ones_own, shards_set_up_joined,
			       shards_tear_down),
	};

	return cmocka_run_group_tests_name("shards", tests, NULL, NULL);
}
