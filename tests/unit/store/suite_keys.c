/* SPDX-License-Identifier: Apache-2.0 */
/* The store's suite: signing keys, server secrets, epochs, ids and nodes. */
#include "store/suite_store.h"

#define DAY ((instant)86400 * INSTANT_SECOND)

static struct signing_key key(struct text id, enum signing_key_state state)
{
	return (struct signing_key){
		.tenant_id = 1,
		.id = id,
		.algorithm = TEXT("ES256"),
		.state = state,
		.public_der = TEXT("public\0der"),
		.private_sealed = TEXT("sealed"),
		.created_at = SUITE_NOW,
	};
}

static void insert_pair(struct store *store)
{
	struct signing_key current = key(TEXT("k1"), SIGNING_KEY_CURRENT);
	struct signing_key next = key(TEXT("k2"), SIGNING_KEY_NEXT);

	assert_int_equal(store_insert_signing_key(store, &current), STORE_DONE);
	assert_int_equal(store_insert_signing_key(store, &next), STORE_DONE);
}

static void the_second_first_key_is_already_there(void **state)
{
	struct suite_store *suite = *state;
	struct signing_key rival = key(TEXT("k3"), SIGNING_KEY_CURRENT);

	insert_pair(suite->store);
	assert_int_equal(store_insert_signing_key(suite->store, &rival),
			 STORE_ALREADY);
	rival.state = SIGNING_KEY_NEXT;
	assert_int_equal(store_insert_signing_key(suite->store, &rival),
			 STORE_ALREADY);
	rival.algorithm = TEXT("RS256");
	assert_int_equal(store_insert_signing_key(suite->store, &rival),
			 STORE_DONE);
	rival.id = TEXT("k4");
	rival.tenant_id = 2;
	assert_int_equal(store_insert_signing_key(suite->store, &rival),
			 STORE_DONE);
}

static void states_are_told_of_all_tenants(void **state)
{
	struct suite_store *suite = *state;
	struct signing_key other = key(TEXT("k9"), SIGNING_KEY_CURRENT);
	struct signing_key retired = key(TEXT("k8"), SIGNING_KEY_PREVIOUS);
	struct signing_key *keys;
	size_t count;

	other.tenant_id = 0;
	assert_int_equal(store_insert_signing_key(suite->store, &retired),
			 STORE_DONE);
	insert_pair(suite->store);
	assert_int_equal(store_insert_signing_key(suite->store, &other),
			 STORE_DONE);
	assert_int_equal(store_load_key_states(suite->store, suite->arena,
					       &keys, &count),
			 STORE_DONE);
	assert_int_equal(count, 3);
	assert_int_equal(keys[0].tenant_id, 0);
	assert_int_equal(keys[0].state, SIGNING_KEY_CURRENT);
	assert_true(text_equal(keys[0].algorithm, TEXT("ES256")));
	assert_int_equal(keys[1].tenant_id, 1);
	assert_int_equal(keys[2].tenant_id, 1);
	assert_int_equal(keys[1].state + keys[2].state,
			 SIGNING_KEY_CURRENT + SIGNING_KEY_NEXT);
}

static struct signing_key *load_keys(struct suite_store *suite, instant now,
				     size_t wanted_count)
{
	struct signing_key *keys;
	size_t count;

	assert_int_equal(store_load_signing_keys(suite->store, suite->arena, 1,
						 now, &keys, &count),
			 STORE_DONE);
	assert_int_equal(count, wanted_count);
	return keys;
}

static void a_rotation_moves_every_key_one_state_on(void **state)
{
	struct suite_store *suite = *state;
	struct signing_key next = key(TEXT("k3"), SIGNING_KEY_NEXT);
	struct signing_key *keys;

	insert_pair(suite->store);
	assert_int_equal(store_rotate_signing_key(suite->store, TEXT("k2"),
						  SUITE_NOW + DAY, &next),
			 STORE_DONE);
	keys = load_keys(suite, SUITE_NOW, 3);
	suite_assert_text(keys[0].id, TEXT("k3"));
	assert_int_equal(keys[0].state, SIGNING_KEY_NEXT);
	assert_int_equal(keys[0].tenant_id, 1);
	suite_assert_text(keys[0].algorithm, TEXT("ES256"));
	suite_assert_text(keys[0].public_der, TEXT("public\0der"));
	suite_assert_text(keys[0].private_sealed, TEXT("sealed"));
	assert_int_equal(keys[0].created_at, SUITE_NOW);
	assert_int_equal(keys[0].retires_at, 0);
	suite_assert_text(keys[1].id, TEXT("k2"));
	assert_int_equal(keys[1].state, SIGNING_KEY_CURRENT);
	suite_assert_text(keys[2].id, TEXT("k1"));
	assert_int_equal(keys[2].state, SIGNING_KEY_PREVIOUS);
	assert_int_equal(keys[2].retires_at, SUITE_NOW + DAY);
	load_keys(suite, SUITE_NOW + DAY, 2);
}

