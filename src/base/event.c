/* SPDX-License-Identifier: Apache-2.0 */
/* Writes events as lines of JSON, one write(2) each. */
#include "base/event.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* What the end of a line needs: `,"cut":true}` and the newline. */
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

static bool add_escaped_byte(struct event *event, unsigned char byte)
{
	char escape[8];
	int size;

	if (byte == '"' || byte == '\\')
		size = snprintf(escape, sizeof(escape), "\\%c", byte);
	else if (byte < 0x20 || byte >= 0x7f)
		size = snprintf(escape, sizeof(escape), "\\u%04x", byte);
	else
		return add(event, text_of(&byte, 1));
	return add(event, text_of(escape, (size_t)size));
}

static void add_string(struct event *event, struct text text)
{
	bool is_utf8 = text_is_utf8(text);

	add(event, TEXT("\""));
	for (size_t i = 0; i < text.size; i++) {
		unsigned char byte = (unsigned char)text.at[i];
		bool fits = is_utf8 && byte >= 0x80 ?
				    add(event, text_of(text.at + i, 1)) :
				    add_escaped_byte(event, byte);

		if (!fits)
			return;
	}
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
	event->is_on = level >= log_least;
	if (!event->is_on)
		return;
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

	if (!event->is_on || event->is_cut)
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

	if (!event->is_on || event->is_cut)
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

void event_end(struct event *event)
{
	bool was_cut = event->is_cut;
	ssize_t written;

	if (!event->is_on)
		return;
	event->is_on = false;
	if (was_cut) {
		memcpy(event->line + event->size, ",\"cut\":true", 11);
		event->size += 11;
	}
	memcpy(event->line + event->size, "}\n", 2);
	event->size += 2;
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
