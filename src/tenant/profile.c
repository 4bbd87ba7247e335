/* SPDX-License-Identifier: Apache-2.0 */
/* Looks up what a profile's tables say. */
#include "tenant/profile.h"

#include "base/outcome.h"

static const char *const names[ENDPOINT_COUNT] = {
	[ENDPOINT_AUTHORIZE] = "authorize",
	[ENDPOINT_TOKEN] = "token",
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

const struct profile_route *profile_find_route(const struct profile *profile,
					       struct text path)
{
	for (size_t i = 0; i < profile->route_count; i++)
		if (text_equal(path, text_from(profile->routes[i].path)))
			return &profile->routes[i];
	return NULL;
}

const char *profile_path(const struct profile *profile, enum endpoint endpoint)
{
	for (size_t i = 0; i < profile->route_count; i++)
		if (profile->routes[i].endpoint == endpoint)
			return profile->routes[i].path;
	return NULL;
}

static const struct profile_reply *find_row(const struct profile *profile,
					    enum endpoint endpoint,
					    enum reason reason)
{
	const struct profile_reply *row = profile->replies->rows;

	for (size_t i = 0; i < profile->replies->count; i++, row++)
		if (row->reason == reason && row->endpoint == endpoint)
			return row;
	return NULL;
}

static const struct profile_reply *find_reply(const struct profile *profile,
					      enum endpoint class,
					      enum reason reason)
{
	for (; profile != NULL; profile = profile->fallback) {
		const struct profile_reply *row =
			find_row(profile, class, reason);

		if (row == NULL)
			row = find_row(profile, ENDPOINT_COUNT, reason);
		if (row != NULL)
			return row;
	}
	return NULL;
}

const struct profile_reply *profile_find_reply(const struct profile *profile,
					       enum endpoint endpoint,
					       enum reason reason)
{
	enum endpoint class = endpoint_class(endpoint);
	const struct profile_reply *row = find_reply(profile, class, reason);

	if (row == NULL)
		row = find_reply(profile, class, REASON_SERVER_ERROR);
	MUST(row != NULL);
	return row;
}
