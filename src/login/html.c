/* SPDX-License-Identifier: Apache-2.0 */
/* Escapes text and attributes (WHATWG HTML sections 13.1.2.3 and 13.1.4). */
#include "login/html.h"

#include "http/uri.h"

/* The character reference that stands for it, NULL when it may stand itself. */
static const char *reference_of(char byte)
{
	switch (byte) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	case '`':
		return "&#96;";
	case '\r':
		return "&#13;";
	case '\n':
		return "&#10;";
	case '\t':
		return "&#9;";
	case '\0':
		return "&#65533;";
	}
	return NULL;
}

static void escape(struct buf *html, struct text text)
{
	for (size_t i = 0; i < text.size; i++) {
		const char *reference = reference_of(text.at[i]);

		if (reference != NULL)
			buf_add_string(html, reference);
		else
			buf_add_byte(html, text.at[i]);
	}
}

void html_text(struct buf *html, struct text text)
{
	escape(html, text);
}

void html_attribute(struct buf *html, const char *name, struct text value)
{
	buf_add_byte(html, ' ');
	buf_add_string(html, name);
	html_markup(html, "=\"");
	escape(html, value);
	html_markup(html, "\"");
}

bool html_is_web_url(struct text url)
{
	struct uri uri;
	const char *why;

	if (!text_is_present(url) || uri_parse(url, &uri, &why) != DONE)
		return false;
	return (text_equal_nocase(uri.scheme, TEXT("https")) ||
		text_equal_nocase(uri.scheme, TEXT("http"))) &&
	       uri.host.size > 0 && !text_is_present(uri.userinfo);
}

void html_url(struct buf *html, const char *name, struct text url)
{
	if (html_is_web_url(url))
		html_attribute(html, name, url);
}
