/* SPDX-License-Identifier: Apache-2.0 */
/* Writes events as lines of JSON: each at once, or on a loop some in one go. */
#include "base/event.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* What the end of a line needs: `],"cut":true}` and the newline. */
#define TAIL_SIZE 16
#define FIELDS_END (EVENT_LINE_MAX - TAIL_SIZE)
_Static_assert(EVENT_LINE_MAX <= PIPE_BUF,
	       "a line is held, and written, whole");

static _Atomic int log_fd = 2;
static _Atomic enum event_level log_least = EVENT_INFO;

/* Lines of this thread that are still to be written. Not more than a pipe takes
 * whole: several threads and processes write to one log. */
static _Thread_local struct {
	bool is_holding;
	size_t size;
	char lines[PIPE_BUF];
} held;

static const char *const level_names[] = {"debug", "info", "warning", "error"};

void event_log_to(int fd, enum event_level least)
{
	log_fd = fd;
	log_least = least;
}

/* The bracket of an array may stand at FIELDS_END. */
static bool add(struct event *event, struct text text)
{
	if (event->is_cut || event->size > FIELDS_END ||
	    text.size > FIELDS_END - event->size) {
		event->is_cut = true;
		return false;
	}
	if (text.size > 0)
		memcpy(event->line + event->size, text.at, text.size);
	event->size += text.size;
	return true;
}

static bool add_escape(struct event *event, unsigned int character)
{
	char escape[8];
	int size =
		snprintf(escape, sizeof(escape), "\\u%04x", character & 0xffff);

	return add(event, text_of(escape, (size_t)size));
}

/* The controls U+0080 to U+009F: some terminals obey them. */
static bool is_c1_control(struct text text)
{
	return text.size >= 2 && (unsigned char)text.at[0] == 0xc2 &&
	       (unsigned char)text.at[1] < 0xa0;
}

/* What begins `text` and is no plain character; *size_out is how many bytes of
 * it that is. */
static bool add_special(struct event *event, struct text text, bool is_utf8,
			size_t *size_out)
{
	unsigned char byte = (unsigned char)text.at[0];

	*size_out = 1;
	if (byte == '"' || byte == '\\')
		return add(event, TEXT("\\")) &&
		       add(event, text_first(text, 1));
	if (byte < 0x20 || byte == 0x7f || !is_utf8)
		return add_escape(event, byte);
	if (is_c1_control(text)) {
		*size_out = 2;
		return add_escape(event, (unsigned char)text.at[1]);
	}
	return add(event, text_first(text, 1));
}

static void add_characters(struct event *event, struct text text)
{
	size_t size = text_plain_size(text);
	bool is_utf8 = size == text.size || text_is_utf8(text);

	while (add(event, text_first(text, size))) {
		text = text_from_byte(text, size);
		if (text.size == 0 || !add_special(event, text, is_utf8, &size))
			return;
		text = text_from_byte(text, size);
		size = text_plain_size(text);
	}
}

static void add_string(struct event *event, struct text text)
{
	add(event, TEXT("\""));
	add_characters(event, text);
	add(event, TEXT("\""));
}

/* "2026-11-22T03:00:52", spelled once in a second. */
static struct text spell_second(time_t second)
{
	static _Thread_local char spelled[32];
	static _Thread_local size_t size;
	static _Thread_local time_t spelled_for;
	struct tm parts;

	if (size == 0 || second != spelled_for) {
		gmtime_r(&second, &parts);
		size = strftime(spelled, sizeof(spelled), "%Y-%m-%dT%H:%M:%S",
				&parts);
		spelled_for = second;
	}
	return text_of(spelled, size);
}

static void add_time(struct event *event)
{
	char fraction[] = ".000000Z\"";
	struct timespec now;
	long left;

	clock_gettime(CLOCK_REALTIME, &now);
	left = now.tv_nsec / 1000;
	for (size_t i = 6; i > 0; i--) {
		fraction[i] = (char)('0' + left % 10);
		left /= 10;
	}
	add(event, TEXT("\""));
	add(event, spell_second(now.tv_sec));
	add(event, text_of(fraction, sizeof(fraction) - 1));
}

