/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the sign-in form: who gets in, who does not, and what is let out. */
#include "fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* "Grüezi 1", form-encoded, composed and decomposed. */
#define RIGHT "Gr%C3%BCezi+1"
#define DECOMPOSED "Gru%CC%88ezi+1"

static bool is_signed_in(const struct browser *browser)
{
	return browser->reply.status == 200 &&
	       browser_sees(browser, "id=\"approve\"");
}

static bool is_asked_again(const struct browser *browser)
{
	return browser_sees(browser, "id=\"login-form\"") &&
	       browser_sees(browser, "role=\"alert\"");
}

static void signs_in(const char *username, const char *password)
{
	struct browser browser = browser_new();

	browser_authorize(&browser, "");
	assert_int_equal(browser.reply.status, 200);
	assert_true(browser_sees(&browser, "id=\"login-form\""));
	browser_sign_in(&browser, username, password);
	assert_true(is_signed_in(&browser));
	browser_end(&browser);
}

static void right_password(void **state)
{
	signs_in("alice", RIGHT);
}

static void other_spellings(void **state)
{
	signs_in("ALICE", RIGHT);
	/* full-width letters */
	signs_in("%EF%BD%81%EF%BD%8C%EF%BD%89%EF%BD%83%EF%BD%85", RIGHT);
	signs_in("alice", DECOMPOSED);
}

static void refused(const char *username, const char *password)
{
	struct browser browser = browser_new();

	browser_authorize(&browser, "");
	browser_sign_in(&browser, username, password);
	assert_int_equal(browser.reply.status, 403);
	assert_int_equal(browser.decision.refusal.reason,
			 REASON_PASSWORD_WRONG);
	assert_true(is_asked_again(&browser));
	browser_end(&browser);
}

static void wrong_password(void **state)
{
	refused("alice", "wrong");
	refused("alice", "");
	refused("", "");
}

static void nothing_is_trimmed(void **state)
{
	refused("alice", RIGHT "+");
	fixture_forget(state);
	refused("alice", "+" RIGHT);
}

static void second_try(void **state)
{
	struct browser browser = browser_new();

	browser_authorize(&browser, "");
	browser_sign_in(&browser, "alice", "wrong");
	browser_sign_in(&browser, "alice", RIGHT);
	assert_true(is_signed_in(&browser));
	browser_end(&browser);
}

/* The page with what must differ blanked: the name typed and the seal. */
static char *blanked(const struct browser *browser, const char *username)
{
	struct text page = browser_page(browser);
	struct text sealed = browser_field(browser, "request");
	char *copy = strndup(page.at, page.size);
	char *at = copy + (sealed.at - page.at);

	assert_non_null(copy);
	memset(at, 'S', sealed.size);
	for (at = strstr(copy, username); at != NULL; at = strstr(at, username))
		memset(at, 'U', strlen(username));
	return copy;
}

static char *page_for(const char *username, const char *password)
{
	struct browser browser = browser_new();
	char *page;

	browser_authorize(&browser, "");
	browser_sign_in(&browser, username, password);
	assert_int_equal(browser.reply.status, 403);
	page = blanked(&browser, username);
	browser_end(&browser);
	return page;
}

static void look_alike(void **state)
{
	char *known = page_for("alice", "wrong");
	char *unknown = page_for("nobod", "wrong");
	char *disabled;

	fixture_forget(state);
	disabled = page_for("david", RIGHT);
	assert_string_equal(known, unknown);
	assert_string_equal(known, disabled);
	free(known);
	free(unknown);
	free(disabled);
}

