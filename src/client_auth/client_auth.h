/* SPDX-License-Identifier: Apache-2.0 */
/* Who the client is, and its proof (RFC 6749 section 2.3). */
#pragma once

#include "decision/decision.h"
#include "decision/limiter.h"
#include "fetch/fetch.h"
#include "http/form.h"
#include "http/http.h"
#include "keys/master.h"
#include "tenant/tenant.h"

struct assertion;
struct client_auth_method;

/* The jti of a client assertion, to be spent by what the request is for. */
struct client_auth_once {
	bool is_there;
	struct store_jti jti;
	struct text id; /* to be told of a replay */
};

/* What `identify` has read with the id, for `prove`. */
struct client_auth_claimed {
	struct text secret; /* as the RFC has it */
	struct text raw_secret; /* as it stands in the header */
};

/* What a proof may look at; all borrowed. */
struct client_auth_request {
	struct decision *decision;
	struct store *store;
	const struct tenants *tenants;
	const struct tenant *tenant;
	const struct master *master;
	struct limiter *limiter;
	struct fetch *fetch; /* for jwks_uri */
	const struct http_request *http;
	const struct form *form; /* the body's parameters */
	/* The composition root's list; `none` last. */
	const struct client_auth_method *const *methods;
	size_t method_count;
	/* Out: what proving the client may serve for once. */
	struct client_auth_once *once_out;
	/* The room's own. */
	struct client_auth_claimed *claimed;
	struct assertion *assertion; /* once it has been looked at */
};

/* A method as registered in token_endpoint_auth_method. */
struct client_auth_method {
	const char *name;
	/* Whether the request carries this method's credential. */
	bool (*is_used)(const struct client_auth_request *request);
	/* Which client it says it is; *id_out absent when it does not. */
	outcome (*identify)(const struct client_auth_request *request,
			    struct text *id_out);
	/* Whether the credential is this client's. */
	outcome (*prove)(const struct client_auth_request *request,
			 const struct client *client);
	/* Clients registered for either may use the other (under fapi2 nobody
	 * is registered for one). */
	bool is_secret;
	/* Used when a client that is registered for it sends no other
	 * credential: a certificate alone says nothing (RFC 8705). */
	bool is_by_certificate;
};

/*
 * Exactly one method, the registered one, and its proof. REFUSED:
 * CLIENT_TWO_METHODS, CLIENT_HEADER_MALFORMED, CLIENT_ID_MISSING,
 * CLIENT_ID_CONFLICT, CLIENT_UNKNOWN, CLIENT_DISABLED, CLIENT_UNFIT,
 * CLIENT_METHOD_WRONG,
 * CLIENT_SECRET_MISSING, CLIENT_SECRET_WRONG, CLIENT_RATE_LIMITED,
 * CLIENT_CERTIFICATE_MISSING, _MALFORMED, _UNTRUSTED, _WRONG; those of
 * client_auth/assertion.h, ASSERTION_KEY_UNKNOWN, ASSERTION_SIGNATURE. An unknown
 * client takes the time of a wrong secret (attack A10). Nothing is written: who
 * goes on spends *once_out after all checks that need no write. *client_out is the
 * client that was found, also where it is refused; NULL: none was.
 */
outcome client_auth_prove(const struct client_auth_request *request,
			  const struct client **client_out) MUST_USE;

extern const struct client_auth_method client_auth_none;
extern const struct client_auth_method client_auth_client_secret_basic;
extern const struct client_auth_method client_auth_client_secret_post;
extern const struct client_auth_method client_auth_tls_client_auth;
extern const struct client_auth_method client_auth_self_signed_tls_client_auth;
extern const struct client_auth_method client_auth_private_key_jwt;
extern const struct client_auth_method client_auth_client_secret_jwt;
