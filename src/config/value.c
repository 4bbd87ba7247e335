/* SPDX-License-Identifier: Apache-2.0 */
/* Reads one setting's value as its row says, or says how to write it. */
#include <inttypes.h>
#include <stdio.h>

#include "config/internal.h"

struct unit {
	struct text name;
	int64_t factor;
};

static const struct unit durations[] = {
	{TEXT("s"), 1},
	{TEXT("m"), 60},
	{TEXT("h"), 3600},
	{TEXT("d"), 86400},
};

static const struct unit sizes[] = {
	{TEXT("B"), 1},
	{TEXT("KiB"), 1024},
	{TEXT("MiB"), 1024 * 1024},
	{TEXT("GiB"), 1024 * 1024 * 1024},
};

/* Digits and the unit behind them; a unit may be left out of a size alone. */
static bool parse_quantity(struct text written, const struct unit *units,
			   size_t count, int64_t *value_out)
{
	size_t digits = 0;
	struct text unit;
	int64_t number;

	while (digits < written.size && written.at[digits] >= '0' &&
	       written.at[digits] <= '9')
		digits++;
	if (!text_parse_integer(text_first(written, digits), &number))
		return false;
	unit = text_from_byte(written, digits);
	if (unit.size == 0 && units == sizes)
		unit = TEXT("B");
	if (unit.size == 0 && number == 0)
		unit = TEXT("s");
	for (size_t i = 0; i < count; i++)
		if (text_equal(unit, units[i].name))
			return !__builtin_mul_overflow(number, units[i].factor,
						       value_out);
	return false;
}

/* `number` in the largest unit that divides it. */
static void format_quantity(char *at, size_t size, int64_t number,
			    const struct unit *units, size_t count)
{
	size_t i = count - 1;

	while (i > 0 && (number == 0 || number % units[i].factor != 0))
		i--;
	snprintf(at, size, "%" PRId64 "%.*s", number / units[i].factor,
		 TEXT_ARG(units[i].name));
}

static void format_bound(char at[32], const struct config_row *row,
			 int64_t number)
{
	if (row->type == CONFIG_DURATION)
		format_quantity(at, 32, number, durations, COUNT_OF(durations));
	else if (row->type == CONFIG_SIZE)
		format_quantity(at, 32, number, sizes, COUNT_OF(sizes));
	else
		snprintf(at, 32, "%" PRId64, number);
}

static bool is_in_range(const struct config_row *row, int64_t number, char *why)
{
	char min[32];
	char max[32];

	if (number >= row->min && (row->max == 0 || number <= row->max))
		return true;
	format_bound(min, row, row->min);
	format_bound(max, row, row->max);
	if (row->max == 0)
		snprintf(why, CONFIG_WHY_SIZE, "must be %s or more", min);
	else
		snprintf(why, CONFIG_WHY_SIZE, "must be from %s to %s", min,
			 max);
	return false;
}

static bool parse_boolean(struct text written, int64_t *value_out)
{
	*value_out = text_equal(written, TEXT("true"));
	return *value_out || text_equal(written, TEXT("false"));
}

static bool parse_number(const struct config_row *row, struct text written,
			 int64_t *value_out, const char **as_out)
{
	switch (row->type) {
	case CONFIG_INTEGER:
		*as_out = "a number";
		return text_parse_integer(written, value_out);
	case CONFIG_DURATION:
		*as_out = "a time with its unit (s, m, h or d), such as 90s or "
			  "30d";
		return parse_quantity(written, durations, COUNT_OF(durations),
				      value_out);
	case CONFIG_SIZE:
		*as_out = "a size with its unit (B, KiB, MiB or GiB), such as "
			  "64KiB";
		return parse_quantity(written, sizes, COUNT_OF(sizes),
				      value_out);
	case CONFIG_BOOLEAN:
		*as_out = "true or false";
		return parse_boolean(written, value_out);
	case CONFIG_TEXT:
	case CONFIG_PATH:
	case CONFIG_CHOICE:
	case CONFIG_LIST:
		break;
	}
	MUST(!"a row of a type that is a number");
	return false;
}

static bool check_words(const struct config_row *row, struct text written,
			char *why)
{
	if (row->type == CONFIG_CHOICE) {
		snprintf(why, CONFIG_WHY_SIZE, "must be one of: %s",
			 row->choices);
		return text_find_byte(written, ' ') == written.size &&
		       text_has_word(text_from(row->choices), written);
	}
	if (written.size == 0) {
		snprintf(why, CONFIG_WHY_SIZE, "must not be empty");
		return false;
	}
	if (text_has_control(written)) {
		snprintf(why, CONFIG_WHY_SIZE,
			 "must be one line without control characters");
		return false;
	}
	if (row->max != 0 && (int64_t)written.size > row->max) {
		snprintf(why, CONFIG_WHY_SIZE,
			 "must have at most %" PRId64 " bytes", row->max);
		return false;
	}
	return true;
}

bool config_value_parse(struct arena *arena, const struct config_row *row,
			struct text written, struct config_value *value,
			char why[CONFIG_WHY_SIZE])
{
	const char *as;

	MUST(row->type != CONFIG_LIST);
	value->text = arena_copy(arena, written);
	if (row->type == CONFIG_TEXT || row->type == CONFIG_PATH ||
	    row->type == CONFIG_CHOICE)
		return check_words(row, written, why);
	if (!parse_number(row, written, &value->integer, &as)) {
		snprintf(why, CONFIG_WHY_SIZE, "must be %s", as);
		return false;
	}
	return row->type == CONFIG_BOOLEAN ||
	       is_in_range(row, value->integer, why);
}