/* Processor time of one try in nanoseconds, all threads together. */
static int64_t work_for(const char *username)
{
	struct browser browser = browser_new();
	struct timespec before;
	struct timespec after;

	browser_authorize(&browser, "");
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	browser_sign_in(&browser, username, "wrong");
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	assert_int_equal(browser.reply.status, 403);
	browser_end(&browser);
	return (after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec -
	       before.tv_nsec;
}

/* Without a hash to verify it would be a tenth at most. */
static void work_is_alike(void **state)
{
	int64_t known = work_for("alice");

	assert_true(work_for("nobody") > known / 2);
	assert_true(work_for("two+words") > known / 2);
}

/* ---- events ---- */

/* What the event log says of one try; to be freed. */
static char *log_of(const char *username, const char *password)
{
	int fd = memfd_create("log", MFD_CLOEXEC);
	struct browser browser = browser_new();
	char *log = calloc(1, 16384);

	assert_true(fd >= 0 && log != NULL);
	event_log_to(fd, EVENT_DEBUG);
	browser_authorize(&browser, "");
	browser_sign_in(&browser, username, password);
	event_log_to(STDERR_FILENO, EVENT_ERROR);
	assert_true(pread(fd, log, 16383, 0) >= 0);
	assert_false(browser_sees(&browser, password));
	close(fd);
	browser_end(&browser);
	return log;
}

static void expect_event(const char *username, const char *password,
			 const char *reason, bool is_named)
{
	char *log = log_of(username, password);
	char field[64];

	snprintf(field, sizeof(field), "\"reason\":\"%s\"", reason);
	assert_non_null(strstr(log, "\"event\":\"login.failed\""));
	assert_non_null(strstr(log, field));
	assert_null(strstr(log, password));
	if ((strstr(log, username) != NULL) != is_named ||
	    (strstr(log, "\"username\"") != NULL) != is_named)
		fail_msg("%s", log);
	free(log);
	fixture_forget(NULL);
}

static void failures_are_told(void **state)
{
	expect_event("alice", "hunter2", "password_wrong", true);
	expect_event("david", RIGHT, "user_disabled", true);
	expect_event("my-secret-word", "hunter2", "user_unknown", false);
	expect_event("two+words", "hunter2", "user_name_malformed", false);
}

/* ---- limits ---- */

static void fail_often(struct browser *browser, const char *username, int times)
{
	for (int i = 0; i < times; i++) {
		browser_sign_in(browser, username, "wrong");
		assert_int_equal(browser->reply.status, 403);
	}
}

static void too_many_of_a_name(void **state)
{
	struct browser browser = browser_new();
	struct text wait;

	browser_authorize(&browser, "");
	fail_often(&browser, "alice", FIXTURE_FREE_COUNT + 1);
	browser.peer = "198.51.100.7";
	browser_sign_in(&browser, "alice", RIGHT);
	assert_int_equal(browser.reply.status, 429);
	assert_true(is_asked_again(&browser));
	wait = browser_header(&browser, "Retry-After");
	assert_true(text_equal(wait, TEXT("1")));
	assert_true(browser_sees(&browser, "Try again in 1 second."));
	browser.now += INSTANT_SECOND;
	browser_sign_in(&browser, "alice", RIGHT);
	assert_true(is_signed_in(&browser));
	browser_end(&browser);
}

static void unknown_names_wait_too(void **state)
{
	struct browser browser = browser_new();

	browser_authorize(&browser, "");
	fail_often(&browser, "nobody", FIXTURE_FREE_COUNT + 1);
	browser.peer = "198.51.100.7";
	browser_sign_in(&browser, "nobody", "wrong");
	assert_int_equal(browser.reply.status, 429);
	browser_end(&browser);
}

static void success_forgets_the_name(void **state)
{
	struct browser browser = browser_new();

	browser_authorize(&browser, "");
	fail_often(&browser, "alice", FIXTURE_FREE_COUNT - 1);
	browser_sign_in(&browser, "alice", RIGHT);
	assert_true(is_signed_in(&browser));
	browser.peer = "198.51.100.7";
	browser_authorize(&browser, "&prompt=login");
	fail_often(&browser, "alice", FIXTURE_FREE_COUNT + 1);
	browser_end(&browser);
}

static void success_forgets_here(void **state)
{
	struct browser browser = browser_new();

	fixture_allow_crowd(10 * FIXTURE_FREE_COUNT);
	browser_authorize(&browser, "");
	fail_often(&browser, "alice", FIXTURE_FREE_COUNT);
	browser_sign_in(&browser, "alice", RIGHT);
	assert_true(is_signed_in(&browser));
	browser_authorize(&browser, "&prompt=login");
	fail_often(&browser, "alice", FIXTURE_FREE_COUNT + 1);
	browser_end(&browser);
}

static void too_many_from_an_address(void **state)
{
	static const char *const names[] = {"ann", "bea", "cid", "dan"};
	struct browser browser = browser_new();

	_Static_assert(COUNT_OF(names) == FIXTURE_FREE_COUNT + 1,
		       "one more than is free");
	browser.peer = "2001:db8:1:2::1";
	browser_authorize(&browser, "");
	for (size_t i = 0; i < COUNT_OF(names); i++)
		fail_often(&browser, names[i], 1);
	browser.peer = "2001:db8:1:2:ffff::9";
	browser_sign_in(&browser, "alice", RIGHT);
	assert_int_equal(browser.reply.status, 429);
	browser.peer = "2001:db8:1:3::1";
	browser_sign_in(&browser, "alice", RIGHT);
	assert_true(is_signed_in(&browser));
	browser_end(&browser);
}

static void neighbours_are_not_locked_out(void **state)
{
	struct browser browser = browser_new();

	fixture_allow_crowd(10 * FIXTURE_FREE_COUNT);
	browser_authorize(&browser, "");
	fail_often(&browser, "bea", FIXTURE_FREE_COUNT + 1);
	browser_sign_in(&browser, "bea", "wrong");
	assert_int_equal(browser.reply.status, 429);
	browser_sign_in(&browser, "alice", RIGHT);
	assert_true(is_signed_in(&browser));
	browser_end(&browser);
}

static void far_away_locks_nobody_out(void **state)
{
	struct browser browser = browser_new();

	fixture_allow_crowd(10 * FIXTURE_FREE_COUNT);
	browser_authorize(&browser, "");
	fail_often(&browser, "alice", FIXTURE_FREE_COUNT + 1);
	browser_sign_in(&browser, "alice", RIGHT);
	assert_int_equal(browser.reply.status, 429);
	browser.peer = "198.51.100.7";
	browser_sign_in(&browser, "alice", RIGHT);
	assert_true(is_signed_in(&browser));
	browser_end(&browser);
}

static void success_does_not_buy_tries(void **state)
{
	struct browser browser = browser_new();

	browser_authorize(&browser, "");
	fail_often(&browser, "bea", FIXTURE_FREE_COUNT);
	browser_sign_in(&browser, "alice", RIGHT);
	assert_true(is_signed_in(&browser));
	browser_authorize(&browser, "&prompt=login");
	fail_often(&browser, "cid", 1);
	browser_sign_in(&browser, "dan", "wrong");
	assert_int_equal(browser.reply.status, 429);
	browser_end(&browser);
}

struct occupation {
	sem_t has_begun;
	sem_t may_end;
};

static void occupy(void *context)
{
	struct occupation *occupation = context;

	sem_post(&occupation->has_begun);
	sem_wait(&occupation->may_end);
}

static void *occupy_pool(void *context)
{
	outcome ran =
		worker_run(fixture.oauth.password_workers, occupy, context);

	return ran == DONE ? context : NULL;
}

static void no_room_in_the_pool(void **state)
{
	struct browser browser = browser_new();
	struct occupation occupation;
	pthread_t thread;
	void *ran;

	sem_init(&occupation.has_begun, 0, 0);
	sem_init(&occupation.may_end, 0, 0);
	browser_authorize(&browser, "");
	assert_int_equal(
		pthread_create(&thread, NULL, occupy_pool, &occupation), 0);
	sem_wait(&occupation.has_begun);
	browser_sign_in(&browser, "alice", RIGHT);
	sem_post(&occupation.may_end);
	pthread_join(thread, &ran);
	assert_ptr_equal(ran, &occupation);
	assert_int_equal(browser.reply.status, 503);
	assert_true(is_asked_again(&browser));
	assert_true(browser_header(&browser, "Retry-After").size > 0);
	browser_sign_in(&browser, "alice", RIGHT);
	assert_true(is_signed_in(&browser));
	browser_end(&browser);
}

/* ---- forms that are not ours ---- */

static void expect_refusal(const struct browser *browser, int status,
			   enum reason reason)
{
	assert_int_equal(browser->decision.refusal.reason, reason);
	assert_int_equal(browser->reply.status, status);
	assert_true(browser_sees(browser, "id=\"error-page\""));
	assert_false(text_is_present(browser_header(browser, "Location")));
}

static void other_site(void **state)
{
	struct browser browser = browser_new();

	browser_authorize(&browser, "");
	browser.origin = "https://evil.example";
	browser_sign_in(&browser, "alice", RIGHT);
	expect_refusal(&browser, 403, REASON_ORIGIN_WRONG);
	browser_end(&browser);
}

static void own_origins(void **state)
{
	static const char *const origins[] = {"null", "http://localhost:8080"};

	for (size_t i = 0; i < COUNT_OF(origins); i++) {
		struct browser browser = browser_new();

		browser_authorize(&browser, "");
		browser.origin = origins[i];
		browser_sign_in(&browser, "alice", RIGHT);
		assert_true(is_signed_in(&browser));
		browser_end(&browser);
	}
}

static void other_browser(void **state)
{
	struct browser victim = browser_new();
	struct browser attacker = browser_new();
	struct text body;

	browser_authorize(&attacker, "");
	browser_authorize(&victim, "");
	body = arena_format(attacker.arena,
			    "request=%.*s&username=alice&password=%s",
			    TEXT_ARG(browser_field(&attacker, "request")),
			    RIGHT);
	browser_post(&victim, &login_endpoint_sign_in, body);
	expect_refusal(&victim, 403, REASON_BROWSER_MISMATCH);
	browser_end(&victim);
	browser_end(&attacker);
}

static void left_open(void **state)
{
	struct browser browser = browser_new();

	browser_authorize(&browser, "");
	browser.now += 3601 * INSTANT_SECOND;
	browser_sign_in(&browser, "alice", RIGHT);
	expect_refusal(&browser, 400, REASON_SEAL_EXPIRED);
	browser_end(&browser);
}

static void mangled(void **state)
{
	static const char *const bodies[] = {
		"username=alice&password=" RIGHT,
		"request=&username=alice&password=" RIGHT,
		"request=AAAA&username=alice&password=" RIGHT,
	};
	struct browser browser = browser_new();

	browser_authorize(&browser, "");
	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		browser_post(&browser, &login_endpoint_sign_in,
			     text_from(bodies[i]));
		expect_refusal(&browser, 400, REASON_SEAL_INVALID);
	}
	browser_post(&browser, &login_endpoint_sign_in, TEXT("username=%G1"));
	expect_refusal(&browser, 400, REASON_BODY_MALFORMED);
	browser_post(&browser, &login_endpoint_sign_in,
		     TEXT("username=a&username=b"));
	expect_refusal(&browser, 400, REASON_PARAMETER_REPEATED);
	browser_end(&browser);
}

