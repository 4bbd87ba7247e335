/* SPDX-License-Identifier: Apache-2.0 */
/* Resources that tokens are for (RFC 8707), and the vendors' `audience`. */
#include "oauth/resources.h"

#include "oauth/scope.h"

#define RESOURCE_SIZE_MAX 1024
/* All that one request names: they go into tokens, whose size is bounded. */
#define RESOURCES_SIZE_MAX 4096

static outcome check_form_of(struct decision *decision, struct text resource)
{
	if (resource.size > 0 && resource.size <= RESOURCE_SIZE_MAX &&
	    !text_has_control(resource) &&
	    text_find_byte(resource, ' ') == resource.size)
		return DONE;
	return refuse(decision, REASON_AUDIENCE_UNKNOWN, .argument = resource);
}

static bool names_resource(const struct oauth_request *request,
			   const struct form_field *field)
{
	if (field->value.size == 0)
		return false;
	return text_equal(field->name, TEXT("resource")) ||
	       (request->tenant->profile->flags.audience_parameter &&
		text_equal(field->name, TEXT("audience")));
}

/* All that the request names, each once, well-formed. */
static outcome read_named(struct oauth_request *request,
			  const struct form *form, struct text *named_out)
{
	struct decision *decision = request->decision;
	struct buf named = buf_init_arena(decision->arena, RESOURCES_SIZE_MAX);

	for (size_t i = 0; i < form->count; i++) {
		const struct form_field *field = &form->fields[i];

		if (!names_resource(request, field))
			continue;
		TRY(check_form_of(decision, field->value));
		scope_add(&named, field->value);
	}
	*named_out = buf_text(&named);
	if (!named.is_over)
		return DONE;
	return refuse(decision, REASON_AUDIENCE_UNKNOWN,
		      .argument = TEXT("resource"),
		      .near_miss = TEXT("more than a token can hold"));
}

static enum store_outcome load_from(struct oauth_request *request,
				    struct store *store, struct text audience,
				    struct resource *resource_out)
{
	return store_load_resource(store, request->decision->arena,
				   request->tenant->id, audience, resource_out);
}

/* A shard's copy may not know of it yet; what is busy may soon be away. */
static enum store_outcome load_anywhere(struct oauth_request *request,
					struct text audience,
					struct resource *resource_out)
{
	struct store *home = request->oauth->store;
	struct store *near = request->near != NULL ? request->near
						   : store_book(home);
	struct store *other = store_book_else(home);
	enum store_outcome loaded =
		load_from(request, near, audience, resource_out);

	if (loaded == STORE_NOT_FOUND && near != home)
		return load_from(request, store_book(home), audience,
				 resource_out);
	if (loaded == STORE_BUSY && near == home && !store_is_away(other))
		return load_from(request, other, audience, resource_out);
	return loaded;
}

static outcome load_resource(struct oauth_request *request,
			     struct text audience,
			     struct resource *resource_out)
{
	struct decision *decision = request->decision;
	enum store_outcome loaded =
		load_anywhere(request, audience, resource_out);

	if (loaded == STORE_NOT_FOUND)
		return refuse(decision, REASON_AUDIENCE_UNKNOWN,
			      .argument = audience, .received = audience);
	return tenant_store_outcome(decision, loaded);
}

static outcome check_allowed(struct oauth_request *request,
			     const struct client *client, struct text audience)
{
	struct resource resource;

	TRY(load_resource(request, audience, &resource));
	if (client->audiences.size == 0 ||
	    text_has_word(client->audiences, audience))
		return DONE;
	return refuse(request->decision, REASON_AUDIENCE_NOT_ALLOWED,
		      .argument = audience, .expected = client->audiences,
		      .received = audience);
}

outcome resources_read(struct oauth_request *request, const struct form *form,
		       const struct client *client, struct text *resources_out)
{
	struct text rest;
	struct text each;

	TRY(read_named(request, form, resources_out));
	if (resources_out->size == 0 &&
	    text_is_present(request->tenant->default_audience))
		*resources_out = request->tenant->default_audience;
	rest = *resources_out;
	while (text_next_word(&rest, &each))
		TRY(check_allowed(request, client, each));
	return DONE;
}

static outcome check_within(struct oauth_request *request,
			    const struct resources_bounds *bounds,
			    struct text audience)
{
	struct resource resource;

	if (text_has_word(bounds->granted, audience))
		return DONE;
	TRY(load_resource(request, audience, &resource));
	if (text_has_word(bounds->beyond, audience))
		return DONE;
	return refuse(request->decision, REASON_AUDIENCE_NOT_ALLOWED,
		      .argument = audience, .expected = bounds->granted,
		      .received = audience);
}

outcome resources_narrow(struct oauth_request *request, const struct form *form,
			 const struct resources_bounds *bounds,
			 struct text *resources_out)
{
	struct text rest;
	struct text each;

	TRY(read_named(request, form, resources_out));
	if (resources_out->size == 0) {
		*resources_out = bounds->granted;
		return DONE;
	}
	rest = *resources_out;
	while (text_next_word(&rest, &each))
		TRY(check_within(request, bounds, each));
	return DONE;
}

outcome resources_allow_offline(struct oauth_request *request,
				struct text resources, bool *allows_out)
{
	struct resource resource;
	struct text each;

	*allows_out = true;
	if (request->tenant->profile->refresh_condition !=
	    REFRESH_WITH_OFFLINE_ACCESS)
		return DONE;
	while (*allows_out && text_next_word(&resources, &each)) {
		TRY(load_resource(request, each, &resource));
		*allows_out = resource.allows_offline_access;
	}
	return DONE;
}

static bool is_jwt(const struct profile_flags *flags,
		   enum access_token_format format, bool has_resource)
{
	if (format != ACCESS_TOKEN_BY_PROFILE)
		return format == ACCESS_TOKEN_JWT;
	return flags->jwt_by_default &&
	       (has_resource || !flags->opaque_without_audience);
}

outcome resources_terms_of(struct oauth_request *request,
			   const struct client *client, struct text resources,
			   struct resources_terms *terms_out)
{
	const struct tenant *tenant = request->tenant;
	enum access_token_format format = client->access_token_format;
	int64_t life_for = client->access_token_for;
	struct resource resource = {0};
	struct text first;

	if (text_next_word(&resources, &first)) {
		TRY(load_resource(request, first, &resource));
		if (format == ACCESS_TOKEN_BY_PROFILE)
			format = resource.format;
		if (life_for == 0)
			life_for = resource.access_token_for;
	}
	terms_out->is_jwt = is_jwt(&tenant->profile->flags, format,
				   text_is_present(resource.audience));
	terms_out->access_token_for =
		life_for != 0 ? life_for : tenant->lifetimes.access_token_for;
	return DONE;
}
