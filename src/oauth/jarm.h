/* SPDX-License-Identifier: Apache-2.0 */
/* Authorization responses as one signed JWT (JARM). */
#pragma once

#include "oauth/response.h"

/*
 * *signed_out is the one parameter `response`: a JWT with the same parameters,
 * our issuer, the client as its audience, and ten minutes to live at most,
 * signed by the client's authorization_signed_response_alg, else the tenant's
 * algorithm. BROKEN when it cannot be signed.
 */
outcome jarm_sign(struct authorization *authorization,
		  const struct response *response, struct response *signed_out)
	MUST_USE;
