/* SPDX-License-Identifier: Apache-2.0 */
/* Strict parsing (RFC 8259, RFC 7493): bounds first, then jansson. */
#include <stdio.h>

#include "json/jansson_internal.h"

/* Where a scan stands; columns are in characters, as jansson counts them. */
struct scan {
	int line;
	int column;
	int depth;
	bool is_in_string;
	bool is_escaped;
};

static void describe(struct json_mistake *mistake, int line, int column,
		     const char *what)
{
	if (mistake == NULL)
		return;
	mistake->line = line > 0 ? line : 1;
	mistake->column = column > 0 ? column : 1;
	snprintf(mistake->what, sizeof(mistake->what), "%s", what);
}

/* Without " near '…'": jansson quotes the input, which may be a secret, and the
 * place is known. */
static void describe_error(struct json_mistake *mistake,
			   const json_error_t *error)
{
	struct text all = text_from(error->text);
	struct text kept = text_first(all, text_find(all, TEXT(" near ")));
	char what[JSON_ERROR_TEXT_LENGTH];

	memcpy(what, kept.at, kept.size);
	what[kept.size] = '\0';
	describe(mistake, error->line, error->column, what);
}

static void step_in_string(struct scan *scan, char byte)
{
	if (scan->is_escaped)
		scan->is_escaped = false;
	else if (byte == '\\')
		scan->is_escaped = true;
	else if (byte == '"')
		scan->is_in_string = false;
}

static void step(struct scan *scan, char byte)
{
	if (byte == '\n') {
		scan->line++;
		scan->column = 0;
	} else if (((unsigned char)byte & 0xc0) != 0x80) {
		scan->column++;
	}
	if (scan->is_in_string)
		step_in_string(scan, byte);
	else if (byte == '"')
		scan->is_in_string = true;
	else if (byte == '{' || byte == '[')
		scan->depth++;
	else if (byte == '}' || byte == ']')
		scan->depth--;
}

/*
 * jansson would go 2048 deep, which a task's stack may not hold, and takes a NUL
 * for the end in places. What is well-formed is scanned as its parser sees it;
 * for what is not, being refused here or there is the same.
 */
static outcome check_bounds(struct text text, struct json_mistake *mistake)
{
	struct scan scan = {.line = 1};

	for (size_t i = 0; i < text.size; i++) {
		step(&scan, text.at[i]);
		if (text.at[i] == '\0') {
			describe(mistake, scan.line, scan.column, "a NUL byte");
			return REFUSED;
		}
		if (scan.depth > JSON_DEPTH_MAX) {
			describe(mistake, scan.line, scan.column,
				 "nested too deeply");
			return REFUSED;
		}
	}
	return DONE;
}

outcome json_parse(struct text text, size_t size_max,
		   struct json_document **document_out,
		   struct json_mistake *mistake_out)
{
	json_error_t error;
	json_t *root;

	if (text.size > size_max) {
		describe(mistake_out, 1, 1, "too long");
		return REFUSED;
	}
	TRY(check_bounds(text, mistake_out));
	root = json_loadb(text.at != NULL ? text.at : "", text.size,
			  JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (root == NULL) {
		describe_error(mistake_out, &error);
		return REFUSED;
	}
	*document_out = (struct json_document *)(void *)root;
	return DONE;
}

void json_document_free(struct json_document **document)
{
	json_decref((json_t *)(void *)TAKE(*document));
}

const struct json *json_root(const struct json_document *document)
{
	return (const struct json *)(const void *)document;
}
