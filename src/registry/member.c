/* SPDX-License-Identifier: Apache-2.0 */
/* Reads members by their rows; says of each that does not fit why. */
#include "registry/member.h"

#include <inttypes.h>

#include "base/nearest.h"

#define STRING_MAX 255
#define WORD_COUNT_MAX 100
#define SHOWN_MAX 80

const struct json *member_find(const struct json *entry, const char *name)
{
	const struct json *value = json_find(entry, name);

	return json_is(value, JSON_NULL) ? NULL : value;
}

const char *member_show(struct reading *reading, struct text value)
{
	size_t size = value.size < SHOWN_MAX ? value.size : SHOWN_MAX;

	while (size < value.size && size > 0 &&
	       ((unsigned char)value.at[size] & 0xc0) == 0x80)
		size--;
	return arena_format(reading->arena, "%.*s%s",
			    TEXT_ARG(text_first(value, size)),
			    size < value.size ? "…" : "")
		.at;
}

static void tell_type(struct reading *reading, const struct place *place,
		      const char *wanted, const struct json *value)
{
	registry_mistake(reading, place, "must be %s, not %s", wanted,
			 json_type_name(value));
}

static void tell_not_among(struct reading *reading, const struct place *place,
			   const char *among, struct text value)
{
	struct nearest nearest = nearest_init(value);
	struct text words = text_from(among);
	struct text word;

	while (text_next_word(&words, &word))
		nearest_offer(&nearest, word);
	if (text_is_present(nearest.best))
		registry_mistake(reading, place,
				 "\"%s\" is not served; did you mean \"%.*s\"?",
				 member_show(reading, value),
				 TEXT_ARG(nearest.best));
	else
		registry_mistake(reading, place,
				 "\"%s\" is not served; there is: %s",
				 member_show(reading, value), among);
}

/* Whether one string of the member may be what it is. */
static bool is_allowed(struct reading *reading, const struct place *place,
		       const struct member *row, struct text value)
{
	const char *why;

	if (value.size == 0) {
		registry_mistake(reading, place, "must not be empty");
		return false;
	}
	if (text_has_control(value)) {
		registry_mistake(reading, place,
				 "must not have control characters");
		return false;
	}
	if (row->among != NULL &&
	    (text_find_byte(value, ' ') < value.size ||
	     !text_has_word(text_from(row->among), value))) {
		tell_not_among(reading, place, row->among, value);
		return false;
	}
	if (row->check == NULL || row->check(value, &why) == DONE)
		return true;
	registry_mistake(reading, place, "\"%s\": %s",
			 member_show(reading, value), why);
	return false;
}

static void read_string(struct reading *reading, const struct place *place,
			const struct member *row, const struct json *value,
			struct text *at)
{
	struct text text = json_text(value);
	size_t max = row->max ? (size_t)row->max : STRING_MAX;

	if (!json_is(value, JSON_STRING)) {
		tell_type(reading, place, "a string", value);
		return;
	}
	if (text.size > max) {
		registry_mistake(reading, place, "must have at most %zu bytes",
				 max);
		return;
	}
	if (is_allowed(reading, place, row, text))
		*at = arena_copy(reading->arena, text);
}

static void add_word(struct reading *reading, const struct place *place,
		     const struct member *row, const struct json *value,
		     struct buf *words)
{
	struct text word = json_text(value);

	if (!json_is(value, JSON_STRING)) {
		tell_type(reading, place, "a string", value);
		return;
	}
	if (text_find_byte(word, ' ') < word.size) {
		registry_mistake(reading, place, "must not have spaces");
		return;
	}
	if (!is_allowed(reading, place, row, word))
		return;
	if (text_has_word(buf_text(words), word)) {
		registry_mistake(reading, place, "\"%s\" stands here twice",
				 member_show(reading, word));
		return;
	}
	if (words->size > 0)
		buf_add_byte(words, ' ');
	buf_add(words, word);
}

static void read_words(struct reading *reading, const struct place *place,
		       const struct member *row, const struct json *value,
		       struct text *at)
{
	struct buf words = buf_init_arena(reading->arena, 64 * 1024);
	struct place item = *place;

