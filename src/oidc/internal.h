/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share: ID tokens, hints, a person's claims. */
#pragma once

#include "oidc/oidc.h"
#include "json/writer.h"

/* The members of struct oauth_extension (oauth/extension.h). */
outcome oidc_issue_id_token(const struct oauth_issue *issue,
			    struct text *id_token_out) MUST_USE;
outcome oidc_read_hint(struct oauth *oauth, struct decision *decision,
		       const struct tenant *tenant, struct text hint,
		       struct oauth_hint *hint_out) MUST_USE;
outcome oidc_check_claims(struct decision *decision, struct text claims,
			  struct oauth_claims *asked_out) MUST_USE;
outcome oidc_name_claims_scope(struct decision *decision,
			       const struct client *client, struct text claims,
			       struct text *scope_out) MUST_USE;

/* Which of a person's claims are let out. */
struct oidc_release {
	const struct tenant *tenant;
	const struct client *client;
	const struct user *user;
	struct text scope; /* absent: by the parameter alone */
	struct text parameter; /* the claims parameter's JSON, or absent */
	const char *member; /* of it: "userinfo" or "id_token" */
};

/*
 * Writes them as members of an object that the caller has opened (or means to):
 * those of section 5.1 that the scope asks (5.4), and those that the parameter
 * asks (5.5) as far as the client may ask for the scope that covers them. A
 * value of a wrong type is left out. BROKEN when the store holds no JSON.
 */
outcome oidc_claims_release(struct decision *decision,
			    const struct oidc_release *release,
			    struct json_writer *writer) MUST_USE;
