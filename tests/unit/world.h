/* SPDX-License-Identifier: Apache-2.0 */
/* Three tenants, one a profile, on a real store in a folder of its own. */
#pragma once

#include "suite.h"

#include "token/access.h"

#define WORLD_NOW ((instant)1700000000 * INSTANT_SECOND)
#define WORLD_SECRET "s3cret-of-web_0123456789abcdef"

/* Made once for a group of tests. */
struct world {
	char folder[64];
	struct store *store;
	struct master *master;
	struct tenants *tenants;
	struct keys *keys;
	struct tokens *tokens;
};

extern struct world world;

/*
 * Of a group: tenants "rfc" (1), "auth0" (2), "asgardeo" (3) at
 * https://id.example/t/<name>, each with a key for ES256, a person "alice" and
 * the clients "web" (client_secret_basic, WORLD_SECRET), "spa" (public) and
 * "off" (disabled, WORLD_SECRET). The master key and server secret 1 are fixed.
 */
int world_open(void **state);
int world_close(void **state);

/* A client that may do all that "web" may. */
struct client world_client(int64_t tenant_id, struct text id);
/* Saves it with this secret; NULL: none. */
void world_save_client(struct client *client, const char *secret);
/* Reads the tenants anew: what was cached of them is forgotten. */
void world_reload_tenants(void);

/* One request of a client of a tenant. */
struct visit {
	struct arena *arena;
	struct decision decision;
	const struct tenant *tenant;
	const struct client *client; /* "web" */
	struct user user;
	struct grant grant; /* coded; not in the store */
};

void world_visit(struct visit *visit, const char *tenant);
void world_leave(struct visit *visit);
void world_insert_grant(struct visit *visit);
void world_load_grant(struct visit *visit, int64_t id, struct grant *grant_out);

/* The member's JSON text; absent when there is none. */
struct text world_member(struct arena *arena, struct text object,
			 const char *name);
void world_assert_text(struct text got, const char *wanted);
/* The member is there and is this JSON; NULL: it is not there. */
void world_assert_member(struct arena *arena, struct text object,
			 const char *name, const char *wanted);
