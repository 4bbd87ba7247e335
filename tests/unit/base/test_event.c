/* SPDX-License-Identifier: Apache-2.0 */
/* Events: one line of JSON each, whatever is put into them. */
#include "base/event.h"
#include "suite.h"

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static int reading_end;
static int writing_end;
static char seen[2 * EVENT_LINE_MAX];

static int open_log(void **state)
{
	int ends[2];

	(void)state;
	if (pipe2(ends, O_NONBLOCK) != 0)
		return 1;
	reading_end = ends[0];
	writing_end = ends[1];
	event_log_to(writing_end, EVENT_INFO);
	return 0;
}

static int close_log(void **state)
{
	(void)state;
	event_log_to(2, EVENT_INFO);
	close(reading_end);
	close(writing_end);
	return 0;
}

/* What the log got, which must be one line of JSON. */
static json_t *read_line(void)
{
	ssize_t size = read(reading_end, seen, sizeof(seen) - 1);
	json_error_t error;
	json_t *line;

	assert_true(size > 0);
	seen[size] = '\0';
	assert_ptr_equal(strchr(seen, '\n'), seen + size - 1);
	line = json_loads(seen, JSON_REJECT_DUPLICATES, &error);
	if (line == NULL)
		fail_msg("%s: %s", error.text, seen);
	return line;
}

static void assert_field(const json_t *line, const char *name,
			 const char *expected)
{
	assert_string_equal(json_string_value(json_object_get(line, name)),
			    expected);
}

static void assert_nothing_written(void)
{
	assert_int_equal(read(reading_end, seen, sizeof(seen)), -1);
}

static void typed_fields(void **state)
{
	struct event event;
	json_t *line;

	(void)state;
	event_begin(&event, EVENT_WARNING, "token.refresh.reused");
	event_string(&event, "client_id", "app");
	event_text(&event, "request_id", text_of("r-17xxx", 4));
	event_integer(&event, "generation", INT64_MIN);
	event_flag(&event, "is_public", true);
	event_flag(&event, "is_bound", false);
	event_end(&event);
	line = read_line();
	assert_field(line, "level", "warning");
	assert_field(line, "event", "token.refresh.reused");
	assert_field(line, "client_id", "app");
	assert_field(line, "request_id", "r-17");
	assert_true(json_integer_value(json_object_get(line, "generation")) ==
		    INT64_MIN);
	assert_true(json_is_true(json_object_get(line, "is_public")));
	assert_true(json_is_false(json_object_get(line, "is_bound")));
	assert_null(json_object_get(line, "cut"));
	json_decref(line);
}

static void time_of_event(void **state)
{
	const char *shape = "dddd-dd-ddTdd:dd:dd.ddddddZ";
	const char *time;
	struct event event;
	json_t *line;

	(void)state;
	event_begin(&event, EVENT_INFO, "test");
	event_end(&event);
	line = read_line();
	time = json_string_value(json_object_get(line, "time"));
	assert_int_equal(strlen(time), strlen(shape));
	for (size_t i = 0; shape[i] != '\0'; i++)
		assert_true(shape[i] == 'd' ? time[i] >= '0' && time[i] <= '9'
					    : time[i] == shape[i]);
	json_decref(line);
}

static void escapes(void **state)
{
	struct event event;
	json_t *line;

	(void)state;
	event_begin(&event, EVENT_INFO, "test");
	event_string(&event, "quotes", "a\"b\\c");
	event_string(&event, "controls", "\x01\n\r\t\x1b[31m\x7f");
	event_string(&event, "utf8", "Gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80");
	event_string(&event, "c1",
		     "\xc2\x9b"
		     "2J\xc2\xa0");
	event_string(&event, "latin1", "\xfc\"\x80");
	event_end(&event);
	line = read_line();
	assert_field(line, "quotes", "a\"b\\c");
	assert_field(line, "controls", "\x01\n\r\t\x1b[31m\x7f");
	assert_field(line, "utf8", "Gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80");
	assert_field(line, "c1",
		     "\xc2\x9b"
		     "2J\xc2\xa0");
	assert_field(line, "latin1", "\xc3\xbc\"\xc2\x80");
	for (size_t i = 0; seen[i + 1] != '\0'; i++)
		assert_true((unsigned char)seen[i] >= 0x20 && seen[i] != 0x7f);
	assert_null(strstr(seen, "\xc2\x9b"));
	assert_non_null(strstr(seen, "\\u009b"));
	json_decref(line);
}

