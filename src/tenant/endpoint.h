/* SPDX-License-Identifier: Apache-2.0 */
/* What answers at a path. */
#pragma once

enum endpoint {
	ENDPOINT_AUTHORIZE,
	ENDPOINT_TOKEN,
	ENDPOINT_PAR, /* pushed authorization requests (RFC 9126) */
	ENDPOINT_REVOKE,
	ENDPOINT_INTROSPECT,
	ENDPOINT_USERINFO,
	ENDPOINT_JWKS,
	ENDPOINT_OPENID_METADATA,
	ENDPOINT_OAUTH_METADATA,
	ENDPOINT_LOGOUT, /* RP-initiated */
	ENDPOINT_LOGOUT_RETURN, /* auth0's /v2/logout */
	ENDPOINT_LOGIN, /* where the sign-in form is posted */
	ENDPOINT_CONSENT, /* where the consent form is posted */
	ENDPOINT_LOGOUT_CONFIRM, /* where the sign-out form is posted */
	ENDPOINT_COUNT,
};

const char *endpoint_name(enum endpoint endpoint); /* "token" */

/*
 * Endpoints that refuse alike: login and consent as authorize (each step runs
 * its checks again), both other sign-outs as logout, the metadata documents as
 * jwks; any other is its own. ENDPOINT_COUNT (no endpoint was found) too.
 */
enum endpoint endpoint_class(enum endpoint endpoint);
