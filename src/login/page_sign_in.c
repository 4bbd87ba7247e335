/* SPDX-License-Identifier: Apache-2.0 */
/* The sign-in page: user name and password, for whom, and what went wrong. */
#include "login/html.h"
#include "login/page.h"

static void write_heading(struct buf *html, const struct client *client)
{
	page_emblem(html, client);
	html_markup(html, "<h1>Sign in</h1>\n<p class=\"lead\">to continue to "
			  "<strong>");
	page_client_name(html, client);
	html_markup(html, "</strong></p>\n");
}

static void write_message(struct buf *html, struct text message)
{
	if (message.size == 0)
		return;
	html_markup(html, "<p class=\"alert\" id=\"message\" role=\"alert\">");
	html_text(html, message);
	html_markup(html, "</p>\n");
}

/* Points the field at the message, for who cannot see that they stand close. */
static void write_fault(struct buf *html, const struct sign_in_page *shown)
{
	if (shown->message.size > 0)
		html_markup(html, " aria-describedby=\"message\"");
}

static void write_username(struct buf *html, const struct sign_in_page *shown)
{
	html_markup(html,
		    "<label for=\"username\">User name</label>\n"
		    "<input id=\"username\" name=\"username\" type=\"text\""
		    " autocomplete=\"username\" autocapitalize=\"none\""
		    " autocorrect=\"off\" spellcheck=\"false\" dir=\"auto\""
		    " enterkeyhint=\"next\" required");
	write_fault(html, shown);
	if (shown->username.size > 0)
		html_attribute(html, "value", shown->username);
	else
		html_markup(html, " autofocus");
	html_markup(html, ">\n");
}

static void write_password(struct buf *html, const struct sign_in_page *shown)
{
	html_markup(html,
		    "<label for=\"password\">Password</label>\n"
		    "<input id=\"password\" name=\"password\" type=\"password\""
		    " autocomplete=\"current-password\" autocapitalize=\"none\""
		    " spellcheck=\"false\" enterkeyhint=\"go\" required");
	write_fault(html, shown);
	if (shown->username.size > 0)
		html_markup(html, " autofocus");
	html_markup(html, ">\n");
}

void page_sign_in(struct oauth_request *request,
		  const struct sign_in_page *shown)
{
	const struct page page = {
		.title = shown->message.size > 0 ? "Error: Sign in" : "Sign in",
		.client = shown->client,
	};
	struct buf *html = &request->reply->body;

	page_open(request, &page);
	write_heading(html, shown->client);
	write_message(html, shown->message);
	page_open_form(request, "login-form", ENDPOINT_LOGIN);
	page_hidden(html, TEXT("request"), shown->sealed);
	write_username(html, shown);
	write_password(html, shown);
	html_markup(html, "<button id=\"login\" type=\"submit\">Sign in"
			  "</button>\n</form>\n");
	page_close(request, &page);
}
