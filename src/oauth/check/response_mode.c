/* SPDX-License-Identifier: Apache-2.0 */
/* response_mode: how the answer travels (OAuth 2.0 Multiple Response Types). */
#include "http/uri.h"
#include "oauth/response.h"

/* Of a client that registered none. */
#define MODES_BY_DEFAULT TEXT("query form_post")

static bool may_use(const struct authorization *authorization,
		    const struct response_mode *mode)
{
	const struct client *client = authorization->client;

	if (mode->is_web_message)
		return authorization->base->tenant->profile->flags
			       .web_message &&
		       text_has_word(client->web_origins,
				     uri_origin(authorization->redirect_uri));
	return text_has_word(client->response_modes.size > 0
				     ? client->response_modes
				     : MODES_BY_DEFAULT,
			     text_from(mode->name));
}

static bool is_signed(struct text name)
{
	return text_equal(name, TEXT("jwt")) ||
	       text_ends_with(name, TEXT(".jwt"));
}

static struct text first_signed(const struct client *client)
{
	struct text rest = client->response_modes;
	struct text each;

	while (text_next_word(&rest, &each))
		if (is_signed(each))
			return each;
	return TEXT_ABSENT;
}

/* "query", unless the client is registered for others alone, or for signed
 * answers (JARM section 3: with authorization_signed_response_alg "the response
 * will be signed"): who strips the parameter must not strip a signature with it.
 */
static struct text registered_default(const struct client *client)
{
	struct text query = text_from(response_mode_query.name);
	struct text rest = client->response_modes;
	struct text first;

	if (client->response_alg.size > 0 &&
	    text_is_present(first_signed(client)))
		return first_signed(client);
	if (text_has_word(rest, query) || !text_next_word(&rest, &first))
		return query;
	return first;
}

/* What may carry a token goes into the fragment, its refusals too (RFC 6749
 * section 4.2.2.1, OAuth 2.0 Multiple Response Types section 2.1). NULL when the
 * client is registered for web_message alone, and may not use it. */
static const struct response_mode *
default_for(const struct authorization *authorization)
{
	struct text name = registered_default(authorization->client);
	const struct response_mode *mode = response_mode_find(name);

	if (response_type_has_token(authorization))
		return response_mode_find(is_signed(name) ? TEXT("fragment.jwt")
							  : TEXT("fragment"));
	return mode->is_web_message && !may_use(authorization, mode) ? NULL
								     : mode;
}

/* What was asked, if the client may ask it. */
static const struct response_mode *
asked_for(const struct authorization *authorization)
{
	const struct response_mode *mode = response_mode_find(
		form_find(&authorization->form, "response_mode"));

	return mode != NULL && may_use(authorization, mode) ? mode : NULL;
}

const struct response_mode *
response_mode_of_refusal(const struct authorization *authorization)
{
	const struct response_mode *mode = authorization->mode;

	if (mode == NULL)
		mode = asked_for(authorization);
	if (mode == NULL)
		mode = default_for(authorization);
	return mode != NULL ? mode : &response_mode_query;
}

static outcome check(struct authorization *authorization)
{
	struct text name = form_find(&authorization->form, "response_mode");

	authorization->mode = name.size > 0 ? asked_for(authorization)
					    : default_for(authorization);
	if (authorization->mode != NULL)
		return DONE;
	return refuse(authorization->decision, REASON_RESPONSE_MODE_UNSUPPORTED,
		      .argument = TEXT("response_mode"), .received = name);
}

const struct authorization_check check_response_mode = {"response_mode", check};
