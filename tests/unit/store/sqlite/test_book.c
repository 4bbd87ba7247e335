/* SPDX-License-Identifier: Apache-2.0 */
/* Shards' copies of people, clients and resources. */
#include "store/book.h"
#include "store/driver.h"
#include "store/sqlite/shards.h"

#include <pthread.h>
#include <stdio.h>

#define NOW SHARDS_NOW
/* More than two transactions' worth. */
#define CROWD 1203
#define FOLLOW_COUNT 20

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

static enum store_copy look(struct store *home, uint16_t number,
			    enum store_copy before)
{
	struct store *shard = store_shard_at(home, number == 1 ? 1 : 2).store;

	assert_null(store_book_find_fault(home, shard));
	return store_book_compare(home, shard, before);
}

static void tells_how_copy_stands(void **state)
{
	struct store *home = *state;
	struct store_epochs epochs;
	int64_t before;
	int64_t after;

	(void)fill(home, 1);
	assert_int_equal(look(home, 1, STORE_COPY_UNKNOWN), STORE_COPY_EQUAL);
	raise_book(home, &before, &after);
	assert_int_equal(store_load_epochs(home, &epochs), STORE_DONE);
	assert_int_equal(look(home, 1, STORE_COPY_EQUAL), STORE_COPY_BEHIND);
	(void)fill(home, 1);
	assert_int_equal(look(home, 1, STORE_COPY_BEHIND), STORE_COPY_EQUAL);
	assert_int_equal(store_book_move(store_shard(home, 1), after,
					 after + 9),
			 STORE_DONE);
	assert_int_equal(look(home, 1, STORE_COPY_EQUAL), STORE_COPY_AHEAD);
	(void)store_note_shard(home, 0, true);
	assert_int_equal(look(home, 1, STORE_COPY_EQUAL), STORE_COPY_EQUAL);
	assert_int_equal(look(home, 1, STORE_COPY_AHEAD), STORE_COPY_AHEAD);
}

/* The home was put back from a backup: the copies' numbers go on rising. */
static void fill_raises_home(void **state)
{
	struct store *home = *state;
	struct store *shard = store_shard(home, 1);
	struct store_epochs epochs;
	int64_t book;

	(void)fill(home, 1);
	book = shard->book + 10 * INSTANT_SECOND;
	assert_int_equal(store_book_move(shard, shard->book, book), STORE_DONE);
	(void)fill(home, 1);
	assert_int_equal(store_load_epochs(home, &epochs), STORE_DONE);
	assert_true(epochs.book > book);
	assert_int_equal(shard->book, epochs.book);
	assert_null(store_book_find_fault(home, shard));
}

static void put_back_is_away(void **state)
{
	struct store *home = *state;
	struct store *shard = store_shard(home, 1);
	int64_t before;
	int64_t after;

	(void)fill(home, 1);
	raise_book(home, &before, &after);
	(void)fill(home, 1);
	assert_null(store_book_find_fault(home, shard));
	assert_int_equal(store_book_move(shard, after, before), STORE_DONE);
	assert_non_null(store_book_find_fault(home, shard));
	(void)fill(home, 1);
	assert_non_null(store_book_find_fault(home, shard));
	assert_int_equal(store_begin_epoch(shard, NOW), STORE_DONE);
	assert_null(store_book_find_fault(home, shard));
}

static void save_copying(struct store *store, enum store_copying state)
{
	const struct store_value value = {.type = STORE_INTEGER,
					  .integer = state};
	const struct store_script script = {
		"INSERT INTO settings (name, value) VALUES ('copy_state', $1)"
		" ON CONFLICT (name) DO UPDATE SET value = excluded.value",
		&value, 1};

	assert_int_equal(store_begin(store), STORE_DONE);
	assert_int_equal(store->driver->run(store, NULL, &script, NULL),
			 STORE_DONE);
	assert_int_equal(store_commit(store), STORE_DONE);
}