static void a_rotation_of_another_next_key_changes_nothing(void **state)
{
	struct suite_store *suite = *state;
	struct signing_key next = key(TEXT("k3"), SIGNING_KEY_NEXT);
	struct signing_key *keys;

	insert_pair(suite->store);
	assert_int_equal(store_rotate_signing_key(suite->store, TEXT("k1"),
						  SUITE_NOW + DAY, &next),
			 STORE_CONFLICT);
	next.id = TEXT("k1");
	assert_int_equal(store_rotate_signing_key(suite->store, TEXT("k2"),
						  SUITE_NOW + DAY, &next),
			 STORE_ALREADY);
	keys = load_keys(suite, SUITE_NOW, 2);
	suite_assert_text(keys[0].id, TEXT("k2"));
	assert_int_equal(keys[0].state, SIGNING_KEY_NEXT);
	suite_assert_text(keys[1].id, TEXT("k1"));
	assert_int_equal(keys[1].state, SIGNING_KEY_CURRENT);
	assert_int_equal(keys[1].retires_at, 0);
}

static void a_server_secret_is_inserted_once(void **state)
{
	struct suite_store *suite = *state;
	struct server_secret secret = {
		.number = 1,
		.sealed = TEXT("sealed\0secret"),
		.created_at = SUITE_NOW,
		.mint_from = SUITE_NOW + 60,
	};
	struct server_secret *secrets;
	size_t count;

	assert_int_equal(store_insert_server_secret(suite->store, &secret),
			 STORE_DONE);
	secret.sealed = TEXT("another");
	assert_int_equal(store_insert_server_secret(suite->store, &secret),
			 STORE_ALREADY);
	assert_int_equal(store_load_server_secrets(suite->store, suite->arena,
						   &secrets, &count),
			 STORE_DONE);
	assert_int_equal(count, 1);
	assert_int_equal(secrets[0].number, 1);
	suite_assert_text(secrets[0].sealed, TEXT("sealed\0secret"));
	assert_int_equal(secrets[0].created_at, SUITE_NOW);
	assert_int_equal(secrets[0].mint_from, SUITE_NOW + 60);
}

static void a_new_epoch_becomes_the_floor(void **state)
{
	struct suite_store *suite = *state;
	struct store_epochs first;
	struct store_epochs second;
	struct store_epochs third;

	assert_int_equal(store_load_epochs(suite->store, &first), STORE_DONE);
	assert_true(first.current > 0);
	assert_true(first.floor <= first.current);
	assert_int_equal(store_begin_epoch(suite->store, SUITE_NOW),
			 STORE_DONE);
	assert_int_equal(store_load_epochs(suite->store, &second), STORE_DONE);
	assert_true(second.current > first.current);
	assert_int_equal(second.floor, second.current);
	assert_int_equal(store_begin_epoch(suite->store, SUITE_NOW),
			 STORE_DONE);
	assert_int_equal(store_load_epochs(suite->store, &third), STORE_DONE);
	assert_true(third.current > second.current);
	assert_int_equal(third.floor, third.current);
	assert_int_equal(third.config, first.config);
}

/* The lost part of the store may have begun epochs of its own. */
static void an_epoch_after_a_restore_lies_above_the_lost_ones(void **state)
{
	struct suite_store *suite = *state;
	struct store *restored;
	struct store_epochs lost;
	struct store_epochs begun;

	assert_int_equal(store_begin_epoch(suite->store, SUITE_NOW),
			 STORE_DONE);
	assert_int_equal(store_begin_epoch(suite->store, SUITE_NOW + DAY),
			 STORE_DONE);
	assert_int_equal(store_load_epochs(suite->store, &lost), STORE_DONE);
	store_close(&suite->store);
	suite_driver->clean();
	restored = suite_driver->open_fresh();
	suite->store = restored;
	assert_int_equal(store_migrate(restored), STORE_DONE);
	assert_int_equal(store_begin_epoch(restored, SUITE_NOW + 2 * DAY),
			 STORE_DONE);
	assert_int_equal(store_load_epochs(restored, &begun), STORE_DONE);
	assert_true(begun.floor > lost.current);
}

static void raising_the_config_epoch_is_seen_by_others(void **state)
{
	struct suite_store *suite = *state;
	struct store *other = suite_driver->open_again();
	struct store_epochs before;
	struct store_epochs after;

	assert_int_equal(store_load_epochs(other, &before), STORE_DONE);
	assert_int_equal(store_raise_config(suite->store), STORE_DONE);
	assert_int_equal(store_load_epochs(other, &after), STORE_DONE);
	assert_int_equal(after.config, before.config + 1);
	assert_int_equal(after.current, before.current);
	store_close(&other);
}

