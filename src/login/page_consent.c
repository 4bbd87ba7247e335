/* SPDX-License-Identifier: Apache-2.0 */
/* The consent page: which application asks for what, in a person's words. */
#include "login/html.h"
#include "login/page.h"

/* The scopes of OpenID Connect Core sections 5.4 and 11. */
static const struct meaning {
	const char *scope;
	const char *title;
	const char *detail;
} meanings[] = {
	{"openid", "Know who you are",
	 "An identifier of your account, and when you signed in"},
	{"profile", "See your profile",
	 "Your name, user name, picture, birthday, language and the like"},
	{"email", "See your email address", "And whether it was confirmed"},
	{"address", "See your postal address", NULL},
	{"phone", "See your phone number", "And whether it was confirmed"},
	{"offline_access", "Keep this access while you are away",
	 "Also after you have closed the application or signed out"},
};

static const struct meaning *find_meaning(struct text scope)
{
	for (size_t i = 0; i < COUNT_OF(meanings); i++)
		if (text_equal(scope, text_from(meanings[i].scope)))
			return &meanings[i];
	return NULL;
}

static void write_item(struct buf *html, const struct meaning *meaning)
{
	html_markup(html, "<li><span class=\"what\">");
	html_text(html, text_from(meaning->title));
	html_markup(html, "</span>");
	if (meaning->detail != NULL) {
		html_markup(html, "<span class=\"detail\">");
		html_text(html, text_from(meaning->detail));
		html_markup(html, "</span>");
	}
	html_markup(html, "</li>\n");
}

/* What an application has named itself: shown as the name that it is. */
static void write_named(struct buf *html, struct text kind, struct text name)
{
	html_markup(html, "<li><span class=\"what\">");
	html_text(html, kind);
	html_markup(html, " <code>");
	html_text(html, name);
	html_markup(html, "</code></span></li>\n");
}

static void write_scopes(struct buf *html, struct text scopes)
{
	struct text scope;

	while (text_next_word(&scopes, &scope)) {
		const struct meaning *meaning = find_meaning(scope);

		if (meaning != NULL)
			write_item(html, meaning);
		else
			write_named(html, TEXT("Use the permission"), scope);
	}
}

static void write_asked(struct buf *html, const struct consent_page *shown)
{
	struct text resources = shown->resources;
	struct text resource;

	html_markup(html, "<p id=\"asked\">It would be able to:</p>\n"
			  "<ul class=\"asked\" aria-labelledby=\"asked\">\n");
	write_scopes(html, shown->scope);
	while (text_next_word(&resources, &resource))
		write_named(html, TEXT("Act for you at"), resource);
	html_markup(html, "</ul>\n");
}

static void write_heading(struct oauth_request *request,
			  const struct consent_page *shown)
{
	struct buf *html = &request->reply->body;

	page_emblem(html, shown->client);
	html_markup(html, "<h1>Allow <strong>");
	page_client_name(html, shown->client);
	html_markup(html, "</strong> to use your account?</h1>\n"
			  "<p class=\"lead\">You are signed in to ");
	html_text(html, page_tenant_name(request));
	html_markup(html, " as <strong><bdi>");
	html_text(html, shown->user->username);
	html_markup(html, "</bdi></strong></p>\n");
}

void page_consent(struct oauth_request *request,
		  const struct consent_page *shown)
{
	const struct page page = {
		.title = "Allow access?",
		.client = shown->client,
	};
	struct buf *html = &request->reply->body;

	page_open(request, &page);
	write_heading(request, shown);
	if (shown->scope.size > 0 || shown->resources.size > 0)
		write_asked(html, shown);
	page_open_form(request, "consent-form", ENDPOINT_CONSENT);
	page_hidden(html, TEXT("step"), shown->reference);
	html_markup(html, "<div class=\"choice\">\n"
			  "<button id=\"deny\" class=\"quiet\" type=\"submit\""
			  " name=\"decision\" value=\"deny\">Deny</button>\n"
			  "<button id=\"approve\" type=\"submit\" "
			  "name=\"decision\" value=\"approve\">Allow</button>\n"
			  "</div>\n</form>\n<p class=\"note\">Allow this only "
			  "if you trust the application.</p>\n");
	page_close(request, &page);
}
