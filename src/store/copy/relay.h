/* SPDX-License-Identifier: Apache-2.0 */
/* A store in front of two: the one that serves, and the one that it may move to. */
#pragma once

#include "store/store.h"

/*
 * Opens the store to move to, migrated or not yet there; called outside tasks.
 * REFUSED or BROKEN while it cannot be opened: asked again later.
 */
typedef outcome (*relay_opener)(void *context, struct store **store_out);

/*
 * A store that answers as `first` does, whose owner it becomes, until that is
 * MOVED; from then on as the other. What finds `first` frozen or moved was not
 * applied: it waits for a moment, and is asked of whoever serves then.
 */
struct store *relay_new(struct store *first, relay_opener open, void *context);
/* Every second, outside tasks: makes ready for the move. Of any store: of one
 * that is no relay there is nothing to do. */
void relay_tend(struct store *store);
