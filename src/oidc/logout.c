/* SPDX-License-Identifier: Apache-2.0 */
/* Signing out (OpenID Connect RP-Initiated Logout 1.0): by the client with a
 * hint, by the person with a click. */
#include "oidc/logout.h"

#include "oauth/interaction.h"
#include "oauth/parameters.h"
#include "oauth/response.h"

/* Longest address that a POST is sent on to. */
#define LOCATION_MAX 8000

static outcome ask(struct logout *logout)
{
	struct logout_page page = {
		.client = logout->client,
		.user = &logout->user,
	};

	TRY(logout_seal(logout, &page.sealed));
	decision_note(logout->decision, "sign-out", "the person is asked");
	logout->base->oauth->pages->confirm_logout(logout->base, &page);
	return DONE;
}

static void say_done(struct logout *logout)
{
	struct response response = {.count = 0};

	if (!text_is_present(logout->redirect_uri)) {
		logout->base->oauth->pages->signed_out(logout->base);
		return;
	}
	response_add(&response, "state", logout->state);
	response_redirect(logout->base,
			  response_location(logout->decision->arena,
					    logout->redirect_uri, &response));
}

static outcome settle(struct logout *logout)
{
	if (!logout->is_settled && logout->has_session)
		return ask(logout);
	if (logout->has_session)
		TRY(session_end(logout->base, &logout->session));
	decision_note(logout->decision, "sign-out", "%s",
		      logout->has_session ? "the session has ended"
					  : "nobody was signed in");
	say_done(logout);
	return DONE;
}

/*
 * Browsers keep our cookies (SameSite=Lax) out of a form that another site
 * posts, so that nobody would be signed in: the same request by GET has them.
 */
static bool send_on(struct oauth_request *base, const struct form *form)
{
	struct decision *decision = base->decision;
	struct buf location = buf_init_arena(decision->arena, LOCATION_MAX);
	bool has_query = false;

	if (base->http->method != HTTP_POST ||
	    text_is_present(session_browser_sent(base)))
		return false;
	buf_add(&location, base->tenant->url);
	buf_add_string(&location,
		       profile_path(base->tenant->profile, base->endpoint));
	for (size_t i = 0; i < form->count; i++)
		form_add(&location, &has_query,
			 arena_terminated(decision->arena,
					  form->fields[i].name),
			 form->fields[i].value);
	if (location.is_over)
		return false;
	decision_note(decision, "sign-out",
		      "posted from another site: asked "
		      "again by GET");
	response_redirect(base, buf_text(&location));
	return true;
}

static outcome sign_out(struct oauth_request *base)
{
	struct logout logout;
	struct form form;

	TRY(parameters_read_front(base, &form));
	TRY(parameters_check_once(base->decision, &form));
	if (send_on(base, &form))
		return DONE;
	TRY(logout_begin(&logout, base));
	TRY(logout_read_request(&logout, &form));
	return settle(&logout);
}

static outcome sign_out_and_return(struct oauth_request *base)
{
	struct logout logout;
	struct form form;

	TRY(parameters_read_front(base, &form));
	TRY(parameters_check_once(base->decision, &form));
	TRY(logout_begin(&logout, base));
	TRY(logout_read_return(&logout, &form));
	return settle(&logout);
}

static outcome confirm(struct oauth_request *base)
{
	struct logout logout;
	struct form form;
	struct text sealed;

	TRY(parameters_read_front(base, &form));
	TRY(parameters_check_once(base->decision, &form));
	TRY(parameters_need(base->decision, &form, "request", &sealed));
	TRY(logout_begin(&logout, base));
	TRY(logout_open(&logout, sealed));
	return settle(&logout);
}

static void answer_logout(struct oauth_request *base)
{
	if (sign_out(base) != DONE)
		base->oauth->pages->error(base);
}

static void answer_return(struct oauth_request *base)
{
	if (sign_out_and_return(base) != DONE)
		base->oauth->pages->error(base);
}

static void answer_confirm(struct oauth_request *base)
{
	if (confirm(base) != DONE)
		base->oauth->pages->error(base);
}

const struct oauth_endpoint oidc_endpoint_logout = {
	.endpoint = ENDPOINT_LOGOUT,
	.methods = OAUTH_GET | OAUTH_POST,
	.answer = answer_logout,
};

const struct oauth_endpoint oidc_endpoint_logout_return = {
	.endpoint = ENDPOINT_LOGOUT_RETURN,
	.methods = OAUTH_GET,
	.answer = answer_return,
};

const struct oauth_endpoint oidc_endpoint_logout_confirm = {
	.endpoint = ENDPOINT_LOGOUT_CONFIRM,
	.methods = OAUTH_POST,
	.answer = answer_confirm,
};
