/* SPDX-License-Identifier: Apache-2.0 */
/* The store's suite: of any number who race, one wins. */
#include "store/suite_store.h"

#include <pthread.h>
#include <stdatomic.h>

#include "loop/task.h"

#define RIVALS 64

/* One race: what each rival does, and how often each outcome came. */
struct race {
	struct store *store;
	enum store_outcome (*run)(struct race *race, struct arena *arena);
	int64_t id;
	_Atomic int outcomes[STORE_BROKEN + 1];
	/* Of tasks alone: */
	struct loop *loop;
	struct loop_message start;
	int left;
};

static void run_rival(struct race *race)
{
	struct arena *arena = arena_new((size_t)256 * 1024);

	atomic_fetch_add(&race->outcomes[race->run(race, arena)], 1);
	arena_free(&arena);
}

static void *run_thread(void *context)
{
	run_rival(context);
	return NULL;
}

static void race_threads(struct race *race)
{
	pthread_t threads[RIVALS];

	for (int i = 0; i < RIVALS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, run_thread, race), 0);
	for (int i = 0; i < RIVALS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static void run_task(void *context)
{
	struct race *race = context;

	run_rival(race);
	if (--race->left == 0)
		loop_stop(race->loop);
}

static void start_tasks(struct loop_message *message)
{
	struct race *race = HOLDER_OF(message, struct race, start);

	for (int i = 0; i < RIVALS; i++)
		assert_non_null(task_start(race->loop, run_task, race));
}

static void race_tasks(struct race *race)
{
	race->loop = loop_new();
	race->left = RIVALS;
	race->start.run = start_tasks;
	assert_non_null(race->loop);
	loop_post(race->loop, &race->start);
	loop_run(race->loop);
	loop_free(&race->loop);
}

static void *run_loop(void *context)
{
	race_tasks(context);
	return NULL;
}

/* Two loops with two handles, as two processes would. */
static void race_loops(struct race *race)
{
	struct race other = {
		.store = suite_driver->open_again(),
		.run = race->run,
		.id = race->id,
	};
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, run_loop, &other), 0);
	race_tasks(race);
	assert_int_equal(pthread_join(thread, NULL), 0);
	store_close(&other.store);
	for (int i = 0; i <= STORE_BROKEN; i++)
		race->outcomes[i] += other.outcomes[i];
}

/* One wins; each of the others hears `loser`. */
static void assert_one_winner(struct race *race, enum store_outcome loser)
{
	int sum = 0;

	for (int i = 0; i <= STORE_BROKEN; i++)
		sum += race->outcomes[i];
	assert_int_equal(race->outcomes[STORE_DONE], 1);
	assert_int_equal(race->outcomes[loser], sum - 1);
	assert_true(sum >= RIVALS);
}

/* --- What they race for --------------------------------------------------- */

static enum store_outcome redeem(struct race *race, struct arena *arena)
{
	struct store_redeem redeem = suite_redeem(race->id);

	return store_wait(store_submit_redeem(race->store, arena, &redeem));
}

static enum store_outcome refresh(struct race *race, struct arena *arena)
{
	struct store_refresh refresh = suite_refresh(race->id, 1);

	return store_wait(store_submit_refresh(race->store, arena, &refresh));
}

static enum store_outcome consume(struct race *race, struct arena *arena)
{
	return store_consume_request(race->store, race->id, SUITE_NOW);
}

static enum store_outcome complete(struct race *race, struct arena *arena)
{
	struct grant grant = suite_grant(race->store);
	struct store_completed completed = {.pushed_id = race->id};

	return store_insert_grant(race->store, &grant, &completed);
}

static enum store_outcome spend(struct race *race, struct arena *arena)
{
	struct store_once once = {.jtis = {{{42}, SUITE_NOW}}, .count = 1};
	size_t at;

	return store_spend(race->store, &once, &at);
}

static enum store_outcome add_key(struct race *race, struct arena *arena)
{
	struct signing_key key = {
		.tenant_id = 1,
		.id = arena_format(arena, "k-%p", (void *)&key),
		.algorithm = TEXT("ES256"),
		.state = SIGNING_KEY_CURRENT,
		.public_der = TEXT("der"),
		.private_sealed = TEXT("sealed"),
	};

	return store_insert_signing_key(race->store, &key);
}

