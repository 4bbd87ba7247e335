/* SPDX-License-Identifier: Apache-2.0 */
/* What a decision keeps, shows and tells. */
#include "decision/decision.h"

#include <unistd.h>

#include "decision/memory.h"
#include "suite.h"
#include "json/json.h"

static struct decision decision;

static int begin(void **state)
{
	decision = (struct decision){
		.arena = arena_new((size_t)4 << 20),
		.id = TEXT("the-request-of-this-test"),
		.endpoint = "token",
		.tenant = TEXT("rfc"),
		.peer = TEXT("192.0.2.1"),
	};
	return 0;
}

static int end(void **state)
{
	arena_free(&decision.arena);
	decision_memory_clear();
	return 0;
}

static void assert_text(struct text got, const char *wanted)
{
	if (!text_equal(got, text_from(wanted)))
		fail_msg("got '%.*s', wanted '%s'", TEXT_ARG(got), wanted);
}

static void notes(void **state)
{
	decision_note(&decision, "client", "client %d of %s", 7, "rfc");
	assert_int_equal(decision.step_count, 1);
	assert_string_equal(decision.steps[0].check, "client");
	assert_text(decision.steps[0].detail, "client 7 of rfc");
	for (int i = 0; i < 100; i++)
		decision_note(&decision, "more", "%d", i);
	assert_int_equal(decision.step_count, DECISION_STEP_COUNT_MAX);
	assert_text(decision.steps[DECISION_STEP_COUNT_MAX - 1].detail, "30");
}

static void first_counts(void **state)
{
	assert_int_equal(refuse(&decision, REASON_CODE_REUSED,
				.argument = TEXT("code")),
			 REFUSED);
	assert_int_equal(refuse(&decision, REASON_CODE_EXPIRED), REFUSED);
	assert_int_equal(decision.refusal.reason, REASON_CODE_REUSED);
	assert_text(decision.refusal.argument, "code");
	decision_retract(&decision);
	assert_int_equal(decision.refusal.reason, REASON_NONE);
	assert_false(text_is_present(decision.refusal.argument));
	assert_int_equal(refuse(&decision, REASON_CODE_EXPIRED), REFUSED);
	assert_int_equal(decision.refusal.reason, REASON_CODE_EXPIRED);
}

static void broken_counts_more(void **state)
{
	assert_int_equal(refuse(&decision, REASON_CODE_REUSED), REFUSED);
	assert_int_equal(decision_broken(&decision, "disk %d", 7), BROKEN);
	assert_int_equal(decision.refusal.reason, REASON_SERVER_ERROR);
	assert_text(decision.refusal.near_miss, "disk 7");
}

/* What the caller held may end before the decision does. */
static void copies(void **state)
{
	char received[] = "received";

	assert_int_equal(refuse(&decision, REASON_CODE_UNKNOWN,
				.received = text_from(received)),
			 REFUSED);
	received[0] = 'X';
	assert_text(decision.refusal.received, "received");
}

/* Long texts are cut, but never inside a character. */
static void cut_between_characters(void **state)
{
	char long_text[401];

	for (size_t i = 0; i < 400; i += 2)
		memcpy(long_text + i, "\xc3\xa4", 2);
	long_text[400] = '\0';
	assert_int_equal(refuse(&decision, REASON_CODE_UNKNOWN,
				.received = text_from(long_text + 2),
				.expected = TEXT("x")),
			 REFUSED);
	assert_true(decision.refusal.received.size <= 200);
	assert_true(decision.refusal.received.size >= 196);
	assert_true(text_is_utf8(decision.refusal.received));
	decision_retract(&decision);
	long_text[1] = 'x';
	assert_int_equal(refuse(&decision, REASON_CODE_UNKNOWN,
				.received = text_from(long_text + 1)),
			 REFUSED);
	assert_true(text_is_utf8(decision.refusal.received));
	assert_true(decision.refusal.received.size >= 196);
}

