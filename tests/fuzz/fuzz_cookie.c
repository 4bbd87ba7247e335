/* SPDX-License-Identifier: Apache-2.0 */
/* Cookies: the input is a name, a line end, and the headers line by line. */
#include "http/cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_header headers[8];
	struct http_request request = {.headers = headers};
	struct text rest = text_of(data, size);
	struct text name = TEXT_ABSENT;
	struct text line;
	struct text value;

	(void)text_cut(&rest, '\n', &name);
	while (request.header_count < COUNT_OF(headers) &&
	       text_cut(&rest, '\n', &line))
		headers[request.header_count++] =
			(struct http_header){TEXT("Cookie"), line};
	value = cookie_find(&request, name);
	if (!text_is_present(value))
		return 0;
	/* It was there as one piece between semicolons. */
	MUST(text_find_byte(value, ';') == value.size);
	MUST(value.at >= (const char *)data &&
	     value.at + value.size <= (const char *)data + size);
	return 0;
}
