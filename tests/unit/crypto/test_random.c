/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes: enough of them, different ones, and their spelling. */
#include "crypto/random.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/encoding.h"
#include "suite.h"

static void fills(void **state)
{
	static unsigned char bytes[100000];
	unsigned int seen[256] = {0};

	random_fill(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		seen[bytes[i]]++;
	/* 390 of each are expected; 20 is their standard deviation. */
	for (size_t i = 0; i < 256; i++)
		assert_in_range(seen[i], 190, 590);
}

static void token_size(void **state)
{
	for (size_t size = 0; size < 200; size++) {
		struct buf token = buf_init(512);
		struct buf bytes = buf_init(512);

		random_token(&token, size);
		assert_int_equal(token.size, BASE64URL_SIZE(size));
		if (size > 0)
			assert_true(base64url_decode(buf_text(&token), &bytes));
		assert_int_equal(bytes.size, size);
		buf_wipe(&token);
		buf_wipe(&bytes);
	}
}

static void forked(void **state)
{
	unsigned char own[32];
	unsigned char childs[32];
	int ends[2];
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		random_fill(childs, sizeof(childs));
		_exit(write(ends[1], childs, sizeof(childs)) != sizeof(childs));
	}
	random_fill(own, sizeof(own));
	assert_int_equal(read(ends[0], childs, sizeof(childs)), sizeof(childs));
	assert_memory_not_equal(own, childs, sizeof(own));
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("every byte value comes about equally often", fills),
		test_that("a token spells as many bytes as were asked for",
			  token_size),
		test_that("K04: a child process draws other bytes than its "
			  "parent",
			  forked),
	};

	return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