	if (!json_is(value, JSON_ARRAY)) {
		tell_type(reading, place, "an array of strings", value);
		return;
	}
	if (json_count(value) > WORD_COUNT_MAX) {
		registry_mistake(reading, place, "must have at most %d entries",
				 WORD_COUNT_MAX);
		return;
	}
	for (size_t i = 0; i < json_count(value); i++) {
		item.item = (ptrdiff_t)i;
		add_word(reading, &item, row, json_at(value, i), &words);
	}
	if (words.is_over)
		registry_mistake(reading, place, "is too long in all");
	*at = buf_text(&words);
}

static void read_span(struct reading *reading, const struct place *place,
		      const struct member *row, const struct json *value,
		      int64_t *at)
{
	int64_t number;

	if (!json_integer(value, &number) || number < row->min ||
	    number > row->max)
		registry_mistake(reading, place,
				 "must be whole seconds from %" PRId64
				 " to %" PRId64,
				 row->min, row->max);
	else
		*at = number;
}

static void read_format(struct reading *reading, const struct place *place,
			const struct json *value, enum access_token_format *at)
{
	if (text_equal(json_text(value), TEXT("jwt")))
		*at = ACCESS_TOKEN_JWT;
	else if (text_equal(json_text(value), TEXT("opaque")))
		*at = ACCESS_TOKEN_OPAQUE;
	else
		registry_mistake(reading, place,
				 "must be \"jwt\" or \"opaque\"");
}

static void read_row(struct reading *reading, const struct place *place,
		     const struct member *row, const struct json *value,
		     void *at)
{
	bool flag = json_boolean(value, false);

	if ((row->kind == MEMBER_FLAG || row->kind == MEMBER_CHOICE) &&
	    !json_is(value, JSON_BOOLEAN)) {
		tell_type(reading, place, "true or false", value);
		return;
	}
	switch (row->kind) {
	case MEMBER_STRING:
		read_string(reading, place, row, value, at);
		return;
	case MEMBER_WORDS:
		read_words(reading, place, row, value, at);
		return;
	case MEMBER_FLAG:
		*(bool *)at = flag;
		return;
	case MEMBER_CHOICE:
		*(enum choice *)at = flag ? CHOICE_YES : CHOICE_NO;
		return;
	case MEMBER_SPAN:
		read_span(reading, place, row, value, at);
		return;
	case MEMBER_FORMAT:
		read_format(reading, place, value, at);
		return;
	case MEMBER_ELSEWHERE:
		return;
	}
}

static const struct member *find_row(const struct member_table *table,
				     struct text name)
{
	for (size_t i = 0; i < table->count; i++)
		if (text_equal(name, text_from(table->rows[i].name)))
			return &table->rows[i];
	return NULL;
}

static void warn_unknown(struct reading *reading, const struct place *place,
			 const struct member_table *table, struct text name)
{
	struct nearest nearest = nearest_init(name);

	for (size_t i = 0; i < table->count; i++)
		nearest_offer(&nearest, text_from(table->rows[i].name));
	if (text_is_present(nearest.best))
		registry_warn(reading, place,
			      "\"%s\" is not known here and was dropped; did "
			      "you mean \"%.*s\"?",
			      member_show(reading, name),
			      TEXT_ARG(nearest.best));
	else
		registry_warn(reading, place,
			      "\"%s\" is not known here and was dropped",
			      member_show(reading, name));
}

bool member_read(struct reading *reading, const struct place *place,
		 const struct member_table *table, const struct json *entry,
		 void *draft)
{
	const struct json *value;
	struct text name;
	void *at = NULL;

	if (!json_is(entry, JSON_OBJECT)) {
		tell_type(reading, place, "an object", entry);
		return false;
	}
	while (json_next(entry, &at, &name, &value)) {
		const struct member *row = find_row(table, name);
		struct place member = *place;

		if (row == NULL) {
			warn_unknown(reading, place, table, name);
			continue;
		}
		member.member = row->name;
		if (!json_is(value, JSON_NULL))
			read_row(reading, &member, row, value,
				 (char *)draft + row->offset);
	}
	return true;
}
