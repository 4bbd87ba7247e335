/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the shards beside the home: a thread for each joins it when it is there,
 * looks every second whether it still is, fills it anew when it missed an import,
 * and purges it. */
#include "server/shards.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/event.h"
#include "loop/clock.h"
#include "server/purge.h"
#include "store/book.h"

#define LOOK_EVERY_MS 1000
#define WHY_MAX 1024
/* Looks at a copy that is behind: an import mostly follows by itself. */
#define FILL_AFTER 2
#define FILL_AGAIN_AFTER 30
/* For the first looks; one that hangs counts as away meanwhile. */
#define START_SECONDS_MAX 5

struct keeper {
	struct shards *shards;
	size_t index; /* of site->shards */
	uint16_t number;
	pthread_t thread;
	bool has_joined;
	bool is_told; /* why it could not join, or serve */
	int behind_count; /* looks in a row at a copy that is behind */
	struct purge purge;
};

struct shards {
	const struct site *site;
	struct store *home;
	_Atomic bool is_ending;
	int ending_fd; /* readable from then on */
	pthread_mutex_t lock;
	pthread_cond_t tried;
	size_t untried_count; /* under the lock */
	size_t count;
	struct keeper keepers[];
};

/* ---- events ---- */

static void tell_away(struct keeper *keeper, const char *why)
{
	struct event event;

	if (keeper->is_told)
		return;
	keeper->is_told = true;
	event_begin(&event, EVENT_WARNING, "store.shard.away");
	event_integer(&event, "shard", keeper->number);
	event_string(&event, "why", why);
	event_end(&event);
}

static void tell_there(struct keeper *keeper)
{
	struct event event;

	keeper->is_told = false;
	event_begin(&event, EVENT_INFO, "store.shard.there");
	event_integer(&event, "shard", keeper->number);
	event_end(&event);
}

static void tell_behind(const struct keeper *keeper, const char *why)
{
	struct event event;

	event_begin(&event, EVENT_WARNING, "store.shard.behind");
	event_integer(&event, "shard", keeper->number);
	event_string(&event, "why", why);
	event_end(&event);
}

static void tell_filled(const struct keeper *keeper,
			const struct store_filling *filling)
{
	struct event event;

	event_begin(&event, EVENT_INFO, "store.shard.filled");
	event_integer(&event, "shard", keeper->number);
	event_integer(&event, "people", filling->user_count);
	event_integer(&event, "dropped", filling->dropped_count);
	event_integer(&event, "revoked", filling->revoked_count);
	event_end(&event);
}

static void tell_not_filled(const struct keeper *keeper, const char *why)
{
	event_fault("store.shard.not_filled",
		    "shard %u, whose copy is behind: %s", keeper->number, why);
}

/* ---- a keeper's thread ---- */

static bool join_if_there(struct keeper *keeper)
{
	CLEANUP(buf_wipe) struct buf why = buf_init(WHY_MAX);

	if (keeper->has_joined)
		return true;
	keeper->has_joined =
		site_join_shard(keeper->shards->site, keeper->shards->home,
				keeper->index, false, &why) == DONE;
	buf_add_byte(&why, '\0');
	if (!keeper->has_joined)
		tell_away(keeper, why.at);
	return keeper->has_joined;
}

/* Nobody signs in there until it is done, and what it holds goes on with people
 * as they were. Every Licet's keeper may be at it. */
static void fill(struct keeper *keeper)
{
	struct store *home = keeper->shards->home;
	CLEANUP(buf_wipe) struct buf why = buf_init(WHY_MAX);
	struct store_filling filling;
	outcome filled =
		store_book_fill(home, store_shard(home, keeper->number),
				keeper->number, clock_now(), &filling, &why);

	buf_add_byte(&why, '\0');
	if (filled == DONE)
		tell_filled(keeper, &filling);
	else if (!keeper->shards->is_ending)
		tell_not_filled(keeper, why.at);
}

/* One that is ahead is left to the operator: the home lacks something. */
static void heal(struct keeper *keeper, enum store_copy copy)
{
	if (copy != STORE_COPY_BEHIND && copy != STORE_COPY_AHEAD) {
		keeper->behind_count = 0;
		return;
	}
	/* What it lacks can be had from nowhere. */
	if (store_is_away(store_shard(keeper->shards->home, 0)))
		return;
	keeper->behind_count++;
	if (keeper->behind_count == FILL_AFTER)
		tell_behind(keeper,
			    copy == STORE_COPY_BEHIND
				    ? "it missed an import, or one is on its "
				      "way"
				    : "the home knows of fewer imports: after "
				      "putting it back: licet cluster fill");
	if (copy == STORE_COPY_BEHIND &&
	    keeper->behind_count % FILL_AGAIN_AFTER == FILL_AFTER)
		fill(keeper);
}

