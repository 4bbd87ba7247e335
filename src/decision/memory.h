/* SPDX-License-Identifier: Apache-2.0 */
/* The last decisions, kept for `licet explain`; and a decision in words. */
#pragma once

#include "base/buf.h"

#define DECISION_MEMORY_COUNT 10000

/* Keeps no more bytes of lines than so many from now on. Thread-safe. */
void decision_memory_limit(size_t size);
/* Keeps a line of the event log (copied), dropping the oldest. Thread-safe. */
void decision_memory_add(struct text id, struct text line);
/* Appends the line of that request id; false when it is not there. */
MUST_USE bool decision_memory_find(struct text id, struct buf *line);
/* Frees everything; at the end of the process. */
void decision_memory_clear(void);
