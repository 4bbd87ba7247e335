/* SPDX-License-Identifier: Apache-2.0 */
/* A store that is busy, broken or silent: never answered as success. */
#include "oauth/ask.h"

#include "store/driver.h"

#define LATER(seconds) (WORLD_NOW + (seconds) * INSTANT_SECOND)

/* What goes wrong, after so many writes or reads that go well. */
static struct {
	enum store_outcome write;
	bool is_applied; /* the failing write is done all the same */
	int good_writes;
	enum store_outcome read;
	int good_reads;
} fault;

static const struct store_driver *real;
static struct store_driver faulty;

static void submit(struct store *store, struct store_change *change)
{
	bool fails = fault.write != STORE_DONE && fault.good_writes-- <= 0;

	if (!fails) {
		real->submit(store, change);
		return;
	}
	if (fault.is_applied) {
		real->submit(store, change);
		(void)real->wait(change);
	}
	change->driver_state = &fault;
}

static enum store_outcome wait_for(struct store_change *change)
{
	if (change->driver_state == &fault)
		return fault.write;
	return real->wait(change);
}

static enum store_outcome read_rows(struct store *store, struct arena *arena,
				    const struct store_statement *statement,
				    struct store_rows *rows_out)
{
	if (fault.read != STORE_DONE && fault.good_reads-- <= 0)
		return fault.read;
	return real->read(store, arena, statement, rows_out);
}

static int open_faulty(void **state)
{
	int opened = ask_open(state);

	real = world.store->driver;
	faulty = *real;
	faulty.submit = submit;
	faulty.wait = wait_for;
	faulty.read = read_rows;
	world.store->driver = &faulty;
	return opened;
}

static int heal(void **state)
{
	memset(&fault, 0, sizeof(fault));
	return 0;
}

static void assert_nothing_issued(const struct answer *answer)
{
	assert_string_equal(answer->access_token, "");
	assert_string_equal(answer->refresh_token, "");
}

static void redeem_fails(void **state)
{
	static const struct {
		enum store_outcome outcome;
		int status;
		enum reason reason;
	} rows[] = {
		{STORE_BUSY, 503, REASON_STORE_BUSY},
		{STORE_UNCERTAIN, 503, REASON_STORE_UNCERTAIN},
		{STORE_AWAY, 503, REASON_SHARD_AWAY},
		{STORE_BROKEN, 500, REASON_SERVER_ERROR},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct coded coded = ask_new_code("rfc", NULL);
		struct answer answer;

		fault.write = rows[i].outcome;
		answer = ask_redeem(&coded, &(struct redeem){0});
		ask_assert(&answer, rows[i].status, rows[i].reason);
		assert_nothing_issued(&answer);
		fault.write = STORE_DONE;
		answer = ask_redeem(&coded, &(struct redeem){0});
		ask_assert(&answer, 200, REASON_NONE);
	}
}

static void retry_after(void **state)
{
	struct coded coded = ask_new_code("rfc", NULL);
	struct text headers;
	struct ask ask;

	fault.write = STORE_UNCERTAIN;
	ask_begin(&ask, "rfc", WORLD_NOW);
	ask_field(&ask, "grant_type", "authorization_code");
	ask_field(&ask, "code", coded.code);
	ask_field(&ask, "redirect_uri", ASK_CALLBACK);
	ask_as(&ask, "web");
	ask_answer(&ask, &oauth_endpoint_token);
	headers = buf_text(&ask.reply.headers);
	assert_int_equal(ask.reply.status, 503);
	assert_true(text_find(headers, TEXT("Retry-After: 2\r\n")) <
		    headers.size);
	ask_end(&ask);
}

/* The commit was done, its reply lost: the retry gets the same successor. */
static void lost_rotation(void **state)
{
	struct coded coded = ask_new_code("rfc", ask_public);
	struct answer first =
		ask_redeem(&coded, &(struct redeem){.client = "spa",
						    .verifier = ASK_VERIFIER});
	struct refresh how = {.client = "spa", .now = LATER(20)};
	struct answer answer;

	fault.write = STORE_UNCERTAIN;
	fault.is_applied = true;
	answer = ask_refresh("rfc", first.refresh_token, &how);
	ask_assert(&answer, 503, REASON_STORE_UNCERTAIN);
	assert_nothing_issued(&answer);
	assert_int_equal(ask_state(coded.grant_id).generation, 2);
	fault.write = STORE_DONE;
	how.now = LATER(22);
	answer = ask_refresh("rfc", first.refresh_token, &how);
	ask_assert(&answer, 200, REASON_NONE);
	assert_int_equal(ask_state(coded.grant_id).generation, 2);
	assert_int_equal(ask_state(coded.grant_id).revoked_at, 0);
}

