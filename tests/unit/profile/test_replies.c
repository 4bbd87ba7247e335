/* SPDX-License-Identifier: Apache-2.0 */
/* The reply tables and tests/golden/reasons.json say the same, both ways. */
#include "golden.h"

static struct text bytes;
static struct json_document *document;
static const struct json *golden; /* class → reason → profile → cell */

static int read_golden(void **state)
{
	bytes = golden_read(GOLDEN_PATH);
	if (json_parse(bytes, GOLDEN_FILE_MAX, &document, NULL) != DONE)
		return -1;
	golden = json_find(json_root(document), "replies");
	return golden == NULL ? -1 : 0;
}

static int free_golden(void **state)
{
	json_document_free(&document);
	free((void *)bytes.at);
	return 0;
}

/* ENDPOINT_COUNT for "none"; fails the test on any other name. */
static enum endpoint class_named(struct text name)
{
	if (text_equal(name, TEXT("none")))
		return ENDPOINT_COUNT;
	for (enum endpoint i = 0; i < ENDPOINT_COUNT; i++)
		if (text_equal(name, text_from(endpoint_name(i))) &&
		    endpoint_class(i) == i)
			return i;
	fail_msg("no endpoint class %.*s", TEXT_ARG(name));
	return ENDPOINT_COUNT;
}

static const char *class_name(enum endpoint class)
{
	return class == ENDPOINT_COUNT ? "none" : endpoint_name(class);
}

static enum reason reason_named(struct text name)
{
	enum reason reason = reason_find(name);

	if (reason == REASON_COUNT || reason == REASON_NONE)
		fail_msg("no reason %.*s", TEXT_ARG(name));
	return reason;
}

