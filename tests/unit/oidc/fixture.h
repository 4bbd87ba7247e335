/* SPDX-License-Identifier: Apache-2.0 */
/* Three tenants, one a profile, on a real store; requests made by hand. */
#pragma once

#include "suite.h"

#include "oidc/oidc.h"
#include "token/access.h"

#define FIXTURE_NOW ((instant)1700000000 * INSTANT_SECOND)
#define FIXTURE_HEADER_COUNT_MAX 4

/* Made once for a group of tests. */
struct fixture {
	char folder[64];
	struct store *store;
	struct master *master;
	struct tenants *tenants;
	struct keys *keys;
	struct tokens *tokens;
	struct oauth oauth;
};

extern struct fixture fixture;

/* Of a group: tenants "rfc", "auth0", "asgardeo" with a client "web", a person
 * and a key for RS256 each; "rfc" ones for ES256 and EdDSA too. */
int fixture_open(void **state);
int fixture_close(void **state);

/* One request at an endpoint of a tenant. */
struct exchange {
	struct arena *arena;
	struct decision decision;
	struct http_header headers[FIXTURE_HEADER_COUNT_MAX];
	struct http_request http;
	struct http_reply reply;
	struct oauth_request request;
	struct user user;
	const struct client *client;
	struct grant grant; /* not in the store until fixture_insert_grant */
};

void fixture_begin(struct exchange *exchange, const char *tenant,
		   enum endpoint endpoint);
void fixture_end(struct exchange *exchange);
void fixture_header(struct exchange *exchange, const char *name,
		    struct text value);
void fixture_insert_grant(struct exchange *exchange);
/* An access token of the grant, which is in the store. */
struct text fixture_access_token(struct exchange *exchange, struct text scope,
				 bool is_jwt);
/* The ID token that the grant yields, `change` laid over what asks for it. */
struct oauth_issue fixture_issue(struct exchange *exchange);
struct text fixture_id_token(const struct oauth_issue *issue);
/* Its payload, the signature verified. */
struct text fixture_claims(struct exchange *exchange, struct text id_token);
/* A claim of a JSON object as JSON text, absent when there is none. */
struct text fixture_member(struct exchange *exchange, struct text object,
			   const char *name);

void fixture_assert_text(struct text got, const char *wanted);
/* The member is there and is this JSON; NULL: it is not there. */
void fixture_assert_member(struct exchange *exchange, struct text object,
			   const char *name, const char *wanted);
