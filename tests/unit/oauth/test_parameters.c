/* SPDX-License-Identifier: Apache-2.0 */
/* What a token request may look like: bodies, names, places. */
#include "oauth/ask.h"

#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"

struct row {
	const char *what;
	const char *type;
	const char *body;
	const char *query;
	int status;
	enum reason reason;
};

static const struct row rows[] = {
	{"nothing", FORM, "", NULL, 400, REASON_GRANT_TYPE_MISSING},
	{"no type", NULL, "grant_type=x", NULL, 415, REASON_MEDIA_TYPE_WRONG},
	{"another type", "text/plain", "grant_type=x", NULL, 415,
	 REASON_MEDIA_TYPE_WRONG},
	{"multipart", "multipart/form-data", "grant_type=x", NULL, 415,
	 REASON_MEDIA_TYPE_WRONG},
	{"grant type empty", FORM, "grant_type=&client_id=spa", NULL, 400,
	 REASON_GRANT_TYPE_MISSING},
	{"grant type unknown", FORM, "grant_type=x&client_id=spa", NULL, 400,
	 REASON_GRANT_TYPE_UNKNOWN},
	{"grant type in capitals", FORM,
	 "grant_type=Authorization_Code&client_id=spa", NULL, 400,
	 REASON_GRANT_TYPE_UNKNOWN},
	{"no client", FORM, "grant_type=refresh_token", NULL, 401,
	 REASON_CLIENT_ID_MISSING},
	{"with charset", FORM "; charset=UTF-8",
	 "grant_type=refresh_token&client_id=spa", NULL, 400,
	 REASON_PARAMETER_MISSING},
	{"twice", FORM, "grant_type=refresh_token&grant_type=refresh_token",
	 NULL, 400, REASON_PARAMETER_REPEATED},
	{"an unknown one twice", FORM, "grant_type=x&foo=1&foo=1", NULL, 400,
	 REASON_PARAMETER_REPEATED},
	{"resource twice", FORM,
	 "grant_type=refresh_token&client_id=spa&resource=a&resource=b", NULL,
	 400, REASON_PARAMETER_MISSING},
	{"bad escape", FORM, "grant_type=%zz", NULL, 400,
	 REASON_BODY_MALFORMED},
	{"NUL", FORM, "grant_type=refresh_token%00", NULL, 400,
	 REASON_BODY_MALFORMED},
	{"not UTF-8", FORM, "grant_type=%ff", NULL, 400, REASON_BODY_MALFORMED},
	{"a secret in the query", FORM, "grant_type=refresh_token",
	 "client_secret=x", 400, REASON_SECRET_IN_QUERY},
	{"a code in the query", FORM, "grant_type=authorization_code",
	 "a=b&code=x", 400, REASON_SECRET_IN_QUERY},
	{"a refresh token in the query", FORM, "grant_type=refresh_token",
	 "refresh_token", 400, REASON_SECRET_IN_QUERY},
	{"a grant type in the query", FORM, "grant_type=refresh_token",
	 "grant_type=refresh_token", 400, REASON_PARAMETER_IN_QUERY},
	{"a client in the query", FORM, "grant_type=refresh_token",
	 "client_id=web", 400, REASON_PARAMETER_IN_QUERY},
	{"a harmless query", FORM, "grant_type=refresh_token&client_id=spa",
	 "organization=x", 400, REASON_PARAMETER_MISSING},

	{"JSON", JSON,
	 "{\"grant_type\":\"refresh_token\",\"client_id\":\"spa\"}", NULL, 400,
	 REASON_PARAMETER_MISSING},
	{"JSON: a number", JSON, "{\"grant_type\":1}", NULL, 400,
	 REASON_PARAMETER_TYPE},
	{"JSON: null", JSON, "{\"grant_type\":null}", NULL, 400,
	 REASON_PARAMETER_TYPE},
	{"JSON: an array", JSON, "{\"grant_type\":[\"refresh_token\"]}", NULL,
	 400, REASON_PARAMETER_TYPE},
	{"JSON: an object", JSON, "{\"grant_type\":{\"$ne\":1}}", NULL, 400,
	 REASON_PARAMETER_TYPE},
	{"JSON: twice", JSON, "{\"grant_type\":\"a\",\"grant_type\":\"b\"}",
	 NULL, 400, REASON_BODY_MALFORMED},
	{"JSON: no object", JSON, "[\"grant_type\"]", NULL, 400,
	 REASON_BODY_MALFORMED},
	{"JSON: cut", JSON, "{\"grant_type\":", NULL, 400,
	 REASON_BODY_MALFORMED},
	{"JSON: NUL", JSON, "{\"grant_type\":\"a\\u0000b\"}", NULL, 400,
	 REASON_BODY_MALFORMED},
	{"JSON: nothing", JSON, "", NULL, 400, REASON_BODY_MALFORMED},
	{"JSON: empty object", JSON, "{}", NULL, 400,
	 REASON_GRANT_TYPE_MISSING},
};

