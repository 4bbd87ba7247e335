/* SPDX-License-Identifier: Apache-2.0 */
/* Ends the process when a promise of our own code does not hold. */
#include "base/outcome.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/event.h"

void must_failed(const char *condition, const char *file, int line)
{
	event_flush();
	fprintf(stderr, "licet: %s:%d: broken promise: %s\n", file, line,
		condition);
	abort();
}
