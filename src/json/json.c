/* SPDX-License-Identifier: Apache-2.0 */
/* Reads parsed values, each by its own type and no other. */
#include "json/internal.h"

enum json_type json_type(const struct json *value)
{
	return value->type;
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
	struct text wanted = text_from(name);

	if (!json_is(object, JSON_OBJECT))
		return NULL;
	for (size_t i = 0; i < object->count; i++)
		if (text_equal(object->members[i].name, wanted))
			return &object->members[i].value;
	return NULL;
}

struct text json_text(const struct json *value)
{
	return json_is(value, JSON_STRING) ? value->text : TEXT_ABSENT;
}

bool json_integer(const struct json *value, int64_t *value_out)
{
	if (!json_is(value, JSON_INTEGER))
		return false;
	*value_out = value->integer;
	return true;
}

bool json_real(const struct json *value, double *value_out)
{
	if (json_is(value, JSON_INTEGER))
		*value_out = (double)value->integer;
	else if (json_is(value, JSON_REAL))
		*value_out = value->real;
	else
		return false;
	return true;
}

bool json_boolean(const struct json *value, bool otherwise)
{
	return json_is(value, JSON_BOOLEAN) ? value->is_true : otherwise;
}

size_t json_count(const struct json *array_or_object)
{
	if (json_is(array_or_object, JSON_ARRAY) ||
	    json_is(array_or_object, JSON_OBJECT))
		return array_or_object->count;
	return 0;
}

const struct json *json_at(const struct json *array, size_t index)
{
	if (!json_is(array, JSON_ARRAY) || index >= array->count)
		return NULL;
	return &array->items[index];
}

bool json_next(const struct json *object, void **at, struct text *name_out,
	       const struct json **value_out)
{
	const struct json_member *next = *at;

	if (!json_is(object, JSON_OBJECT) || object->count == 0)
		return false;
	next = next == NULL ? object->members : next + 1;
	if (next == object->members + object->count)
		return false;
	*at = (void *)(uintptr_t)next;
	*name_out = next->name;
	*value_out = &next->value;
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
