/* SPDX-License-Identifier: Apache-2.0 */
/* The end of an authorization request: the grant is made, its code sent. */
#pragma once

#include "oauth/authorization.h"

/* Inserts the grant (consuming the stored step, if there is one) and, once that
 * is durable, answers with the code. REFUSED: STEP_CONSUMED, or the store's. */
outcome issue_code(struct authorization *authorization) MUST_USE;
