/* SPDX-License-Identifier: Apache-2.0 */
/* Signing keys and their rotation. */
#include "store/internal.h"

static void bind_key(struct store_statement *insert,
		     const struct signing_key *key)
{
	store_bind_integer(insert, key->tenant_id);
	store_bind_text(insert, key->id);
	store_bind_text(insert, key->algorithm);
	store_bind_integer(insert, key->state);
	store_bind_bytes(insert, key->public_der);
	store_bind_bytes(insert, key->private_sealed);
	store_bind_integer(insert, key->created_at);
	store_bind_integer(insert, key->retires_at);
}

enum store_outcome store_insert_signing_key(struct store *store,
					    const struct signing_key *key)
{
	struct store_change change = {0};

	bind_key(store_step_add(&change, QUERY_INSERT_SIGNING_KEY, 0,
				STORE_ALREADY),
		 key);
	return store_apply(store, &change);
}

enum store_outcome store_rotate_signing_key(struct store *store,
					    struct text promoted_id,
					    instant retires_at,
					    const struct signing_key *next)
{
	struct store_change change = {.undoes_all = true};
	struct store_statement *step = store_step_add(
		&change, QUERY_DEMOTE_SIGNING_KEY, 0, STORE_DONE);

	MUST(next->state == SIGNING_KEY_NEXT);
	store_bind_integer(step, retires_at);
	store_bind_integer(step, next->tenant_id);
	store_bind_text(step, next->algorithm);

	step = store_step_add(&change, QUERY_PROMOTE_SIGNING_KEY, 0,
			      STORE_CONFLICT);
	store_bind_text(step, promoted_id);
	store_bind_integer(step, next->tenant_id);
	store_bind_text(step, next->algorithm);

	bind_key(store_step_add(&change, QUERY_INSERT_SIGNING_KEY, 0,
				STORE_ALREADY),
		 next);
	return store_apply(store, &change);
}

enum store_outcome store_retire_signing_keys(struct store *store,
					     int64_t tenant_id,
					     struct text algorithm,
					     instant retires_at)
{
	struct store_change change = {0};
	struct store_statement *retire = store_step_add(
		&change, QUERY_RETIRE_SIGNING_KEYS, 0, STORE_DONE);

	store_bind_integer(retire, retires_at);
	store_bind_integer(retire, tenant_id);
	store_bind_text(retire, algorithm);
	return store_apply(store, &change);
}

static enum store_outcome read_key(const struct store_row *row,
				   struct signing_key *key_out)
{
	struct store_cursor cursor = {.at = row->columns};

	*key_out = (struct signing_key){
		.tenant_id = store_take_integer(&cursor),
	};
	key_out->id = store_take_text(&cursor);
	key_out->algorithm = store_take_text(&cursor);
	key_out->state = (enum signing_key_state)store_take_integer(&cursor);
	key_out->public_der = store_take_bytes(&cursor);
	key_out->private_sealed = store_take_bytes(&cursor);
	key_out->created_at = store_take_integer(&cursor);
	key_out->retires_at = store_take_integer(&cursor);
	return store_cursor_end(&cursor, QUERY_LOAD_SIGNING_KEYS);
}

enum store_outcome store_load_signing_keys(struct store *store,
					   struct arena *arena,
					   int64_t tenant_id, instant now,
					   struct signing_key **keys_out,
					   size_t *count_out)
{
	struct store_statement load =
		STORE_STATEMENT(.query = QUERY_LOAD_SIGNING_KEYS, .now = now);
	struct store_rows rows;
	enum store_outcome result;

	store_bind_integer(&load, tenant_id);
	result = store_load_rows(store, arena, &load, &rows);
	*count_out = rows.count;
	*keys_out = ARENA_ARRAY(arena, struct signing_key, rows.count);
	for (size_t i = 0; i < rows.count && result == STORE_DONE; i++)
		result = read_key(&rows.rows[i], &(*keys_out)[i]);
	return result;
}

static enum store_outcome read_state(const struct store_row *row,
				     struct signing_key *key_out)
{
	struct store_cursor cursor = {.at = row->columns};

	*key_out = (struct signing_key){
		.tenant_id = store_take_integer(&cursor),
	};
	key_out->algorithm = store_take_text(&cursor);
	key_out->state = (enum signing_key_state)store_take_integer(&cursor);
	return store_cursor_end(&cursor, QUERY_LOAD_KEY_STATES);
}

enum store_outcome store_load_key_states(struct store *store,
					 struct arena *arena,
					 struct signing_key **keys_out,
					 size_t *count_out)
{
	struct store_statement load =
		STORE_STATEMENT(.query = QUERY_LOAD_KEY_STATES);
	struct store_rows rows;
	enum store_outcome result = store_load_rows(store, arena, &load, &rows);

	*count_out = rows.count;
	*keys_out = ARENA_ARRAY(arena, struct signing_key, rows.count);
	for (size_t i = 0; i < rows.count && result == STORE_DONE; i++)
		result = read_state(&rows.rows[i], &(*keys_out)[i]);
	return result;
}
