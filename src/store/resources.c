/* SPDX-License-Identifier: Apache-2.0 */
/* The APIs that access tokens are meant for (RFC 8707). */
#include "store/internal.h"

enum store_outcome store_save_resource(struct store *store,
				       const struct resource *resource)
{
	struct store_change change = {0};
	struct store_statement *save =
		store_step_add(&change, QUERY_SAVE_RESOURCE, 0, STORE_DONE);

	store_bind_integer(save, resource->tenant_id);
	store_bind_text(save, resource->audience);
	store_bind_text(save, resource->name);
	store_bind_text(save, resource->scopes);
	store_bind_integer(save, resource->format);
	store_bind_integer(save, resource->access_token_for);
	store_bind_flag(save, resource->allows_offline_access);
	return store_apply(store, &change);
}

enum store_outcome store_load_resource(struct store *store, struct arena *arena,
				       int64_t tenant_id, struct text audience,
				       struct resource *resource_out)
{
	struct store_statement load =
		STORE_STATEMENT(.query = QUERY_LOAD_RESOURCE);
	struct store_cursor cursor;
	enum store_outcome result;

	store_bind_integer(&load, tenant_id);
	store_bind_text(&load, audience);
	result = store_load_row(store, arena, &load, &cursor);
	if (result != STORE_DONE)
		return result;
	*resource_out = (struct resource){
		.tenant_id = store_take_integer(&cursor),
	};
	resource_out->audience = store_take_text(&cursor);
	resource_out->name = store_take_text(&cursor);
	resource_out->scopes = store_take_text(&cursor);
	resource_out->format =
		(enum access_token_format)store_take_integer(&cursor);
	resource_out->access_token_for = store_take_integer(&cursor);
	resource_out->allows_offline_access = store_take_flag(&cursor);
	return store_cursor_end(&cursor, load.query);
}
