/* SPDX-License-Identifier: Apache-2.0 */
/* Counts failures by key, and says when to wait: bounded, in memory. */
#pragma once

#include "base/instant.h"
#include "base/text.h"

struct limiter;

/*
 * After `free_count` failures of one key each further one doubles the wait, from
 * one second to `most_for`; a success forgets the key. Failures fade: each
 * `most_for` without one gives `free_count` of them back. The table has a fixed size: under a
 * flood of keys the oldest are forgotten first, so that it never grows and never
 * locks a key out for good.
 */
struct limiter *limiter_new(unsigned int free_count, int64_t most_for);
void limiter_free(struct limiter **limiter);

/*
 * The same table as a quota, for keys that no failure is counted for: at most
 * `free_count` at once, one more every `most_for` / `free_count` seconds. Takes
 * one and returns 0, or takes none and returns the seconds to wait.
 */
MUST_USE int64_t limiter_take(struct limiter *limiter, struct text key,
			      instant now);
/* What that would return, without taking one. */
MUST_USE int64_t limiter_look(struct limiter *limiter, struct text key,
			      instant now);

/* Seconds still to wait before this key is looked at again; 0: none. */
MUST_USE int64_t limiter_wait_for(struct limiter *limiter, struct text key,
				  instant now);
void limiter_failed(struct limiter *limiter, struct text key, instant now);
/* Forgets the key's failures. */
void limiter_succeeded(struct limiter *limiter, struct text key, instant now);

/* Not yet: as many are under way as may fail without a wait. */
#define LIMITER_LINE (-1)

/* What became of a try. */
enum limiter_end {
	LIMITER_FAILED,
	LIMITER_SUCCEEDED, /* forgets the failures before it */
	LIMITER_UNDECIDED, /* as if it had not been begun */
};

/*
 * A try that takes a while. Those under way are taken for failures until they
 * end, so that a flood at once gets no more tries than one after the other; but
 * right ones cost each other no more than a moment. 0: it is under way, and
 * limiter_end must follow. LIMITER_LINE: not begun; to be asked again soon. More
 * than 0: not begun; the seconds to wait.
 */
MUST_USE int64_t limiter_begin(struct limiter *limiter, struct text key,
			       instant now);
void limiter_end(struct limiter *limiter, struct text key, enum limiter_end how,
		 instant now);

/* ---- what the servers of one store tell each other ---- */

#define LIMITER_SECRET_SIZE 16
/* Of one limiter, between two times that it is told. */
#define LIMITER_NEWS_MAX 64

/* What has happened here to one key. */
struct limiter_news {
	uint64_t key; /* its hash under the secret */
	instant at; /* the last of what happened */
	uint32_t count; /* failed, or taken */
	bool is_forgotten; /* before these: it has succeeded */
};

/* Before its first use: keys are hashed under this secret, which all servers of
 * the store share, rather than under one of its own. */
void limiter_share(struct limiter *limiter,
		   const unsigned char secret[LIMITER_SECRET_SIZE]);
/* What has happened here and was not taken yet, of keys with more than an eighth
 * of the free failures; of more keys than fit, those with the most. How many. */
MUST_USE size_t
limiter_take_news(struct limiter *limiter,
		  struct limiter_news news_out[LIMITER_NEWS_MAX]);
/* Counts what has happened at another server; of a quota the latter. */
void limiter_hear_failed(struct limiter *limiter,
			 const struct limiter_news *news, instant now);
void limiter_hear_taken(struct limiter *limiter,
			const struct limiter_news *news, instant now);
