/* SPDX-License-Identifier: Apache-2.0 */
/* Clients: keys and secrets in columns, all else in one document. */
#include "base/buf.h"
#include "base/event.h"
#include "store/internal.h"

enum store_outcome store_save_client(struct store *store,
				     const struct client *client)
{
	CLEANUP(arena_free)
	struct arena *arena = arena_new(4 * CLIENT_DOCUMENT_MAX);
	struct store_change change = {0};
	struct store_statement *save =
		store_step_add(&change, QUERY_SAVE_CLIENT, 0, STORE_DONE);
	struct text document = client_document_format(client, arena);

	if (!text_is_present(document)) {
		event_fault("store.client.too_large",
			    "client %.*s would take more than %zu bytes",
			    TEXT_ARG(client->id), CLIENT_DOCUMENT_MAX);
		return STORE_BROKEN;
	}
	store_bind_integer(save, client->tenant_id);
	store_bind_text(save, client->id);
	store_bind_bytes(save, client->secret_hash);
	store_bind_bytes(save, client->secret_sealed);
	store_bind_text(save, client->web_origins);
	store_bind_text(save, document);
	return store_apply(store, &change);
}

static enum store_outcome read_client(struct store_cursor *cursor,
				      struct arena *arena, int64_t tenant_id,
				      struct client *client_out)
{
	struct text document;

	*client_out = (struct client){
		.tenant_id = tenant_id,
		.id = store_take_text(cursor),
	};
	client_out->secret_hash = store_take_bytes(cursor);
	client_out->secret_sealed = store_take_bytes(cursor);
	client_out->web_origins = store_take_text(cursor);
	document = store_take_text(cursor);
	if (client_document_parse(document, arena, client_out) != DONE)
		cursor->is_wrong = true;
	return store_cursor_end(cursor, QUERY_LOAD_CLIENT);
}

enum store_outcome store_load_client(struct store *store, struct arena *arena,
				     int64_t tenant_id, struct text client_id,
				     struct client *client_out)
{
	struct store_statement load =
		STORE_STATEMENT(.query = QUERY_LOAD_CLIENT);
	struct store_cursor cursor;
	enum store_outcome result;

	store_bind_integer(&load, tenant_id);
	store_bind_text(&load, client_id);
	result = store_load_row(store, arena, &load, &cursor);
	if (result != STORE_DONE)
		return result;
	return read_client(&cursor, arena, tenant_id, client_out);
}

enum store_outcome store_load_clients(struct store *store, struct arena *arena,
				      int64_t tenant_id,
				      struct client **clients_out,
				      size_t *count_out)
{
	struct store_statement load =
		STORE_STATEMENT(.query = QUERY_LOAD_CLIENTS);
	struct store_rows rows;
	enum store_outcome result;

	store_bind_integer(&load, tenant_id);
	result = store_load_rows(store, arena, &load, &rows);
	*count_out = rows.count;
	*clients_out = ARENA_ARRAY(arena, struct client, rows.count);
	for (size_t i = 0; i < rows.count && result == STORE_DONE; i++) {
		struct store_cursor cursor = {.at = rows.rows[i].columns};

		result = read_client(&cursor, arena, tenant_id,
				     &(*clients_out)[i]);
	}
	return result;
}

static struct text join_rows(struct arena *arena, const struct store_rows *rows)
{
	struct buf joined = buf_init_arena(arena, SIZE_MAX / 2);

	for (size_t i = 0; i < rows->count; i++) {
		struct store_cursor cursor = {.at = rows->rows[i].columns};

		if (i > 0)
			buf_add_byte(&joined, ' ');
		buf_add(&joined, store_take_text(&cursor));
	}
	return buf_text(&joined);
}

enum store_outcome store_load_web_origins(struct store *store,
					  struct arena *arena,
					  int64_t tenant_id,
					  struct text *origins_out)
{
	struct store_statement load =
		STORE_STATEMENT(.query = QUERY_LOAD_WEB_ORIGINS);
	struct store_rows rows;
	enum store_outcome result;

	store_bind_integer(&load, tenant_id);
	result = store_load_rows(store, arena, &load, &rows);
	if (result == STORE_DONE)
		*origins_out = join_rows(arena, &rows);
	return result;
}
