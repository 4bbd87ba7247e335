/* SPDX-License-Identifier: Apache-2.0 */
/* Shards' copies of people, clients and resources. */
#include "store/book.h"
#include "store/sqlite/shards.h"

#include <stdio.h>

#define NOW SHARDS_NOW
/* More than two transactions' worth. */
#define CROWD 1203

static void save_user_of(struct store *home, int64_t id, const char *name)
{
	struct user user = {
		.id = id,
		.tenant_id = 5,
		.subject = text_from(name),
		.username = text_from(name),
		.password_hash = TEXT("$argon2id$"),
		.claims = TEXT("{}"),
		.password_changed_at = NOW,
	};

	assert_int_equal(store_save_user(home, &user), STORE_DONE);
}

static void save_crowd(struct store *home)
{
	char name[32];

	assert_int_equal(store_begin(home), STORE_DONE);
	for (int64_t i = 1; i <= CROWD; i++) {
		(void)snprintf(name, sizeof(name), "person-%04d", (int)i);
		save_user_of(home, i, name);
	}
	assert_int_equal(store_commit(home), STORE_DONE);
}

static void save_rest(struct store *home)
{
	struct client client = {
		.tenant_id = 5,
		.id = TEXT("web"),
		.name = TEXT("Web"),
		.secret_hash = TEXT("0123456789abcdef0123456789abcdef"),
	};
	struct resource resource = {
		.tenant_id = 5,
		.audience = TEXT("https://api.example"),
		.access_token_for = 60,
	};

	assert_int_equal(store_save_client(home, &client), STORE_DONE);
	client.id = TEXT("zoo");
	client.tenant_id = 4;
	assert_int_equal(store_save_client(home, &client), STORE_DONE);
	assert_int_equal(store_save_resource(home, &resource), STORE_DONE);
}

static struct store_filling fill(struct store *home, uint16_t number)
{
	CLEANUP(buf_wipe) struct buf why = buf_init(1024);
	struct store_filling filling;

	if (store_book_fill(home, store_shard(home, number), number, NOW,
			    &filling, &why) != DONE)
		fail_msg("%.*s", TEXT_ARG(buf_text(&why)));
	return filling;
}

static void fill_is_refused(struct store *home, struct store *shard,
			    uint16_t number, const char *part)
{
	CLEANUP(buf_wipe) struct buf why = buf_init(1024);
	struct store_filling filling;

	assert_int_equal(store_book_fill(home, shard, number, NOW + 1, &filling,
					 &why),
			 REFUSED);
	assert_true(text_find(buf_text(&why), text_from(part)) < why.size);
}

static void copies_all(void **state)
{
	struct store *home = *state;
	CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
	struct store_filling filling;
	struct resource resource;
	struct client client;
	struct user user;

	save_crowd(home);
	save_rest(home);
	filling = fill(home, 7);
	assert_int_equal(filling.user_count, CROWD);
	assert_int_equal(filling.client_count, 2);
	assert_int_equal(filling.resource_count, 1);
	for (int64_t i = 1; i <= CROWD; i++)
		assert_int_equal(store_load_user(store_shard(home, 7), arena, i,
						 &user),
				 STORE_DONE);
	assert_int_equal(store_load_client(store_shard(home, 7), arena, 4,
					   TEXT("zoo"), &client),
			 STORE_DONE);
	assert_true(text_equal(client.name, TEXT("Web")));
	assert_int_equal(store_load_resource(store_shard(home, 7), arena, 5,
					     TEXT("https://api.example"),
					     &resource),
			 STORE_DONE);
	assert_int_equal(resource.access_token_for, 60);
	assert_true(store_shard_at(home, 2).is_filled);
	assert_false(store_shard_at(home, 1).is_filled);
}

static void writes_what_differs(void **state)
{
	struct store *home = *state;
	struct store_filling filling;

	save_crowd(home);
	(void)fill(home, 1);
	filling = fill(home, 1);
	assert_int_equal(filling.user_count, 0);
	save_user_of(home, 5000, "late");
	filling = fill(home, 1);
	assert_int_equal(filling.user_count, 1);
	assert_int_equal(filling.dropped_count, 0);
}

static int64_t insert_grant_of(struct store *shard, int64_t user_id)
{
	struct grant grant = {
		.id = store_new_id(shard, NOW),
		.tenant_id = 5,
		.user_id = user_id,
		.created_at = NOW,
		.code_expires_at = NOW + 60 * INSTANT_SECOND,
	};

	assert_int_equal(store_insert_grant(shard, &grant, NULL), STORE_DONE);
	return grant.id;
}

static void assert_revoked(struct store *shard, int64_t id, const char *why)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(65536);
	struct grant grant;

	assert_int_equal(store_load_grant(shard, arena, id, &grant),
			 STORE_DONE);
	assert_true(text_equal(grant.revoked_reason, text_from(why)));
}

