/* SPDX-License-Identifier: Apache-2.0 */
/* People who can sign in. */
#include "store/internal.h"

#define SUBJECT_MAX 255

static enum store_outcome read_user(struct store *store, struct arena *arena,
				    const struct store_statement *load,
				    struct user *user_out)
{
	struct store_cursor cursor;
	enum store_outcome result = store_load_row(store, arena, load, &cursor);

	if (result != STORE_DONE)
		return result;
	*user_out = (struct user){.id = store_take_integer(&cursor),
				  .shard = store->number};
	user_out->tenant_id = store_take_integer(&cursor);
	user_out->subject = store_take_text(&cursor);
	user_out->username = store_take_text(&cursor);
	user_out->password_hash = store_take_text(&cursor);
	user_out->claims = store_take_text(&cursor);
	user_out->password_changed_at = store_take_integer(&cursor);
	user_out->is_disabled = store_take_flag(&cursor);
	return store_cursor_end(&cursor, load->query);
}

enum store_outcome store_load_user(struct store *store, struct arena *arena,
				   int64_t user_id, struct user *user_out)
{
	struct store_statement load = STORE_STATEMENT(.query = QUERY_LOAD_USER);

	store_bind_integer(&load, user_id);
	return read_user(store, arena, &load, user_out);
}

enum store_outcome store_load_user_named(struct store *store,
					 struct arena *arena, int64_t tenant_id,
					 struct text username,
					 struct user *user_out)
{
	struct store_statement load =
		STORE_STATEMENT(.query = QUERY_LOAD_USER_NAMED);

	store_bind_integer(&load, tenant_id);
	store_bind_text(&load, username);
	return read_user(store, arena, &load, user_out);
}

static enum store_outcome save(struct store *store, const struct user *user)
{
	struct store_change change = {0};
	struct store_statement *save =
		store_step_add(&change, QUERY_SAVE_USER, 0, STORE_DONE);

	store_bind_integer(save, user->id);
	store_bind_integer(save, user->tenant_id);
	store_bind_text(save, user->subject);
	store_bind_text(save, user->username);
	store_bind_text(save, user->password_hash);
	store_bind_text(save, user->claims);
	store_bind_integer(save, user->password_changed_at);
	store_bind_flag(save, user->is_disabled);
	return store_apply(store, &change);
}

enum store_outcome store_save_user(struct store *store, struct user *user)
{
	static _Thread_local char subject[SUBJECT_MAX];
	CLEANUP(arena_free)
	struct arena *arena = arena_new((size_t)4 * 1024 * 1024);
	struct user saved;
	enum store_outcome result = save(store, user);

	if (result == STORE_DONE)
		result = store_load_user_named(store, arena, user->tenant_id,
					       user->username, &saved);
	if (result != STORE_DONE)
		return result;
	user->id = saved.id;
	if (text_equal(user->subject, saved.subject))
		return STORE_DONE;
	MUST(saved.subject.size <= sizeof(subject));
	memcpy(subject, saved.subject.at, saved.subject.size);
	user->subject = text_of(subject, saved.subject.size);
	return STORE_DONE;
}
