/* SPDX-License-Identifier: Apache-2.0 */
/* application/x-www-form-urlencoded (WHATWG URL, RFC 6749 appendix B). */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

struct form_field {
	struct text name;
	struct text value;
};

/* Fields in the order in which they came. */
struct form {
	struct form_field *fields;
	size_t count;
};

#define FORM_FIELD_COUNT_MAX 128

/*
 * Decodes `text` into the arena. REFUSED, with a sentence (static) in *why_out:
 * a malformed percent escape, NUL, bytes that are not UTF-8, more than
 * FORM_FIELD_COUNT_MAX fields. Empty pieces ("a=1&&b=2") are passed over.
 */
outcome form_parse(struct arena *arena, struct text text, struct form *form_out,
		   const char **why_out) MUST_USE;
/* The first value of that name; absent when there is none. */
struct text form_find(const struct form *form, const char *name);
/* The name that stands twice, absent when none does (RFC 6749 section 3.1). */
struct text form_repeated(const struct form *form);

/* Decodes one value ('+' is a space). false as for form_parse. */
MUST_USE bool form_decode(struct text encoded, struct buf *decoded);
/* Percent-encodes all but RFC 3986's unreserved characters. */
void form_encode(struct buf *buf, struct text value);
/* Appends '?' or '&', then name=value, encoded. *has_query tells which, and is
 * true afterwards. */
void form_add(struct buf *buf, bool *has_query, const char *name,
	      struct text value);
