/* SPDX-License-Identifier: Apache-2.0 */
/* Stored authorization requests: short-lived, consumed once. */
#include "store/internal.h"

enum store_outcome store_insert_request(struct store *store,
					const struct request *request)
{
	struct store_change change = {0};
	struct store_statement *insert =
		store_step_add(&change, QUERY_INSERT_REQUEST, 0, STORE_ALREADY);

	store_bind_integer(insert, request->id);
	store_bind_integer(insert, request->tenant_id);
	store_bind_integer(insert, request->kind);
	store_bind_bytes(insert, text_of(request->seed, ROW_SEED_SIZE));
	store_bind_integer(insert, request->session_id);
	store_bind_text(insert, request->client_id);
	store_bind_text(insert, request->document);
	store_bind_integer(insert, request->created_at);
	store_bind_integer(insert, request->expires_at);
	store_bind_integer(insert, request->consumed_at);
	store_bind_integer(insert, request->purge_at);
	return store_apply(store, &change);
}

enum store_outcome store_load_request(struct store *store, struct arena *arena,
				      int64_t request_id,
				      struct request *request_out)
{
	struct store_statement load =
		STORE_STATEMENT(.query = QUERY_LOAD_REQUEST);
	struct store_cursor cursor;
	enum store_outcome result;

	store_bind_integer(&load, request_id);
	result = store_load_row(store, arena, &load, &cursor);
	if (result != STORE_DONE)
		return result;
	*request_out = (struct request){.id = store_take_integer(&cursor),
					.shard = store->number};
	request_out->tenant_id = store_take_integer(&cursor);
	request_out->kind = (enum request_kind)store_take_integer(&cursor);
	store_take_fixed(&cursor, request_out->seed, ROW_SEED_SIZE);
	request_out->session_id = store_take_integer(&cursor);
	request_out->client_id = store_take_text(&cursor);
	request_out->document = store_take_text(&cursor);
	request_out->created_at = store_take_integer(&cursor);
	request_out->expires_at = store_take_integer(&cursor);
	request_out->consumed_at = store_take_integer(&cursor);
	request_out->purge_at = store_take_integer(&cursor);
	return store_cursor_end(&cursor, load.query);
}

enum store_outcome store_consume_request(struct store *store,
					 int64_t request_id, instant now)
{
	struct store_change change = {0};

	store_bind_integer(store_step_add(&change, QUERY_CONSUME_REQUEST, now,
					  STORE_CONFLICT),
			   request_id);
	return store_apply(store, &change);
}
