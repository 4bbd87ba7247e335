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

/* The struct has flags alone, so that they can be gone through. */
static void take_away(struct profile_flags *flags,
		      const struct profile_flags *off)
{
	bool *at = (bool *)flags;
	const bool *is_off = (const bool *)off;

	for (size_t i = 0; i < sizeof(*flags) / sizeof(bool); i++)
		at[i] = at[i] && !is_off[i];
}

void profile_lay_over(const struct profile *profile,
		      const struct profile_overlay *overlay,
		      struct profile *laid_out)
{
	*laid_out = *profile;
	laid_out->replies = overlay->replies;
	laid_out->fallback = NULL;
	take_away(&laid_out->flags, &overlay->off);
	laid_out->limits = overlay->limits;
	laid_out->rotation_rule = overlay->rotation_rule;
	laid_out->assertion_audiences = overlay->assertion_audiences;
	laid_out->signing_algs = overlay->signing_alg;
	laid_out->openid_metadata_constants =
		overlay->openid_metadata_constants;
	laid_out->oauth_metadata_constants =
		profile->flags.oauth_metadata_without_openid
			? overlay->oauth_metadata_constants
			: overlay->openid_metadata_constants;
}

void profile_cap_lifetimes(const struct profile_overlay *overlay,
			   struct profile_lifetimes *lifetimes)
{
	for (size_t i = 0; i < overlay->cap_count; i++) {
		const struct profile_cap *cap = &overlay->caps[i];
		int64_t *span = (void *)((char *)lifetimes + cap->offset);

		if (*span > cap->most)
			*span = cap->most;
	}
}

bool profile_allows_algorithm(const struct profile *profile, struct text name)
{
	const char *algorithms = profile->limits.algorithms;

	return algorithms == NULL || text_has_word(text_from(algorithms), name);
}