/* Never over a quarter, never over four characters. */
static void redacts(void **state)
{
	static const char secret[] = "abcdefghijklmnopqrstuvwxyz0123456789";

	for (size_t size = 0; size < sizeof(secret); size++) {
		size_t shown = size / 4 < 4 ? size / 4 : 4;
		struct text redacted =
			decision_redact(&decision, text_of(secret, size));

		assert_int_equal(text_find(redacted,
					   text_of(secret, shown + 1)),
				 redacted.size);
		if (shown > 0)
			assert_true(text_ends_with(redacted,
						   text_of(secret, shown)));
	}
	assert_text(decision_redact(&decision, text_from(secret)),
		    "36 bytes that begin with abcd");
	assert_text(decision_redact(&decision, TEXT("abc")), "3 bytes");
	assert_text(decision_redact(&decision, TEXT("")), "0 bytes");
	assert_text(decision_redact(&decision, TEXT_ABSENT), "nothing");
	assert_text(decision_redact(&decision, TEXT("\x1b[31mabcdefghijkl")),
		    "17 bytes");
	assert_text(decision_redact(&decision, TEXT("\xff\xfe"
						    "abcdefghij")),
		    "12 bytes");
}

static void redacts_whole_characters(void **state)
{
	struct text shown =
		decision_redact(&decision, TEXT("abc\xc3\xa4"
						"defghijklmnopqrstuv"));

	assert_true(text_is_utf8(shown));
	assert_text(shown, "24 bytes that begin with abc");
	assert_text(decision_redact(&decision, TEXT("\xc3\xa4\xc3\xa4")),
		    "4 bytes");
}

