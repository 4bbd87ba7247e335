/* SPDX-License-Identifier: Apache-2.0 */
/* Tenants: saved by the registry, all loaded at once. */
#include "store/internal.h"

enum store_outcome store_save_tenant(struct store *store,
				     const struct tenant_record *tenant)
{
	struct store_change change = {0};
	struct store_statement *save =
		store_step_add(&change, QUERY_SAVE_TENANT, 0, STORE_DONE);

	store_bind_integer(save, tenant->id);
	store_bind_text(save, tenant->name);
	store_bind_text(save, tenant->profile);
	store_bind_text(save, tenant->url);
	store_bind_text(save, tenant->settings);
	return store_apply(store, &change);
}

static enum store_outcome read_tenant(const struct store_row *row,
				      struct tenant_record *tenant_out)
{
	struct store_cursor cursor = {.at = row->columns};

	*tenant_out = (struct tenant_record){
		.id = store_take_integer(&cursor),
	};
	tenant_out->name = store_take_text(&cursor);
	tenant_out->profile = store_take_text(&cursor);
	tenant_out->url = store_take_text(&cursor);
	tenant_out->settings = store_take_text(&cursor);
	return store_cursor_end(&cursor, QUERY_LOAD_TENANTS);
}

enum store_outcome store_load_tenants(struct store *store, struct arena *arena,
				      struct tenant_record **tenants_out,
				      size_t *count_out)
{
	struct store_statement statement =
		STORE_STATEMENT(.query = QUERY_LOAD_TENANTS);
	struct store_rows rows;
	enum store_outcome result =
		store_load_rows(store, arena, &statement, &rows);

	*count_out = rows.count;
	*tenants_out = ARENA_ARRAY(arena, struct tenant_record, rows.count);
	for (size_t i = 0; i < rows.count && result == STORE_DONE; i++)
		result = read_tenant(&rows.rows[i], &(*tenants_out)[i]);
	return result;
}
