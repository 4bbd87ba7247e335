/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of a presented refresh token (RFC 9700 section 4.14.2). */
#pragma once

#include "decision/decision.h"
#include "model/client.h"
#include "store/store.h"
#include "tenant/tenant.h"

/* How long a predecessor is still answered at most, whatever is configured. */
#define REFRESH_OVERLAP_MAX_FOR 3600

struct refresh_policy {
	bool rotates;
	int64_t overlap_for; /* seconds after a rotation */
	/* Confidential or key-bound: the overlap lasts until the successor has
	 * been presented, at most REFRESH_OVERLAP_MAX_FOR. */
	bool lasts_until_presented;
};

struct refresh_policy refresh_policy_of(const struct tenant *tenant,
					const struct client *client,
					const struct grant *grant);

struct refresh_plan {
	enum store_refresh_step step;
	int64_t generation; /* of the refresh token in the reply */
};

/*
 * By the row's generation alone: current, one behind within the overlap, or
 * older. REFUSED: REFRESH_REUSED (the caller revokes), REFRESH_AHEAD (the store
 * went back: nothing is revoked).
 */
outcome refresh_plan_make(struct decision *decision, const struct grant *grant,
			  int64_t presented,
			  const struct refresh_policy *policy,
			  struct refresh_plan *plan_out) MUST_USE;

/* Whether an exchange of this grant yields a refresh token. */
MUST_USE bool refresh_is_due(const struct tenant *tenant,
			     const struct client *client, struct text scope);