void event_begin(struct event *event, enum event_level level, const char *name)
{
	event->size = 0;
	event->is_cut = false;
	event->is_in_array = false;
	event->level = level;
	add(event, TEXT("{\"time\":"));
	add_time(event);
	add(event, TEXT(",\"level\":\""));
	add(event, text_from(level_names[level]));
	add(event, TEXT("\",\"event\":\""));
	add(event, text_from(name));
	add(event, TEXT("\""));
}

static void add_name(struct event *event, const char *name)
{
	add(event, TEXT(",\""));
	add(event, text_from(name));
	add(event, TEXT("\":"));
}

/* A field is whole or not there: a cut line stays JSON. */
static void drop_back_if_cut(struct event *event, size_t size_before)
{
	if (event->is_cut)
		event->size = size_before;
}

void event_text(struct event *event, const char *name, struct text value)
{
	size_t size_before = event->size;

	if (event->is_cut)
		return;
	add_name(event, name);
	add_string(event, value);
	drop_back_if_cut(event, size_before);
}

void event_string(struct event *event, const char *name, const char *terminated)
{
	event_text(event, name, text_from(terminated));
}

static void event_raw(struct event *event, const char *name, struct text value)
{
	size_t size_before = event->size;

	if (event->is_cut)
		return;
	add_name(event, name);
	add(event, value);
	drop_back_if_cut(event, size_before);
}

void event_integer(struct event *event, const char *name, int64_t value)
{
	char digits[TEXT_INTEGER_MAX];

	event_raw(event, name, text_format_integer(value, digits));
}

void event_flag(struct event *event, const char *name, bool value)
{
	event_raw(event, name, value ? TEXT("true") : TEXT("false"));
}

void event_open_array(struct event *event, const char *name)
{
	size_t size_before = event->size;

	if (event->is_cut)
		return;
	add_name(event, name);
	event->is_in_array = add(event, TEXT("["));
	event->is_first_element = true;
	drop_back_if_cut(event, size_before);
}

void event_element(struct event *event, const char *label, struct text value)
{
	size_t size_before = event->size;

	if (event->is_cut)
		return;
	add(event, event->is_first_element ? TEXT("\"") : TEXT(",\""));
	event->is_first_element = false;
	add(event, text_from(label));
	add(event, TEXT(": "));
	add_characters(event, value);
	add(event, TEXT("\""));
	drop_back_if_cut(event, size_before);
}

/* The bracket has its place in TAIL_SIZE. */
void event_close_array(struct event *event)
{
	if (!event->is_in_array)
		return;
	event->line[event->size++] = ']';
	event->is_in_array = false;
}

struct text event_line(const struct event *event)
{
	return text_of(event->line, event->size - 1);
}

static void write_lines(struct text lines)
{
	ssize_t written;

	do
		written = write(log_fd, lines.at, lines.size);
	while (written < 0 && errno == EINTR);
}

void event_flush(void)
{
	if (held.size > 0)
		write_lines(text_of(held.lines, held.size));
	held.size = 0;
}

void event_hold(bool is_holding)
{
	held.is_holding = is_holding;
	event_flush();
}

static void write_line(const struct event *event)
{
	if (event->size > sizeof(held.lines) - held.size)
		event_flush();
	memcpy(held.lines + held.size, event->line, event->size);
	held.size += event->size;
	if (!held.is_holding || event->level > EVENT_INFO)
		event_flush();
}

void event_end(struct event *event)
{
	event_close_array(event);
	if (event->is_cut) {
		memcpy(event->line + event->size, ",\"cut\":true", 11);
		event->size += 11;
	}
	memcpy(event->line + event->size, "}\n", 2);
	event->size += 2;
	if (event->level >= log_least)
		write_line(event);
}

void event_fault(const char *name, const char *format, ...)
{
	struct event event;
	char detail[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(detail, sizeof(detail), format, arguments);
	va_end(arguments);
	event_begin(&event, EVENT_ERROR, name);
	event_string(&event, "detail", detail);
	event_end(&event);
}
