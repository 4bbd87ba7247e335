/* SPDX-License-Identifier: Apache-2.0 */
/* Things that happened: each at once a log line, a count and a record. */
#pragma once

#include <stdint.h>

#include "base/text.h"

enum event_level { EVENT_DEBUG, EVENT_INFO, EVENT_WARNING, EVENT_ERROR };

#define EVENT_LINE_MAX 4096

/*
 * One event while it is written: a line of JSON {"time", "level", "event", …}.
 * Fields that would pass EVENT_LINE_MAX are cut, and "cut": true is added.
 * Never a credential, a token, a code or a query string.
 */
struct event {
	size_t size;
	enum event_level level;
	bool is_in_array;
	bool is_first_element;
	bool is_cut;
	char line[EVENT_LINE_MAX];
};

/* `name` is a literal like "token.refresh.reused", described in docs/events.md.
 */
void event_begin(struct event *event, enum event_level level, const char *name);
/* Bytes that are not well-formed UTF-8, and controls, are escaped. A `name` or
 * `label`, here and below, is a literal that needs no escape. */
void event_text(struct event *event, const char *name, struct text value);
void event_string(struct event *event, const char *name,
		  const char *terminated);
void event_integer(struct event *event, const char *name, int64_t value);
void event_flag(struct event *event, const char *name, bool value);
/* `"name":[`, then texts `"label: value"` by event_element, then the bracket. An
 * array too long is cut between elements. */
void event_open_array(struct event *event, const char *name);
void event_element(struct event *event, const char *label, struct text value);
void event_close_array(struct event *event);
/* Writes the line; a full or broken log never stops a request. */
void event_end(struct event *event);
/*
 * While holding, this thread keeps lines up to EVENT_INFO for event_flush or
 * until a graver one or as many as a pipe takes whole go out with them: a write
 * for each line costs as much as all the rest of it. Not holding any more, it
 * flushes. The loop does both (loop/loop.c): once in a round.
 */
void event_hold(bool is_holding);
void event_flush(void);
/* The line that event_end wrote, without its newline; complete even when the
 * level kept it from the log. */
struct text event_line(const struct event *event);

/* A simple event with one sentence, for faults: {"detail": …}. */
void event_fault(const char *name, const char *format, ...) PRINTF_LIKE(2, 3);

/*
 * Where lines go: a file descriptor (borrowed; 2 at first) and the least level.
 * To be called before other threads start, and again to reopen a file.
 */
void event_log_to(int fd, enum event_level least);