static void look(struct keeper *keeper)
{
	struct store *home = keeper->shards->home;
	enum store_copy copy;
	const char *fault;
	bool is_news;

	if (!join_if_there(keeper))
		return;
	fault = site_look_at_shard(home, keeper->number, &is_news, &copy);
	if (fault != NULL)
		tell_away(keeper, fault);
	else if (is_news)
		tell_there(keeper);
	if (fault != NULL)
		return;
	heal(keeper, copy);
	purge_some(&keeper->purge, store_shard(home, keeper->number));
}

static void note_tried(struct shards *shards)
{
	pthread_mutex_lock(&shards->lock);
	shards->untried_count--;
	pthread_cond_signal(&shards->tried);
	pthread_mutex_unlock(&shards->lock);
}

/* Until it is time to look again; false when all is at its end. */
static bool rest(const struct shards *shards)
{
	struct pollfd ending = {.fd = shards->ending_fd, .events = POLLIN};

	return poll(&ending, 1, LOOK_EVERY_MS) <= 0;
}

static void *keep(void *context)
{
	struct keeper *keeper = context;

	look(keeper);
	note_tried(keeper->shards);
	while (rest(keeper->shards))
		look(keeper);
	return NULL;
}

/* ---- all of them ---- */

static bool is_ending(void *context)
{
	struct shards *shards = context;

	return shards->is_ending;
}

static void init_lock(struct shards *shards)
{
	pthread_condattr_t attributes;

	MUST(pthread_mutex_init(&shards->lock, NULL) == 0);
	MUST(pthread_condattr_init(&attributes) == 0);
	MUST(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
	MUST(pthread_cond_init(&shards->tried, &attributes) == 0);
	(void)pthread_condattr_destroy(&attributes);
}

static struct shards *shards_new(const struct site *site, struct store *home)
{
	struct shards *shards = calloc(
		1, sizeof(*shards) + site->shard_count * sizeof(struct keeper));

	MUST(shards != NULL);
	shards->site = site;
	shards->home = home;
	shards->untried_count = site->shard_count;
	shards->ending_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	MUST(shards->ending_fd >= 0);
	init_lock(shards);
	return shards;
}

/* Signals are for the thread that expects them. */
static bool start_one(struct shards *shards, size_t index)
{
	struct keeper *keeper = &shards->keepers[index];
	sigset_t all;
	sigset_t before;
	int code;

	*keeper = (struct keeper){
		.shards = shards,
		.index = index,
		.number = shards->site->shards[index].listed.number,
	};
	purge_init(&keeper->purge, is_ending, shards);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	code = pthread_create(&keeper->thread, NULL, keep, keeper);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return code == 0;
}

static void wait_for_looks(struct shards *shards)
{
	const struct timespec until = {.tv_sec = clock_monotonic_ms() / 1000 +
						 START_SECONDS_MAX};
	int code = 0;

	pthread_mutex_lock(&shards->lock);
	while (shards->untried_count > 0 && code == 0)
		code = pthread_cond_timedwait(&shards->tried, &shards->lock,
					      &until);
	pthread_mutex_unlock(&shards->lock);
}

outcome shards_start(const struct site *site, struct store *home,
		     struct shards **shards_out)
{
	CLEANUP(shards_stop) struct shards *shards = NULL;

	*shards_out = NULL;
	if (site->shard_count == 0)
		return DONE;
	shards = shards_new(site, home);
	for (; shards->count < site->shard_count; shards->count++)
		if (!start_one(shards, shards->count))
			return BROKEN;
	wait_for_looks(shards);
	*shards_out = TAKE(shards);
	return DONE;
}

void shards_stop(struct shards **shards)
{
	struct shards *old = TAKE(*shards);

	if (old == NULL)
		return;
	old->is_ending = true;
	store_end_shards(old->home);
	MUST(eventfd_write(old->ending_fd, 1) == 0);
	for (size_t i = 0; i < old->count; i++)
		MUST(pthread_join(old->keepers[i].thread, NULL) == 0);
	(void)close(old->ending_fd);
	pthread_cond_destroy(&old->tried);
	pthread_mutex_destroy(&old->lock);
	free(old);
}
