/* SPDX-License-Identifier: Apache-2.0 */
/* A grant type as a record, and the request that runs through the phases. */
#pragma once

#include "model/grant.h"
#include "model/user.h"
#include "oauth/proof.h"
#include "store/store.h"

/* A token request on its way: each phase fills what the later ones need. */
struct token_request {
	struct oauth_request *base;
	struct oauth *oauth;
	struct decision *decision;
	struct form form; /* 1 parse */
	const struct client *client; /* 2 client */
	const struct grant_type *type; /* 3 grant */
	struct proof proof; /* 3, before anything is loaded; bound in 4 */

	struct grant grant; /* 4 prove: as the tokens state it */
	struct user user;
	struct text scope; /* of the access token */
	struct text resources;
	struct text code; /* presented; absent on refresh */
	int64_t access_token_for;
	struct text confirmation; /* of the access token: its cnf */
	bool is_jwt;
	bool is_refresh;
	enum store_refresh_step refresh_step;
	bool answers_refresh_token;
	int64_t refresh_generation; /* of the one in the reply */
	struct text refresh_token; /* the very one, when it is repeated */

	struct store_change *change; /* 6 decide */
};

struct grant_type {
	const char *name;
	/* Loads and checks the evidence; may revoke or burn. REFUSED with the
	 * reason. Runs again when `decide` lost a race. */
	outcome (*prove)(struct token_request *request);
	/* Submits the one conditional update, which spends once_unspent(request). */
	struct store_change *(*decide)(struct token_request *request);
};

extern const struct grant_type grant_authorization_code;
extern const struct grant_type grant_refresh_token;

/* For `prove`: the person behind the grant. REFUSED: USER_GONE, USER_DISABLED.
 */
outcome grant_load_user(struct token_request *request) MUST_USE;
/* Where its grant lies. */
struct store *grant_shard(struct token_request *request);
/* Revokes the grant and waits until that is durable; an event with the reason.
 * DONE also when it was revoked already. What the request is good for once is
 * spent first: who replays it revokes nothing. */
outcome grant_revoke(struct token_request *request, enum reason reason)
	MUST_USE;
/* When the row may go: when no token of it can live any more. */
instant grant_purge_at(const struct token_request *request);
/* The end of idleness from now on, never past the absolute end. */
instant grant_idle_end(const struct token_request *request);
