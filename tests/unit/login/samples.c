/* SPDX-License-Identifier: Apache-2.0 */
/* Draws one of every page. */
#include "samples.h"

#include "profile/profile.h"

const struct client sample_client = {
	.id = TEXT("photo-web"),
	.name = TEXT("Harbour Photo Prints"),
	.logo_uri = TEXT("http://localhost:8099/logo.png"),
	.policy_uri = TEXT("https://prints.example/privacy"),
	.tos_uri = TEXT("https://prints.example/terms"),
};

const struct client sample_plain_client = {
	.id = TEXT("demo-web"),
	.name = TEXT("Demo web application"),
};

const struct user sample_user = {
	.username = TEXT("alice"),
	.subject = TEXT("alice-sub"),
};

void drawing_begin(struct drawing *drawing)
{
	*drawing = (struct drawing){.arena = arena_new(4 << 20)};
	drawing->tenant = (struct tenant){
		.id = 1,
		.name = TEXT("harbour"),
		.url = TEXT("https://id.harbour.example"),
		.issuer = TEXT("https://id.harbour.example"),
		.profile = &profile_rfc,
		.display_name = TEXT("Harbour"),
	};
	drawing->decision = (struct decision){
		.arena = drawing->arena,
		.id = TEXT("Q2xpbWIgdGhlIG1hc3QhIQ"),
		.now = (instant)1700000000 * INSTANT_SECOND,
	};
	drawing->http = (struct http_request){.arena = drawing->arena};
	drawing->reply.headers = buf_init_arena(drawing->arena, 65536);
	drawing->reply.body = buf_init_arena(drawing->arena, HTTP_REPLY_MAX);
	drawing->request = (struct oauth_request){
		.decision = &drawing->decision,
		.tenant = &drawing->tenant,
		.endpoint = ENDPOINT_AUTHORIZE,
		.http = &drawing->http,
		.reply = &drawing->reply,
	};
}

void drawing_end(struct drawing *drawing)
{
	arena_free(&drawing->arena);
}

struct text drawing_header(const struct drawing *drawing, const char *name)
{
	struct text rest = buf_text(&drawing->reply.headers);
	struct text found = TEXT_ABSENT;
	struct text line;

	while (text_cut(&rest, '\n', &line)) {
		size_t colon = text_find_byte(line, ':');

		if (!text_equal_nocase(text_first(line, colon),
				       text_from(name)))
			continue;
		if (text_is_present(found))
			return TEXT_ABSENT;
		found = text_from_byte(line, colon + 2);
		found.size -= text_ends_with(found, TEXT("\r")) ? 1 : 0;
	}
	return found;
}

static void refuse_with(struct oauth_request *request, enum reason reason,
			const char *argument)
{
	request->decision->refusal = (struct refusal){
		.reason = reason,
		.argument = text_from(argument),
	};
}

static void sign_in(struct oauth_request *request)
{
	login_pages.sign_in(request, &(struct sign_in_page){
					     .client = &sample_plain_client,
					     .sealed = TEXT("sealed-request"),
				     });
}

static void sign_in_again(struct oauth_request *request)
{
	refuse_with(request, REASON_PASSWORD_WRONG, NULL);
	login_pages.sign_in(request,
			    &(struct sign_in_page){
				    .client = &sample_client,
				    .sealed = TEXT("sealed-request"),
				    .username = TEXT("alice"),
				    .message = TEXT("User name or password is "
						    "wrong."),
			    });
}

static void consent(struct oauth_request *request)
{
	login_pages.consent(
		request,
		&(struct consent_page){
			.client = &sample_client,
			.user = &sample_user,
			.reference = TEXT("step-reference"),
			.scope = TEXT("openid profile email address phone "
				      "offline_access print:orders"),
			.resources = TEXT("https://api.prints.example/v1"),
		});
}

static void consent_short(struct oauth_request *request)
{
	login_pages.consent(request,
			    &(struct consent_page){
				    .client = &sample_plain_client,
				    .user = &sample_user,
				    .reference = TEXT("step-reference"),
				    .scope = TEXT("openid profile"),
			    });
}

