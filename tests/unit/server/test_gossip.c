/* SPDX-License-Identifier: Apache-2.0 */
/* What servers on one store tell each other, counted. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto/crypto.h"
#include "loop/clock.h"
#include "server/internal.h"
#include "store/sqlite/sqlite.h"
#include "suite.h"

#define KEY TEXT("client 1 web 192.0.2.1")
#define FREE 10
#define PUSHED 80

static char folder[64];
static struct master *master;
static struct store *store;
static struct server *servers[3];

static struct server *open_server(int64_t id)
{
	struct server *server = calloc(1, sizeof(*server));

	assert_non_null(server);
	server->store = store;
	server->master = master;
	server->client_limiter = limiter_new(FREE, 60);
	server->login_limiter = limiter_new(FREE, 60);
	server->login_crowd_limiter = limiter_new(FREE, 60);
	server->push_limiter = limiter_new(PUSHED, 60);
	server->presence.id = id;
	gossip_open(server);
	return server;
}

static void close_server(struct server *server)
{
	limiter_free(&server->client_limiter);
	limiter_free(&server->login_limiter);
	limiter_free(&server->login_crowd_limiter);
	limiter_free(&server->push_limiter);
	free(server);
}

static int open_all(void **state)
{
	char file[80];
	char why[256];

	(void)snprintf(folder, sizeof(folder), "/tmp/licet-gossip-XXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(store_sqlite_open(folder, &store, why, sizeof(why)),
			 DONE);
	assert_int_equal(store_migrate(store), STORE_DONE);
	(void)snprintf(file, sizeof(file), "%s/key", folder);
	assert_int_equal(master_create(file, why, sizeof(why)), DONE);
	assert_int_equal(master_load(file, &master, why, sizeof(why)), DONE);
	for (size_t i = 0; i < COUNT_OF(servers); i++)
		servers[i] = open_server(1 + (int64_t)i);
	return 0;
}

static int remove_one(const char *path, const struct stat *about, int kind,
		      struct FTW *place)
{
	return remove(path);
}

static int close_all(void **state)
{
	for (size_t i = 0; i < COUNT_OF(servers); i++)
		close_server(servers[i]);
	master_free(&master);
	store_close(&store);
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void exchange_all(int rounds)
{
	for (int round = 0; round < rounds; round++)
		for (size_t i = 0; i < COUNT_OF(servers); i++) {
			gossip_exchange(servers[i]);
			assert_false(servers[i]->gossip.is_cut);
		}
}

static void fail_times(struct limiter *limiter, int times)
{
	for (int i = 0; i < times; i++)
		limiter_failed(limiter, KEY, clock_now());
}

static bool waits(struct limiter *limiter)
{
	return limiter_wait_for(limiter, KEY, clock_now()) > 0;
}

/* Ten are free: the eleventh shows that each was counted once, however often the
 * rows were read, and by whom. */
static void each_failure_counts_once_everywhere(void **state)
{
	fail_times(servers[0]->client_limiter, 6);
	fail_times(servers[1]->client_limiter, 4);
	exchange_all(5);
	for (size_t i = 0; i < COUNT_OF(servers); i++)
		assert_false(waits(servers[i]->client_limiter));
	fail_times(servers[2]->client_limiter, 1);
	exchange_all(2);
	for (size_t i = 0; i < COUNT_OF(servers); i++)
		assert_true(waits(servers[i]->client_limiter));
}

static void each_limiter_has_its_own(void **state)
{
	fail_times(servers[0]->login_limiter, FREE + 1);
	exchange_all(2);
	assert_true(waits(servers[1]->login_limiter));
	assert_false(waits(servers[1]->login_crowd_limiter));
	assert_false(waits(servers[1]->client_limiter));
	fail_times(servers[2]->login_crowd_limiter, FREE + 1);
	exchange_all(2);
	assert_true(waits(servers[0]->login_crowd_limiter));
}

static void quotas_are_shared(void **state)
{
	instant now = clock_now();

	for (int i = 0; i < PUSHED / 2; i++) {
		assert_int_equal(
			limiter_take(servers[0]->push_limiter, KEY, now), 0);
		assert_int_equal(
			limiter_take(servers[1]->push_limiter, KEY, now), 0);
	}
	assert_int_equal(limiter_look(servers[2]->push_limiter, KEY, now), 0);
	exchange_all(2);
	for (size_t i = 0; i < COUNT_OF(servers); i++)
		assert_true(limiter_look(servers[i]->push_limiter, KEY, now) >
			    0);
}

static void one_that_ends_tells_what_is_left(void **state)
{
	exchange_all(1);
	fail_times(servers[0]->client_limiter, FREE + 1);
	presence_end(servers[0]);
	gossip_exchange(servers[1]);
	assert_true(waits(servers[1]->client_limiter));
}

static void one_that_starts_hears_the_last_seconds(void **state)
{
	struct server *late = open_server(9);

	fail_times(servers[0]->client_limiter, FREE + 1);
	exchange_all(3);
	gossip_exchange(late);
	assert_true(waits(late->client_limiter));
	close_server(late);
}

static void tell_bytes(int64_t number, struct text bytes)
{
	struct store_gossip told = {
		.server_id = 77,
		.number = number,
		.bytes = bytes,
	};

	assert_int_equal(store_save_gossip(store, &told, clock_now()),
			 STORE_DONE);
}

static void bytes_that_mean_nothing_do_no_harm(void **state)
{
	static char bytes[STORE_GOSSIP_SIZE_MAX];

	for (int64_t number = 1; number <= 8; number++) {
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (char)(number == 1 ? 0xff
						      : (number * 31 +
							 (int64_t)i * 7) %
								251);
		tell_bytes(number,
			   text_of(bytes, sizeof(bytes) - (size_t)number));
	}
	exchange_all(2);
	assert_false(waits(servers[0]->client_limiter));
	fail_times(servers[1]->client_limiter, FREE + 1);
	exchange_all(1);
	assert_true(waits(servers[2]->client_limiter));
}

/* 200 servers with all that each may tell. */
static void a_crowd_is_borne(void **state)
{
	static char bytes[STORE_GOSSIP_SIZE_MAX];

	assert_int_equal(store_begin(store), STORE_DONE);
	for (int64_t i = 0; i < 200 * STORE_GOSSIP_SLOTS; i++) {
		struct store_gossip told = {
			.server_id = 1000 + i / STORE_GOSSIP_SLOTS,
			.number = 1 + i,
			.bytes = text_of(bytes, sizeof(bytes)),
		};

		assert_int_equal(store_save_gossip(store, &told, clock_now()),
				 STORE_DONE);
	}
	assert_int_equal(store_commit(store), STORE_DONE);
	exchange_all(2);
}

#define test_here(sentence, function)                                          \
	test_that_with(sentence, function, open_all, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_here("each failure counts once, everywhere",
			  each_failure_counts_once_everywhere),
		test_here("each limiter has its own", each_limiter_has_its_own),
		test_here("quotas are shared", quotas_are_shared),
		test_here("one that ends tells what is left",
			  one_that_ends_tells_what_is_left),
		test_here("one that starts hears the last seconds",
			  one_that_starts_hears_the_last_seconds),
		test_here("bytes that mean nothing do no harm",
			  bytes_that_mean_nothing_do_no_harm),
		test_here("a crowd is borne", a_crowd_is_borne),
	};

	if (crypto_open() != DONE)
		return 1;
	return cmocka_run_group_tests_name("gossip", tests, NULL, NULL);
}
