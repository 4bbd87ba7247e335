/* SPDX-License-Identifier: Apache-2.0 */
/* What the PostgreSQL store does besides what every store does. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/clock.h"
#include "loop/task.h"
#include "store/internal.h"
#include "store/postgres/place.h"

#define CROWD 8
#define HOUR (3600 * INSTANT_SECOND)

/* --- Migrations ----------------------------------------------------------- */

static void *migrate(void *context)
{
	struct store *store = place_open("");
	enum store_outcome *migrated = context;

	*migrated = store_migrate(store);
	store_close(&store);
	return NULL;
}

static void processes_that_migrate_at_once_all_succeed(void **state)
{
	for (int round = 0; round < 5; round++) {
		enum store_outcome outcomes[CROWD];
		pthread_t threads[CROWD];
		char tables[16];

		place_make();
		for (int i = 0; i < CROWD; i++)
			assert_int_equal(pthread_create(&threads[i], NULL,
							migrate, &outcomes[i]),
					 0);
		for (int i = 0; i < CROWD; i++) {
			assert_int_equal(pthread_join(threads[i], NULL), 0);
			assert_int_equal(outcomes[i], STORE_DONE);
		}
		cluster_ask(&place_cluster,
			    "SELECT count(*) FROM pg_tables WHERE tablename ="
			    " 'grants'",
			    tables, sizeof(tables));
		assert_int_equal(strtol(tables, NULL, 10), round + 1);
	}
}

static void one_who_may_not_make_tables_serves_a_migrated_store(void **state)
{
	struct store *store = place_open_fresh();
	struct store *humble;
	struct store_epochs epochs;
	char sql[512];

	(void)snprintf(sql, sizeof(sql),
		       "CREATE ROLE humble LOGIN;"
		       "GRANT USAGE ON SCHEMA %s TO humble;"
		       "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN"
		       " SCHEMA %s TO humble",
		       place_schema(), place_schema());
	cluster_run(&place_cluster, sql);
	humble = place_open("user=humble");
	assert_int_equal(store_migrate(humble), STORE_DONE);
	assert_int_equal(store_raise_config(humble), STORE_DONE);
	assert_int_equal(store_load_epochs(humble, &epochs), STORE_DONE);
	assert_int_equal(epochs.config, 2);
	store_close(&humble);
	store_close(&store);
}

/* --- Hosts ---------------------------------------------------------------- */

/* Speaks PostgreSQL's protocol as far as this: an error, to whoever comes. */
static void *refuse_all(void *context)
{
	static const char error[] = "E\0\0\0\x1dSFATAL\0C53100\0Mno space\0\0";
	char startup[512];
	int fd = *(int *)context;
	int client;

	while ((client = accept(fd, NULL, NULL)) >= 0) {
		(void)!read(client, startup, sizeof(startup));
		(void)!write(client, error, sizeof(error) - 1);
		close(client);
	}
	return NULL;
}

static void one_host_that_answers_by_an_error_hides_no_other(void **state)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct postgres_options options = {.connection_count = 1,
					   .timeout_ms = 1000};
	struct store *store;
	pthread_t thread;
	char dsn[256];
	char why[512];

	assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
	assert_int_equal(pthread_create(&thread, NULL, refuse_all, &fd), 0);
	(void)snprintf(dsn, sizeof(dsn),
		       "host=127.0.0.1,%s port=%d,5432 user=licet"
		       " dbname=postgres sslmode=disable",
		       place_cluster.folder, ntohs(at.sin_port));
	options.dsn = dsn;
	if (store_postgres_open(&options, &store, why, sizeof(why)) != DONE)
		fail_msg("%s", why);
	store_close(&store);
	assert_int_equal(shutdown(fd, SHUT_RDWR), 0);
	pthread_join(thread, NULL);
	close(fd);
}

/* --- What it tells of itself ---------------------------------------------- */

