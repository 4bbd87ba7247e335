/* SPDX-License-Identifier: Apache-2.0 */
/* Clients of a tenant: from the store once, then from the directory. */
#include "world.h"

#include <pthread.h>
#include <stdio.h>

#include "tenant/cache.h"

static outcome load(struct visit *visit, struct text id,
		    const struct client **client_out)
{
	decision_retract(&visit->decision);
	return tenant_load_client(&visit->decision, world.store, world.tenants,
				  visit->tenant, id, client_out);
}

static void found_once(void **state)
{
	struct visit visit;
	const struct client *one;
	const struct client *other;

	world_visit(&visit, "rfc");
	assert_int_equal(load(&visit, TEXT("web"), &one), DONE);
	assert_int_equal(load(&visit, TEXT("web"), &other), DONE);
	assert_ptr_equal(one, other);
	assert_int_equal(one->tenant_id, 1);
	world_assert_text(one->auth_method, "client_secret_basic");
	world_leave(&visit);
}

/* The snapshot outlives the request that loaded it. */
static void outlives(void **state)
{
	struct visit visit;
	const struct client *client;

	world_visit(&visit, "auth0");
	assert_int_equal(load(&visit, TEXT("spa"), &client), DONE);
	world_leave(&visit);
	world_assert_text(client->id, "spa");
	world_assert_text(client->redirect_uris, "https://rp.example/callback");
}

static void unknown(void **state)
{
	static const char *const ids[] = {"",	  "WEB",    "web ",	  "we",
					  "webb", "nobody", "' OR 1=1 --"};
	struct visit visit;
	const struct client *client;
	char long_id[CLIENT_ID_MAX + 2];

	world_visit(&visit, "rfc");
	for (size_t i = 0; i < COUNT_OF(ids); i++) {
		assert_int_equal(load(&visit, text_from(ids[i]), &client),
				 REFUSED);
		assert_int_equal(visit.decision.refusal.reason,
				 REASON_CLIENT_UNKNOWN);
		assert_null(client);
	}
	memset(long_id, 'a', sizeof(long_id));
	assert_int_equal(load(&visit, text_of(long_id, CLIENT_ID_MAX + 1),
			      &client),
			 REFUSED);
	assert_int_equal(load(&visit, text_of("web\0", 4), &client), REFUSED);
	world_leave(&visit);
}

static void tenants_apart(void **state)
{
	struct visit visit;
	struct client client = world_client(3, TEXT("alone"));
	const struct client *found;

	world_save_client(&client, NULL);
	world_visit(&visit, "rfc");
	assert_int_equal(load(&visit, TEXT("alone"), &found), REFUSED);
	world_leave(&visit);
	world_visit(&visit, "asgardeo");
	assert_int_equal(load(&visit, TEXT("alone"), &found), DONE);
	world_leave(&visit);
}

/* Unknown is not remembered, known is, until the directory is read anew. */
static void changes_are_seen(void **state)
{
	struct visit visit;
	struct client client = world_client(1, TEXT("late"));
	const struct client *found;

	world_visit(&visit, "rfc");
	assert_int_equal(load(&visit, TEXT("late"), &found), REFUSED);
	client.scope = TEXT("one");
	world_save_client(&client, NULL);
	assert_int_equal(load(&visit, TEXT("late"), &found), DONE);
	client.scope = TEXT("two");
	world_save_client(&client, NULL);
	assert_int_equal(load(&visit, TEXT("late"), &found), DONE);
	world_assert_text(found->scope, "one");
	world_leave(&visit);
	world_reload_tenants();
	world_visit(&visit, "rfc");
	assert_int_equal(load(&visit, TEXT("late"), &found), DONE);
	world_assert_text(found->scope, "two");
	world_leave(&visit);
}

#define MANY 1000
#define KEPT_SIZE ((size_t)256 * 1024)

static void save_many(void)
{
	assert_int_equal(store_begin(world.store), STORE_DONE);
	for (int i = 0; i < MANY; i++) {
		char id[32];
		struct client client;

		(void)snprintf(id, sizeof(id), "many-%d", i);
		client = world_client(2, text_from(id));
		world_save_client(&client, NULL);
	}
	assert_int_equal(store_commit(world.store), STORE_DONE);
}

/* Whether it was the directory's; else it goes with the request. */
static bool is_kept(const char *id)
{
	const struct client *clients[2];
	bool is;

	for (size_t i = 0; i < 2; i++) {
		struct arena *arena = arena_new((size_t)1 << 20);
		struct decision decision = {.arena = arena};

		assert_int_equal(tenant_load_client(
					 &decision, world.store, world.tenants,
					 tenants_find_named(world.tenants,
							    TEXT("auth0")),
					 text_from(id), &clients[i]),
				 DONE);
		world_assert_text(clients[i]->id, id);
		world_assert_text(clients[i]->auth_method,
				  "client_secret_basic");
		is = arena_used(arena) == 0;
		arena_free(&arena);
	}
	return is;
}

