/* SPDX-License-Identifier: Apache-2.0 */
/* Grants: each step of a life is one conditional update by primary key. */
#include "store/internal.h"

static void bind_request(struct store_statement *insert,
			 const struct grant_request *request)
{
	store_bind_text(insert, request->redirect_uri);
	store_bind_flag(insert, request->redirect_uri_sent);
	store_bind_text(insert, request->challenge);
	store_bind_text(insert, request->challenge_method);
	store_bind_text(insert, request->request_uri);
	store_bind_text(insert, request->nonce);
	store_bind_text(insert, request->claims);
	store_bind_text(insert, request->key);
	store_bind_flag(insert, request->asks_auth_time);
}

/* What never changes after the insert. */
static void bind_origin(struct store_statement *insert,
			const struct grant *grant)
{
	store_bind_integer(insert, grant->id);
	store_bind_integer(insert, grant->tenant_id);
	store_bind_integer(insert, grant->user_id);
	store_bind_text(insert, grant->client_id);
	store_bind_bytes(insert, text_of(grant->seed, ROW_SEED_SIZE));
	bind_request(insert, &grant->request);
	store_bind_text(insert, grant->scope);
	store_bind_text(insert, grant->audience);
	store_bind_text(insert, grant->acr);
	store_bind_text(insert, grant->methods);
	store_bind_integer(insert, grant->session_id);
	store_bind_bytes(insert, text_of(grant->sid, SESSION_SID_SIZE));
	store_bind_integer(insert, grant->authenticated_at);
	store_bind_integer(insert, grant->created_at);
	store_bind_integer(insert, grant->code_expires_at);
}

static void bind_state(struct store_statement *insert,
		       const struct grant *grant)
{
	store_bind_integer(insert, grant->redeemed_at);
	store_bind_text(insert, grant->redeemed_peer);
	store_bind_flag(insert, grant->has_refresh_token);
	store_bind_integer(insert, grant->generation);
	store_bind_integer(insert, grant->rotated_at);
	store_bind_flag(insert, grant->is_presented);
	store_bind_integer(insert, grant->overlap_count);
	store_bind_integer(insert, grant->expires_at);
	store_bind_integer(insert, grant->idle_expires_at);
	store_bind_text(insert, grant->confirmation);
	store_bind_integer(insert, grant->revoked_at);
	store_bind_text(insert, grant->revoked_reason);
	store_bind_flag(insert, grant->has_spent_tokens);
	store_bind_integer(insert, grant->purge_at);
}

/* A request is consumed as of the grant's birth. */
static void consume(struct store_change *change, int64_t request_id,
		    instant created_at)
{
	if (request_id != 0)
		store_bind_integer(store_step_add(change, QUERY_CONSUME_REQUEST,
						  created_at, STORE_CONFLICT),
				   request_id);
}

enum store_outcome store_insert_grant(struct store *store,
				      const struct grant *grant,
				      const struct store_completed *completed)
{
	struct store_change change = {.undoes_all = true};
	struct store_statement *insert;

	if (completed != NULL) {
		consume(&change, completed->step_id, grant->created_at);
		consume(&change, completed->pushed_id, grant->created_at);
	}
	insert = store_step_add(&change, QUERY_INSERT_GRANT, grant->created_at,
				STORE_ALREADY);
	bind_origin(insert, grant);
	bind_state(insert, grant);
	return store_apply(store, &change);
}

static void take_request(struct store_cursor *cursor,
			 struct grant_request *request_out)
{
	request_out->redirect_uri = store_take_text(cursor);
	request_out->redirect_uri_sent = store_take_flag(cursor);
	request_out->challenge = store_take_text(cursor);
	request_out->challenge_method = store_take_text(cursor);
	request_out->request_uri = store_take_text(cursor);
	request_out->nonce = store_take_text(cursor);
	request_out->claims = store_take_text(cursor);
	request_out->key = store_take_text(cursor);
	request_out->asks_auth_time = store_take_flag(cursor);
}

static void take_origin(struct store_cursor *cursor, struct grant *grant_out)
{
	grant_out->id = store_take_integer(cursor);
	grant_out->tenant_id = store_take_integer(cursor);
	grant_out->user_id = store_take_integer(cursor);
	grant_out->client_id = store_take_text(cursor);
	store_take_fixed(cursor, grant_out->seed, ROW_SEED_SIZE);
	take_request(cursor, &grant_out->request);
	grant_out->scope = store_take_text(cursor);
	grant_out->audience = store_take_text(cursor);
	grant_out->acr = store_take_text(cursor);
	grant_out->methods = store_take_text(cursor);
	grant_out->session_id = store_take_integer(cursor);
	store_take_fixed(cursor, grant_out->sid, SESSION_SID_SIZE);
	grant_out->authenticated_at = store_take_integer(cursor);
	grant_out->created_at = store_take_integer(cursor);
	grant_out->code_expires_at = store_take_integer(cursor);
}

