/* SPDX-License-Identifier: Apache-2.0 */
/* Pages that carry an answer to the application: form_post and web_message. */
#include "login/html.h"
#include "login/page.h"
#include "login/policy.h"

/* Constant, so that its hash is: what it sends stands in the elements. */
static const char form_post_script[] = "document.forms[0].submit();";

static const char web_message_script[] =
	"(function () {\n"
	"var answer = document.getElementById('answer');\n"
	"var target = window.opener ||\n"
	"  (window.parent !== window ? window.parent : null);\n"
	"var response = {};\n"
	"answer.querySelectorAll('data').forEach(function (field) {\n"
	"  response[field.getAttribute('data-name')] = field.value;\n"
	"});\n"
	"if (target)\n"
	"  target.postMessage(\n"
	"    {type: 'authorization_response', response: response},\n"
	"    answer.getAttribute('data-origin'));\n"
	"}());";

/* OAuth 2.0 Form Post Response Mode section 2. */
void page_response_form_post(struct oauth_request *request, struct text action,
			     const struct form *fields)
{
	const struct page page = {
		.title = "Going back",
		.script = form_post_script,
	};
	struct buf *html = &request->reply->body;

	page_open(request, &page);
	request->reply->status = 200;
	html_markup(html, "<h1>Going back to the application</h1>\n"
			  "<form method=\"post\"");
	html_attribute(html, "action", action);
	html_markup(html, ">\n");
	for (size_t i = 0; i < fields->count; i++)
		page_hidden(html, fields->fields[i].name,
			    fields->fields[i].value);
	html_markup(html, "<noscript>\n<p class=\"lead\">Your browser runs no "
			  "scripts: press the button to go on.</p>\n"
			  "<button type=\"submit\">Continue</button>\n"
			  "</noscript>\n</form>\n");
	page_close(request, &page);
}

static void write_fields(struct buf *html, const struct form *fields)
{
	for (size_t i = 0; i < fields->count; i++) {
		html_markup(html, "<data");
		html_attribute(html, "data-name", fields->fields[i].name);
		html_attribute(html, "value", fields->fields[i].value);
		html_markup(html, "></data>\n");
	}
}

/* What single-page applications renew by, in a hidden frame (OAuth 2.0 Web
 * Message Response Mode, draft-sakimura-oauth-wmrm-00). */
void page_response_web_message(struct oauth_request *request,
			       struct text origin, const struct form *fields)
{
	const struct policy policy = {
		.script = web_message_script,
		.framed_by = text_is_present(origin) ? origin : TEXT("'none'"),
	};
	struct buf *html = &request->reply->body;

	request->reply->status = 200;
	policy_headers(request->reply, request->decision->arena, &policy);
	html_markup(html, "<!doctype html>\n<html lang=\"en\">\n<head>\n"
			  "<meta charset=\"utf-8\">\n<title>Answer</title>\n"
			  "</head>\n<body>\n<div id=\"answer\" hidden");
	html_attribute(html, "data-origin", origin);
	html_markup(html, ">\n");
	write_fields(html, fields);
	html_markup(html, "</div>\n<script>");
	buf_add_string(html, web_message_script);
	html_markup(html, "</script>\n</body>\n</html>\n");
}