static int64_t node_of(int64_t id)
{
	return id >> 12 & 1023;
}

static void ids_grow_and_never_repeat(void **state)
{
	struct suite_store *suite = *state;
	int64_t last = 0;

	/* More than a millisecond has numbers for, and a clock that steps
	 * back. */
	for (int i = 0; i < 20000; i++) {
		int64_t id = store_new_id(suite->store,
					  SUITE_NOW - (i % 7) * INSTANT_SECOND);

		assert_true(id > last);
		last = id;
	}
	assert_true(store_new_id(suite->store, SUITE_NOW + DAY) > last);
}

static void two_handles_hold_two_node_numbers(void **state)
{
	struct suite_store *suite = *state;
	struct store *other = suite_driver->open_again();
	instant now = SUITE_NOW;

	/* Over several renewals. */
	for (int i = 0; i < 20; i++) {
		int64_t ours = store_new_id(suite->store, now);
		int64_t theirs = store_new_id(other, now);

		assert_int_not_equal(node_of(ours), node_of(theirs));
		now += 100 * INSTANT_SECOND;
	}
	store_close(&other);
}

static void a_lapsed_number_goes_to_another(void **state)
{
	struct suite_store *suite = *state;
	struct store *other = suite_driver->open_again();
	int64_t first = store_new_id(suite->store, SUITE_NOW);
	int64_t second = store_new_id(other, SUITE_NOW + DAY);
	int64_t third = store_new_id(suite->store, SUITE_NOW + DAY);

	assert_int_equal(node_of(second), node_of(first));
	assert_true(second > first);
	assert_int_not_equal(node_of(third), node_of(second));
	store_close(&other);
}

static void an_idle_holder_gets_its_number_back(void **state)
{
	struct suite_store *suite = *state;
	int64_t first = store_new_id(suite->store, SUITE_NOW);
	int64_t second = store_new_id(suite->store, SUITE_NOW + DAY);

	assert_int_equal(node_of(second), node_of(first));
	assert_true(second > first);
}

static void a_closed_store_gives_its_number_back(void **state)
{
	struct suite_store *suite = *state;
	struct store *other = suite_driver->open_again();
	int64_t first = store_new_id(other, SUITE_NOW);
	int64_t second;

	store_close(&other);
	second = store_new_id(suite->store, SUITE_NOW + 2000);
	assert_int_equal(node_of(second), node_of(first));
	assert_true(second > first);
}

/* Its clock goes after ours: it might make our last ids again. */
static void a_clock_behind_does_not_lease_a_number_again(void **state)
{
	struct suite_store *suite = *state;
	struct store *other = suite_driver->open_again();
	int64_t first = store_new_id(other, SUITE_NOW);

	store_close(&other);
	assert_int_not_equal(node_of(store_new_id(suite->store, SUITE_NOW - 1)),
			     node_of(first));
}

int suite_store_keys(void)
{
	const struct CMUnitTest tests[] = {
		test_of_store("the second first key is already there",
			      the_second_first_key_is_already_there),
		test_of_store("states are told of all tenants' keys",
			      states_are_told_of_all_tenants),
		test_of_store("a rotation moves every key one state on",
			      a_rotation_moves_every_key_one_state_on),
		test_of_store("a rotation of another next key changes nothing",
			      a_rotation_of_another_next_key_changes_nothing),
		test_of_store("a server secret is inserted once",
			      a_server_secret_is_inserted_once),
		test_of_store("a new epoch becomes the floor",
			      a_new_epoch_becomes_the_floor),
		test_of_store(
			"an epoch after a restore lies above lost ones",
			an_epoch_after_a_restore_lies_above_the_lost_ones),
		test_of_store("raising the config epoch is seen by others",
			      raising_the_config_epoch_is_seen_by_others),
		test_of_store("ids grow and never repeat",
			      ids_grow_and_never_repeat),
		test_of_store("two handles hold two node numbers",
			      two_handles_hold_two_node_numbers),
		test_of_store("a lapsed number goes to another",
			      a_lapsed_number_goes_to_another),
		test_of_store("an idle holder gets its number back",
			      an_idle_holder_gets_its_number_back),
		test_of_store("a closed store gives its number back",
			      a_closed_store_gives_its_number_back),
		test_of_store("a clock behind does not lease a number again",
			      a_clock_behind_does_not_lease_a_number_again),
	};

	return cmocka_run_group_tests_name("store keys", tests, NULL, NULL);
}
