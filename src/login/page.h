/* SPDX-License-Identifier: Apache-2.0 */
/* What all pages have in common: the frame around them and the small parts. */
#pragma once

#include "oauth/interaction.h"

struct page {
	const char *title;
	/* Whose logo is shown, and whose links stand below; NULL: nobody's. */
	const struct client *client;
	const char *script; /* NULL: none */
};

/* Headers, the status (200, or the refusal's), and all up to <main>. */
void page_open(struct oauth_request *request, const struct page *page);
/* From </main> on. */
void page_close(struct oauth_request *request, const struct page *page);

/* The client's logo, or its first letter, over a heading that names it. */
void page_emblem(struct buf *html, const struct client *client);
/* Its name, fenced against characters that turn the writing around. */
void page_client_name(struct buf *html, const struct client *client);
/* The tenant's name for people. */
struct text page_tenant_name(const struct oauth_request *request);
/* `<form id= method="post" action=` of that endpoint of the tenant's `>`. */
void page_open_form(struct oauth_request *request, const char *id,
		    enum endpoint endpoint);
/* `<input type="hidden" …>`. */
void page_hidden(struct buf *html, struct text name, struct text value);

/* The one style sheet (style.c). */
extern const char style_sheet[];

/* The pages: one file each. */
void page_sign_in(struct oauth_request *request,
		  const struct sign_in_page *shown);
void page_consent(struct oauth_request *request,
		  const struct consent_page *shown);
void page_error(struct oauth_request *request);
void page_logout_confirm(struct oauth_request *request,
			 const struct logout_page *shown);
void page_logout_done(struct oauth_request *request);
void page_response_form_post(struct oauth_request *request, struct text action,
			     const struct form *fields);
void page_response_web_message(struct oauth_request *request,
			       struct text origin, const struct form *fields);
