/* SPDX-License-Identifier: Apache-2.0 */
/* What a parsed value is made of. */
#pragma once

#include "json/json.h"

struct json_member;

struct json {
	enum json_type type;
	bool is_true; /* of a boolean */
	size_t count; /* of an array or object */
	union {
		int64_t integer;
		double real;
		struct text text; /* NUL follows */
		const struct json *items;
		const struct json_member *members;
	};
};

struct json_member {
	struct text name;
	struct json value;
};
