/* SPDX-License-Identifier: Apache-2.0 */
/* Records what was checked, and tells the event log and `explain`. */
#include "decision/decision.h"

#include <stdio.h>

#include "base/buf.h"
#include "decision/memory.h"

#define DETAIL_MAX 200

void decision_note_text(struct decision *decision, const char *check,
			struct text detail)
{
	if (decision->step_count < DECISION_STEP_COUNT_MAX)
		decision->steps[decision->step_count++] =
			(struct decision_step){check, detail};
}

void decision_note(struct decision *decision, const char *check,
		   const char *format, ...)
{
	struct text detail = text_from(format);
	va_list arguments;

	if (text_find_byte(detail, '%') < detail.size) {
		va_start(arguments, format);
		detail = arena_format_v(decision->arena, format, arguments);
		va_end(arguments);
	}
	decision_note_text(decision, check, detail);
}

/* The first `size` bytes at most, never a part of a UTF-8 character. */
static struct text first_characters(struct text text, size_t size)
{
	if (text.size <= size)
		return text;
	if (!text_is_utf8(text))
		return text_first(text, size);
	while (size > 0 && ((unsigned char)text.at[size] & 0xc0) == 0x80)
		size--;
	return text_first(text, size);
}

/* Copies: what the caller holds may end before the decision does. */
static struct text keep(struct decision *decision, struct text text)
{
	return arena_copy(decision->arena, first_characters(text, DETAIL_MAX));
}

static void record(struct decision *decision, const struct refusal *refusal)
{
	decision->refusal = (struct refusal){
		.reason = refusal->reason,
		.argument = keep(decision, refusal->argument),
		.expected = keep(decision, refusal->expected),
		.received = keep(decision, refusal->received),
		.near_miss = keep(decision, refusal->near_miss),
	};
}

outcome decision_refuse(struct decision *decision,
			const struct refusal *refusal)
{
	MUST(refusal->reason != REASON_NONE);
	if (decision->refusal.reason == REASON_NONE)
		record(decision, refusal);
	return REFUSED;
}

void decision_retract(struct decision *decision)
{
	decision->refusal = (struct refusal){.reason = REASON_NONE};
}

outcome decision_broken(struct decision *decision, const char *format, ...)
{
	struct event event;
	struct text detail;
	va_list arguments;

	va_start(arguments, format);
	detail = arena_format_v(decision->arena, format, arguments);
	va_end(arguments);
	event_begin(&event, EVENT_ERROR, "request.broken");
	event_text(&event, "request", decision->id);
	event_text(&event, "detail", detail);
	event_end(&event);
	record(decision, &(struct refusal){.reason = REASON_SERVER_ERROR,
					   .near_miss = detail});
	return BROKEN;
}

struct text decision_redact(struct decision *decision, struct text secret)
{
	size_t shown = secret.size / 4 < 4 ? secret.size / 4 : 4;
	char digits[TEXT_INTEGER_MAX];

	if (!text_is_present(secret))
		return TEXT("nothing");
	if (text_has_control(secret) || !text_is_utf8(secret))
		shown = 0;
	shown = first_characters(secret, shown).size;
	return ARENA_JOIN(decision->arena,
			  text_format_integer((int64_t)secret.size, digits),
			  shown == 0 ? TEXT(" bytes")
				     : TEXT(" bytes that begin with "),
			  text_first(secret, shown));
}

static const char *kind_of_difference(struct text longer, size_t at)
{
	struct text more = text_from_byte(longer, at);

	if (text_equal(more, TEXT("/")))
		return "a trailing slash";
	if (more.size > 0 && more.at[0] == '?')
		return "a query";
	if (more.size > 0 && more.at[0] == '#')
		return "a fragment";
	return "more characters";
}

static struct text quoted(struct arena *arena, char byte)
{
	if (byte >= 0x20 && byte < 0x7f)
		return arena_format(arena, "'%c'", byte);
	return arena_format(arena, "byte 0x%02x", (unsigned char)byte);
}

struct text decision_difference(struct decision *decision, struct text expected,
				struct text received)
{
	size_t at = text_differs_at(expected, received);
	struct arena *arena = decision->arena;

	if (at == SIZE_MAX)
		return TEXT("they are equal");
	if (at == expected.size)
		return arena_format(arena,
				    "differs at character %zu: %s too much",
				    at + 1, kind_of_difference(received, at));
	if (at == received.size)
		return arena_format(arena,
				    "differs at character %zu: %s missing",
				    at + 1, kind_of_difference(expected, at));
	if (text_equal_nocase(expected, received))
		return arena_format(arena,
				    "differs at character %zu: upper and lower"
				    " case",
				    at + 1);
	return arena_format(arena,
			    "differs at character %zu: %.*s expected, %.*s"
			    " received",
			    at + 1, TEXT_ARG(quoted(arena, expected.at[at])),
			    TEXT_ARG(quoted(arena, received.at[at])));
}

static void write_steps(const struct decision *decision, struct event *event)
{
	for (size_t i = 0; i < decision->step_count; i++)
		event_element(event, decision->steps[i].check,
			      first_characters(decision->steps[i].detail,
					       DETAIL_MAX));
}

static void text_if_present(struct event *event, const char *name,
			    struct text value)
{
	if (text_is_present(value))
		event_text(event, name, value);
}

static void write_refusal(struct event *event, const struct refusal *refusal)
{
	event_string(event, "reason", reason_name(refusal->reason));
	text_if_present(event, "argument", refusal->argument);
	text_if_present(event, "expected", refusal->expected);
	text_if_present(event, "received", refusal->received);
	text_if_present(event, "near_miss", refusal->near_miss);
}

void decision_finish(struct decision *decision, int status)
{
	bool is_refused = decision->refusal.reason != REASON_NONE;
	struct event event;

	event_begin(&event, is_refused ? EVENT_WARNING : EVENT_INFO,
		    "request.decided");
	event_text(&event, "request", decision->id);
	event_text(&event, "tenant", decision->tenant);
	event_string(&event, "endpoint", decision->endpoint);
	event_integer(&event, "status", status);
	text_if_present(&event, "client", decision->client_id);
	text_if_present(&event, "subject", decision->subject);
	event_text(&event, "peer", decision->peer);
	if (decision->grant_id != 0)
		event_integer(&event, "grant", decision->grant_id);
	if (is_refused)
		write_refusal(&event, &decision->refusal);
	event_open_array(&event, "steps");
	write_steps(decision, &event);
	event_close_array(&event);
	event_end(&event);
	decision_memory_add(decision->id, event_line(&event));
}