static void moved_is_away(void **state)
{
	struct store *home = *state;
	struct store *shard = store_shard(home, 1);

	(void)fill(home, 1);
	save_copying(shard, STORE_COPYING_ARRIVING);
	assert_non_null(store_book_find_fault(home, shard));
	save_copying(shard, STORE_COPYING);
	assert_null(store_book_find_fault(home, shard));
	save_copying(shard, STORE_COPYING_MOVED);
	assert_non_null(store_book_find_fault(home, shard));
}

static void *follow_now(void *context)
{
	struct store *home = context;
	struct store *shard = store_shard(home, 1);
	struct user user = {.id = 1,
			    .tenant_id = 5,
			    .subject = TEXT("ann"),
			    .username = TEXT("ann"),
			    .password_changed_at = NOW};
	int64_t before;
	int64_t after;

	for (int i = 0; i < FOLLOW_COUNT; i++) {
		user.password_changed_at++;
		assert_int_equal(store_begin(home), STORE_DONE);
		assert_int_equal(store_save_user(home, &user), STORE_DONE);
		assert_int_equal(store_book_raise(home, NOW, &before, &after),
				 STORE_DONE);
		assert_int_equal(store_commit(home), STORE_DONE);
		assert_int_equal(store_begin(shard), STORE_DONE);
		if (store_book_move(shard, before, after) == STORE_DONE &&
		    store_save_user(shard, &user) == STORE_DONE)
			assert_int_equal(store_commit(shard), STORE_DONE);
		else
			store_roll_back(shard);
	}
	return NULL;
}

static void fill_and_imports_agree(void **state)
{
	struct store *home = *state;
	struct store *shard = store_shard(home, 1);
	CLEANUP(arena_free) struct arena *arena = arena_new(65536);
	CLEANUP(buf_wipe) struct buf why = buf_init(8192);
	struct store_filling filling;
	struct user ours;
	struct user theirs;
	pthread_t follower;

	save_user_of(home, 1, "ann");
	(void)fill(home, 1);
	assert_int_equal(pthread_create(&follower, NULL, follow_now, home), 0);
	for (int i = 0; i < FOLLOW_COUNT; i++)
		(void)!store_book_fill(home, shard, 1, NOW, &filling, &why);
	assert_int_equal(pthread_join(follower, NULL), 0);
	if (look(home, 1, STORE_COPY_UNKNOWN) != STORE_COPY_EQUAL)
		(void)fill(home, 1);
	assert_int_equal(look(home, 1, STORE_COPY_UNKNOWN), STORE_COPY_EQUAL);
	assert_int_equal(store_load_user(home, arena, 1, &ours), STORE_DONE);
	assert_int_equal(store_load_user(shard, arena, 1, &theirs), STORE_DONE);
	assert_int_equal(ours.password_changed_at, NOW + FOLLOW_COUNT);
	assert_int_equal(theirs.password_changed_at, NOW + FOLLOW_COUNT);
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
		test_that_with("a copy that missed an import is told from one "
			       "that is equal",
			       tells_how_copy_stands, shards_set_up_joined,
			       shards_tear_down),
		test_that_with("a fill from a home that was put back raises "
			       "its number",
			       fill_raises_home, shards_set_up_joined,
			       shards_tear_down),
		test_that_with("a shard that was put back is away until it is "
			       "said to be restored",
			       put_back_is_away, shards_set_up_joined,
			       shards_tear_down),
		test_that_with("a shard that was copied elsewhere, or half "
			       "copied here, is away",
			       moved_is_away, shards_set_up_joined,
			       shards_tear_down),
		test_that_with("a fill and imports at once leave what the last "
			       "import wrote",
			       fill_and_imports_agree, shards_set_up_joined,
			       shards_tear_down),
	};

	return cmocka_run_group_tests_name("book", tests, NULL, NULL);
}
