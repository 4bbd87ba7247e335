/* SPDX-License-Identifier: Apache-2.0 */
/* Finds headers in a request (RFC 9110 section 5). */
#include "http/http.h"

/* clang-format off */
static const unsigned char token_bytes[256] = {
	['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1, ['&'] = 1, ['\''] = 1,
	['*'] = 1, ['+'] = 1, ['-'] = 1, ['.'] = 1, ['^'] = 1, ['_'] = 1,
	['`'] = 1, ['|'] = 1, ['~'] = 1,
	['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1,
};
/* clang-format on */

bool http_is_token(struct text text)
{
	for (size_t i = 0; i < text.size; i++)
		if (!token_bytes[(unsigned char)text.at[i]])
			return false;
	return text.size > 0;
}

size_t http_header_count(const struct http_request *request, const char *name)
{
	struct text wanted = text_from(name);
	size_t count = 0;

	for (size_t i = 0; i < request->header_count; i++)
		if (text_equal_nocase(request->headers[i].name, wanted))
			count++;
	return count;
}

struct text http_header_find(const struct http_request *request,
			     const char *name)
{
	struct text wanted = text_from(name);
	struct text found = TEXT_ABSENT;

	for (size_t i = 0; i < request->header_count; i++) {
		if (!text_equal_nocase(request->headers[i].name, wanted))
			continue;
		if (text_is_present(found))
			return TEXT_ABSENT;
		found = request->headers[i].value;
	}
	return found;
}

struct text http_content_type(const struct http_request *request)
{
	struct text rest = http_header_find(request, "content-type");
	struct text type;

	if (!text_cut(&rest, ';', &type))
		return TEXT_ABSENT;
	return text_trim(type);
}
