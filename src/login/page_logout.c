/* SPDX-License-Identifier: Apache-2.0 */
/* Before and after signing out (OpenID Connect RP-Initiated Logout 2, 3). */
#include "login/html.h"
#include "login/page.h"

static void write_question(struct oauth_request *request,
			   const struct logout_page *shown)
{
	struct buf *html = &request->reply->body;

	html_markup(html, "<h1>Sign out</h1>\n<p class=\"lead\">");
	if (shown->client != NULL) {
		html_markup(html, "<strong>");
		page_client_name(html, shown->client);
		html_markup(html, "</strong> asks to sign you out. ");
	}
	html_markup(html, "Do you want to sign out of ");
	html_text(html, page_tenant_name(request));
	html_markup(html, "?</p>\n");
	if (shown->user == NULL)
		return;
	html_markup(html, "<p class=\"note\">You are signed in as <strong>"
			  "<bdi>");
	html_text(html, shown->user->username);
	html_markup(html, "</bdi></strong>.</p>\n");
}

void page_logout_confirm(struct oauth_request *request,
			 const struct logout_page *shown)
{
	const struct page page = {
		.title = "Sign out",
		.client = shown->client,
	};
	struct buf *html = &request->reply->body;

	page_open(request, &page);
	write_question(request, shown);
	page_open_form(request, "logout-form", ENDPOINT_LOGOUT_CONFIRM);
	page_hidden(html, TEXT("request"), shown->sealed);
	html_markup(html, "<button id=\"logout-confirm\" type=\"submit\">"
			  "Sign out</button>\n</form>\n<p class=\"note\">To "
			  "stay signed in, close this page.</p>\n");
	page_close(request, &page);
}

void page_logout_done(struct oauth_request *request)
{
	const struct page page = {.title = "Signed out"};
	struct buf *html = &request->reply->body;

	page_open(request, &page);
	html_markup(html, "<div id=\"logged-out\">\n<h1>You are signed out</h1>"
			  "\n<p class=\"lead\">Applications that you have "
			  "used may keep a session of their own: on a device "
			  "that is not yours, close the browser, too.</p>\n"
			  "</div>\n");
	page_close(request, &page);
}
