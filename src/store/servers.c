/* SPDX-License-Identifier: Apache-2.0 */
/* Servers: who is at work on this store, and what they tell each other. */
#include "store/internal.h"

enum store_outcome store_save_server(struct store *store,
				     const struct store_server *server,
				     instant now)
{
	struct store_change change = {0};
	struct store_statement *save =
		store_step_add(&change, QUERY_SAVE_SERVER, now, STORE_DONE);

	store_bind_integer(save, server->id);
	store_bind_text(save, server->name);
	store_bind_text(save, server->version);
	store_bind_integer(save, server->schema);
	store_bind_integer(save, server->started_at);
	store_bind_integer(save, server->clock_at);
	return store_apply(store, &change);
}

enum store_outcome store_delete_server(struct store *store, int64_t server_id)
{
	struct store_change change = {0};

	store_bind_integer(store_step_add(&change, QUERY_DELETE_SERVER, 0,
					  STORE_NOT_FOUND),
			   server_id);
	return store_apply(store, &change);
}

static struct store_server take_server(struct store_cursor *cursor)
{
	struct store_server server = {.id = store_take_integer(cursor)};

	server.name = store_take_text(cursor);
	server.version = store_take_text(cursor);
	server.schema = store_take_integer(cursor);
	server.started_at = store_take_integer(cursor);
	server.clock_at = store_take_integer(cursor);
	server.seen_at = store_take_integer(cursor);
	return server;
}

enum store_outcome store_load_servers(struct store *store, struct arena *arena,
				      instant now,
				      struct store_server **servers_out,
				      size_t *count_out, instant *store_now_out)
{
	struct store_statement statement =
		STORE_STATEMENT(.query = QUERY_LOAD_SERVERS, .now = now);
	struct store_cursor cursor = {0};
	struct store_rows rows;
	enum store_outcome result =
		store_load_rows(store, arena, &statement, &rows);

	*count_out = 0;
	*store_now_out = now;
	if (result != STORE_DONE)
		return result;
	*servers_out = ARENA_ARRAY(arena, struct store_server, rows.count);
	for (; *count_out < rows.count; ++*count_out) {
		cursor.at = rows.rows[*count_out].columns;
		(*servers_out)[*count_out] = take_server(&cursor);
		*store_now_out = store_take_integer(&cursor);
	}
	return store_cursor_end(&cursor, QUERY_LOAD_SERVERS);
}

enum store_outcome store_save_gossip(struct store *store,
				     const struct store_gossip *gossip,
				     instant now)
{
	struct store_change change = {0};
	struct store_statement *save =
		store_step_add(&change, QUERY_SAVE_GOSSIP, now, STORE_DONE);

	store_bind_integer(save, gossip->server_id);
	store_bind_integer(save, gossip->number % STORE_GOSSIP_SLOTS);
	store_bind_integer(save, gossip->number);
	store_bind_bytes(save, gossip->bytes);
	return store_apply(store, &change);
}

static struct store_gossip take_gossip(struct store_cursor *cursor)
{
	struct store_gossip gossip = {.server_id = store_take_integer(cursor)};

	gossip.number = store_take_integer(cursor);
	gossip.bytes = store_take_bytes(cursor);
	return gossip;
}

enum store_outcome store_load_gossip(struct store *store, struct arena *arena,
				     int64_t own_server_id, instant now,
				     struct store_gossip **gossip_out,
				     size_t *count_out)
{
	struct store_statement statement =
		STORE_STATEMENT(.query = QUERY_LOAD_GOSSIP, .now = now);
	struct store_cursor cursor = {0};
	struct store_rows rows;
	enum store_outcome result;

	store_bind_integer(&statement, own_server_id);
	store_bind_integer(&statement, STORE_GOSSIP_SIZE_MAX);
	store_bind_integer(&statement, STORE_GOSSIP_MAX);
	*count_out = 0;
	result = store_load_rows(store, arena, &statement, &rows);
	if (result != STORE_DONE)
		return result;
	*gossip_out = ARENA_ARRAY(arena, struct store_gossip, rows.count);
	for (; *count_out < rows.count; ++*count_out) {
		cursor.at = rows.rows[*count_out].columns;
		(*gossip_out)[*count_out] = take_gossip(&cursor);
	}
	return store_cursor_end(&cursor, QUERY_LOAD_GOSSIP);
}
