/* SPDX-License-Identifier: Apache-2.0 */
/* jansson.h with those of its names that this room has too out of the way. */
#pragma once

#define json_type jansson_type
#define json_integer jansson_integer
#define json_real jansson_real
#define JSON_OBJECT JANSSON_OBJECT
#define JSON_ARRAY JANSSON_ARRAY
#define JSON_STRING JANSSON_STRING
#define JSON_INTEGER JANSSON_INTEGER
#define JSON_REAL JANSSON_REAL
#define JSON_NULL JANSSON_NULL

#include <jansson.h>

#undef json_type
#undef json_integer
#undef json_real
#undef json_boolean
#undef JSON_OBJECT
#undef JSON_ARRAY
#undef JSON_STRING
#undef JSON_INTEGER
#undef JSON_REAL
#undef JSON_NULL

#include "json/json.h"

/* Our `struct json` is jansson's `json_t`, seen through our names. */
static inline json_t *json_inside(const struct json *value)
{
	return (json_t *)(uintptr_t)value;
}
