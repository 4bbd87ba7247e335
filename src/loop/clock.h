/* SPDX-License-Identifier: Apache-2.0 */
/* The clocks: the only place that reads one (besides the event log). */
#pragma once

#include <stdbool.h>

#include "base/instant.h"

/* Wall clock as explained at loop_now, fresh. Thread-safe; between two threads
 * it may step back by the microseconds that a clock_adjust takes. */
instant clock_now(void);
/* Milliseconds that only ever grow; for timers and durations. */
int64_t clock_monotonic_ms(void);
int64_t clock_monotonic_us(void);
/* Moves every later clock_now by so many microseconds (the store's clock told
 * us, or a test does). */
void clock_adjust(int64_t offset_us);
/* The same before anybody was told the time: then the clock goes back at once,
 * where else it would stand still until time has caught up. Only the first call
 * in a process is that early; later ones are clock_adjust. */
void clock_begin(int64_t offset_us);
/* This machine's clock as it was at the start, without what it was moved by. */
instant clock_own(void);
