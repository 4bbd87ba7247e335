/* SPDX-License-Identifier: Apache-2.0 */
/* What references are sealed with. */
#include "store/internal.h"

enum store_outcome
store_insert_server_secret(struct store *store,
			   const struct server_secret *secret)
{
	struct store_change change = {0};
	struct store_statement *insert = store_step_add(
		&change, QUERY_INSERT_SERVER_SECRET, 0, STORE_ALREADY);

	store_bind_integer(insert, secret->number);
	store_bind_bytes(insert, secret->sealed);
	store_bind_integer(insert, secret->created_at);
	store_bind_integer(insert, secret->mint_from);
	return store_apply(store, &change);
}

static enum store_outcome read_secret(const struct store_row *row,
				      struct server_secret *secret_out)
{
	struct store_cursor cursor = {.at = row->columns};

	*secret_out = (struct server_secret){
		.number = store_take_integer(&cursor),
	};
	secret_out->sealed = store_take_bytes(&cursor);
	secret_out->created_at = store_take_integer(&cursor);
	secret_out->mint_from = store_take_integer(&cursor);
	return store_cursor_end(&cursor, QUERY_LOAD_SERVER_SECRETS);
}

enum store_outcome store_load_server_secrets(struct store *store,
					     struct arena *arena,
					     struct server_secret **secrets_out,
					     size_t *count_out)
{
	struct store_statement load =
		STORE_STATEMENT(.query = QUERY_LOAD_SERVER_SECRETS);
	struct store_rows rows;
	enum store_outcome result = store_load_rows(store, arena, &load, &rows);

	*count_out = rows.count;
	*secrets_out = ARENA_ARRAY(arena, struct server_secret, rows.count);
	for (size_t i = 0; i < rows.count && result == STORE_DONE; i++)
		result = read_secret(&rows.rows[i], &(*secrets_out)[i]);
	return result;
}
