/* SPDX-License-Identifier: Apache-2.0 */
/* The database's clock is the one that counts: ours is moved to it. */
#include "loop/clock.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/event.h"
#include "store/postgres/internal.h"

#define FAR_US (2 * INSTANT_SECOND)
#define TOO_FAR_US (30 * INSTANT_SECOND)

void postgres_clock_init(struct postgres_clock *clock)
{
	*clock = (struct postgres_clock){
		.base = clock_now() - clock_monotonic_us(),
	};
	MUST(pthread_mutex_init(&clock->lock, NULL) == 0);
}

/* Not clock_now, which stands still while it is set back. */
static instant read_clock(const struct postgres_clock *clock)
{
	if (clock->moves_nothing)
		return clock_now();
	return clock_monotonic_us() + clock->base + clock->offset;
}

instant postgres_clock_read(struct postgres_clock *clock, uint64_t *era_out)
{
	instant now;

	pthread_mutex_lock(&clock->lock);
	*era_out = clock->era;
	now = read_clock(clock);
	pthread_mutex_unlock(&clock->lock);
	return now;
}

/* How far ours must move at least, if the server looked between the two. */
static int64_t distance(instant asked_at, instant theirs, instant answered_at)
{
	if (theirs < asked_at)
		return theirs - asked_at;
	if (theirs > answered_at)
		return theirs - answered_at;
	return 0;
}

/* Once when it goes far away, and once when it is back. */
static void tell(struct postgres_clock *clock)
{
	bool is_far = llabs(clock->offset) > FAR_US;
	struct event event;

	if (is_far == clock->is_told)
		return;
	clock->is_told = is_far;
	event_begin(&event, is_far ? EVENT_WARNING : EVENT_INFO,
		    "store.postgres.clock");
	event_integer(&event, "offset_ms", clock->offset / 1000);
	event_flag(&event, "is_far", is_far);
	event_end(&event);
}

void postgres_clock_note(struct postgres_clock *clock, instant asked_at,
			 uint64_t era, instant theirs)
{
	int64_t move = 0;

	pthread_mutex_lock(&clock->lock);
	/* A sample from before a move says what has been heeded already. */
	if (era == clock->era)
		move = distance(asked_at, theirs, read_clock(clock));
	if (clock->moves_nothing) {
		clock->offset = move;
		tell(clock);
	} else if (move != 0) {
		clock->offset += move;
		clock->era++;
		if (clock->has_begun)
			clock_adjust(move);
		else
			clock_begin(move);
		tell(clock);
	}
	pthread_mutex_unlock(&clock->lock);
}

bool postgres_clock_ask(struct postgres_lane *lane)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(4096);
	struct postgres_clock *clock = &lane->store->clock;
	struct store_rows rows = {0};
	char text[128];
	uint64_t era;
	instant asked_at = postgres_clock_read(clock, &era);

	(void)snprintf(text, sizeof(text), "SELECT %s", postgres_clock_now);
	if (postgres_ask(lane, text, false, arena, &rows) != STORE_DONE ||
	    rows.count != 1 || rows.rows[0].columns[0].type != STORE_INTEGER)
		return false;
	postgres_clock_note(clock, asked_at, era,
			    rows.rows[0].columns[0].integer);
	return true;
}

void postgres_clock_begin(struct postgres_lane *lane)
{
	(void)postgres_clock_ask(lane);
	if (!lane->store->clock.moves_nothing)
		clock_begin(0);
	lane->store->clock.has_begun = true;
}

int64_t postgres_clock_offset(struct postgres_clock *clock)
{
	int64_t offset;

	pthread_mutex_lock(&clock->lock);
	offset = clock->offset;
	pthread_mutex_unlock(&clock->lock);
	return offset;
}

bool postgres_clock_is_far(struct postgres_clock *clock)
{
	return llabs(postgres_clock_offset(clock)) > TOO_FAR_US;
}
