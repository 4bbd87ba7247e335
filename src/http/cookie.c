/* SPDX-License-Identifier: Apache-2.0 */
/* Finds cookies in a request and sets them in a reply (RFC 6265). */
#include "http/cookie.h"

#include <stdio.h>

struct search {
	struct text name;
	struct text value;
	bool is_ambiguous;
};

static void search_header(struct search *search, struct text rest)
{
	struct text pair;

	while (text_cut(&rest, ';', &pair)) {
		size_t equals = text_find_byte(pair, '=');
		struct text value = text_trim(text_from_byte(pair, equals + 1));

		if (equals == pair.size ||
		    !text_equal(text_trim(text_first(pair, equals)),
				search->name))
			continue;
		if (text_is_present(search->value) &&
		    !text_equal(search->value, value))
			search->is_ambiguous = true;
		search->value = value;
	}
}

struct text cookie_find(const struct http_request *request, struct text name)
{
	struct search search = {name, TEXT_ABSENT, false};

	for (size_t i = 0; i < request->header_count; i++)
		if (text_equal_nocase(request->headers[i].name, TEXT("cookie")))
			search_header(&search, request->headers[i].value);
	return search.is_ambiguous ? TEXT_ABSENT : search.value;
}

/* cookie-octet: visible ASCII without these four (section 4.1.1). */
static bool is_cookie_value(struct text value)
{
	for (size_t i = 0; i < value.size; i++) {
		char c = value.at[i];

		if (c <= ' ' || c >= 0x7f || c == '"' || c == ',' || c == ';' ||
		    c == '\\')
			return false;
	}
	return true;
}

void cookie_set(struct http_reply *reply, const struct cookie *cookie)
{
	char max_age[40] = "";

	MUST(cookie->is_secure || !cookie->is_cross_site);
	if (!http_is_token(cookie->name) || !is_cookie_value(cookie->value)) {
		/* The same mark as that of a header with a control. */
		reply->headers.is_over = true;
		return;
	}
	if (cookie->max_age_for != 0)
		snprintf(max_age, sizeof(max_age), "; Max-Age=%lld",
			 cookie->max_age_for < 0
				 ? 0LL
				 : (long long)cookie->max_age_for);
	http_reply_header_format(
		reply, "Set-Cookie", "%.*s=%.*s; Path=/%s%s%s%s",
		TEXT_ARG(cookie->name), TEXT_ARG(cookie->value), max_age,
		cookie->is_secure ? "; Secure" : "",
		cookie->is_readable ? "" : "; HttpOnly",
		cookie->is_cross_site ? "; SameSite=None" : "; SameSite=Lax");
}
