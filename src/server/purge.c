/* SPDX-License-Identifier: Apache-2.0 */
/* Small steps with rests that grow with what a step takes: the busier the writer
 * is, the less of its time they have. */
#include "server/purge.h"

#include <time.h>

#include "loop/clock.h"
#include "loop/task.h"

/* Rows that one step deletes: more only while a second was not enough, because
 * whoever waits for the writer waits for the step. */
#define PURGE_COUNT_LEAST 100
#define PURGE_COUNT 800
/* After a step, so many times what it took are left to others. */
#define PURGE_RESTS 4
#define PURGE_WITHIN_MS 700

void purge_init(struct purge *purge, bool (*is_ending)(void *context),
		void *context)
{
	*purge = (struct purge){
		.most = PURGE_COUNT_LEAST,
		.is_ending = is_ending,
		.context = context,
	};
}

static void rest(int64_t for_ms)
{
	struct timespec span = {.tv_sec = for_ms / 1000,
				.tv_nsec = for_ms % 1000 * 1000000};

	if (task_current() != NULL)
		task_sleep(for_ms);
	else
		(void)nanosleep(&span, NULL);
}

void purge_some(struct purge *purge, struct store *store)
{
	int64_t until_ms = clock_monotonic_ms() + PURGE_WITHIN_MS;
	int64_t began_ms = clock_monotonic_ms();
	int64_t most = purge->most;
	int64_t count;

	for (; began_ms < until_ms && !purge->is_ending(purge->context);
	     began_ms = clock_monotonic_ms()) {
		if (store_purge(store, clock_now(), most, &count) != STORE_DONE)
			return;
		if (count < most) {
			purge->most = PURGE_COUNT_LEAST;
			return;
		}
		rest(PURGE_RESTS * (clock_monotonic_ms() - began_ms) + 1);
	}
	purge->most = most < PURGE_COUNT ? 2 * most : PURGE_COUNT;
}
