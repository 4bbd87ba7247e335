/* SPDX-License-Identifier: Apache-2.0 */
/* What an import has saved in the home, into the other shards' copies. */
#include "registry/internal.h"
#include "store/book.h"

#define WHY_MAX 1024

/* What the home's transaction wrote; CONFLICT when this copy is of another book
 * than that was built on. */
static enum store_outcome write_all(struct reading *reading,
				    struct store *shard)
{
	TRY_STORE(store_book_move(shard, reading->book_before,
				  reading->book_after));
	return registry_save_shared(reading, shard);
}

static enum store_outcome write_at_once(struct reading *reading,
					struct store *shard)
{
	TRY_STORE(store_begin(shard));
	return store_end(shard, write_all(reading, shard));
}

static void warn(struct reading *reading, uint16_t number, const char *why)
{
	registry_warn(reading, NULL,
		      "shard %u does not know of this import: %s. It goes on "
		      "with what it knew before; then type: licet cluster fill",
		      number, why);
	reading->report->behind_count++;
}

static void follow(struct reading *reading,
		   const struct store_standing *standing)
{
	CLEANUP(buf_wipe) struct buf why = buf_init(WHY_MAX);
	struct store_filling filling;

	if (standing->is_away) {
		warn(reading, standing->number, "it is away");
		return;
	}
	if (!standing->is_filled) {
		warn(reading, standing->number, "it was never filled");
		return;
	}
	if (write_at_once(reading, standing->store) == STORE_DONE)
		return;
	/* It had missed one before, or another import came between. */
	if (store_book_fill(reading->registry->store, standing->store,
			    standing->number, reading->registry->now, &filling,
			    &why) == DONE)
		return;
	buf_add_byte(&why, '\0');
	warn(reading, standing->number, why.at);
}

void registry_follow(struct reading *reading)
{
	struct store *home = reading->registry->store;

	for (size_t i = 1; i < store_shard_count(home); i++) {
		struct store_standing standing = store_shard_at(home, i);

		follow(reading, &standing);
	}
}
