/* SPDX-License-Identifier: Apache-2.0 */
/* Strict parsing in one pass over a copy (RFC 8259, RFC 7493). */
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

struct parser {
	struct arena *arena;
	char *start; /* a copy, in which strings are decoded; NUL follows */
	char *at;
	char *end;
	int depth;
	const char *mistake; /* NULL until there is one, which is before `at` */
	/* What has been read of arrays and objects that have not ended. */
	struct json_member *waiting;
	size_t waiting_count;
	size_t waiting_max;
	struct json_member *heap; /* `waiting`, when it is there */
};

/* --- Mistakes ------------------------------------------------------------- */

/* Never a word of the text: it may be a secret. */
static bool fail(struct parser *parser, const char *mistake)
{
	if (parser->mistake == NULL)
		parser->mistake = mistake;
	return false;
}

/* At the byte that `at` stands on. */
static bool fail_here(struct parser *parser, const char *expected)
{
	if (parser->at == parser->end)
		return fail(parser, expected);
	parser->at++;
	return fail(parser, parser->at[-1] == '\0' ? "a NUL byte" : expected);
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

/* --- Strings -------------------------------------------------------------- */

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four digits at `at`. The NUL behind the copy is none. */
static bool read_unit(struct parser *parser, unsigned int *unit_out)
{
	*unit_out = 0;
	for (int i = 0; i < 4; i++) {
		int value = hex_value(*parser->at);

		if (value < 0)
			return fail_here(parser, "invalid escape");
		*unit_out = *unit_out << 4 | (unsigned int)value;
		parser->at++;
	}
	return true;
}

/* After \u: one UTF-16 unit, or the two of a pair. */
static bool read_code(struct parser *parser, unsigned int *code_out)
{
	unsigned int low;

	if (!read_unit(parser, code_out))
		return false;
	if (*code_out == 0)
		return fail(parser, "\\u0000 is not allowed");
	if (*code_out < 0xd800 || *code_out > 0xdfff)
		return true;
	if (*code_out > 0xdbff || parser->at[0] != '\\' || parser->at[1] != 'u')
		return fail(parser, "a lone surrogate");
	parser->at += 2;
	if (!read_unit(parser, &low))
		return false;
	if (low < 0xdc00 || low > 0xdfff)
		return fail(parser, "a lone surrogate");
	*code_out = 0x10000 + ((*code_out - 0xd800) << 10) + (low - 0xdc00);
	return true;
}

/* Never more bytes than its escape has. */
static char *write_code(char *to, unsigned int code)
{
	if (code < 0x80) {
		*to++ = (char)code;
		return to;
	}
	if (code < 0x800) {
		*to++ = (char)(0xc0 | code >> 6);
	} else {
		if (code < 0x10000) {
			*to++ = (char)(0xe0 | code >> 12);
		} else {
			*to++ = (char)(0xf0 | code >> 18);
			*to++ = (char)(0x80 | (code >> 12 & 0x3f));
		}
		*to++ = (char)(0x80 | (code >> 6 & 0x3f));
	}
	*to++ = (char)(0x80 | (code & 0x3f));
	return to;
}

static bool read_escape(struct parser *parser, char **to)
{
	static const char meanings[128] = {
		['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
		['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
	};
	unsigned char letter = (unsigned char)parser->at[1];
	unsigned int code;

	parser->at++;
	if (letter == 'u') {
		parser->at++;
		if (!read_code(parser, &code))
			return false;
		*to = write_code(*to, code);
		return true;
	}
	if (letter >= sizeof(meanings) || meanings[letter] == '\0')
		return fail_here(parser, "invalid escape");
	*(*to)++ = meanings[letter];
	parser->at++;
	return true;
}

/* One character that is not ASCII. */
static bool read_wide(struct parser *parser, char **to)
{
	unsigned char lead = (unsigned char)parser->at[0];
	size_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	struct text character = text_first(
		text_of(parser->at, (size_t)(parser->end - parser->at)), size);

	if (character.size < size || !text_is_utf8(character))
		return fail_here(parser, "invalid UTF-8");
	memmove(*to, character.at, size);
	*to += size;
	parser->at += size;
	return true;
}

/* What ends a run of plain characters; *has_ended_out: the quote. */
static bool read_special(struct parser *parser, char **to, bool *has_ended_out)
{
	unsigned char byte = (unsigned char)*parser->at;

	if (byte == '"') {
		*has_ended_out = true;
		return true;
	}
	if (byte == '\\')
		return read_escape(parser, to);
	if (byte >= 0x80)
		return read_wide(parser, to);
	if (byte == 0x7f) {
		*(*to)++ = (char)byte;
		parser->at++;
		return true;
	}
	return fail_here(parser, parser->at == parser->end
					 ? "a string does not end"
					 : "a control character in a string");
}

/* At the opening quote; decoded in place, where NUL takes the closing one's. */
static bool read_string(struct parser *parser, struct text *text_out)
{
	char *from = ++parser->at;
	char *to = from;
	bool has_ended = false;

	while (!has_ended) {
		size_t plain = text_plain_size(text_of(
			parser->at, (size_t)(parser->end - parser->at)));

		if (to != parser->at)
			memmove(to, parser->at, plain);
		to += plain;
		parser->at += plain;
		if (!read_special(parser, &to, &has_ended))
			return false;
	}
	parser->at++;
	*to = '\0';
	*text_out = text_of(from, (size_t)(to - from));
	return true;
}

/* --- Numbers and words ---------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool skip_digits(struct parser *parser)
{
	if (!is_digit(*parser->at))
		return fail_here(parser, "invalid number");
	while (is_digit(*parser->at))
		parser->at++;
	return true;
}

/* What makes a real of an integer, if it is there. */
static bool skip_fraction(struct parser *parser, bool *is_real_out)
{
	*is_real_out = false;
	if (*parser->at == '.') {
		*is_real_out = true;
		parser->at++;
		if (!skip_digits(parser))
			return false;
	}
	if (*parser->at != 'e' && *parser->at != 'E')
		return true;
	*is_real_out = true;
	parser->at++;
	if (*parser->at == '+' || *parser->at == '-')
		parser->at++;
	return skip_digits(parser);
}

/* Below zero, where one more fits. */
static bool read_integer(struct parser *parser, const char *digits,
			 bool is_negative, int64_t *value_out)
{
	int64_t value = 0;

	for (; digits < parser->at; digits++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_sub_overflow(value, *digits - '0', &value))
			return fail(parser, "too big integer");
	if (!is_negative && value == INT64_MIN)
		return fail(parser, "too big integer");
	*value_out = is_negative ? value : -value;
	return true;
}

static bool read_number(struct parser *parser, struct json *value)
{
	const char *from = parser->at;
	bool is_negative = *from == '-';
	bool is_real;

	if (is_negative)
		parser->at++;
	if (*parser->at == '0')
		parser->at++;
	else if (!skip_digits(parser))
		return false;
	if (!skip_fraction(parser, &is_real))
		return false;
	if (!is_real) {
		value->type = JSON_INTEGER;
		return read_integer(parser, from + is_negative, is_negative,
				    &value->integer);
	}
	value->type = JSON_REAL;
	value->real = strtod(from, NULL);
	if (__builtin_isfinite(value->real))
		return true;
	return fail(parser, "real number overflow");
}

static bool read_word(struct parser *parser, struct json *value)
{
	static const struct {
		struct text word;
		struct json value;
	} words[] = {
		{{"true", 4}, {.type = JSON_BOOLEAN, .is_true = true}},
		{{"false", 5}, {.type = JSON_BOOLEAN}},
		{{"null", 4}, {.type = JSON_NULL}},
	};
	struct text rest =
		text_of(parser->at, (size_t)(parser->end - parser->at));

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (!text_starts_with(rest, words[i].word))
			continue;
		*value = words[i].value;
		parser->at += words[i].word.size;
		return true;
	}
	return fail_here(parser, rest.size == 0 ? "a value is expected"
						: "invalid token");
}

/* --- Arrays and objects --------------------------------------------------- */

static void skip_space(struct parser *parser)
{
	while (*parser->at == ' ' || *parser->at == '\n' ||
	       *parser->at == '\r' || *parser->at == '\t')
		parser->at++;
}

static void await(struct parser *parser, const struct json_member *member)
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

static bool read_value(struct parser *parser, struct json *value);

static bool read_member(struct parser *parser)
{
	struct json_member member;

	skip_space(parser);
	if (*parser->at != '"')
		return fail_here(parser, "a name is expected");
	if (!read_string(parser, &member.name))
		return false;
	skip_space(parser);
	if (*parser->at != ':')
		return fail_here(parser, "':' is expected");
	parser->at++;
	if (!read_value(parser, &member.value))
		return false;
	await(parser, &member);
	return true;
}

static bool read_item(struct parser *parser)
{
	struct json_member item = {.name = TEXT_ABSENT};

	if (!read_value(parser, &item.value))
		return false;
	await(parser, &item);
	return true;
}

static bool read_listed(struct parser *parser,
			bool (*read_one)(struct parser *))
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
static bool read_all(struct parser *parser, char closing,
		     bool (*read_one)(struct parser *))
{
	parser->at++;
	if (++parser->depth > JSON_DEPTH_MAX)
		return fail(parser, "nested too deeply");
	skip_space(parser);
	if (*parser->at != closing && !read_listed(parser, read_one))
		return false;
	if (*parser->at != closing)
		return fail_here(parser, closing == ']'
						 ? "',' or ']' is expected"
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

static bool read_object(struct parser *parser, struct json *value)
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
		return fail(parser, "duplicate member");
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

static bool read_array(struct parser *parser, struct json *value)
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

static bool read_value(struct parser *parser, struct json *value)
{
	skip_space(parser);
	switch (*parser->at) {
	case '{':
		return read_object(parser, value);
	case '[':
		return read_array(parser, value);
	case '"':
		value->type = JSON_STRING;
		return read_string(parser, &value->text);
	case '-':
	case '0' ... '9':
		return read_number(parser, value);
	default:
		return read_word(parser, value);
	}
}

static bool read_document(struct parser *parser, struct json *root)
{
	if (!read_value(parser, root))
		return false;
	skip_space(parser);
	return parser->at == parser->end ||
	       fail_here(parser, "the end is expected");
}

outcome json_parse(struct text text, size_t size_max,
		   struct json_document **document_out,
		   struct json_mistake *mistake_out)
{
	struct json_member local[LOCAL_COUNT];
	struct parser parser = {.waiting = local, .waiting_max = LOCAL_COUNT};
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