static unsigned int challenge_flag(struct text value)
{
	static const struct {
		const char *value;
		unsigned int flag;
	} rows[] = {
		{"Basic", REPLY_CHALLENGES},
		{"Basic, after Authorization", REPLY_CHALLENGES_AUTHORIZATION},
		{"Bearer, with the error", REPLY_CHALLENGES_BEARER},
		{"Bearer, alone", REPLY_CHALLENGES_BEARER_BARE},
		{"DPoP, with the error", REPLY_CHALLENGES_DPOP},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (text_equal(value, text_from(rows[i].value)))
			return rows[i].flag;
	fail_msg("no challenge %.*s", TEXT_ARG(value));
	return 0;
}

static unsigned int cell_flags(const struct json *cell)
{
	unsigned int flags = 0;
	const struct json *value;
	struct text name;
	void *at = NULL;

	while (json_next(json_find(cell, "headers"), &at, &name, &value)) {
		if (text_equal(name, TEXT("WWW-Authenticate")))
			flags |= challenge_flag(json_text(value));
		else if (text_equal(name, TEXT("Retry-After")))
			flags |= REPLY_RETRY_AFTER;
		else if (text_equal(name, TEXT("Allow")))
			flags |= REPLY_ALLOWS;
		else if (text_equal(name, TEXT("DPoP-Nonce")))
			flags |= REPLY_OFFERS_NONCE;
		else
			fail_msg("no header %.*s", TEXT_ARG(name));
	}
	if (json_boolean(json_find(cell, "page"), false))
		flags |= REPLY_PAGE;
	if (json_boolean(json_find(cell, "silent"), false))
		flags |= REPLY_SILENT;
	return flags;
}

/* Where nothing is ever a redirect, REPLY_PAGE says nothing. */
static unsigned int row_flags(const struct profile_reply *row,
			      enum endpoint class)
{
	if (class == ENDPOINT_AUTHORIZE || class == ENDPOINT_LOGOUT)
		return row->flags;
	return row->flags & ~(unsigned int)REPLY_PAGE;
}

static bool says(const struct json *text, const char *expected)
{
	if (expected == NULL)
		return json_is(text, JSON_NULL);
	return text_equal(json_text(text), text_from(expected));
}

static int compare(const struct profile *profile, enum endpoint class,
		   enum reason reason, const struct json *cell)
{
	const struct profile_reply *row =
		profile_find_reply(profile, class, reason);
	int64_t status = 0;

	if (cell != NULL && row->reason == reason &&
	    json_integer(json_find(cell, "status"), &status) &&
	    row->status == status &&
	    says(json_find(cell, "error"), row->error) &&
	    says(json_find(cell, "text"), row->text) &&
	    row_flags(row, class) == cell_flags(cell))
		return 0;
	print_error("%s at %s in %s: table says %d %s \"%s\" flags %x\n",
		    reason_name(reason), class_name(class), profile->name,
		    row->status, row->error, row->text, row->flags);
	return 1;
}

static void cells_are_rows(void **state)
{
	const struct json *reasons, *cells;
	struct text class_text, reason_text;
	void *class_at = NULL;
	int different = 0;

	while (json_next(golden, &class_at, &class_text, &reasons)) {
		enum endpoint class = class_named(class_text);
		void *at = NULL;

		while (json_next(reasons, &at, &reason_text, &cells)) {
			enum reason reason = reason_named(reason_text);

			assert_int_equal(json_count(cells), COUNT_OF(profiles));
			for (size_t i = 0; i < COUNT_OF(profiles); i++)
				different += compare(
					profiles[i], class, reason,
					json_find(cells, profiles[i]->name));
		}
	}
	assert_int_equal(different, 0);
}

static const struct json *find_cell(enum endpoint class, enum reason reason,
				    const struct profile *profile)
{
	return json_find(json_find(json_find(golden, class_name(class)),
				   reason_name(reason)),
			 profile->name);
}

/* Whether some cell of the file is answered by this very row. */
static bool is_used(const struct profile *profile,
		    const struct profile_reply *row)
{
	for (size_t i = 0; i < COUNT_OF(profiles); i++) {
		for (enum endpoint class = 0; class <= ENDPOINT_COUNT;
		     class ++) {
			if (find_cell(class, row->reason, profiles[i]) !=
				    NULL &&
			    profile_find_reply(profiles[i], class,
					       row->reason) == row)
				return true;
		}
	}
	return false;
}

static void rows_have_cells(void **state)
{
	int unused = 0;

	for (size_t i = 0; i < COUNT_OF(profiles); i++) {
		const struct profile_replies *replies = profiles[i]->replies;

		for (size_t k = 0; k < replies->count; k++) {
			const struct profile_reply *row = &replies->rows[k];

			if (is_used(profiles[i], row))
				continue;
			print_error("%s: no cell for %s at %s\n",
				    profiles[i]->name, reason_name(row->reason),
				    class_name(row->endpoint));
			unused++;
		}
	}
	assert_int_equal(unused, 0);
}

static void reasons_have_cells(void **state)
{
	for (enum reason reason = REASON_NONE + 1; reason < REASON_COUNT;
	     reason++) {
		size_t count = 0;

		for (enum endpoint i = 0; i <= ENDPOINT_COUNT; i++)
			if (find_cell(i, reason, &profile_rfc) != NULL)
				count++;
		if (count == 0)
			fail_msg("%s has no cell", reason_name(reason));
	}
}

static void cells_name_their_source(void **state)
{
	const struct json *sources = json_find(json_root(document), "sources");
	const struct json *reasons, *cells, *cell;
	struct text name, mark, part;
	void *class_at = NULL;
	char known[16];

	while (json_next(golden, &class_at, &name, &reasons)) {
		void *reason_at = NULL;

		while (json_next(reasons, &reason_at, &name, &cells)) {
			void *at = NULL;

			while (json_next(cells, &at, &name, &cell)) {
				mark = json_text(json_find(cell, "source"));
				assert_true(text_is_present(mark));
				while (text_cut(&mark, '+', &part)) {
					snprintf(known, sizeof(known), "%.*s",
						 TEXT_ARG(part));
					assert_non_null(
						json_find(sources, known));
				}
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("every golden cell is what the tables say",
			  cells_are_rows),
		test_that("every row of the tables answers a golden cell",
			  rows_have_cells),
		test_that("every reason has a golden cell", reasons_have_cells),
		test_that("every golden cell names a known source",
			  cells_name_their_source),
	};

	return cmocka_run_group_tests_name("profile_replies", tests,
					   read_golden, free_golden);
}