int main(void)
{
#define each(sentence, function)                                               \
	test_that_with(sentence, function, fixture_forget, NULL)
	const struct CMUnitTest tests[] = {
		each("alice with her password is signed in", right_password),
		each("U02 U04 other spellings of name and password are the "
		     "same",
		     other_spellings),
		each("a wrong or empty password shows the form again",
		     wrong_password),
		each("U04 nothing is trimmed off a password",
		     nothing_is_trimmed),
		each("the form that is shown again works", second_try),
		each("L01 unknown and disabled people look like a wrong "
		     "password",
		     look_alike),
		each("L01 a name that nobody has is as much work",
		     work_is_alike),
		each("a failure is an event without the password, with the "
		     "name of who exists alone",
		     failures_are_told),
		each("L02 too many failures of a name wait, and not for ever",
		     too_many_of_a_name),
		each("L01 L02 a name that nobody has waits alike",
		     unknown_names_wait_too),
		each("a success forgets the failures of the name",
		     success_forgets_the_name),
		each("a success forgets them where they happened, too",
		     success_forgets_here),
		each("L02 too many failures from one network wait, whoever is "
		     "tried",
		     too_many_from_an_address),
		each("L02 a name that must wait locks out no neighbour",
		     neighbours_are_not_locked_out),
		each("L02 guesses from far away do not lock a person out",
		     far_away_locks_nobody_out),
		each("L02 an own account does not buy tries at others",
		     success_does_not_buy_tries),
		each("a pool without room is 503, and the form works after",
		     no_room_in_the_pool),
		each("W02 a form posted from another site is refused",
		     other_site),
		each("forms are taken with Origin null and the own one",
		     own_origins),
		each("W02 a form that was given to another browser is refused",
		     other_browser),
		each("a page left open for over an hour is refused", left_open),
		each("a mangled form is the error page", mangled),
	};

	return cmocka_run_group_tests_name("login sign_in", tests, fixture_open,
					   fixture_close);
}
