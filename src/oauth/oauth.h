/* SPDX-License-Identifier: Apache-2.0 */
/* The engine, one request at one of its endpoints, and how it is answered. */
#pragma once

#include "client_auth/client_auth.h"
#include "http/form.h"
#include "http/http.h"
#include "loop/worker.h"
#include "oauth/once.h"
#include "token/tokens.h"

struct grant_type;
struct oauth_extension;
struct oauth_pages;

/* Everything that lives as long as the process; put together by the
 * composition root. Borrowed throughout. */
struct oauth {
	struct store *store;
	const struct master *master;
	struct keys *keys;
	struct tokens *tokens;
	struct worker_pool *password_workers; /* Argon2id */
	struct fetch *fetch; /* the only outgoing door */
	struct limiter *client_limiter;
	struct limiter *push_limiter; /* pushed requests of a client */
	struct limiter *login_limiter; /* a name from one network */
	struct limiter *login_crowd_limiter; /* a name, or a network, alone */
	const struct client_auth_method *const *client_auth_methods;
	size_t client_auth_method_count;
	const struct grant_type *const *grant_types;
	size_t grant_type_count;
	const struct oauth_extension *extension;
	const struct oauth_pages *pages;
};

/* One request, once tenant and endpoint are known. */
struct oauth_request {
	struct oauth *oauth;
	struct decision *decision;
	const struct tenants *tenants;
	const struct tenant *tenant;
	enum endpoint endpoint;
	const struct http_request *http;
	struct http_reply *reply;
	struct once once; /* zeroed at first */
	struct store *near; /* the shard that it is about; NULL: not known */
};

/* An endpoint as the composition root lists it. `answer` fills the reply, also
 * for refusals; the caller finishes the decision. */
#define OAUTH_GET 1u
#define OAUTH_POST 2u

struct oauth_endpoint {
	enum endpoint endpoint;
	unsigned int methods; /* OAUTH_GET | OAUTH_POST */
	/* Scripts of the tenant's origins may call it (CORS). */
	bool is_cross_origin;
	/* Says nothing that is not public: scripts of any origin may read it. */
	bool is_public;
	void (*answer)(struct oauth_request *request);
};

extern const struct oauth_endpoint oauth_endpoint_authorize;
extern const struct oauth_endpoint oauth_endpoint_token;
extern const struct oauth_endpoint oauth_endpoint_par;
extern const struct oauth_endpoint oauth_endpoint_revoke;
extern const struct oauth_endpoint oauth_endpoint_introspect;
extern const struct oauth_endpoint oauth_endpoint_jwks;
