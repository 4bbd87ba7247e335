/* SPDX-License-Identifier: Apache-2.0 */
/* Renders refusals from the profile's table, and JSON replies. */
#include "oauth/reply.h"

#include "oauth/proof.h"
#include "token/dpop.h"

#define RETRY_AFTER_SECONDS 2
/* What most bodies fit into without growing, and being moved. */
#define JSON_SIZE_USUAL 1024

void reply_no_store(struct http_reply *reply)
{
	if (http_reply_has_header(reply, "Cache-Control"))
		return;
	http_reply_header(reply, "Cache-Control", TEXT("no-store"));
	http_reply_header(reply, "Pragma", TEXT("no-cache"));
}

struct json_writer reply_open_json(struct http_reply *reply, int status)
{
	reply->status = status;
	http_reply_header(reply, "Content-Type", TEXT("application/json"));
	(void)buf_reserve(&reply->body, JSON_SIZE_USUAL);
	return (struct json_writer){.buf = &reply->body};
}

const struct profile_reply *reply_row(const struct oauth_request *request)
{
	return profile_find_reply(request->tenant->profile, request->endpoint,
				  request->decision->refusal.reason);
}

/* RFC 6749 section 5.2: what error_description may not hold becomes '?'. */
static struct text presentable(struct arena *arena, struct text argument)
{
	char *copy = arena_terminated(arena, argument);

	for (size_t i = 0; i < argument.size; i++)
		if (copy[i] < 0x20 || copy[i] > 0x7e || copy[i] == '"' ||
		    copy[i] == '\\')
			copy[i] = '?';
	return text_of(copy, argument.size);
}

struct text reply_text(const struct oauth_request *request,
		       const struct profile_reply *row)
{
	struct text text = text_from(row->text);
	struct text argument = presentable(request->decision->arena,
					   request->decision->refusal.argument);
	size_t place;

	if (!text_is_present(text))
		return TEXT_ABSENT;
	place = text_find(text, TEXT("%s"));
	if (place == text.size)
		return text;
	return arena_format(request->decision->arena, "%.*s%.*s%.*s",
			    (int)place, text.at, TEXT_ARG(argument),
			    TEXT_ARG(text_from_byte(text, place + 2)));
}

static bool uses_dpop(const struct oauth_request *request)
{
	struct text value = http_header_find(request->http, "authorization");

	return text_equal_nocase(text_first(value, sizeof("DPoP ") - 1),
				 TEXT("DPoP "));
}

/* Who came by DPoP is challenged by DPoP (RFC 9449 section 7.1). */
static void challenge_token(struct oauth_request *request,
			    const struct profile_reply *row)
{
	bool is_dpop = (row->flags & REPLY_CHALLENGES_DPOP) ||
		       uses_dpop(request);
	const char *scheme = is_dpop ? "DPoP" : "Bearer";
	struct text algorithms =
		is_dpop ? arena_format(request->decision->arena,
				       ", algs=\"%.*s\"",
				       TEXT_ARG(dpop_algorithms(
					       request->decision->arena,
					       request->tenant->profile)))
			: TEXT_ABSENT;

	if (row->error == NULL || (row->flags & REPLY_CHALLENGES_BEARER_BARE)) {
		http_reply_header_format(request->reply, "WWW-Authenticate",
					 "%s realm=\"%.*s\"%.*s", scheme,
					 TEXT_ARG(request->tenant->name),
					 TEXT_ARG(algorithms));
		return;
	}
	http_reply_header_format(
		request->reply, "WWW-Authenticate",
		"%s realm=\"%.*s\", error=\"%s\", error_description=\""
		"%.*s\"%.*s",
		scheme, TEXT_ARG(request->tenant->name), row->error,
		TEXT_ARG(reply_text(request, row)), TEXT_ARG(algorithms));
}

static bool challenges_basic(const struct oauth_request *request,
			     const struct profile_reply *row)
{
	if (row->flags & REPLY_CHALLENGES)
		return true;
	return (row->flags & REPLY_CHALLENGES_AUTHORIZATION) &&
	       http_header_count(request->http, "authorization") > 0;
}

void reply_row_headers(struct oauth_request *request,
		       const struct profile_reply *row)
{
	if (challenges_basic(request, row))
		http_reply_header_format(request->reply, "WWW-Authenticate",
					 "Basic realm=\"%.*s\"",
					 TEXT_ARG(request->tenant->name));
	if (row->flags & (REPLY_CHALLENGES_BEARER |
			  REPLY_CHALLENGES_BEARER_BARE | REPLY_CHALLENGES_DPOP))
		challenge_token(request, row);
	if (row->flags & REPLY_OFFERS_NONCE)
		proof_offer_nonce(request);
	if (row->flags & REPLY_RETRY_AFTER)
		http_reply_header_format(request->reply, "Retry-After", "%d",
					 RETRY_AFTER_SECONDS);
}

void reply_refusal(struct oauth_request *request)
{
	const struct profile_reply *row = reply_row(request);
	struct json_writer writer;
	struct text text;

	reply_no_store(request->reply);
	reply_row_headers(request, row);
	if (row->error == NULL) {
		request->reply->status = row->status;
		return;
	}
	writer = reply_open_json(request->reply, row->status);
	text = reply_text(request, row);
	json_open_object(&writer);
	json_member_string(&writer, "error", row->error);
	if (text_is_present(text))
		json_member_text(&writer, "error_description", text);
	json_close_object(&writer);
}
