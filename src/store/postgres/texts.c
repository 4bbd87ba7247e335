/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the shared texts into PostgreSQL's words: one small list. */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "store/postgres/internal.h"

#define TEXT_MAX ((size_t)64 * 1024)
#define NOW TEXT("$now")
#define IF_ABSENT TEXT(" ON CONFLICT DO NOTHING")

/* The transaction's: it stands still between two Syncs. */
static const char transaction_now[] =
	"CAST(EXTRACT(EPOCH FROM now()) * 1000000 AS BIGINT)";
const char postgres_clock_now[] =
	"CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)";

/* The order of rows by their key is SQLite's alone; it in turn cannot say that a
 * column may be there, but runs a migration as one transaction. */
static const struct {
	struct text word;
	struct text ours;
} substitutions[] = {
	{{" BY_KEY", 7}, {"", 0}},
	{{" ADD COLUMN ", 12}, {" ADD COLUMN IF NOT EXISTS ", 26}},
};

static char *terminate(struct buf *buf)
{
	char *copy;

	buf_add_byte(buf, '\0');
	MUST(!buf->is_over);
	copy = strdup(buf->at);
	MUST(copy != NULL);
	buf_wipe(buf);
	return copy;
}

/* Every `word` of `text` by `ours`. */
static char *replace(struct text text, struct text word, struct text ours)
{
	struct buf out = buf_init(TEXT_MAX);

	while (text.size > 0) {
		size_t at = text_find(text, word);

		buf_add(&out, text_first(text, at));
		if (at < text.size)
			buf_add(&out, ours);
		text = text_from_byte(text, at + word.size);
	}
	return terminate(&out);
}

char *postgres_texts_substitute(struct text shared)
{
	char *ours = strndup(shared.at, shared.size);

	MUST(ours != NULL);
	for (size_t i = 0; i < COUNT_OF(substitutions); i++) {
		char *before = ours;

		ours = replace(text_from(before), substitutions[i].word,
			       substitutions[i].ours);
		free(before);
	}
	return ours;
}

/* They are numbered in order of first use: the last number is their count. */
static int count_parameters(struct text text)
{
	char name[16];
	int count = 0;

	do
		(void)snprintf(name, sizeof(name), "$%d", count + 1);
	while (text_find(text, text_from(name)) < text.size && ++count);
	return count;
}

static void init_text(struct postgres_text *text, struct text shared,
		      bool takes_callers_clock)
{
	char place[16];

	if (!takes_callers_clock || text_find(shared, NOW) == shared.size) {
		text->sql = replace(shared, NOW, text_from(transaction_now));
		return;
	}
	text->now_place = count_parameters(shared) + 1;
	(void)snprintf(place, sizeof(place), "$%d", text->now_place);
	text->sql = replace(shared, NOW, text_from(place));
}

void postgres_texts_init(struct postgres_texts *texts, bool takes_callers_clock)
{
	*texts = (struct postgres_texts){0};
	for (size_t i = 0; i < STORE_QUERY_COUNT; i++) {
		struct text shared = text_from(store_query_texts[i]);

		init_text(&texts->of[i][POSTGRES_AS_IS], shared,
			  takes_callers_clock);
		if (text_ends_with(shared, IF_ABSENT))
			init_text(&texts->of[i][POSTGRES_PLAIN_INSERT],
				  text_first(shared,
					     shared.size - IF_ABSENT.size),
				  takes_callers_clock);
	}
}

void postgres_texts_wipe(struct postgres_texts *texts)
{
	for (size_t i = 0; i < STORE_QUERY_COUNT; i++)
		for (size_t k = 0; k < POSTGRES_FORM_COUNT; k++)
			free(texts->of[i][k].sql);
}
