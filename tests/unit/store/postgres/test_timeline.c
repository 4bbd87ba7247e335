/* SPDX-License-Identifier: Apache-2.0 */
/* A primary that another has replaced is known by its timeline, and not believed. */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "loop/clock.h"
#include "store/internal.h"
#include "store/postgres/internal.h"
#include "store/postgres/place.h"

/* --- A server that is made up --------------------------------------------- */

struct answer {
	ExecStatusType status;
	const char *value; /* of the only column of the only row */
};

/* What it says when it is asked once; stands for the connection. */
struct talk {
	bool declines; /* what is sent to it */
	bool breaks; /* while its answer is awaited */
	bool is_silent;
	bool is_lost; /* at the end */
	int busy_count; /* reads until the answer is whole */
	struct answer answers[2];
	int answer_count;
	int told_count;
	int cleared_count;
	int fd;
};

static struct talk *talk_of(const PGconn *pg)
{
	return (struct talk *)(uintptr_t)pg;
}

static const struct answer *answer_of(const PGresult *result)
{
	return (const struct answer *)result;
}

static int fake_send(PGconn *pg, const char *text, int count, const Oid *types,
		     const char *const *values, const int *sizes,
		     const int *formats, int format)
{
	assert_non_null(strstr(text, "pg_walfile_name"));
	return talk_of(pg)->declines ? 0 : 1;
}

static int fake_is_busy(PGconn *pg)
{
	return talk_of(pg)->is_silent || talk_of(pg)->busy_count > 0;
}

static int fake_consume(PGconn *pg)
{
	talk_of(pg)->busy_count--;
	return talk_of(pg)->breaks ? 0 : 1;
}

static int fake_socket(const PGconn *pg)
{
	return talk_of(pg)->fd;
}

static PGresult *fake_result(PGconn *pg)
{
	struct talk *talk = talk_of(pg);

	if (talk->told_count == talk->answer_count)
		return NULL;
	return (PGresult *)&talk->answers[talk->told_count++];
}

static ConnStatusType fake_status(const PGconn *pg)
{
	return talk_of(pg)->is_lost ? CONNECTION_BAD : CONNECTION_OK;
}

static ExecStatusType fake_result_status(const PGresult *result)
{
	return answer_of(result)->status;
}

static int fake_count(const PGresult *result)
{
	return answer_of(result)->value != NULL ? 1 : 0;
}

static char *fake_value(const PGresult *result, int row, int column)
{
	return (char *)(uintptr_t)answer_of(result)->value;
}

static struct talk *asked;

static void fake_clear(PGresult *result)
{
	asked->cleared_count++;
}

static const struct postgres_library fake = {
	.PQsendQueryParams = fake_send,
	.PQisBusy = fake_is_busy,
	.PQconsumeInput = fake_consume,
	.PQsocket = fake_socket,
	.PQgetResult = fake_result,
	.PQstatus = fake_status,
	.PQresultStatus = fake_result_status,
	.PQntuples = fake_count,
	.PQnfields = fake_count,
	.PQgetvalue = fake_value,
	.PQclear = fake_clear,
};

static bool ask(struct talk *talk, unsigned long *timeline_out)
{
	bool has_answered;

	asked = talk;
	/* One that is always ready to be read. */
	talk->fd = talk->is_silent ? -1 : open("/dev/null", O_RDONLY);
	has_answered =
		postgres_timeline_ask(&fake, (PGconn *)talk, timeline_out);
	if (talk->fd >= 0)
		close(talk->fd);
	assert_int_equal(talk->cleared_count, talk->told_count);
	return has_answered;
}

static unsigned long told(struct answer answer)
{
	struct talk talk = {
		.busy_count = 2,
		.answers = {answer},
		.answer_count = 1,
	};
	unsigned long timeline = 99;

	assert_true(ask(&talk, &timeline));
	assert_int_equal(talk.told_count, 1);
	return timeline;
}

/* --- Asking --------------------------------------------------------------- */

static void the_name_of_a_segment_says_the_timeline(void **state)
{
	assert_int_equal(told((struct answer){PGRES_TUPLES_OK,
					      "000000010000000000000001"}),
			 1);
	assert_int_equal(told((struct answer){PGRES_TUPLES_OK,
					      "0000001F00000A00000000FE"}),
			 31);
	assert_int_equal(told((struct answer){PGRES_TUPLES_OK,
					      "FFFFFFFFFFFFFFFFFFFFFFFF"}),
			 0xffffffff);
}

static void what_is_no_segments_name_says_nothing(void **state)
{
	assert_int_equal(told((struct answer){PGRES_TUPLES_OK, NULL}), 0);
	assert_int_equal(told((struct answer){PGRES_TUPLES_OK, ""}), 0);
	assert_int_equal(told((struct answer){PGRES_TUPLES_OK, "unknown"}), 0);
	/* Not allowed to ask, or no such function. */
	assert_int_equal(told((struct answer){PGRES_FATAL_ERROR, NULL}), 0);
}