static void differences(void **state)
{
	static const struct {
		const char *expected;
		const char *received;
		const char *words;
	} rows[] = {
		{"https://a/cb", "https://a/cb", "they are equal"},
		{"https://a/cb", "https://a/cb/",
		 "differs at character 13: a trailing slash too much"},
		{"https://a/cb/", "https://a/cb",
		 "differs at character 13: a trailing slash missing"},
		{"https://a/cb", "https://a/cb?x=1",
		 "differs at character 13: a query too much"},
		{"https://a/cb?x", "https://a/cb",
		 "differs at character 13: a query missing"},
		{"https://a/cb", "https://a/cb#f",
		 "differs at character 13: a fragment too much"},
		{"https://a/cb", "https://a/CB",
		 "differs at character 11: upper and lower case"},
		{"https://a/cb", "http://a/cb",
		 "differs at character 5: 's' expected, ':' received"},
		{"https://a/cb", "https://a/cb2",
		 "differs at character 13: more characters too much"},
		{"a", "", "differs at character 1: more characters missing"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_text(decision_difference(&decision,
						text_from(rows[i].expected),
						text_from(rows[i].received)),
			    rows[i].words);
}

/* Neither half characters nor controls come out of a difference. */
static void difference_is_printable(void **state)
{
	struct text words = decision_difference(&decision, TEXT("\xc3\xa4"),
						TEXT("\xc3\xb6"));

	assert_true(text_is_utf8(words));
	words = decision_difference(&decision, TEXT("a\nb"),
				    TEXT("a\x1b"
					 "b"));
	assert_false(text_has_control(words));
	words = decision_difference(&decision, TEXT("a"), text_of("\0", 1));
	assert_false(text_has_control(words));
}

static struct text finished(int status)
{
	struct buf line = buf_init_arena(decision.arena, 65536);

	decision_finish(&decision, status);
	assert_true(decision_memory_find(decision.id, &line));
	return buf_text(&line);
}

static struct text member(const struct json *object, const char *name)
{
	return json_text(json_find(object, name));
}

static void finishes(void **state)
{
	CLEANUP(json_document_free) struct json_document *document = NULL;
	int pipes[2];
	char line[4096];
	struct text remembered;
	const struct json *root;
	ssize_t size;
	int64_t number;

	assert_int_equal(pipe(pipes), 0);
	event_log_to(pipes[1], EVENT_INFO);
	decision.client_id = TEXT("we\"b\n");
	decision.subject = TEXT("alice");
	decision.grant_id = 7;
	decision_note(&decision, "client", "proven");
	assert_int_equal(refuse(&decision, REASON_CODE_REUSED,
				.expected = TEXT("e"), .received = TEXT("r"),
				.near_miss = TEXT("n")),
			 REFUSED);
	remembered = finished(400);
	event_log_to(2, EVENT_ERROR);
	size = read(pipes[0], line, sizeof(line));
	close(pipes[0]);
	close(pipes[1]);
	assert_true(size > 1 && line[size - 1] == '\n');
	assert_true(text_equal(remembered, text_of(line, (size_t)size - 1)));
	assert_int_equal(
		json_parse(remembered, remembered.size, &document, NULL), DONE);
	root = json_root(document);
	assert_text(member(root, "event"), "request.decided");
	assert_text(member(root, "level"), "warning");
	assert_text(member(root, "request"), "the-request-of-this-test");
	assert_text(member(root, "tenant"), "rfc");
	assert_text(member(root, "endpoint"), "token");
	assert_text(member(root, "client"), "we\"b\n");
	assert_text(member(root, "subject"), "alice");
	assert_text(member(root, "peer"), "192.0.2.1");
	assert_text(member(root, "reason"), "code_reused");
	assert_text(member(root, "expected"), "e");
	assert_text(member(root, "received"), "r");
	assert_text(member(root, "near_miss"), "n");
	assert_true(json_integer(json_find(root, "status"), &number));
	assert_int_equal(number, 400);
	assert_true(json_integer(json_find(root, "grant"), &number));
	assert_int_equal(number, 7);
	assert_text(json_text(json_at(json_find(root, "steps"), 0)),
		    "client: proven");
}

/* All fields at their longest still make one well-formed line. */
static void longest(void **state)
{
	CLEANUP(json_document_free) struct json_document *document = NULL;
	char noise[1000];
	struct text line;

	event_log_to(2, EVENT_ERROR);
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (char)(i % 3 == 0 ? 0xff : i % 3 == 1 ? '"' : 0x01);
	for (int i = 0; i < 100; i++)
		decision_note(&decision, "noise", "%.*s", 1000, noise);
	decision.client_id = text_of(noise, 128);
	assert_int_equal(refuse(&decision, REASON_CODE_REUSED,
				.expected = text_of(noise, 1000),
				.received = text_of(noise, 1000),
				.near_miss = text_of(noise, 1000)),
			 REFUSED);
	line = finished(400);
	assert_int_equal(json_parse(line, line.size, &document, NULL), DONE);
	assert_text(member(json_root(document), "reason"), "code_reused");
}

static void allowed(void **state)
{
	CLEANUP(json_document_free) struct json_document *document = NULL;
	struct text line;

	event_log_to(2, EVENT_ERROR);
	line = finished(200);
	assert_int_equal(json_parse(line, line.size, &document, NULL), DONE);
	assert_text(member(json_root(document), "level"), "info");
	assert_null(json_find(json_root(document), "reason"));
	assert_null(json_find(json_root(document), "grant"));
}

#define test_here(sentence, function)                                          \
	test_that_with(sentence, function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_here("checks are noted, up to a maximum", notes),
		test_here("the first refusal counts, until it is retracted",
			  first_counts),
		test_here("our own fault counts more", broken_counts_more),
		test_here("what is kept is a copy", copies),
		test_here("long texts are cut between characters",
			  cut_between_characters),
		test_here("a redaction shows a quarter, four characters at "
			  "most",
			  redacts),
		test_here("a redaction shows whole characters",
			  redacts_whole_characters),
		test_here("differences in words", differences),
		test_here("a difference is printable", difference_is_printable),
		test_here("the end is one line of JSON, and is remembered",
			  finishes),
		test_here("the longest decision is one line too", longest),
		test_here("an allowed request has no reason", allowed),
	};

	return cmocka_run_group_tests_name("decision", tests, NULL, NULL);
}
