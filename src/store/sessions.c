/* SPDX-License-Identifier: Apache-2.0 */
/* Browsers in which a person has signed in. */
#include "store/internal.h"

enum store_outcome store_insert_session(struct store *store,
					const struct session *session)
{
	struct store_change change = {0};
	struct store_statement *insert =
		store_step_add(&change, QUERY_INSERT_SESSION, 0, STORE_ALREADY);

	store_bind_integer(insert, session->id);
	store_bind_integer(insert, session->tenant_id);
	store_bind_integer(insert, session->user_id);
	store_bind_bytes(insert, text_of(session->seed, ROW_SEED_SIZE));
	store_bind_bytes(insert, text_of(session->sid, SESSION_SID_SIZE));
	store_bind_text(insert, session->methods);
	store_bind_text(insert, session->acr);
	store_bind_integer(insert, session->authenticated_at);
	store_bind_integer(insert, session->expires_at);
	store_bind_integer(insert, session->revoked_at);
	store_bind_integer(insert, session->purge_at);
	return store_apply(store, &change);
}

enum store_outcome store_load_session(struct store *store, struct arena *arena,
				      int64_t session_id,
				      struct session *session_out)
{
	struct store_statement load =
		STORE_STATEMENT(.query = QUERY_LOAD_SESSION);
	struct store_cursor cursor;
	enum store_outcome result;

	store_bind_integer(&load, session_id);
	result = store_load_row(store, arena, &load, &cursor);
	if (result != STORE_DONE)
		return result;
	*session_out = (struct session){.id = store_take_integer(&cursor),
					.shard = store->number};
	session_out->tenant_id = store_take_integer(&cursor);
	session_out->user_id = store_take_integer(&cursor);
	store_take_fixed(&cursor, session_out->seed, ROW_SEED_SIZE);
	store_take_fixed(&cursor, session_out->sid, SESSION_SID_SIZE);
	session_out->methods = store_take_text(&cursor);
	session_out->acr = store_take_text(&cursor);
	session_out->authenticated_at = store_take_integer(&cursor);
	session_out->expires_at = store_take_integer(&cursor);
	session_out->revoked_at = store_take_integer(&cursor);
	session_out->purge_at = store_take_integer(&cursor);
	return store_cursor_end(&cursor, load.query);
}

enum store_outcome store_revoke_session(struct store *store, int64_t session_id,
					instant now)
{
	struct store_change change = {0};

	store_bind_integer(store_step_add(&change, QUERY_REVOKE_SESSION, now,
					  STORE_CONFLICT),
			   session_id);
	return store_apply(store, &change);
}
