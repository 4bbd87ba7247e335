/* SPDX-License-Identifier: Apache-2.0 */
/* Sends authorization responses by query, form_post and web_message. */
#include "oauth/response.h"

#include "http/uri.h"
#include "oauth/interaction.h"
#include "oauth/reply.h"

#define LOCATION_MAX 32768

void response_add(struct response *response, const char *name,
		  struct text value)
{
	MUST(response->count < RESPONSE_FIELD_COUNT_MAX);
	if (!text_is_present(value))
		return;
	response->fields[response->count++] =
		(struct form_field){text_from(name), value};
}

void response_redirect(struct oauth_request *request, struct text location)
{
	request->reply->status = 303;
	http_reply_header(request->reply, "Location", location);
	http_reply_header(request->reply, "Referrer-Policy",
			  TEXT("no-referrer"));
	reply_no_store(request->reply);
}

struct text response_location(struct arena *arena, struct text uri,
			      const struct response *response)
{
	struct buf location = buf_init_arena(arena, LOCATION_MAX);
	bool has_query = text_find_byte(uri, '?') < uri.size;

	buf_add(&location, uri);
	for (size_t i = 0; i < response->count; i++)
		form_add(&location, &has_query,
			 arena_terminated(arena, response->fields[i].name),
			 response->fields[i].value);
	MUST(!location.is_over);
	return buf_text(&location);
}

static void send_query(struct authorization *authorization,
		       const struct response *response)
{
	response_redirect(authorization->base,
			  response_location(authorization->decision->arena,
					    authorization->redirect_uri,
					    response));
}

static struct form form_of(const struct response *response)
{
	return (struct form){
		.fields = (struct form_field *)response->fields,
		.count = response->count,
	};
}

static void send_form_post(struct authorization *authorization,
			   const struct response *response)
{
	struct form fields = form_of(response);

	authorization->oauth->pages->form_post(
		authorization->base, authorization->redirect_uri, &fields);
}

static void send_web_message(struct authorization *authorization,
			     const struct response *response)
{
	struct form fields = form_of(response);

	authorization->oauth->pages->web_message(
		authorization->base, uri_origin(authorization->redirect_uri),
		&fields);
}

const struct response_mode response_mode_query = {
	.name = "query",
	.send = send_query,
};

static const struct response_mode response_mode_form_post = {
	.name = "form_post",
	.send = send_form_post,
};

static const struct response_mode response_mode_web_message = {
	.name = "web_message",
	.send = send_web_message,
	.is_web_message = true,
};

static const struct response_mode *const modes[] = {
	&response_mode_query,
	&response_mode_form_post,
	&response_mode_web_message,
};

const struct response_mode *response_mode_find(struct text name)
{
	for (size_t i = 0; i < COUNT_OF(modes); i++)
		if (text_equal(name, text_from(modes[i]->name)))
			return modes[i];
	return NULL;
}
