/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the words that exist somebody meant by one that does not. */
#pragma once

#include "base/text.h"

/* The best candidate seen so far. */
struct nearest {
	struct text wanted;
	struct text best; /* absent: none is near enough */
	size_t distance;
};

/* Words longer than this are never near to anything. */
#define NEAREST_SIZE_MAX 64

struct nearest nearest_init(struct text wanted);
/*
 * Offers a candidate; `best` is the nearest of all offered, borrowed, by the
 * number of letters to insert, delete, change or swap with their neighbour.
 * Near enough is a third of the word, at least one letter; or the candidate
 * begins with the word (of three letters at least).
 */
void nearest_offer(struct nearest *nearest, struct text candidate);
