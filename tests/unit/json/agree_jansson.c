/* SPDX-License-Identifier: Apache-2.0 */
/* What jansson reads; apart, for its names are json/json.h's too. */
#include <jansson.h>

#include "agree.h"

#define DEPTH_MAX 32

static void spell_text(struct text text, struct buf *spelled)
{
	buf_format(spelled, "s%zu:", text.size);
	buf_add(spelled, text);
}

static bool spell(json_t *value, int depth, struct buf *spelled);

static bool spell_object(json_t *object, int depth, struct buf *spelled)
{
	buf_format(spelled, "o%zu:", json_object_size(object));
	for (void *at = json_object_iter(object); at != NULL;
	     at = json_object_iter_next(object, at)) {
		spell_text(text_of(json_object_iter_key(at),
				   json_object_iter_key_len(at)),
			   spelled);
		if (!spell(json_object_iter_value(at), depth, spelled))
			return false;
	}
	return true;
}

static bool spell_array(json_t *array, int depth, struct buf *spelled)
{
	buf_format(spelled, "a%zu:", json_array_size(array));
	for (size_t i = 0; i < json_array_size(array); i++)
		if (!spell(json_array_get(array, i), depth, spelled))
			return false;
	return true;
}

static void spell_scalar(json_t *value, struct buf *spelled)
{
	if (json_is_string(value))
		spell_text(text_of(json_string_value(value),
				   json_string_length(value)),
			   spelled);
	else if (json_is_integer(value))
		buf_format(spelled,
			   "i%lld:", (long long)json_integer_value(value));
	else if (json_is_real(value))
		buf_format(spelled, "r%a:", json_real_value(value));
	else if (json_is_null(value))
		buf_add_byte(spelled, 'n');
	else
		buf_add_byte(spelled, json_is_true(value) ? 't' : 'f');
}

static bool spell(json_t *value, int depth, struct buf *spelled)
{
	if (!json_is_object(value) && !json_is_array(value)) {
		spell_scalar(value, spelled);
		return true;
	}
	if (depth == DEPTH_MAX)
		return false;
	return json_is_object(value) ? spell_object(value, depth + 1, spelled)
				     : spell_array(value, depth + 1, spelled);
}

bool agree_jansson_spells(struct text text, struct buf *spelled)
{
	json_t *root;
	bool is_taken;

	if (text.size == 0 || text_find_byte(text, '\0') < text.size)
		return false;
	root = json_loadb(text.at, text.size,
			  JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	is_taken = root != NULL && spell(root, 0, spelled);
	json_decref(root);
	return is_taken;
}
