/* SPDX-License-Identifier: Apache-2.0 */
/* An arena of each test's own: open_arena and close_arena are its fixtures. */
#pragma once

#include "base/arena.h"
#include "suite.h"

static struct arena *arena;

static int open_arena(void **state)
{
	(void)state;
	arena = arena_new((size_t)16 << 20);
	return 0;
}

static int close_arena(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}
