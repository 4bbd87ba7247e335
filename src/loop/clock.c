/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the clocks; the wall clock is one offset from one that never jumps. */
#include "loop/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/outcome.h"

static pthread_once_t offset_once = PTHREAD_ONCE_INIT;
static _Atomic int64_t offset_us;
static _Atomic int64_t adjusted_us; /* of it, what we were told */
/* What was told when the offset was moved, and last on this thread. One mark
 * moved on by every reading would travel between the cores with each request. */
static _Atomic instant least_at;
static _Thread_local instant latest_here;

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

/* Set back, it stands still until time has caught up. */
instant clock_now(void)
{
	instant least;
	instant now;

	pthread_once(&offset_once, take_offset);
	now = read_us(CLOCK_BOOTTIME) + offset_us;
	least = least_at;
	if (now < least)
		now = least;
	if (now > latest_here)
		latest_here = now;
	return latest_here;
}

instant clock_own(void)
{
	pthread_once(&offset_once, take_offset);
	return read_us(CLOCK_BOOTTIME) + offset_us - adjusted_us;
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
	instant told = clock_now();
	instant least = least_at;

	while (told > least)
		if (atomic_compare_exchange_weak(&least_at, &least, told))
			break;
	adjusted_us += adjust_us;
	offset_us += adjust_us;
}

void clock_begin(int64_t adjust_us)
{
	static atomic_bool has_begun;

	if (atomic_exchange(&has_begun, true)) {
		clock_adjust(adjust_us);
		return;
	}
	pthread_once(&offset_once, take_offset);
	adjusted_us += adjust_us;
	offset_us += adjust_us;
	latest_here = 0;
}