static void what_comes_behind_an_answer_is_read_and_ignored(void **state)
{
	struct talk talk = {
		.answers = {{PGRES_TUPLES_OK, "000000020000000000000001"},
			    {PGRES_FATAL_ERROR, NULL}},
		.answer_count = 2,
	};
	unsigned long timeline;

	assert_true(ask(&talk, &timeline));
	assert_int_equal(timeline, 2);
	assert_int_equal(talk.told_count, 2);
}

static void a_connection_that_breaks_has_not_answered(void **state)
{
	struct talk declining = {.declines = true};
	struct talk breaking = {.busy_count = 1, .breaks = true};
	struct talk lost = {
		.answers = {{PGRES_FATAL_ERROR, NULL}},
		.answer_count = 1,
		.is_lost = true,
	};
	unsigned long timeline;

	assert_false(ask(&declining, &timeline));
	assert_int_equal(timeline, 0);
	assert_false(ask(&breaking, &timeline));
	assert_int_equal(timeline, 0);
	assert_false(ask(&lost, &timeline));
	assert_int_equal(timeline, 0);
}

static void one_that_is_silent_is_not_waited_for(void **state)
{
	struct talk silent = {.is_silent = true};
	int64_t from = clock_monotonic_ms();
	unsigned long timeline;

	assert_false(ask(&silent, &timeline));
	assert_in_range(clock_monotonic_ms() - from, 2990, 10000);
}

/* --- Deciding ------------------------------------------------------------- */

static bool is_over(struct postgres_store *store, unsigned long timeline)
{
	struct postgres_lane lane = {.store = store};
	struct postgres_connection connection = {.lane = &lane,
						 .timeline = timeline};

	return postgres_timeline_is_over(&connection);
}

static void a_timeline_earlier_than_one_that_was_met_is_over(void **state)
{
	struct postgres_store store = {.timeline = 0};

	assert_true(postgres_timeline_meet(&store, 3));
	assert_true(postgres_timeline_meet(&store, 3));
	assert_false(is_over(&store, 3));
	assert_true(postgres_timeline_meet(&store, 4));
	assert_true(is_over(&store, 3));
	assert_false(is_over(&store, 4));
	assert_false(postgres_timeline_meet(&store, 3));
	/* And it has not become the latest again. */
	assert_false(is_over(&store, 4));
	assert_true(is_over(&store, 3));
}

static void who_does_not_say_is_never_over(void **state)
{
	struct postgres_store store = {.timeline = 0};

	assert_true(postgres_timeline_meet(&store, 0));
	assert_false(is_over(&store, 0));
	assert_true(postgres_timeline_meet(&store, 7));
	assert_true(postgres_timeline_meet(&store, 0));
	assert_false(is_over(&store, 0));
	assert_true(is_over(&store, 6));
}

#define CROWD 4
#define MEETINGS 20000

struct crowd {
	struct postgres_store store;
	_Atomic unsigned long next;
	_Atomic bool has_gone_back;
};

static void *meet_many(void *context)
{
	struct crowd *crowd = context;
	unsigned long mine;

	while ((mine = atomic_fetch_add(&crowd->next, 1)) < MEETINGS) {
		(void)!postgres_timeline_meet(&crowd->store, mine);
		if (atomic_load(&crowd->store.timeline) < mine)
			crowd->has_gone_back = true;
	}
	return NULL;
}

static void of_many_that_are_met_at_once_the_latest_stays(void **state)
{
	struct crowd crowd = {.next = 1};
	pthread_t threads[CROWD];

	for (int i = 0; i < CROWD; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, meet_many,
						&crowd),
				 0);
	for (int i = 0; i < CROWD; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_false(crowd.has_gone_back);
	assert_false(postgres_timeline_meet(&crowd.store, MEETINGS - 2));
	assert_true(postgres_timeline_meet(&crowd.store, MEETINGS - 1));
}

/* --- Believing ------------------------------------------------------------ */

/* As if another had been promoted: the cluster's own is the first. */
static void replace_primary(struct store *store)
{
	assert_true(postgres_timeline_meet(postgres_store_of(store), 2));
}

static void a_replaced_primary_is_not_connected_to(void **state)
{
	struct store *store = place_open_fresh();
	unsigned long timeline;
	char why[POSTGRES_WHY_SIZE];

	assert_int_equal(store_ping(store), STORE_DONE);
	replace_primary(store);
	assert_null(postgres_connection_open(postgres_store_of(store),
					     &timeline, why, sizeof(why)));
	assert_int_equal(timeline, 1);
	assert_non_null(strstr(why, "its timeline is over"));
	assert_int_equal(store_ping(store), STORE_BUSY);
	store_close(&store);
}

