/* SPDX-License-Identifier: Apache-2.0 */
/* How long a copying bears with a store that fails, and what it says at its end. */
#include <stdio.h>
#include <time.h>

#include "loop/clock.h"
#include "store/copy/internal.h"

/* A store that fails for so long is not asked any more. */
#define PATIENCE_MS 30000

outcome copy_say(struct copy *copy, outcome what, const char *sentence)
{
	(void)snprintf(copy->why, copy->why_size, "%s", sentence);
	return what;
}

outcome copy_check_over(struct copy *copy)
{
	if (copy->ways->is_over == NULL ||
	    !copy->ways->is_over(copy->ways->context))
		return DONE;
	return copy_say(copy, REFUSED, "stopped");
}

void copy_rest(int64_t ms)
{
	const struct timespec span = {.tv_sec = ms / 1000,
				      .tv_nsec = ms % 1000 * 1000000};

	(void)nanosleep(&span, NULL);
}

outcome copy_check_ours(struct copy *copy, const struct copy_marks *from)
{
	if (copy->number == 0 || from->number == copy->number)
		return DONE;
	return copy_say(
		copy, REFUSED,
		"this copy has been given up (`licet store copy --abort`), "
		"or another has begun");
}

static outcome look_whether_ours(struct copy *copy)
{
	struct copy_marks from = {0};

	if (copy->number == 0 ||
	    copy_marks_load(copy->from, &from) != STORE_DONE)
		return DONE;
	return copy_check_ours(copy, &from);
}

outcome copy_judge(struct copy *copy, struct copy_patience *patience,
		   enum store_outcome result, bool *again_out)
{
	int64_t now_ms = clock_monotonic_ms();

	*again_out = result != STORE_DONE;
	if (result == STORE_DONE) {
		patience->failing_ms = 0;
		return DONE;
	}
	if (copy->why[0] != '\0')
		return BROKEN;
	TRY(look_whether_ours(copy));
	if (result == STORE_CONFLICT)
		return copy_say(copy, REFUSED,
				"another `licet store copy` has taken over");
	if (patience->failing_ms == 0)
		patience->failing_ms = now_ms;
	if (now_ms > patience->failing_ms + PATIENCE_MS)
		return copy_say(
			copy, BROKEN,
			"a store has failed for half a minute: the event "
			"log says why");
	TRY(copy_check_over(copy));
	copy_rest(COPY_AGAIN_MS);
	return DONE;
}
