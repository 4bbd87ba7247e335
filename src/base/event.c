/* SPDX-License-Identifier: Apache-2.0 */
/* Writes events as lines of JSON, one write(2) each. */
#include "base/event.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* What the end of a line needs: `],"cut":true}` and the newline. */
#define TAIL_SIZE 16

static _Atomic int log_fd = 2;
static _Atomic enum event_level log_least = EVENT_INFO;

static const char *const level_names[] = {"debug", "info", "warning", "error"};

void event_log_to(int fd, enum event_level least)
{
	log_fd = fd;
	log_least = least;
}

static bool add(struct event *event, struct text text)
{
	if (event->is_cut ||
	    text.size > EVENT_LINE_MAX - TAIL_SIZE - event->size) {
		event->is_cut = true;
		return false;
	}
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

/* What stands first in `text`; *size_out is how many bytes that is. */
static bool add_character(struct event *event, struct text text, bool is_utf8,
			  size_t *size_out)
{
	unsigned char byte = (unsigned char)text.at[0];

	*size_out = 1;
	if (byte == '"' || byte == '\\')
		return add(event, TEXT("\\")) &&
		       add(event, text_first(text, 1));
	if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !is_utf8))
		return add_escape(event, byte);
	if (is_utf8 && is_c1_control(text)) {
		*size_out = 2;
		return add_escape(event, (unsigned char)text.at[1]);
	}
	return add(event, text_first(text, 1));
}

static void add_string(struct event *event, struct text text)
{
	bool is_utf8 = text_is_utf8(text);
	size_t size;

	add(event, TEXT("\""));
	for (; text.size > 0; text = text_from_byte(text, size))
		if (!add_character(event, text, is_utf8, &size))
			return;
	add(event, TEXT("\""));
}

static void add_time(struct event *event)
{
	struct timespec now;
	struct tm parts;
	char text[40];
	size_t size;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	size = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
	size += (size_t)snprintf(text + size, sizeof(text) - size, ".%06ldZ",
				 now.tv_nsec / 1000);
	add_string(event, text_of(text, size));
}

void event_begin(struct event *event, enum event_level level, const char *name)
{
	event->size = 0;
	event->is_cut = false;
	event->is_in_array = false;
	event->is_logged = level >= log_least;
	add(event, TEXT("{\"time\":"));
	add_time(event);
	add(event, TEXT(",\"level\":"));
	add_string(event, text_from(level_names[level]));
	add(event, TEXT(",\"event\":"));
	add_string(event, text_from(name));
}

static void add_name(struct event *event, const char *name)
{
	add(event, TEXT(","));
	add_string(event, text_from(name));
	add(event, TEXT(":"));
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

static void event_raw(struct event *event, const char *name, const char *value)
{
	size_t size_before = event->size;

	if (event->is_cut)
		return;
	add_name(event, name);
	add(event, text_from(value));
	drop_back_if_cut(event, size_before);
}

void event_integer(struct event *event, const char *name, int64_t value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%lld", (long long)value);
	event_raw(event, name, digits);
}

void event_flag(struct event *event, const char *name, bool value)
{
	event_raw(event, name, value ? "true" : "false");
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

void event_element(struct event *event, struct text value)
{
	size_t size_before = event->size;

	if (event->is_cut)
		return;
	if (!event->is_first_element)
		add(event, TEXT(","));
	event->is_first_element = false;
	add_string(event, value);
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

void event_end(struct event *event)
{
	ssize_t written;

	event_close_array(event);
	if (event->is_cut) {
		memcpy(event->line + event->size, ",\"cut\":true", 11);
		event->size += 11;
	}
	memcpy(event->line + event->size, "}\n", 2);
	event->size += 2;
	if (!event->is_logged)
		return;
	do
		written = write(log_fd, event->line, event->size);
	while (written < 0 && errno == EINTR);
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
