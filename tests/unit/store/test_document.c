/* SPDX-License-Identifier: Apache-2.0 */
/* The client document: what cannot have been written is not read. */
#include "store/internal.h"
#include "suite.h"

static outcome parse(struct text document, struct client *client)
{
	static struct arena *arena;

	arena_free(&arena);
	arena = arena_new((size_t)1024 * 1024);
	return client_document_parse(document, arena, client);
}

static void what_is_no_object_is_refused(void **state)
{
	struct client client = {0};

	assert_int_equal(parse(TEXT(""), &client), BROKEN);
	assert_int_equal(parse(TEXT("[]"), &client), BROKEN);
	assert_int_equal(parse(TEXT("{\"scope\":"), &client), BROKEN);
	assert_int_equal(parse(TEXT("{\"a\":1,\"a\":1}"), &client), BROKEN);
	assert_int_equal(parse(TEXT_ABSENT, &client), BROKEN);
}

static void members_of_another_version_are_left_out(void **state)
{
	struct client client = {.code_for = 7, .is_native = true};

	assert_int_equal(parse(TEXT("{\"scope\":\"a b\",\"new\":{}}"), &client),
			 DONE);
	assert_true(text_equal(client.scope, TEXT("a b")));
	assert_int_equal(client.code_for, 0);
	assert_false(client.is_native);
	assert_false(text_is_present(client.jwks));
}

static void keys_and_secrets_are_not_in_the_document(void **state)
{
	struct arena *arena = arena_new((size_t)1024 * 1024);
	struct client client = {
		.tenant_id = 4711,
		.id = TEXT("the-id"),
		.secret_hash = TEXT("the-hash"),
		.secret_sealed = TEXT("the-sealed"),
	};
	struct text document = client_document_format(&client, arena);

	assert_int_equal(text_find(document, TEXT("the-")), document.size);
	assert_int_equal(text_find(document, TEXT("4711")), document.size);
	arena_free(&arena);
}

static void a_document_past_its_maximum_is_not_written(void **state)
{
	struct arena *arena = arena_new((size_t)8 * 1024 * 1024);
	struct client client = {
		.jwks = text_of(arena_alloc(arena, CLIENT_DOCUMENT_MAX),
				CLIENT_DOCUMENT_MAX),
	};

	assert_false(text_is_present(client_document_format(&client, arena)));
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("what is no object is refused",
			  what_is_no_object_is_refused),
		test_that("members of another version are left out",
			  members_of_another_version_are_left_out),
		test_that("keys and secrets are not in the document",
			  keys_and_secrets_are_not_in_the_document),
		test_that("a document past its maximum is not written",
			  a_document_past_its_maximum_is_not_written),
	};

	return cmocka_run_group_tests_name("document", tests, NULL, NULL);
}