static void every_row(void **state)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct row *row = &rows[i];
		struct ask ask;
		struct answer answer;

		ask_begin(&ask, "rfc", WORLD_NOW);
		if (row->type != NULL)
			ask_header(&ask, "Content-Type", text_from(row->type));
		ask.http.body = text_from(row->body);
		ask.http.query = text_from(row->query);
		ask_answer(&ask, &oauth_endpoint_token);
		answer = ask_read(&ask);
		if (answer.reason != row->reason ||
		    answer.status != row->status)
			fail_msg("%s: %d %s", row->what, answer.status,
				 reason_name(answer.reason));
		assert_string_not_equal(answer.error, "");
		ask_end(&ask);
	}
}

static void longest_value(void **state)
{
	struct ask ask;
	struct answer answer;
	char *value;

	ask_begin(&ask, "rfc", WORLD_NOW);
	value = arena_alloc(ask.arena, 16384 + 2);
	memset(value, 'a', 16384 + 1);
	ask_field(&ask, "grant_type", "refresh_token");
	ask_field(&ask, "state", value);
	ask_answer(&ask, &oauth_endpoint_token);
	answer = ask_read(&ask);
	ask_assert(&answer, 400, REASON_PARAMETER_MALFORMED);
	ask_end(&ask);
}

static void grant_type_not_allowed(void **state)
{
	struct client client = world_client(1, TEXT("codes-only"));
	struct ask ask;
	struct answer answer;

	client.auth_method = TEXT("none");
	client.grant_types = TEXT("authorization_code");
	world_save_client(&client, NULL);
	ask_begin(&ask, "rfc", WORLD_NOW);
	ask_field(&ask, "grant_type", "refresh_token");
	ask_field(&ask, "client_id", "codes-only");
	ask_answer(&ask, &oauth_endpoint_token);
	answer = ask_read(&ask);
	ask_assert(&answer, 400, REASON_GRANT_TYPE_NOT_ALLOWED);
	assert_string_equal(answer.error, "unauthorized_client");
	ask_end(&ask);
}

/* A whole exchange in JSON, as vendors' SDKs send it. */
static void json_exchange(void **state)
{
	struct coded coded = ask_new_code("auth0", ask_with_challenge);
	struct ask ask;
	struct answer answer;

	ask_begin(&ask, "auth0", WORLD_NOW);
	ask_header(&ask, "Content-Type", TEXT("application/json"));
	ask.http.body = arena_format(
		ask.arena,
		"{\"grant_type\":\"authorization_code\",\"code\":\"%s\","
		"\"client_id\":\"web\",\"client_secret\":\"%s\","
		"\"redirect_uri\":\"%s\",\"code_verifier\":\"%s\"}",
		coded.code, WORLD_SECRET, ASK_CALLBACK, ASK_VERIFIER);
	ask_answer(&ask, &oauth_endpoint_token);
	answer = ask_read(&ask);
	ask_assert(&answer, 200, REASON_NONE);
	ask_end(&ask);
}

/* What the client sent never leaves the description's alphabet. */
static void description_is_clean(void **state)
{
	struct ask ask;
	struct text body;

	ask_begin(&ask, "rfc", WORLD_NOW);
	ask_field(&ask, "grant_type", "a\"\\\r\n\x7f\xc3\xa4<script>");
	ask_field(&ask, "client_id", "spa");
	ask_answer(&ask, &oauth_endpoint_token);
	body = buf_text(&ask.reply.body);
	assert_true(text_is_utf8(body));
	for (size_t i = 0; i < body.size; i++)
		assert_true(body.at[i] >= 0x20 && body.at[i] < 0x7f);
	assert_int_equal(text_find(body, TEXT("\\")), body.size);
	ask_end(&ask);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("bodies, names and places that are refused",
			  every_row),
		test_that("a value that is too long is refused", longest_value),
		test_that("a grant type the client is not registered for",
			  grant_type_not_allowed),
		test_that("an exchange in JSON works", json_exchange),
		test_that("an error_description keeps to its alphabet",
			  description_is_clean),
	};

	return cmocka_run_group_tests_name("parameters", tests, ask_open,
					   ask_close);
}
