/* SPDX-License-Identifier: Apache-2.0 */
/* Reads parsed values, each by its own type and no other. */
#include "json/jansson_internal.h"

enum json_type json_type(const struct json *value)
{
	switch (json_typeof(json_inside(value))) {
	case JANSSON_OBJECT:
		return JSON_OBJECT;
	case JANSSON_ARRAY:
		return JSON_ARRAY;
	case JANSSON_STRING:
		return JSON_STRING;
	case JANSSON_INTEGER:
		return JSON_INTEGER;
	case JANSSON_REAL:
		return JSON_REAL;
	case JSON_TRUE:
	case JSON_FALSE:
		return JSON_BOOLEAN;
	case JANSSON_NULL:
		return JSON_NULL;
	}
	MUST(false);
	return JSON_NULL;
}

const char *json_type_name(const struct json *value)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object",   [JSON_ARRAY] = "an array",
		[JSON_STRING] = "a string",    [JSON_INTEGER] = "an integer",
		[JSON_REAL] = "a real number", [JSON_BOOLEAN] = "a boolean",
		[JSON_NULL] = "null",
	};

	return value == NULL ? "nothing" : names[json_type(value)];
}

const struct json *json_find(const struct json *object, const char *name)
{
	return (const struct json *)json_object_get(json_inside(object), name);
}

struct text json_text(const struct json *value)
{
	if (!json_is(value, JSON_STRING))
		return TEXT_ABSENT;
	return text_of(json_string_value(json_inside(value)),
		       json_string_length(json_inside(value)));
}

bool json_integer(const struct json *value, int64_t *value_out)
{
	if (!json_is(value, JSON_INTEGER))
		return false;
	*value_out = json_integer_value(json_inside(value));
	return true;
}

bool json_real(const struct json *value, double *value_out)
{
	if (!json_is(value, JSON_INTEGER) && !json_is(value, JSON_REAL))
		return false;
	*value_out = json_number_value(json_inside(value));
	return true;
}

bool json_boolean(const struct json *value, bool otherwise)
{
	if (!json_is(value, JSON_BOOLEAN))
		return otherwise;
	return json_typeof(json_inside(value)) == JSON_TRUE;
}

size_t json_count(const struct json *array_or_object)
{
	if (json_is(array_or_object, JSON_ARRAY))
		return json_array_size(json_inside(array_or_object));
	return json_object_size(json_inside(array_or_object));
}

const struct json *json_at(const struct json *array, size_t index)
{
	return (const struct json *)json_array_get(json_inside(array), index);
}

bool json_next(const struct json *object, void **at, struct text *name_out,
	       const struct json **value_out)
{
	json_t *inside = json_inside(object);

	*at = *at == NULL ? json_object_iter(inside)
			  : json_object_iter_next(inside, *at);
	if (*at == NULL)
		return false;
	*name_out = text_of(json_object_iter_key(*at),
			    json_object_iter_key_len(*at));
	*value_out = (const struct json *)json_object_iter_value(*at);
	return true;
}

bool json_has_text(const struct json *array, struct text word)
{
	struct text one = json_text(array);

	if (text_is_present(one))
		return text_equal(one, word);
	for (size_t i = 0; i < json_count(array); i++) {
		one = json_text(json_at(array, i));
		if (text_is_present(one) && text_equal(one, word))
			return true;
	}
	return false;
}
