/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the headers of pages. */
#include "suite.h"

#include "crypto/crypto.h"
#include "login/policy.h"

/* The header lines that policy_headers writes; `arena` owns them. */
static struct text headers_of(struct arena *arena, const struct policy *policy)
{
	struct http_reply reply = {
		.headers = buf_init_arena(arena, 65536),
		.body = buf_init_arena(arena, 16),
	};

	policy_headers(&reply, arena, policy);
	assert_int_equal(reply.status, 0);
	return buf_text(&reply.headers);
}

static bool holds(struct text text, const char *part)
{
	return text_find(text, text_from(part)) < text.size;
}

static void known_hash(void **state)
{
	struct arena *arena = arena_new(1 << 20);
	/* The example of CSP Level 2, section 7.17.2. */
	struct text headers = headers_of(
		arena, &(struct policy){.script = "alert('Hello, world.');"});

	assert_true(holds(headers,
			  "; script-src 'sha256-qznLcsROx4GACP2dm0UCKCzCG+"
			  "HiZ1guq6ZZDob/Tng='\r\n"));
	assert_false(holds(headers, "style-src"));
	arena_free(&arena);
}

static void nothing_more(void **state)
{
	struct arena *arena = arena_new(1 << 20);
	struct text headers = headers_of(arena, &(struct policy){0});

	assert_true(holds(headers,
			  "Content-Security-Policy: default-src 'none'; "
			  "base-uri 'none'; frame-ancestors 'none'\r\n"));
	assert_true(holds(headers, "X-Frame-Options: DENY\r\n"));
	arena_free(&arena);
}

static void framed_by_one(void **state)
{
	struct arena *arena = arena_new(1 << 20);
	struct text headers = headers_of(
		arena,
		&(struct policy){.framed_by = TEXT("https://rp.example:8443")});

	assert_true(
		holds(headers, "frame-ancestors https://rp.example:8443\r\n"));
	assert_false(holds(headers, "X-Frame-Options"));
	arena_free(&arena);
}

static void origins_cannot_add(void **state)
{
	static const char *const refused[] = {
		"https://rp.example;script-src",
		"https://rp.example https://evil.example",
		"*",
		"https://*.example",
		"'self'",
		"https://rp.example,x",
		"",
	};
	struct arena *arena = arena_new(1 << 20);

	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct text headers = headers_of(
			arena, &(struct policy){
				       .framed_by = text_from(refused[i]),
				       .image_origin = text_from(refused[i]),
			       });

		assert_true(holds(
			headers, "frame-ancestors 'none'; img-src 'none'\r\n"));
	}
	assert_true(policy_takes_origin(TEXT("http://[::1]:3000")));
	arena_free(&arena);
}

static int open_crypto(void **state)
{
	return crypto_open() == DONE ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("a script's hash is the one that browsers compute",
			  known_hash),
		test_that("W04 a page may load nothing and be framed by nobody",
			  nothing_more),
		test_that("one origin may frame what it asked for",
			  framed_by_one),
		test_that("an origin cannot add a directive or a source",
			  origins_cannot_add),
	};

	return cmocka_run_group_tests_name("login policy", tests, open_crypto,
					   NULL);
}
