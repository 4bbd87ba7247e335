/* SPDX-License-Identifier: Apache-2.0 */
/* The authorization response, by response mode (RFC 6749 4.1.2, RFC 9207). */
#pragma once

#include "oauth/authorization.h"

#define RESPONSE_FIELD_COUNT_MAX 8

/* Parameters in the order in which they are sent. */
struct response {
	struct form_field fields[RESPONSE_FIELD_COUNT_MAX];
	size_t count;
};

void response_add(struct response *response, const char *name,
		  struct text value);

/* query, fragment, form_post, web_message; query.jwt, fragment.jwt,
 * form_post.jwt and jwt, which sign (oauth/jarm.h). */
struct response_mode {
	const char *name;
	void (*send)(struct authorization *authorization,
		     const struct response *response);
	/* Only where the profile and the client's web origins have it. */
	bool is_web_message;
};

/* Whether the response type that was asked for has a token or ID token in the
 * answer itself, whether or not we have it. */
bool response_type_has_token(const struct authorization *authorization);

/*
 * By which mode a refusal is told, also before check/response_mode.c has run:
 * what was asked if the client may ask it, else what it gets by default. So a
 * client that is registered for signed answers gets refusals signed.
 */
const struct response_mode *
response_mode_of_refusal(const struct authorization *authorization);

/* NULL when there is none of that name. */
const struct response_mode *response_mode_find(struct text name);
extern const struct response_mode response_mode_query;

/* 303 See Other, with what every such reply carries (RFC 9700 4.12). */
void response_redirect(struct oauth_request *request, struct text location);
/* Appends the parameters to the URI's query, keeping the URI as it is. */
struct text response_location(struct arena *arena, struct text uri,
			      const struct response *response);
