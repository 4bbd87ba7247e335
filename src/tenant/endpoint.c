/* SPDX-License-Identifier: Apache-2.0 */
/* What endpoints are called, and which refuse alike. */
#include "tenant/endpoint.h"

#include "base/outcome.h"

static const char *const names[ENDPOINT_COUNT] = {
	[ENDPOINT_AUTHORIZE] = "authorize",
	[ENDPOINT_TOKEN] = "token",
	[ENDPOINT_PAR] = "par",
	[ENDPOINT_REVOKE] = "revoke",
	[ENDPOINT_INTROSPECT] = "introspect",
	[ENDPOINT_USERINFO] = "userinfo",
	[ENDPOINT_JWKS] = "jwks",
	[ENDPOINT_OPENID_METADATA] = "openid_metadata",
	[ENDPOINT_OAUTH_METADATA] = "oauth_metadata",
	[ENDPOINT_LOGOUT] = "logout",
	[ENDPOINT_LOGOUT_RETURN] = "logout_return",
	[ENDPOINT_LOGIN] = "login",
	[ENDPOINT_CONSENT] = "consent",
	[ENDPOINT_LOGOUT_CONFIRM] = "logout_confirm",
};

const char *endpoint_name(enum endpoint endpoint)
{
	MUST(endpoint < ENDPOINT_COUNT);
	return names[endpoint];
}

enum endpoint endpoint_class(enum endpoint endpoint)
{
	switch (endpoint) {
	case ENDPOINT_LOGIN:
	case ENDPOINT_CONSENT:
		return ENDPOINT_AUTHORIZE;
	case ENDPOINT_LOGOUT_RETURN:
	case ENDPOINT_LOGOUT_CONFIRM:
		return ENDPOINT_LOGOUT;
	case ENDPOINT_OPENID_METADATA:
	case ENDPOINT_OAUTH_METADATA:
		return ENDPOINT_JWKS;
	case ENDPOINT_AUTHORIZE:
	case ENDPOINT_TOKEN:
	case ENDPOINT_PAR:
	case ENDPOINT_REVOKE:
	case ENDPOINT_INTROSPECT:
	case ENDPOINT_USERINFO:
	case ENDPOINT_JWKS:
	case ENDPOINT_LOGOUT:
	case ENDPOINT_COUNT:
		return endpoint;
	}
	MUST(!"an endpoint");
	return ENDPOINT_COUNT;
}