static void error_redirect(struct oauth_request *request)
{
	refuse_with(request, REASON_REDIRECT_URI_UNREGISTERED, "redirect_uri");
	login_pages.error(request);
}

static void error_client(struct oauth_request *request)
{
	refuse_with(request, REASON_CLIENT_UNKNOWN, "client_id");
	login_pages.error(request);
}

static void error_expired(struct oauth_request *request)
{
	refuse_with(request, REASON_SEAL_EXPIRED, NULL);
	login_pages.error(request);
}

static void error_ours(struct oauth_request *request)
{
	refuse_with(request, REASON_SERVER_ERROR, NULL);
	login_pages.error(request);
}

static void sign_out(struct oauth_request *request)
{
	login_pages.confirm_logout(request,
				   &(struct logout_page){
					   .client = &sample_plain_client,
					   .user = &sample_user,
					   .sealed = TEXT("sealed-logout"),
				   });
}

static void signed_out(struct oauth_request *request)
{
	login_pages.signed_out(request);
}

static struct form_field answer_fields[] = {
	{TEXT("code"), TEXT("the-code")},
	{TEXT("state"), TEXT("the-state")},
	{TEXT("iss"), TEXT("https://id.harbour.example")},
};

static const struct form answer = {answer_fields, COUNT_OF(answer_fields)};

static void form_post(struct oauth_request *request)
{
	login_pages.form_post(request, TEXT("https://prints.example/callback"),
			      &answer);
}

static void web_message(struct oauth_request *request)
{
	login_pages.web_message(request, TEXT("https://prints.example:8443"),
				&answer);
}

const struct sample samples[] = {
	{"sign_in", sign_in,
	 "Sign in</h1>|<form method=\"post\" id=\"login-form\""
	 " action=\"https://id.harbour.example/|id=\"username\"|"
	 "name=\"username\"|id=\"password\"|name=\"password\"|"
	 "<button id=\"login\" type=\"submit\"|"
	 "name=\"request\" value=\"sealed-request\"|Demo web application|"
	 "autocomplete=\"username\"|autocomplete=\"current-password\""},
	{"sign_in_again", sign_in_again,
	 "id=\"login-form\"|role=\"alert\"|value=\"alice\"|"
	 "User name or password is wrong.|Harbour Photo Prints|"
	 "href=\"https://prints.example/privacy\"|"
	 "href=\"https://prints.example/terms\" rel=\"noreferrer|"
	 "src=\"http://localhost:8099/logo.png\""},
	{"consent", consent,
	 "id=\"approve\"|id=\"deny\"|name=\"decision\" value=\"approve\"|"
	 "name=\"decision\" value=\"deny\"|"
	 "name=\"step\" value=\"step-reference\"|Harbour Photo Prints|"
	 "email address|postal address|phone number|print:orders|"
	 "https://api.prints.example/v1|alice"},
	{"consent_short", consent_short, "id=\"approve\"|id=\"deny\""},
	{"error_redirect", error_redirect,
	 "id=\"error-page\"|<dd>redirect_uri</dd>|"
	 "<dd>Q2xpbWIgdGhlIG1hc3QhIQ</dd>"},
	{"error_client", error_client,
	 "id=\"error-page\"|<dd>client_id</dd>|"
	 "<dd>Q2xpbWIgdGhlIG1hc3QhIQ</dd>"},
	{"error_expired", error_expired, "id=\"error-page\"|start again"},
	{"error_ours", error_ours, "id=\"error-page\"|server_error"},
	{"sign_out", sign_out,
	 "Sign out|<button id=\"logout-confirm\" type=\"submit\"|"
	 "name=\"request\" value=\"sealed-logout\"|"
	 "action=\"https://id.harbour.example/"},
	{"signed_out", signed_out, "id=\"logged-out\"|signed out"},
	{"form_post", form_post,
	 "<form method=\"post\" action=\"https://prints.example/callback\"|"
	 "name=\"code\" value=\"the-code\"|name=\"state\" value=\"the-state\"|"
	 "<noscript>|<button type=\"submit\">"},
	{"web_message", web_message,
	 "data-origin=\"https://prints.example:8443\"|authorization_response|"
	 "data-name=\"code\" value=\"the-code\""},
};

const size_t sample_count = COUNT_OF(samples);
