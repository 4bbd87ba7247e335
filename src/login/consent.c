/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the consent form: a person allows what was asked, or does not. */
#include "login/login.h"
#include "oauth/parameters.h"

static outcome read_decision(struct oauth_request *request,
			     const struct form *form, bool *is_approved_out)
{
	struct text decision;

	TRY(parameters_need(request->decision, form, "decision", &decision));
	*is_approved_out = text_equal(decision, TEXT("approve"));
	if (*is_approved_out || text_equal(decision, TEXT("deny")))
		return DONE;
	return refuse(request->decision, REASON_PARAMETER_MALFORMED,
		      .argument = TEXT("decision"),
		      .expected = TEXT("approve or deny"));
}

static outcome read_form(struct oauth_request *request,
			 struct authorization *authorization,
			 bool *is_approved_out)
{
	struct form form;

	TRY(parameters_read_body(request, &form));
	TRY(read_decision(request, &form, is_approved_out));
	return interaction_open_step(request, form_find(&form, "step"),
				     authorization);
}

static void answer(struct oauth_request *request)
{
	struct authorization authorization = authorization_of(request);
	bool is_approved = false;

	if (read_form(request, &authorization, &is_approved) != DONE)
		authorization_answer_refusal(&authorization);
	else if (is_approved)
		interaction_approve(&authorization);
	else
		interaction_deny(&authorization);
}

const struct oauth_endpoint login_endpoint_consent = {
	.endpoint = ENDPOINT_CONSENT,
	.methods = OAUTH_POST,
	.answer = answer,
};
