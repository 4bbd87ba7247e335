/* SPDX-License-Identifier: Apache-2.0 */
/* FAPI 2.0 over a tenant: the profile's overlay, and which clients it takes. */
#include "tenant/internal.h"

/* An entry, because a tenant of a directory is always the head of one. */
static struct tenant *lay_over(struct arena *arena,
			       const struct tenant_entry *entry)
{
	const struct profile_overlay *overlay = entry->tenant.profile->fapi2;
	struct profile *profile = ARENA_NEW(arena, struct profile);
	struct tenant_entry *laid = ARENA_NEW(arena, struct tenant_entry);
	struct tenant *tenant = &laid->tenant;

	profile_lay_over(entry->tenant.profile, overlay, profile);
	*laid = *entry;
	tenant->profile = profile;
	tenant->fapi2 = TENANT_FAPI2_REQUIRED;
	profile_cap_lifetimes(overlay, &tenant->lifetimes);
	tenant->requires_pushed = tenant->requires_pushed ||
				  profile->limits.pushes_always;
	tenant->fetches_request_uris = tenant->fetches_request_uris &&
				       !profile->limits.pushes_always;
	if (!profile_allows_algorithm(profile, tenant->signing_alg))
		tenant->signing_alg = text_from(overlay->signing_alg);
	return tenant;
}

void tenant_lay_fapi2(struct arena *arena, struct tenant_entry *entry)
{
	switch (entry->tenant.fapi2) {
	case TENANT_FAPI2_OFF:
		break;
	case TENANT_FAPI2_ALLOWED:
		entry->tenant.under_fapi2 = lay_over(arena, entry);
		break;
	case TENANT_FAPI2_REQUIRED:
		entry->tenant = *lay_over(arena, entry);
		break;
	}
}

outcome tenant_foresee(struct arena *arena, const struct profile *profile,
		       struct text settings, const struct tenant **tenant_out,
		       struct text *why_out)
{
	struct tenant_entry *entry = ARENA_NEW(arena, struct tenant_entry);

	entry->tenant.profile = profile;
	entry->tenant.lifetimes = profile->lifetimes;
	TRY(tenant_settings_apply(arena, settings, &entry->tenant, why_out));
	tenant_lay_fapi2(arena, entry);
	*tenant_out = &entry->tenant;
	return DONE;
}

const struct tenant *tenant_for_client(const struct tenant *tenant,
				       const struct client *client)
{
	return client->asks_fapi2 && tenant->under_fapi2 != NULL
		       ? tenant->under_fapi2
		       : tenant;
}

static bool is_among(const char *list, struct text word)
{
	return list == NULL || text_has_word(text_from(list), word);
}

static bool has_method(const struct profile_limits *limits,
		       const struct client *client)
{
	return is_among(limits->auth_methods, client->auth_method);
}

static bool has_response_types(const struct profile_limits *limits,
			       const struct client *client)
{
	struct text rest = client->response_types;
	struct text type;

	while (text_next_word(&rest, &type))
		if (!is_among(limits->response_types, type))
			return false;
	return true;
}

/* The registry has checked the rest of it (RFC 8252 section 7.3). */
static bool is_loopback(struct text uri)
{
	static const char *const hosts[] = {"http://127.0.0.1", "http://[::1]"};

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct text host = text_from(hosts[i]);
		struct text rest = text_from_byte(uri, host.size);

		if (text_starts_with(uri, host) &&
		    (rest.size == 0 || rest.at[0] == ':' || rest.at[0] == '/'))
			return true;
	}
	return false;
}

static bool has_redirects(const struct profile_limits *limits,
			  const struct client *client)
{
	struct text rest = client->redirect_uris;
	struct text uri;

	while (limits->redirects_securely && text_next_word(&rest, &uri))
		if (!text_starts_with(uri, TEXT("https://")) &&
		    !(client->is_native && is_loopback(uri)))
			return false;
	return true;
}

static bool has_algorithm(const struct profile_limits *limits,
			  struct text algorithm)
{
	return algorithm.size == 0 || is_among(limits->algorithms, algorithm);
}