static void nul_bytes(void **state)
{
	struct event event;

	(void)state;
	event_begin(&event, EVENT_INFO, "test");
	event_text(&event, "nul", TEXT("a\0b"));
	event_text(&event, "absent", TEXT_ABSENT);
	event_end(&event);
	assert_true(read(reading_end, seen, sizeof(seen)) > 0);
	assert_non_null(strstr(seen, "\"nul\":\"a\\u0000b\",\"absent\":\"\""));
}

/* Whatever the length of the field that does not fit, and of its escapes. */
static void cut_lines(void **state)
{
	static const char *const fillings[] = {"x", "\"", "\x01", "\xc3\xbc",
					       "\xff"};
	char value[EVENT_LINE_MAX + 200];
	struct event event;
	json_t *line;

	(void)state;
	for (size_t size = EVENT_LINE_MAX - 150; size < sizeof(value);
	     size += 7) {
		const char *filling = fillings[size % COUNT_OF(fillings)];

		for (size_t i = 0; i < size; i++)
			value[i] = filling[i % strlen(filling)];
		event_begin(&event, EVENT_INFO, "test");
		event_integer(&event, "before", 1);
		event_text(&event, "long", text_of(value, size));
		event_integer(&event, "after", 2);
		event_end(&event);
		line = read_line();
		assert_true(strlen(seen) <= EVENT_LINE_MAX);
		assert_non_null(json_object_get(line, "before"));
		if (size > EVENT_LINE_MAX)
			assert_null(json_object_get(line, "long"));
		assert_true((json_object_get(line, "after") == NULL) ==
			    json_is_true(json_object_get(line, "cut")));
		json_decref(line);
	}
}

static void arrays(void **state)
{
	struct event event;
	json_t *line;

	(void)state;
	event_begin(&event, EVENT_INFO, "test");
	event_open_array(&event, "none");
	event_close_array(&event);
	event_open_array(&event, "checks");
	event_element(&event, "check", TEXT("a\"b"));
	event_element(&event, "c", TEXT_ABSENT);
	event_close_array(&event);
	event_integer(&event, "after", 1);
	event_end(&event);
	line = read_line();
	assert_int_equal(json_array_size(json_object_get(line, "none")), 0);
	assert_int_equal(json_array_size(json_object_get(line, "checks")), 2);
	assert_string_equal(json_string_value(json_array_get(
				    json_object_get(line, "checks"), 0)),
			    "check: a\"b");
	assert_non_null(json_object_get(line, "after"));
	json_decref(line);
}

static void cut_arrays(void **state)
{
	char value[64];
	struct event event;
	json_t *line;

	(void)state;
	memset(value, 'v', sizeof(value));
	for (size_t size = 1; size <= sizeof(value); size++) {
		event_begin(&event, EVENT_INFO, "test");
		event_open_array(&event, "checks");
		for (int i = 0; i < EVENT_LINE_MAX; i++)
			event_element(&event, "check", text_of(value, size));
		if (size % 2 == 0)
			event_close_array(&event);
		event_end(&event);
		line = read_line();
		assert_true(json_is_true(json_object_get(line, "cut")));
		assert_true(json_array_size(json_object_get(line, "checks")) >
			    20);
		assert_true(strlen(seen) <= EVENT_LINE_MAX);
		json_decref(line);
	}
}

/* Whatever room an array leaves, to its bracket's own place. */
static void full_arrays(void **state)
{
	char value[2 * EVENT_LINE_MAX];
	size_t kept = 0;

	(void)state;
	memset(value, 'v', sizeof(value));
	for (size_t i = EVENT_LINE_MAX - 200; i < EVENT_LINE_MAX; i++) {
		struct event event;
		json_t *line;

		event_begin(&event, EVENT_INFO, "test");
		event_open_array(&event, "checks");
		event_element(&event, "c", text_of(value, i));
		event_close_array(&event);
		event_text(&event, "after", text_of(value, sizeof(value)));
		event_end(&event);
		line = read_line();
		assert_true(json_is_true(json_object_get(line, "cut")));
		assert_null(json_object_get(line, "after"));
		kept += json_array_size(json_object_get(line, "checks"));
		assert_true(strlen(seen) <= EVENT_LINE_MAX);
		json_decref(line);
	}
	assert_in_range(kept, 20, 180);
}

