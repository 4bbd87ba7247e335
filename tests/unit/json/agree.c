/* SPDX-License-Identifier: Apache-2.0 */
/* What the parser reads, spelled as jansson's values are. */
#include "agree.h"

#include "json/json.h"

static void spell_text(struct text text, struct buf *spelled)
{
	buf_format(spelled, "s%zu:", text.size);
	buf_add(spelled, text);
}

static void spell(const struct json *value, struct buf *spelled);

static void spell_object(const struct json *object, struct buf *spelled)
{
	void *at = NULL;
	struct text name;
	const struct json *value;

	buf_format(spelled, "o%zu:", json_count(object));
	while (json_next(object, &at, &name, &value)) {
		spell_text(name, spelled);
		spell(value, spelled);
	}
}

static void spell_array(const struct json *array, struct buf *spelled)
{
	buf_format(spelled, "a%zu:", json_count(array));
	for (size_t i = 0; i < json_count(array); i++)
		spell(json_at(array, i), spelled);
}

static void spell(const struct json *value, struct buf *spelled)
{
	int64_t integer = 0;
	double real = 0;

	switch (json_type(value)) {
	case JSON_OBJECT:
		spell_object(value, spelled);
		return;
	case JSON_ARRAY:
		spell_array(value, spelled);
		return;
	case JSON_STRING:
		spell_text(json_text(value), spelled);
		return;
	case JSON_INTEGER:
		MUST(json_integer(value, &integer));
		buf_format(spelled, "i%lld:", (long long)integer);
		return;
	case JSON_REAL:
		MUST(json_real(value, &real));
		buf_format(spelled, "r%a:", real);
		return;
	case JSON_BOOLEAN:
		buf_add_byte(spelled, json_boolean(value, false) ? 't' : 'f');
		return;
	case JSON_NULL:
		buf_add_byte(spelled, 'n');
		return;
	}
}

static bool is_same(const struct json *root, struct text text,
		    const struct buf *expected)
{
	struct buf spelled = buf_init(64 + 32 * text.size);
	bool is_same;

	spell(root, &spelled);
	MUST(!spelled.is_over && !expected->is_over);
	is_same = text_equal(buf_text(&spelled), buf_text(expected));
	buf_wipe(&spelled);
	return is_same;
}

bool agree_on(struct text text)
{
	struct buf expected = buf_init(64 + 32 * text.size);
	bool is_expected = agree_jansson_spells(text, &expected);
	CLEANUP(json_document_free) struct json_document *document = NULL;
	bool is_taken = json_parse(text, text.size, &document, NULL) == DONE;
	bool agrees = is_taken == is_expected;

	if (is_taken && is_expected)
		agrees = is_same(json_root(document), text, &expected);
	buf_wipe(&expected);
	return agrees;
}
