/* SPDX-License-Identifier: Apache-2.0 */
/* Requests one after the other; however they are split, they are the same. */
#include <stdlib.h>

#include "http/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct http_limits limits = {
	.head_size = 1024,
	.header_count = 20,
	.body_size = 512,
};

static void must_be_equal(struct text a, struct text b)
{
	MUST(text_equal(a, b) && text_is_present(a) == text_is_present(b));
}

static void must_be_same(const struct reader *a, const struct reader *b)
{
	MUST(a->state == b->state && a->status == b->status);
	if (a->state != READER_WHOLE)
		return;
	MUST(a->request.method == b->request.method);
	MUST(a->request.header_count == b->request.header_count);
	MUST(a->keeps_alive == b->keeps_alive);
	must_be_equal(a->request.path, b->request.path);
	must_be_equal(a->request.query, b->request.query);
	must_be_equal(a->request.host, b->request.host);
	must_be_equal(a->request.body, b->request.body);
	for (size_t i = 0; i < a->request.header_count; i++)
		must_be_equal(a->request.headers[i].value,
			      b->request.headers[i].value);
}

/* Pieces of `step` bytes, each in memory of its own size. */
static size_t feed(struct reader *reader, struct text bytes, size_t step)
{
	size_t taken = 0;

	while (taken < bytes.size && !reader_has_ended(reader)) {
		struct text piece =
			text_first(text_from_byte(bytes, taken), step);
		char *copy = malloc(piece.size);

		MUST(copy != NULL);
		memcpy(copy, piece.at, piece.size);
		taken += reader_feed(reader, text_of(copy, piece.size));
		free(copy);
		/* A refused one says nothing of how much it took. */
		if (reader->state == READER_REFUSED)
			break;
	}
	return taken;
}

static size_t read_one(struct text bytes, size_t step)
{
	struct arena *arena = arena_new(2 * reader_budget(&limits));
	struct reader whole;
	struct reader split;
	size_t taken;

	reader_init(&whole, arena, &limits);
	reader_init(&split, arena, &limits);
	taken = feed(&whole, bytes, bytes.size);
	if (feed(&split, bytes, step) != taken)
		MUST(whole.state == READER_REFUSED);
	must_be_same(&whole, &split);
	if (whole.state != READER_WHOLE)
		taken = 0;
	arena_free(&arena);
	return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text rest = text_of(data, size);
	size_t step = 1;
	size_t taken;

	if (size > 0)
		step += data[size - 1] % 16;
	while (rest.size > 0 && (taken = read_one(rest, step)) > 0)
		rest = text_from_byte(rest, taken);
	return 0;
}
