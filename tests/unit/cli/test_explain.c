/* SPDX-License-Identifier: Apache-2.0 */
/* Decisions: found with a server or in a log, and told in words. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "suite.h"

#include "cli/explain.h"

#define ID "AAAAAAAAAAAAAAAAAAAAAA"
#define REFUSED_LINE                                                           \
	"{\"time\":\"2026-11-22T00:40:01.123Z\",\"level\":\"warning\","        \
	"\"event\":\"request.decided\",\"request\":\"" ID                      \
	"\",\"tenant\":\"plain\",\"endpoint\":\"token\",\"status\":400,"       \
	"\"client\":\"demo-web\",\"peer\":\"127.0.0.1\",\"grant\":17,"         \
	"\"reason\":\"redirect_uri_mismatch\",\"expected\":\"https://rp."      \
	"example/cb\",\"received\":\"https://rp.example/cb/\","                \
	"\"near_miss\":\"differs at character 22\",\"steps\":[\"client: "      \
	"demo-web by client_secret_basic\",\"code: found\"]}"

static char folder[64];

static int make_folder(void **state)
{
	snprintf(folder, sizeof(folder), "/tmp/licet-explain-XXXXXX");
	return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static void tells(const char *line, const char *wanted)
{
	struct buf words = buf_init(16 * EXPLAIN_LINE_MAX);
	char told[4096];

	assert_int_equal(explain_tell(text_from(line), &words), DONE);
	snprintf(told, sizeof(told), "%.*s", TEXT_ARG(buf_text(&words)));
	assert_string_equal(told, wanted);
	buf_wipe(&words);
}

static void allowed_ones_are_told(void **state)
{
	tells("{\"time\":\"T\",\"level\":\"info\",\"event\":\"request."
	      "decided\",\"request\":\"" ID "\",\"tenant\":\"plain\","
	      "\"endpoint\":\"token\",\"status\":200,\"peer\":\"::1\","
	      "\"steps\":[\"client: proven\"]}",
	      "Request " ID "\n"
	      "  at         T\n"
	      "  endpoint   token\n"
	      "  tenant     plain\n"
	      "  from       ::1\n"
	      "\n"
	      "Answered with status 200: allowed.\n"
	      "\n"
	      "Checks, in their order\n"
	      "  passed  client: proven\n");
}

static void refusals_are_told_with_all_that_is_known(void **state)
{
	tells("{\"time\":\"T\",\"level\":\"warning\",\"event\":\"request."
	      "decided\",\"request\":\"" ID "\",\"tenant\":\"plain\","
	      "\"endpoint\":\"token\",\"status\":400,\"client\":\"demo-web\","
	      "\"subject\":\"1\",\"peer\":\"127.0.0.1\",\"grant\":17,"
	      "\"reason\":\"password_wrong\",\"argument\":\"a\","
	      "\"expected\":\"b\",\"received\":\"c\",\"near_miss\":\"d\","
	      "\"steps\":[\"client: e\"],\"cut\":true}",
	      "Request " ID "\n"
	      "  at         T\n"
	      "  endpoint   token\n"
	      "  tenant     plain\n"
	      "  client     demo-web\n"
	      "  person     1\n"
	      "  from       127.0.0.1\n"
	      "  grant      17\n"
	      "\n"
	      "Answered with status 400: refused, password_wrong\n"
	      "  user name and password do not belong together.\n"
	      "  about      a\n"
	      "  expected   b\n"
	      "  received   c\n"
	      "  near miss  d\n"
	      "\n"
	      "Checks, in their order\n"
	      "  passed  client: e\n"
	      "  FAILED  password\n"
	      "\n"
	      "(The record was too long and is cut.)\n");
}

static void reasons_of_the_future_are_told(void **state)
{
	tells("{\"event\":\"request.decided\",\"request\":\"" ID "\","
	      "\"status\":400,\"reason\":\"moon_full\",\"steps\":[]}",
	      "Request " ID "\n"
	      "\n"
	      "Answered with status 400: refused, moon_full\n"
	      "  this version of licet does not know that reason.\n");
}

static void other_lines_are_refused(void **state)
{
	struct buf words = buf_init(4096);

	assert_int_equal(explain_tell(TEXT("{\"error\":\"no\"}"), &words),
			 REFUSED);
	assert_int_equal(explain_tell(TEXT("{\"event\":\"x\"}"), &words),
			 REFUSED);
	assert_int_equal(explain_tell(TEXT("[1"), &words), REFUSED);
	assert_int_equal(words.size, 0);
}

static void write_log(const char *file, const char *lines)
{
	FILE *log = fopen(file, "w");

	assert_non_null(log);
	assert_true(fputs(lines, log) >= 0);
	assert_int_equal(fclose(log), 0);
}

static void the_log_is_searched(void **state)
{
	struct site *site = site_of_folder(folder);
	struct buf line = buf_init(2 * EXPLAIN_LINE_MAX);
	struct buf why = buf_init(1024);

	assert_int_equal(explain_find(site, ID, &line, &why), REFUSED);
	assert_true(text_find(buf_text(&why), TEXT("asked 0 control sockets")) <
		    why.size);
	write_log(site->log_file,
		  "not JSON " ID "\n"
		  "{\"event\":\"code.issued\",\"request\":\"" ID "\"}\n"
		  "{\"event\":\"request.decided\",\"request\":\"" ID
		  "B\"}\n" REFUSED_LINE "\n"
		  "{\"event\":\"request.decided\",\"request\":\"C\"}\n");
	assert_int_equal(explain_find(site, ID, &line, &why), DONE);
	assert_true(text_equal(buf_text(&line), TEXT(REFUSED_LINE)));
	buf_wipe(&line);
	buf_wipe(&why);
	site_free(&site);
}

/* A server of one answer. */
struct server {
	int fd;
	const char *answer;
	char question[256];
};

