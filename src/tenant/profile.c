/* SPDX-License-Identifier: Apache-2.0 */
/* Looks up what a profile's tables say. */
#include "tenant/profile.h"

#include "base/outcome.h"

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
