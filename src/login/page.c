/* SPDX-License-Identifier: Apache-2.0 */
/* The frame around every page: headers, who is asking, whose server this is. */
#include "login/page.h"

#include "http/uri.h"
#include "login/html.h"
#include "login/policy.h"
#include "oauth/reply.h"

/* Absent when the client has no logo that may be shown. */
static struct text logo_origin(const struct client *client)
{
	struct text origin;

	if (client == NULL || !html_is_web_url(client->logo_uri))
		return TEXT_ABSENT;
	origin = uri_origin(client->logo_uri);
	return policy_takes_origin(origin) ? origin : TEXT_ABSENT;
}

static struct text host_of(const struct oauth_request *request)
{
	struct uri uri;
	const char *why;

	if (uri_parse(request->tenant->url, &uri, &why) != DONE)
		return request->tenant->name;
	return uri.authority;
}

struct text page_tenant_name(const struct oauth_request *request)
{
	struct text name = request->tenant->display_name;

	return name.size > 0 ? name : host_of(request);
}

static void write_head(struct oauth_request *request, const struct page *page)
{
	struct buf *html = &request->reply->body;

	html_markup(html, "<!doctype html>\n<html lang=\"en\">\n<head>\n"
			  "<meta charset=\"utf-8\">\n"
			  "<meta name=\"viewport\" content=\""
			  "width=device-width, initial-scale=1\">\n"
			  "<meta name=\"color-scheme\" content=\"light dark\">"
			  "\n<meta name=\"robots\" content=\"noindex\">\n"
			  "<title>");
	html_text(html, text_from(page->title));
	html_markup(html, " - ");
	html_text(html, page_tenant_name(request));
	html_markup(html, "</title>\n<style>");
	buf_add_string(html, style_sheet);
	html_markup(html, "</style>\n</head>\n");
}

static void write_header(struct oauth_request *request)
{
	struct buf *html = &request->reply->body;

	html_markup(html,
		    "<body>\n<header>\n"
		    "<svg class=\"mark\" viewBox=\"0 0 24 24\" width=\"24\""
		    " height=\"24\" aria-hidden=\"true\" focusable=\"false\">"
		    "<path d=\"M12 2 4 5v6c0 5 3.4 9.3 8 11 4.6-1.7 8-6 8-11V5"
		    "z\"/><path class=\"tick\" d=\"m8.3 11.9 2.6 2.6 4.8-5\"/>"
		    "</svg>\n<span class=\"tenant\">");
	html_text(html, page_tenant_name(request));
	html_markup(html, "</span>\n</header>\n<main>\n");
}

void page_open(struct oauth_request *request, const struct page *page)
{
	const struct decision *decision = request->decision;
	struct policy policy = {
		.style = style_sheet,
		.script = page->script,
		.image_origin = logo_origin(page->client),
	};

	request->reply->status = decision->refusal.reason == REASON_NONE
					 ? 200
					 : reply_row(request)->status;
	policy_headers(request->reply, decision->arena, &policy);
	write_head(request, page);
	write_header(request);
}

static void write_link(struct buf *html, struct text url, struct text words)
{
	if (!html_is_web_url(url))
		return;
	html_markup(html, "<a");
	html_url(html, "href", url);
	html_markup(html, " rel=\"noreferrer noopener\" target=\"_blank\">");
	html_text(html, words);
	html_markup(html, "</a>\n");
}

static void write_links(struct buf *html, const struct client *client)
{
	if (!html_is_web_url(client->policy_uri) &&
	    !html_is_web_url(client->tos_uri))
		return;
	html_markup(html, "<p class=\"links\"><span>");
	page_client_name(html, client);
	html_markup(html, "</span>\n");
	write_link(html, client->policy_uri, TEXT("Privacy policy"));
	write_link(html, client->tos_uri, TEXT("Terms of service"));
	html_markup(html, "</p>\n");
}

void page_close(struct oauth_request *request, const struct page *page)
{
	struct buf *html = &request->reply->body;

	html_markup(html, "</main>\n<footer>\n");
	if (page->client != NULL)
		write_links(html, page->client);
	html_markup(html, "<p class=\"host\">You are at <strong>");
	html_text(html, host_of(request));
	html_markup(html, "</strong></p>\n</footer>\n");
	if (page->script != NULL) {
		html_markup(html, "<script>");
		buf_add_string(html, page->script);
		html_markup(html, "</script>\n");
	}
	html_markup(html, "</body>\n</html>\n");
}

static struct text name_of(const struct client *client)
{
	return client->name.size > 0 ? client->name : client->id;
}

void page_client_name(struct buf *html, const struct client *client)
{
	html_markup(html, "<bdi>");
	html_text(html, name_of(client));
	html_markup(html, "</bdi>");
}

/* The bytes of the first character of well-formed UTF-8. */
static struct text first_letter(struct text name)
{
	size_t size = name.size > 0 ? 1 : 0;

	while (size > 0 && size < name.size &&
	       ((unsigned char)name.at[size] & 0xc0) == 0x80)
		size++;
	return text_first(name, size);
}

void page_emblem(struct buf *html, const struct client *client)
{
	if (text_is_present(logo_origin(client))) {
		html_markup(html, "<img class=\"emblem\" alt=\"\" width=\"56\" "
				  "height=\"56\" referrerpolicy=\"no-referrer\""
				  " decoding=\"async\"");
		html_url(html, "src", client->logo_uri);
		html_markup(html, ">\n");
		return;
	}
	html_markup(html, "<span class=\"emblem\" aria-hidden=\"true\">");
	html_text(html, first_letter(name_of(client)));
	html_markup(html, "</span>\n");
}

void page_open_form(struct oauth_request *request, const char *id,
		    enum endpoint endpoint)
{
	struct buf *html = &request->reply->body;
	const char *path = profile_path(request->tenant->profile, endpoint);

	MUST(path != NULL);
	html_markup(html, "<form method=\"post\"");
	html_attribute(html, "id", text_from(id));
	html_attribute(html, "action",
		       arena_format(request->decision->arena, "%.*s%s",
				    TEXT_ARG(request->tenant->url), path));
	html_markup(html, ">\n");
}

void page_hidden(struct buf *html, struct text name, struct text value)
{
	html_markup(html, "<input type=\"hidden\"");
	html_attribute(html, "name", name);
	html_attribute(html, "value", value);
	html_markup(html, ">\n");
}
