/* SPDX-License-Identifier: Apache-2.0 */
/* Strict parsing in one pass over a copy: documents, arrays, objects (RFC 8259,
 * RFC 7493). */
#include <stdio.h>
#include <stdlib.h>

#include "json/internal.h"

struct json_document {
	struct json root;
	struct arena *arena; /* holds the document too */
};

/* A value takes two bytes of text at least, a name and a value six. */
#define BUDGET_BASE 4096
#define BUDGET_PER_BYTE 64

/* So many values wait on the stack of the caller for their array or object to
 * end; more, on the heap. */
#define LOCAL_COUNT 16
/* Names of an object are compared each with each up to so many. */
#define FEW 16

/* --- Mistakes ------------------------------------------------------------- */

bool json_parser_fail(struct json_parser *parser, const char *mistake)
{
	if (parser->mistake == NULL)
		parser->mistake = mistake;
	return false;
}

bool json_parser_fail_here(struct json_parser *parser, const char *expected)
{
	if (parser->at == parser->end)
		return json_parser_fail(parser, expected);
	parser->at++;
	return json_parser_fail(parser, parser->at[-1] == '\0' ? "a NUL byte"
							       : expected);
}

/* Lines and columns are counted in characters, to the last that was read. */
static void describe(struct json_mistake *mistake, struct text read,
		     const char *what)
{
	if (mistake == NULL)
		return;
	mistake->line = 1;
	mistake->column = 0;
	for (size_t i = 0; i < read.size; i++) {
		if (read.at[i] == '\n') {
			mistake->line++;
			mistake->column = 0;
		} else if (((unsigned char)read.at[i] & 0xc0) != 0x80) {
			mistake->column++;
		}
	}
	if (mistake->column == 0)
		mistake->column = 1;
	snprintf(mistake->what, sizeof(mistake->what), "%s", what);
}

/* --- Arrays and objects --------------------------------------------------- */

static void skip_space(struct json_parser *parser)
{
	while (*parser->at == ' ' || *parser->at == '\n' ||
	       *parser->at == '\r' || *parser->at == '\t')
		parser->at++;
}

static void await(struct json_parser *parser, const struct json_member *member)
{
	size_t max = 4 * parser->waiting_max;

	if (parser->waiting_count == parser->waiting_max) {
		struct json_member *grown =
			reallocarray(parser->heap, max, sizeof(*grown));

		MUST(grown != NULL);
		if (parser->heap == NULL)
			memcpy(grown, parser->waiting,
			       parser->waiting_count * sizeof(*grown));
		parser->heap = grown;
		parser->waiting = grown;
		parser->waiting_max = max;
	}
	parser->waiting[parser->waiting_count++] = *member;
}

static bool read_value(struct json_parser *parser, struct json *value);

static bool read_member(struct json_parser *parser)
{
	struct json_member member;

	skip_space(parser);
	if (*parser->at != '"')
		return json_parser_fail_here(parser, "a name is expected");
	if (!json_token_string(parser, &member.name))
		return false;
	skip_space(parser);
	if (*parser->at != ':')
		return json_parser_fail_here(parser, "':' is expected");
	parser->at++;
	if (!read_value(parser, &member.value))
		return false;
	await(parser, &member);
	return true;
}

static bool read_item(struct json_parser *parser)
{
	struct json_member item = {.name = TEXT_ABSENT};

	if (!read_value(parser, &item.value))
		return false;
	await(parser, &item);
	return true;
}

static bool read_listed(struct json_parser *parser,
			bool (*read_one)(struct json_parser *))
{
	while (read_one(parser)) {
		skip_space(parser);
		if (*parser->at != ',')
			return true;
		parser->at++;
	}
	return false;
}

/* From the opening bracket to the closing one. */
static bool read_all(struct json_parser *parser, char closing,
		     bool (*read_one)(struct json_parser *))
{
	parser->at++;
	if (++parser->depth > JSON_DEPTH_MAX)
		return json_parser_fail(parser, "nested too deeply");
	skip_space(parser);
	if (*parser->at != closing && !read_listed(parser, read_one))
		return false;
	if (*parser->at != closing)
		return json_parser_fail_here(
			parser, closing == ']' ? "',' or ']' is expected"
					       : "',' or '}' is expected");
	parser->at++;
	parser->depth--;
	return true;
}

static int compare_names(const void *a, const void *b)
{
	const struct json_member *const *left = a;
	const struct json_member *const *right = b;

	return text_compare((*left)->name, (*right)->name);
}

