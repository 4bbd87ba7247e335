/* SPDX-License-Identifier: Apache-2.0 */
/* A request in progress: sealed in a form, then stored for a person. */
#pragma once

#include "oauth/authorization.h"

/* The parameters, sealed for this browser (whose cookie is set if need be).
 * REFUSED: PARAMETER_MALFORMED, all of them together are too long. */
outcome step_seal(struct authorization *authorization, struct text *sealed_out)
	MUST_USE;
/* Stores the step of the signed-in person; its reference for the form. */
outcome step_store(struct authorization *authorization,
		   struct text *reference_out) MUST_USE;
/* Consumes what the request would have completed. REFUSED: STEP_CONSUMED. */
outcome step_consume(struct authorization *authorization) MUST_USE;
/* Before the grant: of what it would have completed, that which lies in another
 * shard than the session. REFUSED likewise. */
outcome step_consume_elsewhere(struct authorization *authorization) MUST_USE;

/* The parameters as one text, for what is stored or sealed. REFUSED:
 * PARAMETER_MALFORMED, all of them together are too long. */
outcome step_encode(struct decision *decision, const struct form *form,
		    struct text *encoded_out) MUST_USE;
/* Inserts the row under a new id. */
outcome step_insert(struct oauth *oauth, struct decision *decision,
		    struct request *row) MUST_USE;