struct exchange {
	struct store *store;
	int64_t id;
	pthread_t thread;
	enum store_outcome result;
};

static void *run_redeem(void *context)
{
	struct exchange *exchange = context;

	exchange->result = place_redeem(exchange->store, exchange->id);
	return NULL;
}

static void *run_load(void *context)
{
	struct exchange *exchange = context;
	struct arena *arena = arena_new((size_t)64 * 1024);
	struct grant grant;

	exchange->result =
		store_load_grant(exchange->store, arena, exchange->id, &grant);
	arena_free(&arena);
	return NULL;
}

/* What becomes of one whose primary is replaced while it waits as `waiting` says;
 * `lock`, or NULL, is let go then. */
static enum store_outcome replace_under(struct store *store, int64_t id,
					void *(*run)(void *context),
					const char *waiting, PGconn *lock)
{
	struct exchange exchange = {.store = store, .id = id};

	assert_int_equal(pthread_create(&exchange.thread, NULL, run, &exchange),
			 0);
	place_wait(waiting, "1");
	replace_primary(store);
	PQfinish(lock);
	assert_int_equal(pthread_join(exchange.thread, NULL), 0);
	return exchange.result;
}

/* An update of a grant takes a while, and yields `row`: NULL updates nothing. */
static void slow_updates(const char *row)
{
	char sql[512];

	(void)snprintf(sql, sizeof(sql),
		       "SET search_path = %s;"
		       "CREATE FUNCTION slow() RETURNS trigger AS $f$ BEGIN"
		       " PERFORM pg_sleep(0.5); RETURN %s;"
		       " END $f$ LANGUAGE plpgsql;"
		       "CREATE TRIGGER slow BEFORE UPDATE ON grants"
		       " FOR EACH ROW EXECUTE FUNCTION slow()",
		       place_schema(), row);
	cluster_run(&place_cluster, sql);
}

#define SLEEPING                                                               \
	"SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
#define LOCKED                                                                 \
	"SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"

/* It may lack the row as it is now; BUSY: there is no other to ask. */
static void what_a_replaced_primary_declines_is_asked_anew(void **state)
{
	struct store *store = place_open_fresh();
	int64_t id = place_insert_code(store);

	slow_updates("NULL");
	assert_int_equal(place_redeem(store, id), STORE_CONFLICT);
	assert_int_equal(replace_under(store, id, run_redeem, SLEEPING, NULL),
			 STORE_BUSY);
	store_close(&store);
}

/* The standbys have it, or the commit would not have been acknowledged. */
static void what_a_replaced_primary_committed_is_done(void **state)
{
	struct store *store = place_open_fresh();
	int64_t id = place_insert_code(store);

	slow_updates("NEW");
	assert_int_equal(replace_under(store, id, run_redeem, SLEEPING, NULL),
			 STORE_DONE);
	store_close(&store);
}

static void what_a_replaced_primary_reads_is_asked_anew(void **state)
{
	struct store *store = place_open_fresh();
	int64_t id = place_insert_code(store);
	PGconn *pg = cluster_connect(&place_cluster);
	char sql[64];

	(void)snprintf(sql, sizeof(sql), "BEGIN; LOCK TABLE %s.grants",
		       place_schema());
	PQclear(PQexec(pg, sql));
	assert_int_equal(PQtransactionStatus(pg), PQTRANS_INTRANS);
	assert_int_equal(replace_under(store, id, run_load, LOCKED, pg),
			 STORE_BUSY);
	store_close(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("the name of a segment says the timeline",
			  the_name_of_a_segment_says_the_timeline),
		test_that("what is no segment's name says nothing",
			  what_is_no_segments_name_says_nothing),
		test_that("what comes behind an answer is read and ignored",
			  what_comes_behind_an_answer_is_read_and_ignored),
		test_that("a connection that breaks has not answered",
			  a_connection_that_breaks_has_not_answered),
		test_that("one that is silent is not waited for",
			  one_that_is_silent_is_not_waited_for),
		test_that("a timeline earlier than one that was met is over",
			  a_timeline_earlier_than_one_that_was_met_is_over),
		test_that("who does not say is never over",
			  who_does_not_say_is_never_over),
		test_that("of many that are met at once the latest stays",
			  of_many_that_are_met_at_once_the_latest_stays),
		test_that("a replaced primary is not connected to",
			  a_replaced_primary_is_not_connected_to),
		test_that("what a replaced primary declines is asked anew",
			  what_a_replaced_primary_declines_is_asked_anew),
		test_that("what a replaced primary committed is done",
			  what_a_replaced_primary_committed_is_done),
		test_that("what a replaced primary reads is asked anew",
			  what_a_replaced_primary_reads_is_asked_anew),
	};

	return cmocka_run_group_tests_name("store postgres timeline", tests,
					   place_start, place_stop);
}