static void below_level(void **state)
{
	struct event event;

	(void)state;
	event_begin(&event, EVENT_DEBUG, "test");
	event_string(&event, "field", "value");
	event_end(&event);
	assert_nothing_written();
	assert_true(text_ends_with(event_line(&event),
				   TEXT("\"field\":\"value\"}")));
	event_log_to(writing_end, EVENT_DEBUG);
	event_begin(&event, EVENT_DEBUG, "test");
	event_end(&event);
	json_decref(read_line());
	event_log_to(writing_end, EVENT_ERROR);
	event_begin(&event, EVENT_WARNING, "test");
	event_end(&event);
	assert_nothing_written();
}

static void write_one(enum event_level level, size_t size)
{
	char value[EVENT_LINE_MAX];
	struct event event;

	memset(value, 'v', size);
	event_begin(&event, level, "test");
	event_text(&event, "field", text_of(value, size));
	event_end(&event);
}

static size_t count_lines(void)
{
	ssize_t size = read(reading_end, seen, sizeof(seen));
	size_t count = 0;

	for (ssize_t i = 0; i < size; i++)
		count += seen[i] == '\n';
	if (size > 0)
		assert_int_equal(seen[size - 1], '\n');
	return count;
}

static void held_lines(void **state)
{
	(void)state;
	event_hold(true);
	write_one(EVENT_INFO, 10);
	write_one(EVENT_INFO, 10);
	assert_nothing_written();
	event_flush();
	assert_int_equal(count_lines(), 2);
	write_one(EVENT_INFO, 10);
	write_one(EVENT_WARNING, 10);
	assert_int_equal(count_lines(), 2);
	write_one(EVENT_INFO, 10);
	event_hold(false);
	assert_int_equal(count_lines(), 1);
	write_one(EVENT_INFO, 10);
	assert_int_equal(count_lines(), 1);
}

/* A pipe takes PIPE_BUF bytes whole: what other writers add stands between. */
static void held_whole(void **state)
{
	(void)state;
	event_hold(true);
	write_one(EVENT_INFO, 1500);
	write_one(EVENT_INFO, 1500);
	assert_nothing_written();
	write_one(EVENT_INFO, 1500);
	assert_int_equal(count_lines(), 2);
	write_one(EVENT_INFO, 3000);
	assert_int_equal(count_lines(), 1);
	event_hold(false);
	assert_int_equal(count_lines(), 1);
}

static void faults(void **state)
{
	char long_one[3000];
	json_t *line;

	(void)state;
	event_fault("store.broken", "no space left on %s: %d", "disk", 28);
	line = read_line();
	assert_field(line, "level", "error");
	assert_field(line, "event", "store.broken");
	assert_field(line, "detail", "no space left on disk: 28");
	json_decref(line);
	memset(long_one, 0xc3, sizeof(long_one) - 1);
	long_one[sizeof(long_one) - 1] = '\0';
	event_fault("test", "%s", long_one);
	json_decref(read_line());
}

static void full_log(void **state)
{
	struct event event;
	int count = 0;

	(void)state;
	while (write(writing_end, seen, sizeof(seen)) > 0)
		count++;
	assert_true(count > 0);
	event_begin(&event, EVENT_INFO, "test");
	event_end(&event);
	event_log_to(-1, EVENT_INFO);
	event_begin(&event, EVENT_INFO, "test");
	event_end(&event);
	assert_true(text_ends_with(event_line(&event), TEXT("\"test\"}")));
}

#define test_with_log(sentence, function)                                      \
	test_that_with(sentence, function, open_log, close_log)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_with_log("an event is one line of typed fields",
			      typed_fields),
		test_with_log("its time is UTC with microseconds",
			      time_of_event),
		test_with_log("quotes, controls and bad UTF-8 are escaped",
			      escapes),
		test_with_log("NUL is a control, absent is empty", nul_bytes),
		test_with_log("a cut line stays JSON and says that it is cut",
			      cut_lines),
		test_with_log("an array holds texts", arrays),
		test_with_log("a cut array is cut between elements",
			      cut_arrays),
		test_with_log(
			"what follows an array that fills the line is cut",
			full_arrays),
		test_with_log("below the least level nothing is written",
			      below_level),
		test_with_log("held lines go out together, behind a warning "
			      "or when asked for",
			      held_lines),
		test_with_log("held lines go out whole, as many as a pipe "
			      "takes at once",
			      held_whole),
		test_with_log("a fault is a sentence", faults),
		test_with_log("a full or broken log stops nobody", full_log),
	};

	return cmocka_run_group_tests_name("base_event", tests, NULL, NULL);
}
