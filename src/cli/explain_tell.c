/* SPDX-License-Identifier: Apache-2.0 */
/* A decision in words: what was asked, answered, checked, and how near it was.
 */
#include <inttypes.h>

#include "cli/explain.h"
#include "decision/reason.h"
#include "json/json.h"

static struct text member(const struct json *decision, const char *name)
{
	return json_text(json_find(decision, name));
}

/* A line of its own, when there is something to tell. */
static void tell_member(const struct json *decision, const char *name,
			const char *label, struct buf *words)
{
	struct text value = member(decision, name);

	if (value.size > 0)
		buf_format(words, "  %-11s%.*s\n", label, TEXT_ARG(value));
}

static void tell_request(const struct json *decision, struct buf *words)
{
	int64_t grant;

	buf_format(words, "Request %.*s\n",
		   TEXT_ARG(member(decision, "request")));
	tell_member(decision, "time", "at", words);
	tell_member(decision, "endpoint", "endpoint", words);
	tell_member(decision, "tenant", "tenant", words);
	tell_member(decision, "client", "client", words);
	tell_member(decision, "subject", "person", words);
	tell_member(decision, "peer", "from", words);
	if (json_integer(json_find(decision, "grant"), &grant))
		buf_format(words, "  %-11s%" PRId64 "\n", "grant", grant);
}

/* A newer server may know reasons that we do not. */
static const char *explanation_of(struct text reason)
{
	enum reason known = reason_find(reason);

	return known == REASON_COUNT
		       ? "this version of licet does not know that reason"
		       : reason_explanation(known);
}

static void tell_answer(const struct json *decision, struct buf *words)
{
	struct text reason = member(decision, "reason");
	int64_t status = 0;

	(void)json_integer(json_find(decision, "status"), &status);
	buf_format(words, "\nAnswered with status %" PRId64, status);
	if (reason.size == 0) {
		buf_add(words, TEXT(": allowed.\n"));
		return;
	}
	buf_format(words, ": refused, %.*s\n  %s.\n", TEXT_ARG(reason),
		   explanation_of(reason));
	tell_member(decision, "argument", "about", words);
	tell_member(decision, "expected", "expected", words);
	tell_member(decision, "received", "received", words);
	tell_member(decision, "near_miss", "near miss", words);
}

static void tell_steps(const struct json *decision, struct buf *words)
{
	const struct json *steps = json_find(decision, "steps");
	struct text reason = member(decision, "reason");
	enum reason known = reason_find(reason);
	bool is_failed = reason.size > 0 && known != REASON_COUNT;

	if (json_count(steps) == 0 && !is_failed)
		return;
	buf_add(words, TEXT("\nChecks, in their order\n"));
	for (size_t i = 0; i < json_count(steps); i++)
		buf_format(words, "  passed  %.*s\n",
			   TEXT_ARG(json_text(json_at(steps, i))));
	if (is_failed)
		buf_format(words, "  FAILED  %s\n", reason_check(known));
}

outcome explain_tell(struct text line, struct buf *words)
{
	CLEANUP(json_document_free) struct json_document *document = NULL;
	const struct json *decision;

	if (json_parse(line, EXPLAIN_LINE_MAX, &document, NULL) != DONE)
		return REFUSED;
	decision = json_root(document);
	if (!text_equal(member(decision, "event"), TEXT("request.decided")))
		return REFUSED;
	tell_request(decision, words);
	tell_answer(decision, words);
	tell_steps(decision, words);
	if (json_boolean(json_find(decision, "cut"), false))
		buf_add(words,
			TEXT("\n(The record was too long and is cut.)\n"));
	return DONE;
}
