/* SPDX-License-Identifier: Apache-2.0 */
/* A tenant with people on a real store, and browsers that hold cookies. */
#pragma once

#include "suite.h"

#include "login/login.h"

#define FIXTURE_NOW ((instant)1700000000 * INSTANT_SECOND)
#define FIXTURE_FREE_COUNT 3
#define FIXTURE_WAIT_MOST_FOR 60

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

/* Of a group: tenant "rfc" with client "web" and alice, of the password
 * "Gr\u00fcezi 1", and david, who is disabled, of the same. */
int fixture_open(void **state);
int fixture_close(void **state);
/* Of each test: forgets who failed. */
int fixture_forget(void **state);
/* How often one name, or one network, may fail in all. */
void fixture_allow_crowd(unsigned int free_count);

#define BROWSER_COOKIE_COUNT_MAX 4

/* One browser: what it keeps, and the last reply that it saw. */
struct browser {
	instant now;
	const char *peer;
	const char *origin; /* NULL: it states none */
	char cookies[BROWSER_COOKIE_COUNT_MAX][1024]; /* name=value */
	struct arena *arena; /* of the last request */
	struct decision decision;
	struct http_reply reply;
};

struct browser browser_new(void);
void browser_end(struct browser *browser);
/* A GET of the authorization endpoint with a right request and what is added. */
void browser_authorize(struct browser *browser, const char *more);
void browser_post(struct browser *browser,
		  const struct oauth_endpoint *endpoint, struct text body);
/* Fills in the last page's sign-in form. The arguments are form-encoded. */
void browser_sign_in(struct browser *browser, const char *username,
		     const char *password);
/* Presses a button of the last page's consent form. */
void browser_decide(struct browser *browser, const char *decision);

struct text browser_page(const struct browser *browser);
bool browser_sees(const struct browser *browser, const char *part);
/* The value of the last page's hidden field; absent when it has none. */
struct text browser_field(const struct browser *browser, const char *name);
/* The last reply's header; absent when there is none. */
struct text browser_header(const struct browser *browser, const char *name);
