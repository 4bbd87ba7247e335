/* SPDX-License-Identifier: Apache-2.0 */
/* One request's context, and the trace of what was checked and why. */
#pragma once

#include "base/arena.h"
#include "base/event.h"
#include "base/instant.h"
#include "decision/reason.h"

#define DECISION_ID_SIZE 22 /* base64url of 16 random bytes */
#define DECISION_STEP_COUNT_MAX 32

/* A check that was made. Never a credential: decision_redact makes one fit. */
struct decision_step {
	const char *check;
	struct text detail;
};

/* Why it was declined, beyond the reason; all texts may be absent. */
struct refusal {
	enum reason reason;
	struct text
		argument; /* for the reply's text, e.g. a parameter's name */
	struct text expected;
	struct text received;
	struct text near_miss; /* "differs at character 27: trailing slash" */
};

struct decision {
	struct arena *arena;
	struct text id; /* X-Request-Id */
	instant now; /* the request's one reading of the clock */

	const char *endpoint; /* "token" */
	struct text tenant; /* its name */
	struct text client_id; /* as soon as it is known; may be unproven */
	struct text subject; /* the person's sub, if known */
	int64_t grant_id; /* 0: none */
	struct text peer;

	struct refusal refusal; /* reason NONE: allowed */
	struct decision_step steps[DECISION_STEP_COUNT_MAX];
	size_t step_count;
};

/* Records a check that passed. Past the maximum, steps are left out. `format` is a
 * literal; a detail lives as long as the decision, and is not copied. */
void decision_note_text(struct decision *decision, const char *check,
			struct text detail);
void decision_note(struct decision *decision, const char *check,
		   const char *format, ...) PRINTF_LIKE(3, 4);

/*
 * Records why and returns REFUSED. The first refusal counts: a later one does
 * not replace it (decision_retract does).
 *   return refuse(decision, REASON_VERIFIER_WRONG, .near_miss = …);
 */
#define refuse(decision, why, ...)                                             \
	decision_refuse((decision),                                            \
			&(struct refusal){.reason = (why), ##__VA_ARGS__})
outcome decision_refuse(struct decision *decision,
			const struct refusal *refusal) MUST_USE;
/* Forgets a refusal that has been dealt with (another way was tried). */
void decision_retract(struct decision *decision);

/* Our own fault: an event with the cause, REASON_SERVER_ERROR; BROKEN. */
outcome decision_broken(struct decision *decision, const char *format, ...)
	PRINTF_LIKE(2, 3) MUST_USE;

/* "61 bytes, starts with 'abcd'": what may be said of a credential. At most a
 * quarter of it, never over 4 characters. */
struct text decision_redact(struct decision *decision, struct text secret);
/* "differs at character 27: a trailing slash is missing", for public values. */
struct text decision_difference(struct decision *decision, struct text expected,
				struct text received);

/* Tells the event log and the memory of the last decisions
 * (decision/memory.h); `status` is the reply's. Once, at the end. */
void decision_finish(struct decision *decision, int status);
