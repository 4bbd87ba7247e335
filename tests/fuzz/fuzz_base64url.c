/* SPDX-License-Identifier: Apache-2.0 */
/* Base64url, base64 and hexadecimal from strangers: one spelling per value. */
#include <stdint.h>

#include "base/encoding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct spelling {
	bool (*decode)(struct text text, struct buf *bytes);
	void (*encode)(struct buf *buf, struct text bytes);
};

/* Base64 and hexadecimal have more than one spelling: theirs only reads back.
 */
static const struct spelling spellings[] = {
	{base64url_decode, base64url_encode},
	{base64_decode, base64_encode},
	{hex_decode, hex_encode},
};

/* What was written for the same value must be read back to it. */
static void check_reads_back(const struct spelling *spelling,
			     struct text written, struct text value)
{
	struct buf back = buf_init(written.size);

	MUST(spelling->decode(written, &back));
	MUST(text_equal(buf_text(&back), value));
	buf_wipe(&back);
}

static void check(const struct spelling *spelling, struct text text)
{
	struct buf bytes = buf_init(text.size);
	struct buf written = buf_init(2 * text.size + 4);

	if (spelling->decode(text, &bytes)) {
		spelling->encode(&written, buf_text(&bytes));
		MUST(!written.is_over);
		if (spelling->decode == base64url_decode)
			MUST(text_equal(buf_text(&written), text));
		check_reads_back(spelling, buf_text(&written),
				 buf_text(&bytes));
	} else {
		MUST(bytes.size == 0);
	}
	buf_wipe(&written);
	buf_wipe(&bytes);
}

/* Any bytes have a spelling, and it leads back to them. */
static void check_as_value(const struct spelling *spelling, struct text value)
{
	struct buf written = buf_init(2 * value.size + 4);

	spelling->encode(&written, value);
	MUST(!written.is_over);
	check_reads_back(spelling, buf_text(&written), value);
	buf_wipe(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < COUNT_OF(spellings); i++) {
		check(&spellings[i], text_of(data, size));
		check_as_value(&spellings[i], text_of(data, size));
	}
	return 0;
}
