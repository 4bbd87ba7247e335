/* SPDX-License-Identifier: Apache-2.0 */
/* What people allowed clients, remembered. */
#include "store/internal.h"

enum store_outcome store_load_consent(struct store *store, struct arena *arena,
				      int64_t tenant_id, int64_t user_id,
				      struct text client_id,
				      struct consent *consent_out)
{
	struct store_statement load =
		STORE_STATEMENT(.query = QUERY_LOAD_CONSENT);
	struct store_cursor cursor;
	enum store_outcome result;

	store_bind_integer(&load, tenant_id);
	store_bind_integer(&load, user_id);
	store_bind_text(&load, client_id);
	result = store_load_row(store, arena, &load, &cursor);
	if (result != STORE_DONE)
		return result;
	*consent_out = (struct consent){
		.tenant_id = store_take_integer(&cursor),
	};
	consent_out->user_id = store_take_integer(&cursor);
	consent_out->client_id = store_take_text(&cursor);
	consent_out->scope = store_take_text(&cursor);
	consent_out->audience = store_take_text(&cursor);
	consent_out->granted_at = store_take_integer(&cursor);
	return store_cursor_end(&cursor, load.query);
}

enum store_outcome store_save_consent(struct store *store,
				      const struct consent *consent)
{
	struct store_change change = {0};
	struct store_statement *save =
		store_step_add(&change, QUERY_SAVE_CONSENT, 0, STORE_DONE);

	store_bind_integer(save, consent->tenant_id);
	store_bind_integer(save, consent->user_id);
	store_bind_text(save, consent->client_id);
	store_bind_text(save, consent->scope);
	store_bind_text(save, consent->audience);
	store_bind_integer(save, consent->granted_at);
	return store_apply(store, &change);
}

enum store_outcome store_delete_consent(struct store *store, int64_t tenant_id,
					int64_t user_id, struct text client_id)
{
	struct store_change change = {0};
	struct store_statement *delete = store_step_add(
		&change, QUERY_DELETE_CONSENT, 0, STORE_NOT_FOUND);

	store_bind_integer(delete, tenant_id);
	store_bind_integer(delete, user_id);
	store_bind_text(delete, client_id);
	return store_apply(store, &change);
}