static void ends_grants_of_changed(void **state)
{
	struct store *home = *state;
	struct store *shard = store_shard(home, 1);
	struct user disabled = {.id = 1,
				.tenant_id = 5,
				.subject = TEXT("ann"),
				.username = TEXT("ann"),
				.password_changed_at = NOW,
				.is_disabled = true};
	struct user changed = {.id = 2,
			       .tenant_id = 5,
			       .subject = TEXT("bob"),
			       .username = TEXT("bob"),
			       .password_changed_at = NOW + 1};
	int64_t grants[3];
	struct store_filling filling;

	save_user_of(home, 1, "ann");
	save_user_of(home, 2, "bob");
	save_user_of(home, 3, "cid");
	(void)fill(home, 1);
	for (int i = 0; i < 3; i++)
		grants[i] = insert_grant_of(shard, i + 1);
	assert_int_equal(store_save_user(home, &disabled), STORE_DONE);
	assert_int_equal(store_save_user(home, &changed), STORE_DONE);
	filling = fill(home, 1);
	assert_int_equal(filling.revoked_count, 2);
	assert_revoked(shard, grants[0], "user_disabled");
	assert_revoked(shard, grants[1], "password_changed");
	assert_revoked(shard, grants[2], "");
}

/* The home was put back from a backup: whom it has forgotten must not be able to
 * sign in elsewhere, and their name may have been given away anew. */
static void drops_whom_home_forgot(void **state)
{
	struct store *home = *state;
	struct store *shard = store_shard(home, 1);
	CLEANUP(arena_free) struct arena *arena = arena_new(65536);
	struct store_filling filling;
	struct user user;
	int64_t grant;

	save_user_of(home, 1, "ann");
	(void)fill(home, 1);
	save_user_of(shard, 9, "bob");
	grant = insert_grant_of(shard, 9);
	save_user_of(home, 5, "bob");
	filling = fill(home, 1);
	assert_int_equal(filling.dropped_count, 1);
	assert_revoked(shard, grant, "user_disabled");
	assert_int_equal(store_load_user(shard, arena, 9, &user),
			 STORE_NOT_FOUND);
	assert_int_equal(store_load_user_named(shard, arena, 5, TEXT("bob"),
					       &user),
			 STORE_DONE);
	assert_int_equal(user.id, 5);
}

static void takes_no_other_store(void **state)
{
	struct store *home = *state;
	struct store *other = shards_open_one();
	struct tenant_record tenant = {.id = 3,
				       .name = TEXT("other"),
				       .profile = TEXT("rfc"),
				       .url = TEXT("https://other.example"),
				       .settings = TEXT("{}")};

	(void)fill(home, 1);
	fill_is_refused(home, store_shard(home, 1), 7, "another number");
	fill_is_refused(home, home, 7, "the home itself");
	assert_int_equal(store_save_tenant(other, &tenant), STORE_DONE);
	fill_is_refused(home, other, 7, "tenants of its own");
	fill_is_refused(other, store_shard(home, 1), 1, "another installation");
	fill_is_refused(home, other, 7, "another installation");
	store_close(&other);
}

static void takes_no_number_twice(void **state)
{
	struct store *home = *state;
	struct store *empty = shards_open_one();

	(void)fill(home, 1);
	fill_is_refused(home, empty, 1, "is its disk not mounted");
	store_close(&empty);
}

static void serves_when_filled(void **state)
{
	struct store *home = *state;
	struct store *shard = store_shard(home, 1);
	struct store *other = store_shard(home, 7);

	assert_non_null(store_book_find_fault(home, shard));
	(void)fill(home, 1);
	assert_null(store_book_find_fault(home, shard));
	assert_non_null(store_book_find_fault(home, other));
	assert_non_null(store_book_find_fault(other, shard));
}

static void raise_book(struct store *home, int64_t *before, int64_t *after)
{
	assert_int_equal(store_begin(home), STORE_DONE);
	assert_int_equal(store_book_raise(home, NOW, before, after),
			 STORE_DONE);
	assert_int_equal(store_commit(home), STORE_DONE);
}

static void moves_one_by_one(void **state)
{
	struct store *home = *state;
	struct store *shard = store_shard(home, 1);
	int64_t before[2];
	int64_t after[2];

	(void)fill(home, 1);
	raise_book(home, &before[0], &after[0]);
	raise_book(home, &before[1], &after[1]);
	assert_true(after[0] > before[0]);
	assert_int_equal(before[1], after[0]);
	assert_int_equal(store_book_move(shard, before[1], after[1]),
			 STORE_CONFLICT);
	assert_int_equal(store_book_move(shard, before[0], after[0]),
			 STORE_DONE);
	assert_int_equal(store_book_move(shard, before[1], after[1]),
			 STORE_DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that_with("an empty store is filled with people, clients "
			       "and resources",
			       copies_all, shards_set_up_joined,
			       shards_tear_down),
		test_that_with("a fill writes the people that differ, and so "
			       "may be repeated",
			       writes_what_differs, shards_set_up_joined,
			       shards_tear_down),
		test_that_with("a fill ends the grants of who was disabled or "
			       "has a new password",
			       ends_grants_of_changed, shards_set_up_joined,
			       shards_tear_down),
		test_that_with("a fill drops whom the home does not know",
			       drops_whom_home_forgot, shards_set_up_joined,
			       shards_tear_down),
		test_that_with("a store that is another's is not filled",
			       takes_no_other_store, shards_set_up_joined,
			       shards_tear_down),
		test_that_with("an empty store does not take the place of a "
			       "shard that was filled",
			       takes_no_number_twice, shards_set_up_joined,
			       shards_tear_down),
		test_that_with("a shard serves once it is filled, and only "
			       "its own home",
			       serves_when_filled, shards_set_up_joined,
			       shards_tear_down),
		test_that_with("a copy moves from number to number, none "
			       "passed over",
			       moves_one_by_one, shards_set_up_joined,
			       shards_tear_down),
	};

	return cmocka_run_group_tests_name("book", tests, NULL, NULL);
}
