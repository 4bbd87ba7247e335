/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in an answer: headers, parameters of a URL, forms' spelling. */
#include "load.h"

struct text load_answer_header(const struct load_answer *answer,
			       const char *name, size_t nth)
{
	struct text wanted = text_from(name);
	struct text rest = answer->head;

	while (rest.size > 0) {
		size_t end = text_find(rest, TEXT("\r\n"));
		struct text line = text_first(rest, end);
		size_t colon = text_find_byte(line, ':');

		if (colon < line.size &&
		    text_equal_nocase(text_first(line, colon), wanted) &&
		    nth-- == 0)
			return text_trim(text_from_byte(line, colon + 1));
		rest = text_from_byte(rest, end + 2);
	}
	return TEXT_ABSENT;
}

struct text load_query_find(struct text url, const char *name)
{
	struct text wanted = text_from(name);
	struct text rest = text_from_byte(url, text_find_byte(url, '?') + 1);
	struct text piece;

	while (text_cut(&rest, '&', &piece)) {
		size_t equals = text_find_byte(piece, '=');

		if (text_equal(text_first(piece, equals), wanted))
			return text_from_byte(piece, equals + 1);
	}
	return TEXT_ABSENT;
}

static bool is_plain(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' ||
	       byte == '_' || byte == '~';
}

void load_form_encode(struct buf *buf, struct text bytes)
{
	for (size_t i = 0; i < bytes.size; i++) {
		if (is_plain(bytes.at[i]))
			buf_add_byte(buf, bytes.at[i]);
		else
			buf_format(buf, "%%%02X", (unsigned char)bytes.at[i]);
	}
}
