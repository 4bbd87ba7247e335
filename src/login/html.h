/* SPDX-License-Identifier: Apache-2.0 */
/* Writes HTML so that no value can become markup (attacks W13, S14, R20). */
#pragma once

#include "base/buf.h"

/*
 * There are three contexts and no more: text, an attribute in double quotes, an
 * attribute that a browser follows or loads. No value is ever written into a
 * script or a style sheet: both are constant, and read what they need from
 * attributes.
 */

/* Markup of our own. Only a string literal compiles here. */
#define html_markup(html, literal) buf_add((html), TEXT("" literal ""))

/* Between tags. */
void html_text(struct buf *html, struct text text);
/* ` name="value"`. */
void html_attribute(struct buf *html, const char *name, struct text value);
/* ` name="url"` for what html_is_web_url takes; anything else leaves the
 * attribute out. */
void html_url(struct buf *html, const char *name, struct text url);

/* Absolute, http or https, with a host and without userinfo. */
bool html_is_web_url(struct text url);
