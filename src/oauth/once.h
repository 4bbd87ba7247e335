/* SPDX-License-Identifier: Apache-2.0 */
/* What a request is good for once: its jtis (RFC 7523 section 3, RFC 9449 11.1). */
#pragma once

#include "decision/decision.h"
#include "store/store.h"

struct oauth_request;

/* Gathered while the request is checked, spent after every check that needs no
 * write: what is refused before that, a use_dpop_nonce among it, uses up nothing. */
struct once {
	struct store_once unspent;
	struct once_replay {
		enum reason reason;
		struct text id; /* or absent */
	} replays[STORE_JTI_COUNT_MAX];
};

/* It is remembered for less than a second longer than it says. */
void once_add(struct oauth_request *request, const struct store_jti *jti,
	      struct once_replay replay);

/*
 * Spends all of it by itself, before what has no transaction with it; DONE also
 * when there is nothing, or nothing left. REFUSED: ASSERTION_REPLAYED,
 * DPOP_REUSED.
 */
outcome once_spend(struct oauth_request *request) MUST_USE;

/* For a change that spends it in its own transaction; NULL: nothing to spend. */
const struct store_once *once_unspent(const struct oauth_request *request);
/* That change was ended by its jti `at`. REFUSED as above. */
outcome once_refuse(struct oauth_request *request, size_t at) MUST_USE;
/* That change has spent it. */
void once_was_spent(struct oauth_request *request);
