/* SPDX-License-Identifier: Apache-2.0 */
/* Requests at machine endpoints, made by hand and answered in process. */
#pragma once

#include "world.h"

#include "oauth/grant.h"

#define ASK_HEADER_COUNT_MAX 4

/* "world.h", and the engine around it, without OpenID Connect. */
extern struct oauth ask_oauth;
int ask_open(void **state);
int ask_close(void **state);

/* One request; the fields are laid out by hand where a test wants it so. */
struct ask {
	struct arena *arena;
	struct decision decision;
	struct http_header headers[ASK_HEADER_COUNT_MAX];
	struct http_request http;
	struct http_reply reply;
	struct oauth_request request;
	struct buf body;
};

void ask_begin(struct ask *ask, const char *tenant, instant now);
void ask_end(struct ask *ask);
void ask_header(struct ask *ask, const char *name, struct text value);
/* A form field of the body; nothing when the value is absent. */
void ask_field(struct ask *ask, const char *name, const char *value);
/* Authorization: Basic of these, form-encoded. */
void ask_basic(struct ask *ask, const char *id, const char *secret);
/* As this client proves itself: "web" and "off" with their secret, the others
 * by client_id alone. */
void ask_as(struct ask *ask, const char *client);
void ask_answer(struct ask *ask, const struct oauth_endpoint *endpoint);

/* What came of a request at the token endpoint; nothing to free. */
struct answer {
	int status;
	enum reason reason;
	char error[64];
	char near_miss[256];
	char scope[128];
	char access_token[2048];
	char refresh_token[256];
	int64_t expires_in;
};

struct answer ask_read(struct ask *ask);

/* A code of a grant that is in the store. */
struct coded {
	const char *tenant;
	int64_t grant_id;
	char code[128];
};

/* `change` may be NULL; it changes the grant before it is inserted. */
struct coded ask_new_code(const char *tenant, void (*change)(struct grant *));
#define ASK_VERIFIER "0123456789-0123456789-0123456789-0123456789"
#define ASK_CALLBACK "https://rp.example/callback"
/* For ask_new_code: asks an S256 challenge of ASK_VERIFIER. */
void ask_with_challenge(struct grant *grant);
void ask_public(struct grant *grant);

/* An exchange; absent members are not sent. */
struct redeem {
	const char *client; /* "web" */
	const char *redirect_uri; /* ASK_CALLBACK */
	const char *verifier;
	const char *peer; /* 192.0.2.1 */
	instant now; /* WORLD_NOW */
	bool leaves_out_redirect_uri;
};

struct answer ask_redeem(const struct coded *coded,
			 const struct redeem *redeem);

struct refresh {
	const char *client; /* "web" */
	const char *scope;
	instant now; /* WORLD_NOW */
};

struct answer ask_refresh(const char *tenant, const char *token,
			  const struct refresh *refresh);

struct grant_state {
	instant revoked_at;
	char revoked_reason[64];
	int64_t generation;
	int64_t overlap_count;
	bool is_presented;
};

struct grant_state ask_state(int64_t grant_id);
void ask_assert(const struct answer *answer, int status, enum reason reason);
