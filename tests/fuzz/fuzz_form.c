/* SPDX-License-Identifier: Apache-2.0 */
/* Forms: what was parsed, encoded again and parsed again, is the same. */
#include "http/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_same(const struct form *a, const struct form *b)
{
	MUST(a->count == b->count);
	for (size_t i = 0; i < a->count; i++) {
		MUST(text_equal(a->fields[i].name, b->fields[i].name));
		MUST(text_equal(a->fields[i].value, b->fields[i].value));
	}
}

static void add_field(struct buf *buf, const struct form_field *field)
{
	form_encode(buf, field->name);
	buf_add_byte(buf, '=');
	form_encode(buf, field->value);
	buf_add_byte(buf, '&');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(64 * size + (1 << 20));
	struct buf again = buf_init(8 * size + 16);
	struct text text = text_of(data, size);
	struct form second;
	struct form form;
	const char *why;

	if (form_parse(arena, text, &form, &why) == DONE) {
		for (size_t i = 0; i < form.count; i++)
			add_field(&again, &form.fields[i]);
		MUST(!again.is_over);
		MUST(form_parse(arena, buf_text(&again), &second, &why) ==
		     DONE);
		must_be_same(&form, &second);
		(void)form_repeated(&form);
	} else {
		MUST(why != NULL && form.count == 0);
	}
	buf_wipe(&again);
	arena_free(&arena);
	return 0;
}