/* A winner's successor may be met: at generation 2 an overlap is answered. */
static enum store_outcome refresh_or_overlap(struct race *race,
					     struct arena *arena)
{
	struct store_refresh refresh = suite_refresh(race->id, 1);
	struct grant grant;
	enum store_outcome result =
		store_wait(store_submit_refresh(race->store, arena, &refresh));

	if (result != STORE_CONFLICT)
		return result;
	result = store_load_grant(race->store, arena, race->id, &grant);
	if (result != STORE_DONE || grant.generation != 2)
		return STORE_BROKEN;
	refresh.generation = 2;
	refresh.step = STORE_REFRESH_OVERLAP;
	result = store_wait(store_submit_refresh(race->store, arena, &refresh));
	return result == STORE_DONE ? STORE_CONFLICT : STORE_BROKEN;
}

/* --- Tests ---------------------------------------------------------------- */

typedef void race_function(struct race *race);

static race_function *const tracks[] = {race_threads, race_tasks, race_loops};

static int64_t insert_redeemed(struct store *store)
{
	int64_t id = suite_insert_grant(store);
	struct store_redeem redeem = suite_redeem(id);

	assert_int_equal(suite_redeem_now(store, &redeem), STORE_DONE);
	return id;
}

static int64_t insert_request(struct store *store)
{
	struct request request = suite_request(store);

	assert_int_equal(store_insert_request(store, &request), STORE_DONE);
	return request.id;
}

static void one_of_many_redeems_a_code(void **state)
{
	struct suite_store *suite = *state;

	for (size_t i = 0; i < COUNT_OF(tracks); i++) {
		struct race race = {
			.store = suite->store,
			.run = redeem,
			.id = suite_insert_grant(suite->store),
		};

		tracks[i](&race);
		assert_one_winner(&race, STORE_CONFLICT);
	}
}

static void one_of_many_rotates_a_generation(void **state)
{
	struct suite_store *suite = *state;

	for (size_t i = 0; i < COUNT_OF(tracks); i++) {
		struct race race = {
			.store = suite->store,
			.run = refresh,
			.id = insert_redeemed(suite->store),
		};

		tracks[i](&race);
		assert_one_winner(&race, STORE_CONFLICT);
	}
}

static void losers_of_a_rotation_count_themselves_in(void **state)
{
	struct suite_store *suite = *state;
	struct race race = {
		.store = suite->store,
		.run = refresh_or_overlap,
		.id = insert_redeemed(suite->store),
	};
	struct grant grant;

	race_tasks(&race);
	assert_one_winner(&race, STORE_CONFLICT);
	assert_int_equal(store_load_grant(suite->store, suite->arena, race.id,
					  &grant),
			 STORE_DONE);
	assert_int_equal(grant.generation, 2);
	assert_int_equal(grant.overlap_count, RIVALS - 1);
}

static void one_of_many_consumes_a_request(void **state)
{
	struct suite_store *suite = *state;

	for (size_t i = 0; i < COUNT_OF(tracks); i++) {
		struct race race = {
			.store = suite->store,
			.run = consume,
			.id = insert_request(suite->store),
		};

		tracks[i](&race);
		assert_one_winner(&race, STORE_CONFLICT);
		race = (struct race){
			.store = suite->store,
			.run = complete,
			.id = insert_request(suite->store),
		};
		tracks[i](&race);
		assert_one_winner(&race, STORE_CONFLICT);
	}
}

static void one_of_many_spends_a_hash(void **state)
{
	struct suite_store *suite = *state;
	struct race race = {.store = suite->store, .run = spend};

	race_loops(&race);
	assert_one_winner(&race, STORE_ALREADY);
}

static void one_of_many_makes_the_first_key(void **state)
{
	struct suite_store *suite = *state;
	struct race race = {.store = suite->store, .run = add_key};

	race_threads(&race);
	assert_one_winner(&race, STORE_ALREADY);
}

/* --- Many changes of one task --------------------------------------------- */

struct chain {
	struct store *store;
	struct loop *loop;
	struct loop_message start;
	int64_t first;
	int64_t second;
	enum store_outcome outcomes[4];
};

