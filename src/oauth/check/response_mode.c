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

/* "query", unless the client is registered for others alone: who strips the
 * parameter must not strip a signature with it. */
static struct text default_for(const struct client *client)
{
	struct text rest = client->response_modes;
	struct text first;

	if (text_has_word(rest, text_from(response_mode_query.name)) ||
	    !text_next_word(&rest, &first))
		return text_from(response_mode_query.name);
	return first;
}

static outcome check(struct authorization *authorization)
{
	struct text name = form_find(&authorization->form, "response_mode");
	const struct response_mode *mode;

	if (name.size == 0)
		name = default_for(authorization->client);
	mode = response_mode_find(name);
	if (mode == NULL || !may_use(authorization, mode))
		return refuse(authorization->decision,
			      REASON_RESPONSE_MODE_UNSUPPORTED,
			      .argument = TEXT("response_mode"),
			      .received = name);
	authorization->mode = mode;
	return DONE;
}

const struct authorization_check check_response_mode = {"response_mode", check};
