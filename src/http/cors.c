/* SPDX-License-Identifier: Apache-2.0 */
/* Decides and adds the headers of CORS (Fetch standard, section 3.3). */
#include "http/cors.h"

#define ALLOWED_HEADERS "authorization, content-type, dpop, auth0-client"
#define EXPOSED_HEADERS                                                        \
	"DPoP-Nonce, X-Request-Id, WWW-Authenticate, Retry-After"
#define MAX_AGE "7200"
/* A list of asked headers longer than this is not repeated. */
#define ASKED_MAX 1024

bool cors_is_preflight(const struct http_request *request)
{
	return request->method == HTTP_OPTIONS &&
	       text_is_present(http_header_find(request, "origin")) &&
	       text_is_present(http_header_find(
		       request, "access-control-request-method"));
}

/* The origin that may read the reply, absent when there is none. */
static struct text allowed_origin(const struct cors *cors,
				  const struct http_request *request)
{
	struct text origin = http_header_find(request, "origin");

	if (origin.size == 0 || text_equal(origin, TEXT("null")) ||
	    !cors->allows_origin(cors->context, origin))
		return TEXT_ABSENT;
	return origin;
}

/* Whether it is tokens between commas: only such a list is repeated. */
static bool is_token_list(struct text list)
{
	struct text rest = list;
	struct text piece;

	if (list.size > ASKED_MAX)
		return false;
	while (text_cut(&rest, ',', &piece))
		if (!http_is_token(text_trim(piece)))
			return false;
	return list.size > 0;
}

static void allow_headers(const struct http_request *request,
			  struct http_reply *reply)
{
	struct text asked =
		http_header_find(request, "access-control-request-headers");

	if (is_token_list(asked))
		http_reply_header_format(reply, "Access-Control-Allow-Headers",
					 "%s, %.*s", ALLOWED_HEADERS,
					 TEXT_ARG(asked));
	else
		http_reply_header(reply, "Access-Control-Allow-Headers",
				  TEXT(ALLOWED_HEADERS));
}

static void allow_origin(const struct cors *cors, struct text origin,
			 struct http_reply *reply)
{
	http_reply_header(reply, "Access-Control-Allow-Origin", origin);
	if (cors->allows_credentials)
		http_reply_header(reply, "Access-Control-Allow-Credentials",
				  TEXT("true"));
}

void cors_answer_preflight(const struct cors *cors,
			   const struct http_request *request,
			   struct http_reply *reply)
{
	struct text origin = allowed_origin(cors, request);

	reply->status = 204;
	http_reply_header(reply, "Vary",
			  TEXT("Origin, Access-Control-Request-Method, "
			       "Access-Control-Request-Headers"));
	if (!text_is_present(origin))
		return;
	allow_origin(cors, origin, reply);
	http_reply_header(reply, "Access-Control-Allow-Methods",
			  text_from(cors->methods));
	allow_headers(request, reply);
	http_reply_header(reply, "Access-Control-Max-Age", TEXT(MAX_AGE));
}

void cors_add(const struct cors *cors, const struct http_request *request,
	      struct http_reply *reply)
{
	struct text origin = allowed_origin(cors, request);

	http_reply_header(reply, "Vary", TEXT("Origin"));
	if (!text_is_present(origin))
		return;
	allow_origin(cors, origin, reply);
	http_reply_header(reply, "Access-Control-Expose-Headers",
			  TEXT(EXPOSED_HEADERS));
}
