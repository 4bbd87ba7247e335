/* SPDX-License-Identifier: Apache-2.0 */
/* JSON from strangers: what is taken can be written, and reads back the same, and
 * jansson reads the same of it. */
#include <stdint.h>

#include "../unit/json/agree.h"
#include "json/writer.h"

#define INPUT_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct buf written(const struct json_document *document)
{
	struct buf out = buf_init(8 * INPUT_MAX);
	struct json_writer writer = {.buf = &out};

	json_write_value(&writer, json_root(document));
	MUST(!out.is_over);
	return out;
}

static void check_reads_back(const struct json_document *document)
{
	struct buf first = written(document);
	struct json_document *again = NULL;
	struct buf second;

	MUST(text_is_utf8(buf_text(&first)));
	MUST(json_parse(buf_text(&first), first.size, &again, NULL) == DONE);
	second = written(again);
	MUST(text_equal(buf_text(&first), buf_text(&second)));
	json_document_free(&again);
	buf_wipe(&first);
	buf_wipe(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_document *document = NULL;
	struct json_mistake mistake = {.line = 0};
	outcome result =
		json_parse(text_of(data, size), INPUT_MAX, &document, &mistake);

	if (result == DONE) {
		check_reads_back(document);
	} else {
		MUST(result == REFUSED && document == NULL);
		MUST(mistake.line > 0 && mistake.column > 0);
		MUST(mistake.what[0] != '\0');
	}
	json_document_free(&document);
	MUST(size > INPUT_MAX || agree_on(text_of(data, size)));
	return 0;
}
