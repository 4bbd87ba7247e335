/* SPDX-License-Identifier: Apache-2.0 */
/* C16: nothing that stands in the database is accepted anywhere. */
#include "oauth/ask.h"

#include <sqlite3.h>
#include <stdio.h>

#include "base/encoding.h"
#include "oauth/session.h"

#define SPELLING_MAX 4096

/* A grant that is redeemed, and one whose code waits. */
static struct coded used;
static struct coded waiting;
static size_t tried_count;

static void present_code(const char *spelling)
{
	struct coded coded = {.tenant = "rfc"};
	struct answer answer;

	if (strlen(spelling) >= sizeof(coded.code))
		return;
	memcpy(coded.code, spelling, strlen(spelling) + 1);
	answer = ask_redeem(&coded, &(struct redeem){.verifier = ASK_VERIFIER});
	assert_int_not_equal(answer.status, 200);
	answer = ask_redeem(&waiting, &(struct redeem){.verifier = spelling});
	assert_int_not_equal(answer.status, 200);
	answer = ask_refresh("rfc", spelling, &(struct refresh){0});
	assert_int_not_equal(answer.status, 200);
}

static void present_as_secret(const char *spelling)
{
	struct answer answer;
	struct ask ask;

	ask_begin(&ask, "rfc", WORLD_NOW);
	ask_field(&ask, "grant_type", "refresh_token");
	ask_field(&ask, "refresh_token", "x");
	ask_field(&ask, "client_id", "web");
	ask_field(&ask, "client_secret", spelling);
	ask_answer(&ask, &oauth_endpoint_token);
	answer = ask_read(&ask);
	assert_true(answer.reason == REASON_CLIENT_SECRET_WRONG ||
		    answer.reason == REASON_CLIENT_SECRET_MISSING ||
		    answer.reason == REASON_PARAMETER_MALFORMED);
	ask_end(&ask);
}

static void present_as_token(struct text spelling)
{
	struct visit visit;
	struct access access;

	world_visit(&visit, "rfc");
	assert_int_equal(
		access_read(&visit.decision, world.tokens, visit.tenant,
			    &(struct access_presented){.spelling = spelling},
			    &access),
		REFUSED);
	world_leave(&visit);
}

static bool is_session(struct text spelling)
{
	struct session session;
	struct user user;
	bool is_found = true;
	struct ask ask;

	ask_begin(&ask, "rfc", WORLD_NOW);
	ask_header(&ask, "Cookie",
		   arena_format(ask.arena, "__Host-licet-0000000000000001=%.*s",
				TEXT_ARG(spelling)));
	assert_int_equal(session_find(&ask.request, &session, &user, &is_found),
			 DONE);
	ask_end(&ask);
	return is_found;
}

static void present(struct text spelling)
{
	char terminated[SPELLING_MAX + 1];

	if (spelling.size == 0 || spelling.size > SPELLING_MAX)
		return;
	(void)snprintf(terminated, sizeof(terminated), "%.*s",
		       TEXT_ARG(spelling));
	present_as_token(spelling);
	assert_false(is_session(spelling));
	if (strlen(terminated) != spelling.size || !text_is_utf8(spelling))
		return;
	present_code(terminated);
	present_as_secret(terminated);
	tried_count++;
}

/* As it stands, and in the ways in which bytes are spelled. */
static void present_value(struct text value)
{
	struct buf hex = buf_init((size_t)1 << 17);
	struct buf encoded = buf_init((size_t)1 << 17);

	present(value);
	hex_encode(&hex, value);
	present(buf_text(&hex));
	base64url_encode(&encoded, value);
	present(buf_text(&encoded));
	buf_wipe(&hex);
	buf_wipe(&encoded);
}

static void present_table(sqlite3 *db, const char *table)
{
	sqlite3_stmt *rows;
	char query[128];

	(void)snprintf(query, sizeof(query), "SELECT * FROM \"%s\"", table);
	assert_int_equal(sqlite3_prepare_v2(db, query, -1, &rows, NULL),
			 SQLITE_OK);
	while (sqlite3_step(rows) == SQLITE_ROW)
		for (int i = 0; i < sqlite3_column_count(rows); i++) {
			int type = sqlite3_column_type(rows, i);
			const void *at = sqlite3_column_blob(rows, i);

			if (type == SQLITE_TEXT || type == SQLITE_BLOB)
				present_value(text_of(
					at,
					(size_t)sqlite3_column_bytes(rows, i)));
		}
	sqlite3_finalize(rows);
}

static void nothing_is_accepted(void **state)
{
	char path[128];
	sqlite3_stmt *tables;
	sqlite3 *db;

	(void)snprintf(path, sizeof(path), "%s/licet.db", world.folder);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
					    "SELECT name FROM sqlite_master"
					    " WHERE type = 'table'",
					    -1, &tables, NULL),
			 SQLITE_OK);
	while (sqlite3_step(tables) == SQLITE_ROW)
		present_table(db, (const char *)(void *)sqlite3_column_text(
					  tables, 0));
	sqlite3_finalize(tables);
	sqlite3_close(db);
	assert_true(tried_count > 100);
	assert_int_equal(ask_state(used.grant_id).revoked_at, 0);
	assert_int_equal(ask_state(waiting.grant_id).revoked_at, 0);
}

/* The genuine cookie, which the store does not hold. */
static struct text given_cookie(struct ask *ask)
{
	struct text name = TEXT("__Host-licet-0000000000000001=");
	struct text headers = buf_text(&ask->reply.headers);
	struct text value =
		text_from_byte(headers, text_find(headers, name) + name.size);

	return text_first(value, text_find_byte(value, ';'));
}

/* Codes, tokens, a session, a person and keys: all that a store holds. */
static int fill(void **state)
{
	int opened = ask_open(state);
	struct user alice;
	struct session session;
	struct ask ask;

	used = ask_new_code("rfc", ask_with_challenge);
	(void)ask_redeem(&used, &(struct redeem){.verifier = ASK_VERIFIER});
	waiting = ask_new_code("rfc", ask_with_challenge);
	ask_begin(&ask, "rfc", WORLD_NOW);
	assert_int_equal(store_load_user_named(world.store, ask.arena, 1,
					       TEXT("alice"), &alice),
			 STORE_DONE);
	assert_int_equal(session_begin(&ask.request, &alice, &session), DONE);
	assert_true(is_session(given_cookie(&ask)));
	ask_end(&ask);
	return opened;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("no value of the database opens anything",
			  nothing_is_accepted),
	};

	return cmocka_run_group_tests_name("dump", tests, fill, ask_close);
}
