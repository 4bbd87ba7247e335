/* SPDX-License-Identifier: Apache-2.0 */
/* The authorization endpoint: its checks in order (RFC 6749 section 4.1.1). */
#include "oauth/interaction.h"
#include "oauth/parameters.h"
#include "oauth/reply.h"
#include "oauth/response.h"

/* What runs where, in this order: a step that may refuse by a redirect stands
 * after those that make a redirect safe. */
#define AT_AUTHORIZE 1u
#define AT_PAR 2u
#define AT_BOTH (AT_AUTHORIZE | AT_PAR)

struct row {
	const struct authorization_check *check;
	unsigned int endpoints;
};

static const struct row rows[] = {
	{&check_repeated_target, AT_AUTHORIZE},
	{&check_client_id, AT_AUTHORIZE},
	{&check_request_uri, AT_AUTHORIZE},
	{&check_request_uri_absent, AT_PAR},
	{&check_request_object, AT_BOTH},
	{&check_redirect_uri, AT_BOTH},
	{&check_state, AT_BOTH},
	{&check_repeated, AT_BOTH},
	{&check_response_mode, AT_BOTH},
	{&check_request_uri_required, AT_AUTHORIZE},
	{&check_request, AT_BOTH},
	{&check_response_type, AT_BOTH},
	{&check_scope, AT_BOTH},
	{&check_code_challenge, AT_BOTH},
	{&check_prompt, AT_BOTH},
	{&check_max_age, AT_BOTH},
	{&check_dpop_jkt, AT_BOTH},
	{&check_claims, AT_BOTH},
	{&check_id_token_hint, AT_BOTH},
	{&check_resource, AT_BOTH},
};

struct authorization authorization_of(struct oauth_request *request)
{
	return (struct authorization){
		.base = request,
		.oauth = request->oauth,
		.decision = request->decision,
		.max_age_for = MAX_AGE_ABSENT,
	};
}

static outcome check_at(struct authorization *authorization,
			unsigned int endpoint)
{
	authorization->arrived = authorization->form;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].endpoints & endpoint)
			TRY(rows[i].check->check(authorization));
	decision_note(authorization->decision, "authorization request",
		      "all checks passed");
	return DONE;
}

outcome authorization_check_all(struct authorization *authorization)
{
	return check_at(authorization, AT_AUTHORIZE);
}

outcome authorization_check_pushed(struct authorization *authorization)
{
	return check_at(authorization, AT_PAR);
}

/* RFC 6749 section 4.1.2.1, RFC 9207 section 2. */
static void redirect_error(struct authorization *authorization,
			   const struct profile_reply *row)
{
	struct response response = {.count = 0};
	struct text text = reply_text(authorization->base, row);

	response_add(&response, "error", text_from(row->error));
	if (text_is_present(text))
		response_add(&response, "error_description", text);
	response_add(&response, "state", authorization->state);
	response_add(&response, "iss", authorization->base->tenant->issuer);
	response_mode_of_refusal(authorization)->send(authorization, &response);
}

void authorization_answer_refusal(struct authorization *authorization)
{
	struct oauth_request *base = authorization->base;
	const struct profile_reply *row = reply_row(base);

	if (authorization->can_redirect && row->error != NULL &&
	    !(row->flags & REPLY_PAGE))
		redirect_error(authorization, row);
	else
		authorization->oauth->pages->error(base);
}

static outcome read_and_check(struct authorization *authorization)
{
	TRY(parameters_read_front(authorization->base, &authorization->form));
	return authorization_check_all(authorization);
}

static void answer(struct oauth_request *base)
{
	struct authorization authorization = authorization_of(base);

	if (read_and_check(&authorization) == DONE)
		interaction_continue(&authorization);
	else
		authorization_answer_refusal(&authorization);
}

const struct oauth_endpoint oauth_endpoint_authorize = {
	.endpoint = ENDPOINT_AUTHORIZE,
	.methods = OAUTH_GET | OAUTH_POST,
	.answer = answer,
};
