/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a shard's store is the one it should be, and how its copy stands. */
#include "store/book.h"
#include "store/internal.h"

const char *store_book_mistake(const struct store_epochs *home,
			       const struct store_epochs *shard,
			       uint16_t number)
{
	if (shard->site == 0)
		return NULL;
	if (shard->site != home->site)
		return "it is a shard of another installation, or of this one "
		       "before its home was put back from a backup that did "
		       "not know of it";
	if (shard->shard == number)
		return NULL;
	return shard->shard == 0
		       ? "it is the home itself"
		       : "it is this installation's, but the shard of "
			 "another number";
}

/* What it issued since that backup it does not know of, so references of that
 * epoch must not be asked about, whatever it is filled with. */
static bool is_put_back(struct store *shard, const struct store_epochs *epochs)
{
	if (epochs->current > shard->seen_epoch) {
		shard->seen_epoch = epochs->current;
		shard->seen_book = epochs->book;
		shard->is_put_back = false;
	}
	if (epochs->current < shard->seen_epoch ||
	    epochs->book < shard->seen_book)
		shard->is_put_back = true;
	shard->seen_book = epochs->book;
	return shard->is_put_back;
}

const char *store_book_find_fault(struct store *home, struct store *shard)
{
	struct store_epochs epochs;
	const struct store_epochs of_home = {.site = home->site};
	const char *mistake;

	if (store_load_epochs(shard, &epochs) != STORE_DONE)
		return "it does not answer";
	mistake = store_book_mistake(&of_home, &epochs, shard->number);
	if (mistake != NULL)
		return mistake;
	/* Also one that was emptied: it must not say that a grant is gone. */
	if (epochs.site == 0 || epochs.book == 0)
		return "it was never filled: licet cluster fill";
	if (epochs.copying == STORE_COPYING_MOVED)
		return "it has moved to another store";
	if (epochs.copying == STORE_COPYING_ARRIVING)
		return "it is a copy that is not whole";
	if (is_put_back(shard, &epochs))
		return "it was put back from a backup: licet store restored "
		       "--shard, with its number";
	if (epochs.schema_floor > store_schema_number())
		return "it asks for a later Licet";
	return store_find_fault(shard);
}

static enum store_copy copy_of(int64_t book, int64_t of_home)
{
	if (book == of_home)
		return STORE_COPY_EQUAL;
	return book < of_home ? STORE_COPY_BEHIND : STORE_COPY_AHEAD;
}

enum store_copy store_book_compare(struct store *home, struct store *shard,
				   enum store_copy before)
{
	struct store_epochs epochs;
	enum store_copy copy = copy_of(shard->book, home->book);

	if (copy == STORE_COPY_EQUAL)
		return copy;
	/* Each was read at a moment of its own. */
	if (store_is_away(store_shard(home, 0)) ||
	    store_load_epochs(home, &epochs) != STORE_DONE)
		return copy == STORE_COPY_BEHIND ? copy : before;
	if (store_load_epochs(shard, &epochs) != STORE_DONE)
		return STORE_COPY_BEHIND;
	return copy_of(shard->book, home->book);
}
