/* SPDX-License-Identifier: Apache-2.0 */
/* The end of an authorization request: the grant is made, its code sent. */
#pragma once

#include "oauth/authorization.h"

/* Inserts the grant (consuming the stored step, if there is one); DONE when it is
 * durable. REFUSED: STEP_CONSUMED, or the store's. */
outcome issue_grant(struct authorization *authorization,
		    struct grant *grant_out) MUST_USE;
/* Answers with the grant's code. */
void issue_code(struct authorization *authorization, const struct grant *grant);
