/* SPDX-License-Identifier: Apache-2.0 */
/* The error page: what happened, for a person; what is wrong, for a maker. */
#include "login/html.h"
#include "login/page.h"
#include "oauth/reply.h"

#define VALUE_SHOWN_MAX 64

/* What happened and what to do about it, in a person's words. */
struct plight {
	const char *heading;
	const char *words;
};

static const struct plight unknown_client = {
	"This application is not known here",
	"The link that brought you here names an application that may not use "
	"this sign-in. If it was in a message, be careful: it may be a fake.",
};

static const struct plight wrong_address = {
	"This application asks for a wrong address",
	"You would be sent on to an address that is not registered for the "
	"application. To protect your account we have stopped here.",
};

static const struct plight wrong_request = {
	"The application made a mistake",
	"It sent a request that cannot be answered. You have done nothing "
	"wrong. Go back and try again; if it happens again, tell those who run "
	"the application what is written below.",
};

static const struct plight lost_step = {
	"This page cannot be continued",
	"It may have been open for too long, or been used already. Nothing is "
	"lost: go back to the application and start again.",
};

static const struct plight other_browser = {
	"This page belongs to another browser",
	"Go back to the application and start again. If it happens again, check "
	"that your browser accepts cookies from this site.",
};

static const struct plight too_many = {
	"Please wait a moment",
	"There were too many attempts. Wait a little, then try again.",
};

static const struct plight overloaded = {
	"Please try again in a moment",
	"There is much to do just now. Nothing is lost: wait a few seconds, "
	"then reload this page.",
};

static const struct plight our_fault = {
	"Something went wrong on our side",
	"You have done nothing wrong. Try again in a moment; if it happens "
	"again, tell those who run this site the request id below.",
};

static const struct {
	enum reason reason;
	const struct plight *plight;
} rows[] = {
	{REASON_CLIENT_ID_MISSING, &unknown_client},
	{REASON_CLIENT_UNKNOWN, &unknown_client},
	{REASON_CLIENT_DISABLED, &unknown_client},
	{REASON_REDIRECT_URI_ABSENT, &wrong_address},
	{REASON_REDIRECT_URI_UNREGISTERED, &wrong_address},
	{REASON_LOGOUT_URI_UNREGISTERED, &wrong_address},
	{REASON_SEAL_INVALID, &lost_step},
	{REASON_SEAL_EXPIRED, &lost_step},
	{REASON_STEP_CONSUMED, &lost_step},
	{REASON_SESSION_MISSING, &lost_step},
	{REASON_BROWSER_MISMATCH, &other_browser},
	{REASON_ORIGIN_WRONG, &other_browser},
};

static const struct plight *find_plight(enum reason reason, int status)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].reason == reason)
			return rows[i].plight;
	if (status == 429)
		return &too_many;
	if (status == 503)
		return &overloaded;
	return status >= 500 ? &our_fault : &wrong_request;
}

static void write_row(struct buf *html, struct text name, struct text value)
{
	if (value.size == 0)
		return;
	html_markup(html, "<dt>");
	html_text(html, name);
	html_markup(html, "</dt>\n<dd>");
	html_text(html, value);
	html_markup(html, "</dd>\n");
}

/* RFC 6749 section 8.2: param-name = 1*name-char. */
static bool is_parameter_name(struct text name)
{
	for (size_t i = 0; i < name.size; i++) {
		char c = name.at[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      (c >= '0' && c <= '9') || c == '-' || c == '.' ||
		      c == '_'))
			return false;
	}
	return name.size <= VALUE_SHOWN_MAX;
}

/* Names alone, never values: what a stranger put into the link is not said
 * again here, not even as the name of a parameter. */
static void write_details(struct oauth_request *request,
			  const struct profile_reply *row)
{
	struct buf *html = &request->reply->body;
	struct decision *decision = request->decision;
	struct text argument = decision->refusal.argument;

	if (!is_parameter_name(argument))
		decision->refusal.argument = TEXT("");
	html_markup(html, "<h2>Details</h2>\n<dl>\n");
	write_row(html, TEXT("What is wrong"), reply_text(request, row));
	write_row(html, TEXT("Parameter"), decision->refusal.argument);
	write_row(html, TEXT("Error"), text_from(row->error));
	write_row(html, TEXT("Request id"), decision->id);
	html_markup(html, "</dl>\n");
	decision->refusal.argument = argument;
}

void page_error(struct oauth_request *request)
{
	const struct page page = {.title = "Error"};
	const struct profile_reply *row = reply_row(request);
	const struct plight *plight =
		find_plight(request->decision->refusal.reason, row->status);
	struct buf *html = &request->reply->body;

	page_open(request, &page);
	reply_row_headers(request, row);
	html_markup(html, "<div id=\"error-page\">\n<div role=\"alert\">\n"
			  "<h1>");
	html_text(html, text_from(plight->heading));
	html_markup(html, "</h1>\n<p class=\"lead\">");
	html_text(html, text_from(plight->words));
	html_markup(html, "</p>\n</div>\n");
	write_details(request, row);
	html_markup(html, "</div>\n");
	page_close(request, &page);
}
