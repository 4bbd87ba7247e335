/* SPDX-License-Identifier: Apache-2.0 */
/* Deletes rows whose time is over, so that nobody has to wait for it. */
#pragma once

#include "store/store.h"

struct purge {
	int64_t most; /* rows of the next step */
	bool (*is_ending)(void *context);
	void *context;
};

void purge_init(struct purge *purge, bool (*is_ending)(void *context),
		void *context);
/* For less than a second; to be called every second. In a task, or on a plain
 * thread. */
void purge_some(struct purge *purge, struct store *store);
