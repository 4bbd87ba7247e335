/* SPDX-License-Identifier: Apache-2.0 */
/* Buffers: their maximum, their latch, their growth. */
#include "aborts.h"
#include "base/buf.h"
#include "suite.h"

static void assert_holds(const struct buf *buf, const char *expected)
{
	assert_int_equal(buf->size, strlen(expected));
	assert_memory_equal(buf_text(buf).at, expected, buf->size);
}

static void appends(void **state)
{
	struct buf buf = buf_init(100);

	(void)state;
	assert_holds(&buf, "");
	buf_add(&buf, TEXT("a\"b"));
	buf_add_byte(&buf, ':');
	buf_add_string(&buf, "code");
	buf_add_integer(&buf, INT64_MIN);
	buf_format(&buf, "%s=%d", "n", 7);
	buf_add(&buf, TEXT_ABSENT);
	assert_holds(&buf, "a\"b:code-9223372036854775808n=7");
	assert_false(buf.is_over);
	buf_wipe(&buf);
	assert_null(buf.at);
	assert_holds(&buf, "");
	assert_int_equal(buf.max, 100);
}

static void up_to_max(void **state)
{
	struct buf buf = buf_init(6);

	(void)state;
	buf_add(&buf, TEXT("abc"));
	buf_format(&buf, "%s", "def");
	assert_false(buf.is_over);
	assert_holds(&buf, "abcdef");
	buf_add(&buf, TEXT(""));
	assert_false(buf.is_over);
	buf_add_byte(&buf, 'g');
	assert_true(buf.is_over);
	assert_holds(&buf, "abcdef");
	buf_wipe(&buf);
	assert_false(buf.is_over);
}

static void latches(void **state)
{
	struct buf buf = buf_init(4);

	(void)state;
	buf_add(&buf, TEXT("ab"));
	buf_add(&buf, TEXT("cde"));
	buf_add(&buf, TEXT("c"));
	buf_format(&buf, "%d", 1);
	assert_null(buf_reserve(&buf, 1));
	assert_true(buf.is_over);
	assert_holds(&buf, "ab");
	buf_wipe(&buf);
}

static void formats_past_max(void **state)
{
	struct buf buf = buf_init(3);

	(void)state;
	buf_format(&buf, "%d", 1234);
	assert_true(buf.is_over);
	assert_holds(&buf, "");
	buf_wipe(&buf);
}

static void grows(void **state)
{
	struct buf buf = buf_init(1 << 20);

	(void)state;
	for (int i = 0; i < 1 << 20; i++)
		buf_add_byte(&buf, (char)(i % 251));
	assert_false(buf.is_over);
	for (int i = 0; i < 1 << 20; i++)
		if (buf.at[i] != (char)(i % 251))
			fail_msg("byte %d", i);
	buf_wipe(&buf);
}

static void reserves(void **state)
{
	struct buf buf = buf_init(1000);
	char *at = buf_reserve(&buf, 0);

	(void)state;
	assert_non_null(at);
	at = buf_reserve(&buf, 1000);
	assert_non_null(at);
	memset(at, 'x', 1000);
	buf_advance(&buf, 3);
	assert_holds(&buf, "xxx");
	assert_null(buf_reserve(&buf, 998));
	assert_true(buf.is_over);
	buf_wipe(&buf);
}

static void consumes(void **state)
{
	struct buf buf = buf_init(10);

	(void)state;
	buf_add(&buf, TEXT("abcdef"));
	buf_consume(&buf, 4);
	assert_holds(&buf, "ef");
	buf_consume(&buf, 0);
	buf_consume(&buf, 2);
	assert_holds(&buf, "");
	buf_add(&buf, TEXT("0123456789"));
	assert_false(buf.is_over);
	buf_wipe(&buf);
}

static void in_arena(void **state)
{
	struct arena *arena = arena_new(1 << 20);
	struct buf buf = buf_init_arena(arena, 5000);

	(void)state;
	for (int i = 0; i < 5000; i++)
		buf_add_byte(&buf, 'y');
	assert_false(buf.is_over);
	assert_int_equal(buf.size, 5000);
	assert_int_equal(buf.at[4999], 'y');
	assert_true(arena_used(arena) >= 5000);
	buf_wipe(&buf);
	buf_add(&buf, TEXT("again"));
	assert_holds(&buf, "again");
	arena_free(&arena);
}

static void advance_too_far(void)
{
	struct buf buf = buf_init(1000);

	buf_reserve(&buf, 1);
	buf_advance(&buf, buf.capacity + 1);
}

static void consume_too_much(void)
{
	struct buf buf = buf_init(1000);

	buf_add(&buf, TEXT("abc"));
	buf_consume(&buf, 4);
}

static void broken_promises(void **state)
{
	(void)state;
	assert_true(aborts(advance_too_far));
	assert_true(aborts(consume_too_much));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("appends come one after the other", appends),
		test_that("a buffer holds exactly its maximum", up_to_max),
		test_that("after one append too many nothing is added",
			  latches),
		test_that("a format that does not fit adds nothing",
			  formats_past_max),
		test_that("growing keeps every byte", grows),
		test_that("reserved room counts only when advanced", reserves),
		test_that("consuming drops from the front", consumes),
		test_that("a buffer in an arena needs no end", in_arena),
		test_that("advancing or consuming too far aborts",
			  broken_promises),
	};

	return cmocka_run_group_tests_name("base_buf", tests, NULL, NULL);
}