/* So that an object of thousands costs no square of them. */
static const struct json_member *
find_twin_of_many(const struct json_member *members, size_t count)
{
	const struct json_member **sorted =
		reallocarray(NULL, count, sizeof(const struct json_member *));
	const struct json_member *twin = NULL;

	MUST(sorted != NULL);
	for (size_t i = 0; i < count; i++)
		sorted[i] = &members[i];
	qsort(sorted, count, sizeof(const struct json_member *), compare_names);
	for (size_t i = 1; i < count; i++)
		if (compare_names(&sorted[i - 1], &sorted[i]) == 0)
			twin = sorted[i];
	free(sorted);
	return twin;
}

/* A member with the name of another, or NULL. */
static const struct json_member *find_twin(const struct json_member *members,
					   size_t count)
{
	if (count > FEW)
		return find_twin_of_many(members, count);
	for (size_t i = 1; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (text_equal(members[i].name, members[j].name))
				return &members[i];
	return NULL;
}

static bool read_object(struct json_parser *parser, struct json *value)
{
	size_t before = parser->waiting_count;
	const struct json_member *twin;
	struct json_member *members;
	size_t count;

	if (!read_all(parser, '}', read_member))
		return false;
	count = parser->waiting_count - before;
	twin = find_twin(parser->waiting + before, count);
	if (twin != NULL) {
		parser->at = (char *)(uintptr_t)(twin->name.at +
						 twin->name.size + 1);
		return json_parser_fail(parser, "duplicate member");
	}
	members = ARENA_ARRAY(parser->arena, struct json_member, count);
	if (count > 0)
		memcpy(members, parser->waiting + before,
		       count * sizeof(*members));
	parser->waiting_count = before;
	*value = (struct json){
		.type = JSON_OBJECT, .count = count, .members = members};
	return true;
}

static bool read_array(struct json_parser *parser, struct json *value)
{
	size_t before = parser->waiting_count;
	struct json *items;
	size_t count;

	if (!read_all(parser, ']', read_item))
		return false;
	count = parser->waiting_count - before;
	items = ARENA_ARRAY(parser->arena, struct json, count);
	for (size_t i = 0; i < count; i++)
		items[i] = parser->waiting[before + i].value;
	parser->waiting_count = before;
	*value = (struct json){
		.type = JSON_ARRAY, .count = count, .items = items};
	return true;
}

static bool read_value(struct json_parser *parser, struct json *value)
{
	skip_space(parser);
	switch (*parser->at) {
	case '{':
		return read_object(parser, value);
	case '[':
		return read_array(parser, value);
	case '"':
		value->type = JSON_STRING;
		return json_token_string(parser, &value->text);
	case '-':
	case '0' ... '9':
		return json_token_number(parser, value);
	default:
		return json_token_word(parser, value);
	}
}

static bool read_document(struct json_parser *parser, struct json *root)
{
	if (!read_value(parser, root))
		return false;
	skip_space(parser);
	return parser->at == parser->end ||
	       json_parser_fail_here(parser, "the end is expected");
}

outcome json_parse(struct text text, size_t size_max,
		   struct json_document **document_out,
		   struct json_mistake *mistake_out)
{
	struct json_member local[LOCAL_COUNT];
	struct json_parser parser = {.waiting = local,
				     .waiting_max = LOCAL_COUNT};
	struct json_document *document;
	bool is_read;

	if (text.size > size_max) {
		describe(mistake_out, TEXT_ABSENT, "too long");
		return REFUSED;
	}
	parser.arena = arena_new(BUDGET_BASE + text.size * BUDGET_PER_BYTE);
	document = ARENA_NEW(parser.arena, struct json_document);
	document->arena = parser.arena;
	parser.start = arena_terminated(parser.arena, text);
	parser.at = parser.start;
	parser.end = parser.start + text.size;
	is_read = read_document(&parser, &document->root);
	free(parser.heap);
	if (is_read) {
		*document_out = document;
		return DONE;
	}
	describe(mistake_out,
		 text_first(text, (size_t)(parser.at - parser.start)),
		 parser.mistake);
	json_document_free(&document);
	return REFUSED;
}

void json_document_free(struct json_document **document)
{
	struct json_document *old = TAKE(*document);
	struct arena *arena;

	if (old == NULL)
		return;
	arena = old->arena;
	arena_free(&arena);
}

const struct json *json_root(const struct json_document *document)
{
	return document == NULL ? NULL : &document->root;
}