static void take_state(struct store_cursor *cursor, struct grant *grant_out)
{
	grant_out->redeemed_at = store_take_integer(cursor);
	grant_out->redeemed_peer = store_take_text(cursor);
	grant_out->has_refresh_token = store_take_flag(cursor);
	grant_out->generation = store_take_integer(cursor);
	grant_out->rotated_at = store_take_integer(cursor);
	grant_out->is_presented = store_take_flag(cursor);
	grant_out->overlap_count = store_take_integer(cursor);
	grant_out->expires_at = store_take_integer(cursor);
	grant_out->idle_expires_at = store_take_integer(cursor);
	grant_out->confirmation = store_take_text(cursor);
	grant_out->revoked_at = store_take_integer(cursor);
	grant_out->revoked_reason = store_take_text(cursor);
	grant_out->has_spent_tokens = store_take_flag(cursor);
	grant_out->purge_at = store_take_integer(cursor);
}

enum store_outcome store_load_grant(struct store *store, struct arena *arena,
				    int64_t grant_id, struct grant *grant_out)
{
	struct store_statement load =
		STORE_STATEMENT(.query = QUERY_LOAD_GRANT);
	struct store_cursor cursor;
	enum store_outcome result;

	store_bind_integer(&load, grant_id);
	result = store_load_row(store, arena, &load, &cursor);
	if (result != STORE_DONE)
		return result;
	*grant_out = (struct grant){.shard = store->number};
	take_origin(&cursor, grant_out);
	take_state(&cursor, grant_out);
	return store_cursor_end(&cursor, load.query);
}

static struct store_change *submit(struct store *store,
				   struct store_change *change)
{
	MUST(!store_is_in_transaction(store));
	change->store = store;
	store->driver->submit(store, change);
	return change;
}

/* Copied: the statements borrow the hashes until they have run. */
static void spend(struct store_change *change, struct arena *arena,
		  const struct store_once *once)
{
	struct store_once *kept;

	if (once == NULL)
		return;
	kept = ARENA_NEW(arena, struct store_once);
	*kept = *once;
	store_spend_add_once(change, kept);
}

struct store_change *store_submit_redeem(struct store *store,
					 struct arena *arena,
					 const struct store_redeem *redeem)
{
	struct store_change *change = ARENA_NEW(arena, struct store_change);
	struct store_statement *update;

	change->row_id = redeem->grant_id;
	spend(change, arena, redeem->once);
	update = store_step_add(change, QUERY_REDEEM_GRANT, redeem->now,
				STORE_CONFLICT);
	store_bind_text(update, arena_copy(arena, redeem->peer));
	store_bind_flag(update, redeem->has_refresh_token);
	store_bind_integer(update, redeem->expires_at);
	store_bind_integer(update, redeem->idle_expires_at);
	store_bind_text(update, arena_copy(arena, redeem->confirmation));
	store_bind_integer(update, redeem->purge_at);
	store_bind_integer(update, redeem->grant_id);
	return submit(store, change);
}

static const enum store_query refresh_queries[] = {
	[STORE_REFRESH_ROTATE] = QUERY_ROTATE_GRANT,
	[STORE_REFRESH_KEEP] = QUERY_KEEP_GRANT,
	[STORE_REFRESH_OVERLAP] = QUERY_OVERLAP_GRANT,
};

struct store_change *store_submit_refresh(struct store *store,
					  struct arena *arena,
					  const struct store_refresh *refresh)
{
	struct store_change *change = ARENA_NEW(arena, struct store_change);
	struct store_statement *update;

	change->row_id = refresh->grant_id;
	spend(change, arena, refresh->once);
	update = store_step_add(change, refresh_queries[refresh->step],
				refresh->now, STORE_CONFLICT);
	store_bind_integer(update, refresh->idle_expires_at);
	store_bind_integer(update, refresh->purge_at);
	store_bind_integer(update, refresh->grant_id);
	store_bind_integer(update, refresh->generation);
	if (refresh->step == STORE_REFRESH_OVERLAP)
		store_bind_flag(update, refresh->is_presented);
	return submit(store, change);
}

static enum store_outcome end_grant(struct store *store, enum store_query query,
				    int64_t grant_id, instant now,
				    struct text reason)
{
	struct store_change change = {.row_id = grant_id};
	struct store_statement *update =
		store_step_add(&change, query, now, STORE_CONFLICT);

	store_bind_text(update, reason);
	store_bind_integer(update, grant_id);
	return store_apply(store, &change);
}

enum store_outcome store_revoke_grant(struct store *store, int64_t grant_id,
				      instant now, struct text reason)
{
	return end_grant(store, QUERY_REVOKE_GRANT, grant_id, now, reason);
}

enum store_outcome store_burn_grant(struct store *store, int64_t grant_id,
				    instant now, struct text reason)
{
	return end_grant(store, QUERY_BURN_GRANT, grant_id, now, reason);
}

enum store_outcome store_revoke_grants(struct store *store,
				       const struct store_grant_filter *filter,
				       instant now, struct text reason,
				       int64_t *count_out)
{
	struct store_change change = {0};
	struct store_statement *update =
		store_step_add(&change, QUERY_REVOKE_GRANTS, now, STORE_DONE);
	enum store_outcome result;

	MUST(filter->user_id != 0);
	store_bind_text(update, reason);
	store_bind_integer(update, filter->user_id);
	store_bind_integer(update, filter->tenant_id);
	store_bind_text(update, text_is_present(filter->client_id)
					? filter->client_id
					: TEXT(""));
	store_bind_integer(update, filter->session_id);
	store_bind_flag(update, filter->without_offline_access);
	result = store_apply(store, &change);
	*count_out = result == STORE_DONE ? change.steps[0].changed_count : 0;
	return result;
}