static void it_tells_its_place_its_standbys_and_its_clock(void **state)
{
	CLEANUP(buf_wipe) struct buf about = buf_init(4096);
	struct store *store = place_open_fresh();

	store_describe(store, &about);
	assert_true(text_starts_with(buf_text(&about), TEXT("postgres 1")));
	buf_add(&about, TEXT("\n"));
	store_report(store, &about);
	buf_add_byte(&about, '\0');
	if (strstr(about.at, ", database postgres at /tmp/licet-postgres-") ==
		    NULL ||
	    strstr(about.at, "\nstandby none is connected\nclock   the "
			     "database's is ") == NULL)
		fail_msg("%s", about.at);
	store_close(&store);
}

static void it_tells_how_large_its_tables_are(void **state)
{
	struct store *store = place_open_fresh();
	struct store_size size;
	int64_t sum = 0;

	assert_int_equal(store_measure(store, clock_now(), &size), STORE_DONE);
	for (size_t i = 0; i < STORE_NOUN_COUNT; i++) {
		assert_true(size.nouns[i].size > 0);
		sum += size.nouns[i].size;
	}
	/* Settings, nodes and others are no nouns of it. */
	assert_true(size.size > sum);
	assert_true(size.size < 2 * sum);
	store_close(&store);
}

/* --- The clock ------------------------------------------------------------ */

static enum store_outcome consume(struct store *store, instant expires_at,
				  instant now)
{
	struct request request = {
		.id = store_new_id(store, clock_now()),
		.kind = REQUEST_PUSHED,
		.created_at = now,
		.expires_at = expires_at,
	};

	assert_int_equal(store_insert_request(store, &request), STORE_DONE);
	return store_consume_request(store, request.id, now);
}

static void what_has_expired_is_said_by_the_databases_clock(void **state)
{
	struct store *store = place_open_fresh();
	instant now = clock_now();

	/* The caller's own reading is of no account. */
	assert_int_equal(consume(store, now - HOUR, 1), STORE_CONFLICT);
	assert_int_equal(consume(store, now + HOUR, now + 2 * HOUR),
			 STORE_DONE);
	store_close(&store);
}

/* --- Bytes and words ------------------------------------------------------ */

static void what_is_no_text_to_the_database_is_not_found_in_it(void **state)
{
	struct store *store = place_open_fresh();
	struct arena *arena = arena_new(4096);
	struct user user;

	assert_int_equal(store_load_user_named(store, arena, 1,
					       text_of("a\0b", 3), &user),
			 STORE_NOT_FOUND);
	assert_int_equal(store_load_user_named(store, arena, 1, TEXT("a\xff"),
					       &user),
			 STORE_NOT_FOUND);
	arena_free(&arena);
	store_close(&store);
}

static void assert_refused(const char *dsn, const char *password,
			   const char *word)
{
	struct postgres_options options = {
		.dsn = dsn,
		.password = password,
		.connection_count = 1,
		.prepares = true,
		.timeout_ms = 1000,
	};
	struct store *store = NULL;
	char why[512] = "";

	assert_int_equal(store_postgres_open(&options, &store, why,
					     sizeof(why)),
			 REFUSED);
	assert_null(store);
	if (strstr(why, word) == NULL || strstr(why, "swordfish") != NULL)
		fail_msg("%s", why);
}

static void a_refusal_says_why_and_never_the_password(void **state)
{
	assert_refused("host=/nowhere", NULL, "/nowhere");
	assert_refused("hots=/nowhere", NULL, "hots");
	assert_refused("postgresql://me:swordfish@[::1", NULL,
		       "cannot be read");
	assert_refused("password=swordfish nonsense", NULL, "cannot be read");
	assert_refused("host=/nowhere password=swordfish", NULL, "/nowhere");
	assert_refused("host=/nowhere", "swordfish", "/nowhere");
}

static void a_database_that_is_not_in_utf8_is_refused(void **state)
{
	char dsn[256];

	cluster_run(&place_cluster, "CREATE DATABASE latin ENCODING 'LATIN1'"
				    " TEMPLATE template0");
	(void)snprintf(dsn, sizeof(dsn), "host=%s user=licet dbname=latin",
		       place_cluster.folder);
	assert_refused(dsn, NULL, "UTF8");
}

