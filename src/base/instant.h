/* SPDX-License-Identifier: Apache-2.0 */
/* Points in time and spans, as everybody passes them. */
#pragma once

#include <stdint.h>

/*
 * Instants (`_at`) are microseconds since 1970-01-01T00:00:00Z (Unix time,
 * no leap seconds); 0 means "never" or "not yet". Spans (`_for`) are seconds,
 * as in the specifications (expires_in), unless the name ends in `_ms`.
 */
typedef int64_t instant;

#define INSTANT_SECOND ((instant)1000000)
#define INSTANT_NEVER ((instant)0)

/* Seconds since 1970, rounded down: JWT's NumericDate (RFC 7519 section 2). */
static inline int64_t instant_to_seconds(instant at)
{
	return at / INSTANT_SECOND;
}

static inline instant instant_from_seconds(int64_t seconds)
{
	return seconds * INSTANT_SECOND;
}

static inline instant instant_after(instant at, int64_t seconds)
{
	return at + seconds * INSTANT_SECOND;
}
