/* SPDX-License-Identifier: Apache-2.0 */
/* What was fetched, per URI, and when it may be asked for again (S04, S05). */
#include "fetch/internal.h"

#include <stdlib.h>

#include "loop/task.h"

#define LOOK_AGAIN_MS 20
/* Who waits holds memory, and anybody may come with an assertion. */
#define WAITING_MAX 256

/* What is asked of the documents. */
struct wish {
	struct text uri;
	instant now;
	bool wants_newer;
	bool is_waiting; /* it has been counted among those who do */
	/* The document's, from before the GET that it led to. */
	instant tried_at;
	instant renewed_at;
};

static char *copy_of(struct text text)
{
	char *copy = malloc(text.size + 1);

	MUST(copy != NULL);
	if (text.size > 0)
		memcpy(copy, text.at, text.size);
	copy[text.size] = '\0';
	return copy;
}

static struct document *find(struct fetch *fetch, struct text uri)
{
	for (size_t i = 0; i < DOCUMENT_COUNT_MAX; i++) {
		struct document *document = &fetch->documents[i];

		if (document->uri != NULL &&
		    text_equal(text_of(document->uri, document->uri_size), uri))
			return document;
	}
	return NULL;
}

/* A free place, or that of the one tried longest ago; NULL: all are at it. */
static struct document *take_place(struct fetch *fetch)
{
	struct document *oldest = NULL;

	for (size_t i = 0; i < DOCUMENT_COUNT_MAX; i++) {
		struct document *document = &fetch->documents[i];

		if (document->uri == NULL)
			return document;
		if (!document->is_fetching &&
		    (oldest == NULL || document->tried_at < oldest->tried_at))
			oldest = document;
	}
	return oldest;
}

static struct document *find_or_add(struct fetch *fetch, struct text uri)
{
	struct document *document = find(fetch, uri);

	if (document != NULL)
		return document;
	document = take_place(fetch);
	if (document == NULL)
		return NULL;
	free(document->uri);
	free(document->body);
	*document =
		(struct document){.uri = copy_of(uri), .uri_size = uri.size};
	return document;
}

enum step { STEP_GIVE, STEP_GET, STEP_WAIT, STEP_CROWDED, STEP_REFUSE };

static bool is_due(instant tried_at, instant now)
{
	return tried_at == INSTANT_NEVER ||
	       now >= instant_after(tried_at, FETCH_AGAIN_AFTER);
}

/* A key that was changed right after the first GET is not kept waiting: what is
 * kept is renewed on a clock of its own. */
static enum step judge(const struct document *document, instant now,
		       bool wants_newer)
{
	bool has_body = document->body != NULL;
	bool is_fresh = has_body && now < instant_after(document->fetched_at,
							FETCH_FRESH_FOR);
	bool may_get = is_due(
		has_body ? document->renewed_at : document->tried_at, now);

	if (is_fresh && !wants_newer)
		return STEP_GIVE;
	if (document->is_fetching)
		return STEP_WAIT;
	if (may_get)
		return STEP_GET;
	return has_body ? STEP_GIVE : STEP_REFUSE;
}

/* Beyond so many, what is kept is good enough. */
static enum step join(struct document *document, struct wish *wish)
{
	if (wish->is_waiting)
		return STEP_WAIT;
	if (document->waiting_count == WAITING_MAX)
		return document->body != NULL ? STEP_GIVE : STEP_CROWDED;
	document->waiting_count++;
	wish->is_waiting = true;
	return STEP_WAIT;
}

static void begin(struct document *document, struct wish *wish)
{
	wish->tried_at = document->tried_at;
	wish->renewed_at = document->renewed_at;
	document->is_fetching = true;
	document->waiting_count = 0;
	document->tried_at = wish->now;
	if (document->body != NULL)
		document->renewed_at = wish->now;
}

static enum step look(struct fetch *fetch, struct arena *arena,
		      struct wish *wish, struct text *document_out)
{
	struct document *document;
	enum step step = STEP_REFUSE;

	pthread_mutex_lock(&fetch->lock);
	document = find_or_add(fetch, wish->uri);
	if (document != NULL)
		step = judge(document, wish->now, wish->wants_newer);
	if (step == STEP_WAIT)
		step = join(document, wish);
	if (step == STEP_GIVE)
		*document_out = arena_copy(arena, text_of(document->body,
							  document->body_size));
	if (step == STEP_GET)
		begin(document, wish);
	pthread_mutex_unlock(&fetch->lock);
	return step;
}

static void put(struct document *document, struct text body, instant now)
{
	free(document->body);
	document->body = copy_of(body);
	document->body_size = body.size;
	document->fetched_at = now;
}

/* Places that are at it are not taken: it is still there. Where nobody was asked,
 * nobody has to be spared for a minute. */
static void keep(struct fetch *fetch, const struct wish *wish, outcome got,
		 struct text body, bool was_asked)
{
	struct document *document;

	pthread_mutex_lock(&fetch->lock);
	document = find(fetch, wish->uri);
	MUST(document != NULL);
	document->is_fetching = false;
	if (got == DONE)
		put(document, body, wish->now);
	if (!was_asked) {
		document->tried_at = wish->tried_at;
		document->renewed_at = wish->renewed_at;
	}
	pthread_mutex_unlock(&fetch->lock);
}

/* Begins nothing: its place may be another's by now. */
static outcome take_kept(struct fetch *fetch, struct arena *arena,
			 struct text uri, struct text *document_out)
{
	const struct document *document;
	outcome taken = REFUSED;

	pthread_mutex_lock(&fetch->lock);
	document = find(fetch, uri);
	if (document != NULL && document->body != NULL) {
		*document_out = arena_copy(arena, text_of(document->body,
							  document->body_size));
		taken = DONE;
	}
	pthread_mutex_unlock(&fetch->lock);
	return taken;
}

/* The body, or what was kept of an earlier one. */
static outcome get(struct fetch *fetch, struct arena *arena,
		   const struct wish *wish, struct text *document_out,
		   const char **why_out)
{
	struct buf body = buf_init(FETCH_SIZE_MAX);
	outcome got = fetch_get(fetch, wish->uri, &body, why_out);

	keep(fetch, wish, got, buf_text(&body), *why_out != fetch_is_busy);
	if (got == DONE)
		*document_out = arena_copy(arena, buf_text(&body));
	else
		got = take_kept(fetch, arena, wish->uri, document_out);
	buf_wipe(&body);
	return got;
}

static void wait_a_moment(void)
{
	if (task_current() != NULL)
		task_sleep(LOOK_AGAIN_MS);
	else
		nanosleep(&(struct timespec){0, LOOK_AGAIN_MS * 1000000L},
			  NULL);
}

outcome fetch_document(struct fetch *fetch, struct arena *arena,
		       struct text uri, instant now, bool wants_newer,
		       struct text *document_out, const char **why_out)
{
	struct wish wish = {.uri = uri, .now = now, .wants_newer = wants_newer};
	enum step step = look(fetch, arena, &wish, document_out);
	int waits = FETCH_TIME_MAX * 2 * 1000 / LOOK_AGAIN_MS;

	*why_out = "it was asked for less than a minute ago";
	/* Whoever is at it answers for all who came meanwhile. */
	for (; step == STEP_WAIT && waits > 0; waits--) {
		wait_a_moment();
		step = look(fetch, arena, &wish, document_out);
	}
	if (step == STEP_GET)
		return get(fetch, arena, &wish, document_out, why_out);
	if (step == STEP_CROWDED)
		*why_out = "too many are waiting for it";
	return step == STEP_GIVE ? DONE : REFUSED;
}
