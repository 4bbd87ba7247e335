/* SPDX-License-Identifier: Apache-2.0 */
/* What OpenID Connect adds, as records that this room calls unknowing. */
#pragma once

#include "model/grant.h"
#include "model/user.h"
#include "oauth/oauth.h"

/* What an ID token is made from. */
struct oauth_issue {
	struct oauth *oauth;
	struct decision *decision;
	const struct tenant *tenant;
	const struct client *client;
	const struct grant *grant;
	const struct user *user;
	struct text scope;
	struct text access_token;
	struct text code; /* absent on refresh */
	bool is_refresh;
};

/* Whom an id_token_hint names. */
struct oauth_hint {
	struct text subject;
	struct text client_id; /* its audience */
	struct text sid; /* hex, or absent */
};

/* What of a claims parameter the engine itself heeds. */
struct oauth_claims {
	bool asks_auth_time; /* in the ID token */
	/* The one person whom the ID token is to be about, or absent
	 * (OpenID Connect Core 3.1.2.2 and 5.5.1). */
	struct text subject;
};

struct oauth_extension {
	/* *id_token_out stays absent when none is due (no openid). */
	outcome (*issue)(const struct oauth_issue *issue,
			 struct text *id_token_out);
	/* Reads an ID token that this tenant issued, expired or not. REFUSED
	 * (HINT_INVALID) for any other. */
	outcome (*read_hint)(struct oauth *oauth, struct decision *decision,
			     const struct tenant *tenant, struct text hint,
			     struct oauth_hint *hint_out);
	/* Whether the claims parameter is well-formed (OpenID Connect Core 5.5);
	 * REFUSED (PARAMETER_MALFORMED "claims"). */
	outcome (*check_claims)(struct decision *decision, struct text claims,
				struct oauth_claims *asked_out);
	/* The scopes, of those that the client may ask, that stand for what a
	 * checked claims parameter asks: a person is asked for them, too. */
	outcome (*name_claims_scope)(struct decision *decision,
				     const struct client *client,
				     struct text claims,
				     struct text *scope_out);
};