static void *serve_once(void *context)
{
	struct server *server = context;
	int fd = accept(server->fd, NULL, NULL);
	ssize_t got = read(fd, server->question, sizeof(server->question) - 1);

	if (got > 0 && server->answer != NULL)
		got = write(fd, server->answer, strlen(server->answer));
	close(fd);
	return NULL;
}

static void open_socket(struct server *server, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", folder,
		 name);
	server->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(server->fd, (struct sockaddr *)&address,
			      sizeof(address)),
			 0);
	assert_int_equal(listen(server->fd, 1), 0);
}

static outcome ask(const char *answer, struct buf *line)
{
	struct site *site = site_of_folder(folder);
	struct server server = {.answer = answer};
	struct buf why = buf_init(1024);
	pthread_t thread;
	outcome found;

	open_socket(&server, "control-17.sock");
	assert_int_equal(pthread_create(&thread, NULL, serve_once, &server), 0);
	found = explain_find(site, ID, line, &why);
	pthread_join(thread, NULL);
	close(server.fd);
	assert_string_equal(server.question,
			    "{\"command\":\"explain\",\"request\":\"" ID
			    "\"}\n");
	buf_wipe(&why);
	site_free(&site);
	return found;
}

static void a_server_is_asked(void **state)
{
	struct buf line = buf_init(2 * EXPLAIN_LINE_MAX);

	assert_int_equal(ask(REFUSED_LINE "\n", &line), DONE);
	assert_true(text_equal(buf_text(&line), TEXT(REFUSED_LINE)));
	buf_wipe(&line);
}

static void a_server_that_does_not_know_is_passed_over(void **state)
{
	struct buf line = buf_init(2 * EXPLAIN_LINE_MAX);

	assert_int_equal(ask("{\"error\":\"unknown\"}\n", &line), REFUSED);
	buf_wipe(&line);
}

static void a_server_that_hangs_up_is_passed_over(void **state)
{
	struct buf line = buf_init(2 * EXPLAIN_LINE_MAX);

	assert_int_equal(ask(NULL, &line), REFUSED);
	buf_wipe(&line);
}

static void a_dead_socket_is_passed_over(void **state)
{
	struct site *site = site_of_folder(folder);
	struct buf line = buf_init(2 * EXPLAIN_LINE_MAX);
	struct buf why = buf_init(1024);
	struct server server = {0};

	open_socket(&server, "control-18.sock");
	close(server.fd);
	write_log(site->log_file, REFUSED_LINE "\n");
	assert_int_equal(explain_find(site, ID, &line, &why), DONE);
	buf_wipe(&line);
	buf_wipe(&why);
	site_free(&site);
}

#define in_folder(sentence, function)                                          \
	test_that_with(sentence, function, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("an allowed request is told with its checks",
			  allowed_ones_are_told),
		test_that("a refusal is told with all that is known",
			  refusals_are_told_with_all_that_is_known),
		test_that("a reason of a newer version is told by its name",
			  reasons_of_the_future_are_told),
		test_that("what is no decision is refused",
			  other_lines_are_refused),
		in_folder("the log is searched for the decision",
			  the_log_is_searched),
		in_folder("a running server is asked", a_server_is_asked),
		in_folder("a server that does not know is passed over",
			  a_server_that_does_not_know_is_passed_over),
		in_folder("a server that hangs up is passed over",
			  a_server_that_hangs_up_is_passed_over),
		in_folder("a dead socket is passed over",
			  a_dead_socket_is_passed_over),
	};

	return cmocka_run_group_tests_name("cli/explain", tests, NULL, NULL);
}
