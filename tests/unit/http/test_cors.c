/* SPDX-License-Identifier: Apache-2.0 */
/* What scripts of other origins may read. */
#include "suite.h"

#include "http/connection.h"
#include "http/cors.h"

static bool allows(void *context, struct text origin)
{
	return text_equal(origin, text_from(context)) ||
	       text_equal(origin, TEXT("null"));
}

static char spa[] = "https://spa.example";

static struct cors cors = {
	.allows_origin = allows,
	.context = spa,
	.methods = "GET, POST",
};
static struct http_header headers[8];
static struct http_request request;
static struct arena *arena;
static struct http_reply reply;

static int set_up(void **state)
{
	(void)state;
	cors.allows_credentials = false;
	request = (struct http_request){.headers = headers};
	arena = arena_new(HTTP_REPLY_BUDGET);
	reply = http_reply_init(arena);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static void ask(const char *name, const char *value)
{
	headers[request.header_count++] =
		(struct http_header){text_from(name), text_from(value)};
}

static void assert_headers(const char *expected)
{
	if (!text_equal(buf_text(&reply.headers), text_from(expected)))
		fail_msg("%.*s", TEXT_ARG(buf_text(&reply.headers)));
}

static void lets_read(void **state)
{
	(void)state;
	ask("Origin", "https://spa.example");
	cors_add(&cors, &request, &reply);
	assert_headers(
		"Vary: Origin\r\n"
		"Access-Control-Allow-Origin: https://spa.example\r\n"
		"Access-Control-Expose-Headers: DPoP-Nonce, X-Request-Id, "
		"WWW-Authenticate, Retry-After\r\n");
	assert_int_equal(reply.status, 0);
}

static void lets_read_with_credentials(void **state)
{
	(void)state;
	cors.allows_credentials = true;
	ask("Origin", "https://spa.example");
	cors_add(&cors, &request, &reply);
	assert_true(http_reply_has_header(&reply,
					  "Access-Control-Allow-Credentials"));
}

static void lets_nobody_else(void **state)
{
	static const char *const origins[] = {
		"https://evil.example",
		"null",
		"",
		"https://SPA.example",
		"https://spa.example.evil.example",
	};

	for (size_t i = 0; i < COUNT_OF(origins); i++) {
		ask("Origin", origins[i]);
		cors_add(&cors, &request, &reply);
		assert_headers("Vary: Origin\r\n");
		tear_down(state);
		set_up(state);
	}
	cors_add(&cors, &request, &reply);
	assert_headers("Vary: Origin\r\n");
	tear_down(state);
	set_up(state);
	ask("Origin", "https://spa.example");
	ask("Origin", "https://spa.example");
	cors_add(&cors, &request, &reply);
	assert_headers("Vary: Origin\r\n");
}

#define PREFLIGHT_VARY                                                         \
	"Vary: Origin, Access-Control-Request-Method, "                        \
	"Access-Control-Request-Headers\r\n"

static void ask_before(const char *origin, const char *asked)
{
	request.method = HTTP_OPTIONS;
	ask("Origin", origin);
	ask("Access-Control-Request-Method", "POST");
	if (asked != NULL)
		ask("Access-Control-Request-Headers", asked);
	assert_true(cors_is_preflight(&request));
	cors_answer_preflight(&cors, &request, &reply);
	assert_int_equal(reply.status, 204);
}

static void answers_preflights(void **state)
{
	(void)state;
	ask_before("https://spa.example", "x-one,X-Two");
	assert_headers(PREFLIGHT_VARY
		       "Access-Control-Allow-Origin: https://spa.example\r\n"
		       "Access-Control-Allow-Methods: GET, POST\r\n"
		       "Access-Control-Allow-Headers: authorization, "
		       "content-type, dpop, auth0-client, x-one,X-Two\r\n"
		       "Access-Control-Max-Age: 7200\r\n");
}

static void repeats_no_nonsense(void **state)
{
	static const char *const asked[] = {
		"a b", "a,", ",a", "a:b", "a, \"b\"", "",
	};

	for (size_t i = 0; i < COUNT_OF(asked); i++) {
		ask_before("https://spa.example", asked[i]);
		assert_true(text_find(buf_text(&reply.headers),
				      TEXT("auth0-client\r\n")) <
			    reply.headers.size);
		tear_down(state);
		set_up(state);
	}
}

static void permits_nobody_else(void **state)
{
	(void)state;
	ask_before("https://evil.example", NULL);
	assert_headers(PREFLIGHT_VARY);
}

static void knows_preflights(void **state)
{
	(void)state;
	ask("Origin", "https://spa.example");
	request.method = HTTP_OPTIONS;
	assert_false(cors_is_preflight(&request));
	ask("Access-Control-Request-Method", "POST");
	assert_true(cors_is_preflight(&request));
	request.method = HTTP_POST;
	assert_false(cors_is_preflight(&request));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that_with("an allowed origin may read", lets_read, set_up,
			       tear_down),
		test_that_with("credentials are allowed when the caller says "
			       "so",
			       lets_read_with_credentials, set_up, tear_down),
		test_that_with("no other origin may read, null least",
			       lets_nobody_else, set_up, tear_down),
		test_that_with("a preflight is answered with what was asked",
			       answers_preflights, set_up, tear_down),
		test_that_with("a list that is no list of tokens is not "
			       "repeated",
			       repeats_no_nonsense, set_up, tear_down),
		test_that_with("a preflight of another origin permits nothing",
			       permits_nobody_else, set_up, tear_down),
		test_that_with("a preflight is an OPTIONS that asks",
			       knows_preflights, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("http cors", tests, NULL, NULL);
}
