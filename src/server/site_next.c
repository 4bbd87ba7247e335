/* SPDX-License-Identifier: Apache-2.0 */
/* The store to move to (store.next): finds it, opens it, goes along. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/event.h"
#include "server/site.h"
#include "server/store_options.h"
#include "store/copy/relay.h"

#define WHY_SIZE 512

outcome site_read_next(struct site *site, struct buf *why)
{
	site->next_folder =
		config_string(site->config, "store.next.sqlite.folder");
	TRY(store_options_read_next(site->config, site->arena,
				    &site->next_postgres, why));
	if (site_has_next(site) && site->shard_count > 0) {
		buf_add(why, TEXT("store.next: an installation of several "
				  "shards does not move\n"));
		return REFUSED;
	}
	if (site->next_folder == NULL || site->next_postgres.dsn == NULL)
		return DONE;
	buf_add(why, TEXT("store.next: give it either sqlite.folder or "
			  "postgres.dsn\n"));
	return REFUSED;
}

bool site_has_next(const struct site *site)
{
	return site->next_folder != NULL || site->next_postgres.dsn != NULL;
}

outcome site_open_next(const struct site *site, struct store **store_out,
		       struct buf *why)
{
	struct site next = *site;

	if (!site_has_next(site)) {
		buf_add(why, TEXT("store.next is not set: it names the store "
				  "to move to\n"));
		return REFUSED;
	}
	next.store_folder = site->next_folder;
	next.postgres = site->next_postgres;
	next.store_name = "store.next";
	if (next.store_folder != NULL && mkdir(next.store_folder, 0700) != 0 &&
	    errno != EEXIST) {
		buf_format(why, "%s: this folder cannot be made: %s\n",
			   next.store_folder, strerror(errno));
		return REFUSED;
	}
	return site_open_named(&next, store_out, why);
}

/* --- At the start --------------------------------------------------------- */

static outcome refuse_moved(struct store **store, struct buf *why)
{
	buf_add(why, TEXT("the store has moved to another: name that one as "
			  "store\n"));
	store_close(store);
	return REFUSED;
}

static outcome turn_to_next(const struct site *site, int64_t number,
			    struct store **store, struct buf *why)
{
	struct store_epochs epochs;
	struct store *next = NULL;

	if (!site_has_next(site))
		return refuse_moved(store, why);
	store_close(store);
	TRY(site_open_next(site, &next, why));
	if (store_load_epochs(next, &epochs) != STORE_DONE ||
	    epochs.copy_number != number) {
		buf_add(why, TEXT("store has moved, but not to store.next\n"));
		store_close(&next);
		return REFUSED;
	}
	if (epochs.copying == STORE_COPYING_ARRIVING)
		(void)!store_move_copying(next, STORE_COPYING_ARRIVING,
					  STORE_COPYING_NOT);
	*store = next;
	return DONE;
}

outcome site_follow_move(const struct site *site, struct store **store,
			 struct buf *why)
{
	struct store_epochs epochs;

	if (store_load_epochs(*store, &epochs) != STORE_DONE)
		return DONE;
	if (epochs.copying == STORE_COPYING_MOVED)
		return turn_to_next(site, epochs.copy_number, store, why);
	if (epochs.copying != STORE_COPYING_ARRIVING)
		return DONE;
	buf_add(why, TEXT("this store is a copy that is not whole: `licet "
			  "store copy` goes on with it\n"));
	store_close(store);
	return REFUSED;
}

/* --- While it serves ------------------------------------------------------ */

static outcome open_for_relay(void *context, struct store **store_out)
{
	CLEANUP(buf_wipe) struct buf why = buf_init(WHY_SIZE * 2);
	outcome opened = site_open_next(context, store_out, &why);

	if (opened != DONE)
		event_fault("store.copy.not_ready", "%.*s",
			    TEXT_ARG(buf_text(&why)));
	return opened;
}

void site_go_along(const struct site *site, struct store **store)
{
	if (site_has_next(site))
		*store = relay_new(*store, open_for_relay, (void *)site);
}