/* Submitted in one go; the fate of each is asked for out of order. */
static void run_chain(void *context)
{
	struct chain *chain = context;
	struct arena *arena = arena_new((size_t)256 * 1024);
	struct store_redeem first = suite_redeem(chain->first);
	struct store_redeem second = suite_redeem(chain->second);
	struct store_refresh refresh = suite_refresh(chain->first, 1);
	struct store_change *changes[4] = {
		store_submit_redeem(chain->store, arena, &first),
		store_submit_redeem(chain->store, arena, &second),
		store_submit_refresh(chain->store, arena, &refresh),
		store_submit_redeem(chain->store, arena, &second),
	};

	for (int i = 3; i >= 0; i--)
		chain->outcomes[i] = store_wait(changes[i]);
	arena_free(&arena);
	loop_stop(chain->loop);
}

static void start_chain(struct loop_message *message)
{
	struct chain *chain = HOLDER_OF(message, struct chain, start);

	assert_non_null(task_start(chain->loop, run_chain, chain));
}

static void changes_are_decided_in_the_order_of_their_submission(void **state)
{
	struct suite_store *suite = *state;
	struct chain chain = {
		.store = suite->store,
		.loop = loop_new(),
		.start = {.run = start_chain},
		.first = suite_insert_grant(suite->store),
		.second = suite_insert_grant(suite->store),
	};

	loop_post(chain.loop, &chain.start);
	loop_run(chain.loop);
	loop_free(&chain.loop);
	assert_int_equal(chain.outcomes[0], STORE_DONE);
	assert_int_equal(chain.outcomes[1], STORE_DONE);
	assert_int_equal(chain.outcomes[2], STORE_DONE);
	assert_int_equal(chain.outcomes[3], STORE_CONFLICT);
}

/* --- Reads of one round --------------------------------------------------- */

struct round {
	struct store *store;
	struct store *other; /* as another process has it, or NULL */
	struct loop *loop;
	struct loop_message start;
	int64_t id;
	int64_t generations[3]; /* as read */
};

static void *redeem_elsewhere(void *context)
{
	struct round *round = context;
	struct store_redeem redeem = suite_redeem(round->id);

	assert_int_equal(suite_redeem_now(round->store, &redeem), STORE_DONE);
	return NULL;
}

/* By another process, and the settings are polled here. */
static void *redeem_and_poll(void *context)
{
	struct round *round = context;
	struct store_redeem redeem = suite_redeem(round->id);
	struct store_epochs epochs;

	assert_int_equal(suite_redeem_now(round->other, &redeem), STORE_DONE);
	assert_int_equal(store_load_epochs(round->store, &epochs), STORE_DONE);
	return NULL;
}

static void read_generation(struct round *round, struct arena *arena,
			    size_t place)
{
	struct grant grant;

	assert_int_equal(store_load_grant(round->store, arena, round->id,
					  &grant),
			 STORE_DONE);
	round->generations[place] = grant.generation;
}