static void more_than_fit(void **state)
{
	int kept = 0;

	save_many();
	world_reload_tenants();
	tenants_limit(world.tenants, KEPT_SIZE);
	for (int i = 0; i < MANY; i++) {
		char id[32];

		(void)snprintf(id, sizeof(id), "many-%d", i);
		kept += is_kept(id) ? 1 : 0;
	}
	assert_in_range(kept, KEPT_SIZE / 4096, MANY / 2);
}

#define THREAD_COUNT 8

static void *load_much(void *at)
{
	for (int i = 0; i < 2000; i++) {
		struct arena *arena = arena_new((size_t)1 << 20);
		struct decision decision = {.arena = arena};
		const struct client *client;
		char id[32];

		(void)snprintf(id, sizeof(id), "many-%d", i % 300);
		if (tenant_load_client(&decision, world.store, world.tenants,
				       tenants_find_named(world.tenants,
							  TEXT("auth0")),
				       text_from(id), &client) != DONE ||
		    !text_equal(client->id, text_from(id)))
			*(int *)at += 1;
		arena_free(&arena);
	}
	return NULL;
}

static void threads(void **state)
{
	pthread_t threads[THREAD_COUNT];
	int wrong[THREAD_COUNT] = {0};

	world_reload_tenants();
	for (size_t i = 0; i < THREAD_COUNT; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, load_much,
						&wrong[i]),
				 0);
	for (size_t i = 0; i < THREAD_COUNT; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(wrong[i], 0);
	}
}

static struct text origins_of(struct visit *visit)
{
	struct text origins = TEXT_ABSENT;

	assert_int_equal(tenant_load_origins(&visit->decision, world.store,
					     world.tenants, visit->tenant,
					     &origins),
			 DONE);
	return origins;
}

static void origins(void **state)
{
	struct client client = world_client(3, TEXT("origins"));
	struct visit visit;

	client.web_origins = TEXT("https://a.example https://b.example");
	world_save_client(&client, NULL);
	world_reload_tenants();
	world_visit(&visit, "asgardeo");
	assert_true(
		text_has_word(origins_of(&visit), TEXT("https://a.example")));
	assert_true(
		text_has_word(origins_of(&visit), TEXT("https://b.example")));
	assert_true(
		text_has_word(origins_of(&visit), TEXT("https://rp.example")));
	world_leave(&visit);
	world_visit(&visit, "rfc");
	assert_false(
		text_has_word(origins_of(&visit), TEXT("https://a.example")));
	world_leave(&visit);
}

static void save_lonely_tenant(void)
{
	struct tenant_record record = {
		.id = 30,
		.name = TEXT("lonely"),
		.profile = TEXT("rfc"),
		.url = TEXT("https://lonely.example"),
		.settings = TEXT("{}"),
	};

	assert_int_equal(store_save_tenant(world.store, &record), STORE_DONE);
	world_reload_tenants();
}

/* Having none is an answer too: strangers' preflights ask the store once. */
static void no_origins(void **state)
{
	struct client client = world_client(30, TEXT("late"));
	struct visit visit;
	struct text none;

	save_lonely_tenant();
	world_visit(&visit, "rfc");
	visit.tenant = tenants_find_named(world.tenants, TEXT("lonely"));
	none = origins_of(&visit);
	assert_int_equal(none.size, 0);
	world_save_client(&client, NULL);
	assert_int_equal(origins_of(&visit).size, 0);
	world_leave(&visit);
}

static void store_outcomes(void **state)
{
	struct visit visit;

	world_visit(&visit, "rfc");
	assert_int_equal(tenant_store_outcome(&visit.decision, STORE_DONE),
			 DONE);
	assert_int_equal(tenant_store_outcome(&visit.decision, STORE_BUSY),
			 REFUSED);
	assert_int_equal(visit.decision.refusal.reason, REASON_STORE_BUSY);
	decision_retract(&visit.decision);
	assert_int_equal(tenant_store_outcome(&visit.decision, STORE_UNCERTAIN),
			 REFUSED);
	assert_int_equal(visit.decision.refusal.reason, REASON_STORE_UNCERTAIN);
	assert_int_equal(tenant_store_outcome(&visit.decision, STORE_BROKEN),
			 BROKEN);
	assert_int_equal(tenant_store_outcome(&visit.decision, STORE_CONFLICT),
			 BROKEN);
	assert_int_equal(visit.decision.refusal.reason, REASON_SERVER_ERROR);
	world_leave(&visit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("a client is read once", found_once),
		test_that("its snapshot outlives the request", outlives),
		test_that("an unknown client is refused", unknown),
		test_that("tenants do not share clients", tenants_apart),
		test_that("changes are seen when the directory is read anew",
			  changes_are_seen),
		test_that("more clients than fit are all found", more_than_fit),
		test_that("threads find the same clients", threads),
		test_that("a tenant's origins are its clients'", origins),
		test_that("a tenant without origins is asked about once",
			  no_origins),
		test_that("what the store's answers mean", store_outcomes),
	};

	return cmocka_run_group_tests_name("clients", tests, world_open,
					   world_close);
}