static bool has_auth_algorithm(const struct profile_limits *limits,
			       const struct client *client)
{
	return has_algorithm(limits, client->auth_signing_alg);
}

static bool has_id_token_algorithm(const struct profile_limits *limits,
				   const struct client *client)
{
	return has_algorithm(limits, client->id_token_alg);
}

static bool has_response_algorithm(const struct profile_limits *limits,
				   const struct client *client)
{
	return has_algorithm(limits, client->response_alg);
}

static bool has_object_algorithm(const struct profile_limits *limits,
				 const struct client *client)
{
	return has_algorithm(limits, client->request_object_alg);
}

static bool has_s256(const struct profile_limits *limits,
		     const struct client *client)
{
	return !limits->challenges_always || !client->allows_plain_pkce;
}

static bool keeps_refresh_tokens(const struct profile_limits *limits,
				 const struct client *client)
{
	return !limits->rotates_never ||
	       client->rotates_refresh_tokens != CHOICE_YES;
}

static bool has_code_life(const struct profile_limits *limits,
			  const struct client *client)
{
	return limits->code_for == 0 || client->code_for <= limits->code_for;
}

#define ALGORITHM_RULE "must be PS256, ES256 or EdDSA under fapi2"

static const struct {
	bool (*fits)(const struct profile_limits *limits,
		     const struct client *client);
	struct tenant_unfit unfit;
} rules[] = {
	{has_method,
	 {"token_endpoint_auth_method",
	  "must be private_key_jwt, tls_client_auth or "
	  "self_signed_tls_client_auth: under fapi2 a client is confidential, "
	  "and shares no secret"}},
	{has_auth_algorithm,
	 {"token_endpoint_auth_signing_alg", ALGORITHM_RULE}},
	{has_response_types,
	 {"response_types", "must be \"code\" alone under fapi2"}},
	{has_redirects,
	 {"redirect_uris",
	  "must begin with https:// under fapi2; http://127.0.0.1 and "
	  "http://[::1] are for \"application_type\": \"native\" alone"}},
	{has_id_token_algorithm,
	 {"id_token_signed_response_alg", ALGORITHM_RULE}},
	{has_response_algorithm,
	 {"authorization_signed_response_alg", ALGORITHM_RULE}},
	{has_object_algorithm, {"request_object_signing_alg", ALGORITHM_RULE}},
	{has_s256,
	 {"allow_plain_pkce", "must not be true: under fapi2 PKCE is S256"}},
	{keeps_refresh_tokens,
	 {"rotate_refresh_tokens",
	  "must not be true: under fapi2 refresh tokens are not rotated"}},
	{has_code_life, {"code_for", "must be at most 60 under fapi2"}},
};

bool tenant_fits_client(const struct tenant *tenant,
			const struct client *client,
			struct tenant_unfit *why_out)
{
	const struct profile_limits *limits =
		&tenant_for_client(tenant, client)->profile->limits;

	*why_out = (struct tenant_unfit){
		"fapi2",
		"must not be true: the tenant's setting fapi2 is off; say "
		"\"allowed\" or \"required\" there"};
	if (client->asks_fapi2 && tenant->fapi2 == TENANT_FAPI2_OFF)
		return false;
	for (size_t i = 0; i < COUNT_OF(rules); i++) {
		*why_out = rules[i].unfit;
		if (!rules[i].fits(limits, client))
			return false;
	}
	return true;
}

outcome tenant_check_client(struct decision *decision,
			    const struct tenant *tenant,
			    const struct client *client)
{
	struct tenant_unfit unfit;

	if (client->is_disabled)
		return refuse(decision, REASON_CLIENT_DISABLED,
			      .argument = TEXT("client_id"));
	if (tenant_fits_client(tenant, client, &unfit))
		return DONE;
	return refuse(decision, REASON_CLIENT_UNFIT,
		      .argument = TEXT("client_id"),
		      .near_miss = arena_format(decision->arena, "%s %s",
						unfit.member, unfit.why));
}
