/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the clocks; the wall clock is one offset from one that never jumps. */
#include "loop/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/outcome.h"

static pthread_once_t offset_once = PTHREAD_ONCE_INIT;
static _Atomic int64_t offset_us;
static _Atomic instant latest_at;

static int64_t read_us(clockid_t clock)
{
	struct timespec now;

	MUST(clock_gettime(clock, &now) == 0);
	return now.tv_sec * INSTANT_SECOND + now.tv_nsec / 1000;
}

/* CLOCK_BOOTTIME, because it goes on while the machine sleeps. */
static void take_offset(void)
{
	offset_us = read_us(CLOCK_REALTIME) - read_us(CLOCK_BOOTTIME);
}

instant clock_now(void)
{
	instant latest;
	instant now;

	pthread_once(&offset_once, take_offset);
	now = read_us(CLOCK_BOOTTIME) + offset_us;
	latest = latest_at;
	/* Set back, it stands still until time has caught up. */
	while (now > latest)
		if (atomic_compare_exchange_weak(&latest_at, &latest, now))
			return now;
	return latest;
}

int64_t clock_monotonic_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

int64_t clock_monotonic_ms(void)
{
	return clock_monotonic_us() / 1000;
}

void clock_adjust(int64_t adjust_us)
{
	pthread_once(&offset_once, take_offset);
	offset_us += adjust_us;
}