/* The refusal of a replay waits until the revocation is durable. */
static void replay_cannot_revoke(void **state)
{
	struct coded coded = ask_new_code("rfc", NULL);
	struct answer answer = ask_redeem(&coded, &(struct redeem){0});

	fault.write = STORE_BUSY;
	answer = ask_redeem(&coded, &(struct redeem){0});
	ask_assert(&answer, 503, REASON_STORE_BUSY);
	fault.write = STORE_DONE;
	assert_int_equal(ask_state(coded.grant_id).revoked_at, 0);
	answer = ask_redeem(&coded, &(struct redeem){0});
	ask_assert(&answer, 400, REASON_CODE_REUSED);
	assert_int_not_equal(ask_state(coded.grant_id).revoked_at, 0);
}

static void reuse_cannot_revoke(void **state)
{
	struct coded coded = ask_new_code("rfc", ask_public);
	struct answer first =
		ask_redeem(&coded, &(struct redeem){.client = "spa",
						    .verifier = ASK_VERIFIER});
	struct refresh how = {.client = "spa", .now = LATER(20)};
	struct answer answer = ask_refresh("rfc", first.refresh_token, &how);

	ask_assert(&answer, 200, REASON_NONE);
	how.now = LATER(40);
	fault.write = STORE_UNCERTAIN;
	answer = ask_refresh("rfc", first.refresh_token, &how);
	ask_assert(&answer, 503, REASON_STORE_UNCERTAIN);
	fault.write = STORE_DONE;
	answer = ask_refresh("rfc", first.refresh_token, &how);
	ask_assert(&answer, 400, REASON_REFRESH_REUSED);
}

static int tell(const struct oauth_endpoint *endpoint, const char *token)
{
	struct ask ask;
	int status;

	ask_begin(&ask, "rfc", WORLD_NOW);
	ask_field(&ask, "token", token);
	ask_as(&ask, "web");
	ask_answer(&ask, endpoint);
	status = ask.reply.status;
	ask_end(&ask);
	return status;
}

/* T08. */
static void revocation_fails(void **state)
{
	struct coded coded = ask_new_code("rfc", NULL);
	struct answer answer = ask_redeem(&coded, &(struct redeem){0});

	fault.write = STORE_UNCERTAIN;
	assert_int_equal(tell(&oauth_endpoint_revoke, answer.access_token),
			 503);
	assert_int_equal(tell(&oauth_endpoint_revoke, answer.refresh_token),
			 503);
	fault.write = STORE_BROKEN;
	assert_int_equal(tell(&oauth_endpoint_revoke, answer.refresh_token),
			 500);
	fault.write = STORE_DONE;
	fault.read = STORE_BUSY;
	assert_int_equal(tell(&oauth_endpoint_revoke, answer.refresh_token),
			 503);
	assert_int_equal(tell(&oauth_endpoint_introspect, answer.access_token),
			 503);
	fault.read = STORE_DONE;
	assert_int_equal(ask_state(coded.grant_id).revoked_at, 0);
}

/* Each read of an exchange in turn fails: the client, the grant, the person. */
static void each_read_fails(void **state)
{
	int refused_count = 0;

	for (int good = 0; good < 20; good++) {
		struct coded coded;
		struct answer answer;

		world_reload_tenants();
		coded = ask_new_code("rfc", NULL);
		world_reload_tenants();
		fault.read = good % 2 == 0 ? STORE_BUSY : STORE_BROKEN;
		fault.good_reads = good / 2;
		answer = ask_redeem(&coded, &(struct redeem){0});
		fault.read = STORE_DONE;
		if (answer.status == 200)
			continue;
		refused_count++;
		assert_int_equal(answer.status, good % 2 == 0 ? 503 : 500);
		assert_nothing_issued(&answer);
		answer = ask_redeem(&coded, &(struct redeem){0});
		ask_assert(&answer, 200, REASON_NONE);
	}
	assert_true(refused_count >= 6);
}

/* A burn that fails must not pass for a mere wrong verifier. */
static void burn_fails(void **state)
{
	struct coded coded = ask_new_code("asgardeo", ask_with_challenge);
	struct redeem wrong = {.verifier = ASK_VERIFIER "x"};
	struct answer answer;

	fault.write = STORE_BUSY;
	answer = ask_redeem(&coded, &wrong);
	ask_assert(&answer, 503, REASON_STORE_BUSY);
}

#define test_here(sentence, function)                                          \
	test_that_with(sentence, function, NULL, heal)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_here("an exchange that cannot commit issues nothing",
			  redeem_fails),
		test_here("503 says when to come again", retry_after),
		test_here("a rotation whose reply was lost costs nothing",
			  lost_rotation),
		test_here("a replay that cannot revoke is not yet refused",
			  replay_cannot_revoke),
		test_here("nor is a reuse", reuse_cannot_revoke),
		test_here("a revocation that fails is no 200",
			  revocation_fails),
		test_here("each read that fails is told as our fault",
			  each_read_fails),
		test_here("a code that cannot be burned", burn_fails),
	};

	return cmocka_run_group_tests_name("failures", tests, open_faulty,
					   ask_close);
}