/* --- Tasks ---------------------------------------------------------------- */

struct pair {
	struct store *store;
	struct loop *loop;
	struct loop_message start;
	bool has_read;
	bool has_run_meanwhile;
	int left;
};

static void end_one(struct pair *pair)
{
	if (--pair->left == 0)
		loop_stop(pair->loop);
}

static void read_slowly(void *context)
{
	struct pair *pair = context;
	struct store_epochs epochs;

	assert_int_equal(store_load_epochs(pair->store, &epochs), STORE_DONE);
	pair->has_read = true;
	end_one(pair);
}

static void run_meanwhile(void *context)
{
	struct pair *pair = context;

	pair->has_run_meanwhile = !pair->has_read;
	end_one(pair);
}

static void start_pair(struct loop_message *message)
{
	struct pair *pair = HOLDER_OF(message, struct pair, start);

	assert_non_null(task_start(pair->loop, read_slowly, pair));
	assert_non_null(task_start(pair->loop, run_meanwhile, pair));
}

static void a_task_that_reads_lets_others_run(void **state)
{
	struct pair pair = {
		.store = place_open_fresh(),
		.loop = loop_new(),
		.start = {.run = start_pair},
		.left = 2,
	};

	loop_post(pair.loop, &pair.start);
	loop_run(pair.loop);
	assert_true(pair.has_read);
	assert_true(pair.has_run_meanwhile);
	loop_free(&pair.loop);
	store_close(&pair.store);
}

/* --- Transactions --------------------------------------------------------- */

static void a_transaction_whose_connection_is_lost_is_over(void **state)
{
	struct store *store = place_open_fresh();
	struct tenant_record tenant = {
		.id = 1,
		.name = TEXT("one"),
		.profile = TEXT("rfc"),
		.url = TEXT("https://one.example"),
	};
	struct arena *arena = arena_new(65536);
	struct tenant_record *tenants;
	size_t count;

	assert_int_equal(store_begin(store), STORE_DONE);
	assert_int_equal(store_save_tenant(store, &tenant), STORE_DONE);
	cluster_run(&place_cluster,
		    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
		    " WHERE application_name = 'licet'");
	assert_int_equal(store_save_tenant(store, &tenant), STORE_BROKEN);
	assert_int_equal(store_save_tenant(store, &tenant), STORE_BROKEN);
	assert_int_not_equal(store_commit(store), STORE_DONE);
	assert_int_equal(store_load_tenants(store, arena, &tenants, &count),
			 STORE_DONE);
	assert_int_equal(count, 0);
	arena_free(&arena);
	store_close(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("processes that migrate at once all succeed",
			  processes_that_migrate_at_once_all_succeed),
		test_that("one who may not make tables serves a migrated store",
			  one_who_may_not_make_tables_serves_a_migrated_store),
		test_that("one host that answers by an error hides no other",
			  one_host_that_answers_by_an_error_hides_no_other),
		test_that("it tells its place, its standbys and its clock",
			  it_tells_its_place_its_standbys_and_its_clock),
		test_that("it tells how large its tables are",
			  it_tells_how_large_its_tables_are),
		test_that("what has expired is said by the database's clock",
			  what_has_expired_is_said_by_the_databases_clock),
		test_that("what is no text to the database is not found in it",
			  what_is_no_text_to_the_database_is_not_found_in_it),
		test_that("a refusal says why, and never the password",
			  a_refusal_says_why_and_never_the_password),
		test_that("a database that is not in UTF-8 is refused",
			  a_database_that_is_not_in_utf8_is_refused),
		test_that("a task that reads lets others run",
			  a_task_that_reads_lets_others_run),
		test_that("a transaction whose connection is lost is over",
			  a_transaction_whose_connection_is_lost_is_over),
	};

	return cmocka_run_group_tests_name("store postgres", tests, place_start,
					   place_stop);
}
