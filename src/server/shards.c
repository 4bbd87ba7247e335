/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the shards beside the home: a thread for each joins it when it is there,
 * looks every second whether it still is, and purges it. */
#include "server/shards.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/event.h"
#include "server/purge.h"

#define LOOK_EVERY_MS 1000
#define WHY_MAX 1024

struct keeper {
	struct shards *shards;
	size_t index; /* of site->shards */
	uint16_t number;
	pthread_t thread;
	bool has_joined;
	bool is_told; /* why it could not join, or serve */
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

static void look(struct keeper *keeper)
{
	struct store *home = keeper->shards->home;
	const char *fault;
	bool is_news;

	if (!join_if_there(keeper))
		return;
	fault = site_look_at_shard(home, keeper->number, &is_news);
	if (fault != NULL)
		tell_away(keeper, fault);
	else if (is_news)
		tell_there(keeper);
	if (fault == NULL)
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
	MUST(pthread_mutex_init(&shards->lock, NULL) == 0);
	MUST(pthread_cond_init(&shards->tried, NULL) == 0);
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
	pthread_mutex_lock(&shards->lock);
	while (shards->untried_count > 0)
		pthread_cond_wait(&shards->tried, &shards->lock);
	pthread_mutex_unlock(&shards->lock);
	*shards_out = TAKE(shards);
	return DONE;
}

void shards_stop(struct shards **shards)
{
	struct shards *old = TAKE(*shards);

	if (old == NULL)
		return;
	old->is_ending = true;
	MUST(eventfd_write(old->ending_fd, 1) == 0);
	for (size_t i = 0; i < old->count; i++)
		MUST(pthread_join(old->keepers[i].thread, NULL) == 0);
	(void)close(old->ending_fd);
	pthread_cond_destroy(&old->tried);
	pthread_mutex_destroy(&old->lock);
	free(old);
}
