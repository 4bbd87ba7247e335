/* SPDX-License-Identifier: Apache-2.0 */
/* Arenas: alignment, zeroes, copies, the budget. */
#include "aborts.h"
#include "base/arena.h"
#include "suite.h"

static struct arena *arena;

static int open_arena(void **state)
{
	(void)state;
	arena = arena_new((size_t)1 << 20);
	return 0;
}

static int close_arena(void **state)
{
	(void)state;
	arena_free(&arena);
	assert_null(arena);
	arena_free(&arena);
	return 0;
}

static void zeroed_and_aligned(void **state)
{
	(void)state;
	for (size_t size = 0; size < 300; size++) {
		unsigned char *at = arena_alloc(arena, size);

		assert_non_null(at);
		assert_int_equal((uintptr_t)at % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(at[i], 0);
		memset(at, 0xff, size);
	}
}

static void pieces_apart(void **state)
{
	char *pieces[100];

	(void)state;
	for (int i = 0; i < 100; i++) {
		pieces[i] = arena_alloc(arena, 1000);
		memset(pieces[i], i, 1000);
	}
	for (int i = 0; i < 100; i++)
		for (int k = 0; k < 1000; k++)
			assert_int_equal(pieces[i][k], i);
}

static void large_pieces(void **state)
{
	char *large = arena_alloc(arena, 500000);
	char *small = arena_alloc(arena, 16);

	(void)state;
	memset(large, 1, 500000);
	assert_int_equal(small[0], 0);
	assert_true(arena_used(arena) >= 500016);
	assert_true(arena_used(arena) < 501000);
}

static void copies(void **state)
{
	struct text copy = arena_copy(arena, TEXT("a\0b"));
	char *terminated = arena_terminated(arena, TEXT("scope"));

	(void)state;
	assert_int_equal(copy.size, 3);
	assert_memory_equal(copy.at, "a\0b", 4);
	assert_string_equal(terminated, "scope");
	assert_false(text_is_present(arena_copy(arena, TEXT_ABSENT)));
	assert_true(text_is_present(arena_copy(arena, TEXT(""))));
	assert_string_equal(arena_terminated(arena, TEXT_ABSENT), "");
}

static void formats(void **state)
{
	struct text text = arena_format(arena, "%s/%d", "issuer", 42);
	char long_one[6000];

	(void)state;
	assert_int_equal(text.size, 9);
	assert_string_equal(text.at, "issuer/42");
	memset(long_one, 'z', sizeof(long_one) - 1);
	long_one[sizeof(long_one) - 1] = '\0';
	text = arena_format(arena, "%s", long_one);
	assert_int_equal(text.size, sizeof(long_one) - 1);
	assert_string_equal(text.at, long_one);
}

static void joins(void **state)
{
	struct text joined = ARENA_JOIN(arena, TEXT("client "), TEXT("7"),
					TEXT_ABSENT, TEXT(" at x"));

	(void)state;
	assert_int_equal(joined.size, 13);
	assert_string_equal(joined.at, "client 7 at x");
	joined = ARENA_JOIN(arena, TEXT_ABSENT);
	assert_int_equal(joined.size, 0);
	assert_string_equal(joined.at, "");
}

static void arrays(void **state)
{
	int64_t *numbers = ARENA_ARRAY(arena, int64_t, 1000);
	struct text *one = ARENA_NEW(arena, struct text);

	(void)state;
	numbers[999] = 1;
	assert_int_equal(numbers[0], 0);
	assert_null(one->at);
}

static void whole_budget(void **state)
{
	struct arena *small = arena_new(100);

	(void)state;
	arena_alloc(small, 60);
	arena_alloc(small, 36);
	assert_true(arena_used(small) <= 100);
	arena_free(&small);
}

static void past_budget(void)
{
	struct arena *small = arena_new(100);

	arena_alloc(small, 60);
	arena_alloc(small, 60);
}

static void past_everything(void)
{
	arena_alloc(arena, SIZE_MAX);
}

static void array_overflow(void)
{
	arena_alloc_array(arena, SIZE_MAX / 2, 4);
}

static void budget_aborts(void **state)
{
	(void)state;
	assert_true(aborts(past_budget));
	assert_true(aborts(past_everything));
	assert_true(aborts(array_overflow));
}

static void counts_what_it_takes(void **state)
{
	size_t held = 7;
	struct arena *first = arena_new_counted(1 << 20, &held);
	struct arena *second = arena_new_counted(1 << 20, &held);
	size_t before;

	(void)state;
	arena_alloc(first, 100);
	before = held;
	assert_true(held >= 7 + 100);
	arena_alloc(second, 300000);
	assert_true(held >= before + 300000);
	assert_true(held < before + 400000);
	arena_free(&second);
	assert_true(held <= before);
	arena_free(&first);
	assert_int_equal(held, 7);
}

#define test_in_arena(sentence, function)                                      \
	test_that_with(sentence, function, open_arena, close_arena)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_arena("all memory is zeroed and aligned",
			      zeroed_and_aligned),
		test_in_arena("pieces do not overlap", pieces_apart),
		test_that("what it takes from the heap is counted",
			  counts_what_it_takes),
		test_in_arena("a piece larger than a block costs its size",
			      large_pieces),
		test_in_arena("copies end with NUL and absent stays absent",
			      copies),
		test_in_arena("parts are joined", joins),
		test_in_arena("formats of any length fit", formats),
		test_in_arena("arrays and single things are zeroed", arrays),
		test_in_arena("the budget may be used up", whole_budget),
		test_in_arena("passing the budget aborts, overflow included",
			      budget_aborts),
	};

	return cmocka_run_group_tests_name("base_arena", tests, NULL, NULL);
}