/* The task does not park: it all happens in one round of its loop. */
static void run_reads(void *context)
{
	struct round *round = context;
	struct arena *arena = arena_new((size_t)256 * 1024);
	pthread_t thread;

	read_generation(round, arena, 0);
	assert_int_equal(pthread_create(&thread, NULL,
					round->other == NULL ? redeem_elsewhere
							     : redeem_and_poll,
					round),
			 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	read_generation(round, arena, 1);
	read_generation(round, arena, 2);
	arena_free(&arena);
	loop_stop(round->loop);
}

static void start_reads(struct loop_message *message)
{
	struct round *round = HOLDER_OF(message, struct round, start);

	assert_non_null(task_start(round->loop, run_reads, round));
}

static void read_round(struct suite_store *suite, struct store *other)
{
	struct round round = {
		.store = suite->store,
		.other = other,
		.loop = loop_new(),
		.start = {.run = start_reads},
		.id = suite_insert_grant(suite->store),
		.generations = {-1, -1, -1},
	};

	loop_post(round.loop, &round.start);
	loop_run(round.loop);
	loop_free(&round.loop);
	assert_int_equal(round.generations[0], 0);
	assert_int_equal(round.generations[1], 1);
	assert_int_equal(round.generations[2], 1);
}

static void what_is_durable_is_read_in_the_same_round(void **state)
{
	read_round(*state, NULL);
}

static void what_a_poll_has_seen_is_read_in_the_same_round(void **state)
{
	struct store *other = suite_driver->open_again();

	read_round(*state, other);
	store_close(&other);
}

/* --- Purging beside redeeming --------------------------------------------- */

struct purging {
	struct store *store;
	atomic_bool is_over;
	int64_t count;
};

static void *run_purging(void *context)
{
	struct purging *purging = context;

	while (!atomic_load(&purging->is_over)) {
		int64_t count = 0;

		if (store_purge(purging->store, SUITE_NOW + 90 * INSTANT_SECOND,
				3, &count) == STORE_DONE)
			purging->count += count;
	}
	return NULL;
}

/* Each row is either redeemed, and stays, or purged, and is gone. */
static void a_row_is_either_redeemed_or_purged(void **state)
{
	struct suite_store *suite = *state;
	struct purging purging = {.store = suite->store};
	int64_t ids[200];
	pthread_t thread;
	int64_t redeemed = 0;

	for (size_t i = 0; i < COUNT_OF(ids); i++)
		ids[i] = suite_insert_grant(suite->store);
	assert_int_equal(pthread_create(&thread, NULL, run_purging, &purging),
			 0);
	for (size_t i = COUNT_OF(ids); i-- > 0;) {
		struct store_redeem redeem = suite_redeem(ids[i]);
		struct grant grant;
		bool is_redeemed = suite_redeem_now(suite->store, &redeem) ==
				   STORE_DONE;

		redeemed += is_redeemed;
		assert_int_equal(store_load_grant(suite->store, suite->arena,
						  ids[i], &grant),
				 is_redeemed ? STORE_DONE : STORE_NOT_FOUND);
	}
	atomic_store(&purging.is_over, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(redeemed + purging.count, COUNT_OF(ids));
}

/* --- Ids ------------------------------------------------------------------ */

#define IDS_EACH 500

static enum store_outcome make_ids(struct race *race, struct arena *arena)
{
	for (int i = 0; i < IDS_EACH; i++)
		(void)store_new_id(race->store, SUITE_NOW);
	return suite_insert_grant(race->store) > 0 ? STORE_DONE : STORE_BROKEN;
}

/* Whoever comes while one leases waits for that one. */
static enum store_outcome make_id(struct race *race, struct arena *arena)
{
	int64_t node = store_new_id(race->store, SUITE_NOW) >> 12 & 1023;

	return node == 0 ? STORE_DONE : STORE_BROKEN;
}

static void a_crowd_leases_one_node_number(void **state)
{
	struct suite_store *suite = *state;
	struct race race = {.store = suite->store, .run = make_id};

	race_tasks(&race);
	assert_int_equal(race.outcomes[STORE_DONE], RIVALS);
	assert_int_equal(store_new_id(suite->store,
				      SUITE_NOW + 200 * INSTANT_SECOND) >>
					 12 &
				 1023,
			 0);
}

static void a_crowd_of_threads_leases_one_node_number(void **state)
{
	struct suite_store *suite = *state;
	struct race race = {.store = suite->store, .run = make_id};

	race_threads(&race);
	assert_int_equal(race.outcomes[STORE_DONE], RIVALS);
}

static void threads_make_ids_without_a_collision(void **state)
{
	struct suite_store *suite = *state;
	struct race race = {.store = suite->store, .run = make_ids};

	race_threads(&race);
	assert_int_equal(race.outcomes[STORE_DONE], RIVALS);
}

int suite_store_races(void)
{
	const struct CMUnitTest tests[] = {
		test_of_store("one of many redeems a code",
			      one_of_many_redeems_a_code),
		test_of_store("one of many rotates a generation",
			      one_of_many_rotates_a_generation),
		test_of_store("losers of a rotation count themselves in",
			      losers_of_a_rotation_count_themselves_in),
		test_of_store("one of many consumes a request",
			      one_of_many_consumes_a_request),
		test_of_store("one of many spends a hash",
			      one_of_many_spends_a_hash),
		test_of_store("one of many makes the first key",
			      one_of_many_makes_the_first_key),
		test_of_store(
			"changes are decided in the order of their submission",
			changes_are_decided_in_the_order_of_their_submission),
		test_of_store("what is durable is read, in the same round too",
			      what_is_durable_is_read_in_the_same_round),
		test_of_store("what a poll has seen of others is read as well",
			      what_a_poll_has_seen_is_read_in_the_same_round),
		test_of_store("a row is either redeemed or purged",
			      a_row_is_either_redeemed_or_purged),
		test_of_store("a crowd of tasks leases one node number",
			      a_crowd_leases_one_node_number),
		test_of_store("a crowd of threads leases one node number",
			      a_crowd_of_threads_leases_one_node_number),
		test_of_store("threads make ids without a collision",
			      threads_make_ids_without_a_collision),
	};

	return cmocka_run_group_tests_name("store races", tests, NULL, NULL);
}
