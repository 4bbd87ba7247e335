/* SPDX-License-Identifier: Apache-2.0 */
/* Opens stores of both engines and fills them. */
#include "store/copy/stores.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/sqlite/sqlite.h"

#define FOLDER_COUNT_MAX 64

static char folders[FOLDER_COUNT_MAX][64];
static int folder_count;

struct store *stores_open_again(enum stores_engine engine)
{
	struct store *store = NULL;
	char why[512];

	if (engine == STORES_POSTGRES)
		return place_open("");
	if (store_sqlite_open(folders[folder_count - 1], &store, why,
			      sizeof(why)) != DONE)
		fail_msg("%s", why);
	return store;
}

struct store *stores_open(enum stores_engine engine)
{
	struct store *store;

	if (engine == STORES_POSTGRES)
		return place_open_fresh();
	assert_true(folder_count < FOLDER_COUNT_MAX);
	(void)snprintf(folders[folder_count], sizeof(folders[0]),
		       "/tmp/licet-copy-XXXXXX");
	assert_non_null(mkdtemp(folders[folder_count++]));
	store = stores_open_again(engine);
	assert_int_equal(store_migrate(store), STORE_DONE);
	return store;
}

static int remove_one(const char *path, const struct stat *about, int kind,
		      struct FTW *place)
{
	return remove(path);
}

void stores_clean(void)
{
	while (folder_count > 0)
		(void)nftw(folders[--folder_count], remove_one, 8,
			   FTW_DEPTH | FTW_PHYS);
}

void stores_run(struct store *store, const char *text)
{
	assert_int_equal(store_begin(store), STORE_DONE);
	assert_int_equal(copy_run_text(store, text), STORE_DONE);
	assert_int_equal(store_commit(store), STORE_DONE);
}

int64_t stores_ask(struct store *store, const char *text)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(65536);
	struct store_script script = {.text = text};
	struct store_rows rows;

	assert_int_equal(store->driver->run(store, arena, &script, &rows),
			 STORE_DONE);
	assert_int_equal(rows.count, 1);
	assert_int_equal(rows.rows[0].columns[0].type, STORE_INTEGER);
	return rows.rows[0].columns[0].integer;
}

/* --- Rows ----------------------------------------------------------------- */

/* Of the tables in their order: n the row's number, x the ends of BIGINT, s a
 * flag, t a text, b bytes; T and B may be NULL, too. */
static const char *const kinds[COPY_TABLE_COUNT - 1] = {
	"ntttT",
	"ntBBTt",
	"nnttTTxs",
	"ntTTsxs",
	"tntsbbxx",
	"nbxx",
	"nntTTx",
	"nx",
	"nttxxxx",
	"nnxbx",
	"nxxbbTTxxxx",
	"nxsbxTTxxxx",
	"nxxTbTsTTTTTTsTTTTxbxxxxTsxxsxxxTxTsx",
	"bx",
};

static struct text text_for(struct arena *arena, int64_t n)
{
	return arena_format(arena, "Größe %lld\n\t'\"\\", (long long)n);
}

static struct text bytes_for(struct arena *arena, int64_t n)
{
	char *bytes = arena_alloc(arena, 32);

	memcpy(bytes + 3, &n, sizeof(n));
	bytes[31] = (char)0xff;
	return text_of(bytes, 32);
}

static struct store_value maybe(struct store_value value, int64_t n)
{
	if (n % 3 == 0)
		return (struct store_value){.type = STORE_NULL};
	if (n % 3 == 1)
		value.text = TEXT("");
	return value;
}

static struct store_value value_for(struct arena *arena, char kind, int64_t n)
{
	struct store_value text = {.type = STORE_TEXT,
				   .text = text_for(arena, n)};
	struct store_value bytes = {.type = STORE_BYTES,
				    .text = bytes_for(arena, n)};
	struct store_value integer = {.type = STORE_INTEGER, .integer = n};

	if (kind == 'x')
		integer.integer = n % 2 == 0 ? INT64_MAX - n : INT64_MIN + n;
	if (kind == 's')
		integer.integer = n % 2;
	switch (kind) {
	case 't':
		return text;
	case 'T':
		return maybe(text, n);
	case 'b':
		return bytes;
	case 'B':
		return maybe(bytes, n);
	default:
		return integer;
	}
}

static void fill_table(struct store *store, size_t noun, int64_t from,
		       int64_t to)
{
	CLEANUP(arena_free)
	struct arena *arena = arena_new((size_t)64 * 1024 * 1024);
	const struct copy_table *table = &copy_tables[noun];
	struct store_rows rows = {.count = (size_t)(to - from + 1)};
	struct copy_text text = copy_text_in(arena);

	assert_int_equal(strlen(kinds[noun]), table->column_count);
	rows.rows = ARENA_ARRAY(arena, struct store_row, rows.count);
	for (size_t i = 0; i < rows.count; i++) {
		rows.rows[i].columns = ARENA_ARRAY(arena, struct store_value,
						   table->column_count);
		for (size_t k = 0; k < table->column_count; k++)
			rows.rows[i].columns[k] = value_for(
				arena, kinds[noun][k], from + (int64_t)i);
	}
	copy_text_insert(&text, table, &rows);
	assert_int_equal(copy_text_run(store, &text), STORE_DONE);
}

void stores_fill(struct store *store, int64_t from, int64_t to)
{
	assert_int_equal(store_begin(store), STORE_DONE);
	for (int64_t n = from; n <= to; n += COPY_BATCH)
		for (size_t i = 0; i < COUNT_OF(kinds); i++)
			fill_table(store, i, n,
				   n + COPY_BATCH <= to ? n + COPY_BATCH - 1
							: to);
	assert_int_equal(store_commit(store), STORE_DONE);
}
