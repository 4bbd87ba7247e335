/* SPDX-License-Identifier: Apache-2.0 */
/* What tokens are for: `resource` (RFC 8707) and vendors' `audience`. */
#pragma once

#include "oauth/oauth.h"

/*
 * The resources that a request names: every `resource`, and `audience` where the
 * profile has it; space-delimited; without either the tenant's default audience,
 * or nothing. REFUSED: AUDIENCE_UNKNOWN (the tenant has no such resource),
 * AUDIENCE_NOT_ALLOWED (not in the client's list, when it has one).
 */
outcome resources_read(struct oauth_request *request, const struct form *form,
		       const struct client *client, struct text *resources_out)
	MUST_USE;

/* What a grant has, and what its client may name beyond it: at a refresh the
 * list that is registered for it, at an exchange nothing. */
struct resources_bounds {
	struct text granted;
	struct text beyond;
};

/*
 * As above at the token endpoint: what is named must lie within the bounds; when
 * nothing is named, what was granted.
 */
outcome resources_narrow(struct oauth_request *request, const struct form *form,
			 const struct resources_bounds *bounds,
			 struct text *resources_out) MUST_USE;

/* Whether an exchange for these resources may yield a refresh token: where the
 * profile ties refresh to offline_access, each resource must allow it. */
outcome resources_allow_offline(struct oauth_request *request,
				struct text resources, bool *allows_out)
	MUST_USE;

/* Form and life of an access token for these resources: of the client, the
 * first resource, the tenant, in this order. */
struct resources_terms {
	bool is_jwt;
	int64_t access_token_for;
};
outcome resources_terms_of(struct oauth_request *request,
			   const struct client *client, struct text resources,
			   struct resources_terms *terms_out) MUST_USE;
