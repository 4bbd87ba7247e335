/* SPDX-License-Identifier: Apache-2.0 */
/* Sends authorization responses by query, fragment, form_post, web_message. */
#include "oauth/response.h"

#include "http/uri.h"
#include "oauth/interaction.h"
#include "oauth/jarm.h"
#include "oauth/reply.h"

/* The longest state, each byte a control that JSON writes as six, in a JWT: 33
 * KiB; a redirect URI; and the rest. Within HTTP_REPLY_HEADERS_MAX. */
#define LOCATION_MAX 49152

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

static void add_fields(struct arena *arena, struct buf *location,
		       bool has_field, const struct response *response)
{
	for (size_t i = 0; i < response->count; i++)
		form_add(location, &has_field,
			 arena_terminated(arena, response->fields[i].name),
			 response->fields[i].value);
	MUST(!location->is_over);
}

struct text response_location(struct arena *arena, struct text uri,
			      const struct response *response)
{
	struct buf location = buf_init_arena(arena, LOCATION_MAX);
	bool has_query = text_find_byte(uri, '?') < uri.size;

	buf_add(&location, uri);
	add_fields(arena, &location, has_query, response);
	return buf_text(&location);
}

static void send_fragment(struct authorization *authorization,
			  const struct response *response)
{
	struct arena *arena = authorization->decision->arena;
	struct buf location = buf_init_arena(arena, LOCATION_MAX);
	struct buf fields = buf_init_arena(arena, LOCATION_MAX);

	add_fields(arena, &fields, false, response);
	buf_add(&location, authorization->redirect_uri);
	buf_add_byte(&location, '#');
	/* form_add begins with the '?' of a query. */
	buf_add(&location, text_from_byte(buf_text(&fields), 1));
	MUST(!location.is_over);
	response_redirect(authorization->base, buf_text(&location));
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

/* By `send`, once it is signed. */
static void send_signed(struct authorization *authorization,
			const struct response *response,
			void (*send)(struct authorization *authorization,
				     const struct response *response))
{
	struct response one;

	if (jarm_sign(authorization, response, &one) == DONE)
		send(authorization, &one);
	else
		authorization->oauth->pages->error(authorization->base);
}

static void send_query_jwt(struct authorization *authorization,
			   const struct response *response)
{
	send_signed(authorization, response, send_query);
}

static void send_fragment_jwt(struct authorization *authorization,
			      const struct response *response)
{
	send_signed(authorization, response, send_fragment);
}

static void send_form_post_jwt(struct authorization *authorization,
			       const struct response *response)
{
	send_signed(authorization, response, send_form_post);
}

bool response_type_has_token(const struct authorization *authorization)
{
	struct text type = form_find(&authorization->form, "response_type");

	return text_has_word(type, TEXT("token")) ||
	       text_has_word(type, TEXT("id_token"));
}

/* What the response type has by default (JARM section 2.3.4). */
static void send_jwt(struct authorization *authorization,
		     const struct response *response)
{
	send_signed(authorization, response,
		    response_type_has_token(authorization) ? send_fragment
							   : send_query);
}

const struct response_mode response_mode_query = {
	.name = "query",
	.send = send_query,
};

static const struct response_mode others[] = {
	{.name = "fragment", .send = send_fragment},
	{.name = "form_post", .send = send_form_post},
	{.name = "web_message",
	 .send = send_web_message,
	 .is_web_message = true},
	{.name = "query.jwt", .send = send_query_jwt},
	{.name = "fragment.jwt", .send = send_fragment_jwt},
	{.name = "form_post.jwt", .send = send_form_post_jwt},
	{.name = "jwt", .send = send_jwt},
};

const struct response_mode *response_mode_find(struct text name)
{
	if (text_equal(name, text_from(response_mode_query.name)))
		return &response_mode_query;
	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (text_equal(name, text_from(others[i].name)))
			return &others[i];
	return NULL;
}
