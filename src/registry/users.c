/* SPDX-License-Identifier: Apache-2.0 */
/* People: name, password, claims, into drafts; and what a change of them ends.
 */
#include "base/encoding.h"
#include "crypto/password.h"
#include "crypto/precis.h"
#include "crypto/random.h"
#include "registry/claims.h"
#include "registry/member.h"

#define DRAFT(member) __builtin_offsetof(struct user_draft, user.member)

/* NUL and controls are told by member_read, the rest by PRECIS. */
static const struct member rows[] = {
	{.name = "username",
	 .kind = MEMBER_STRING,
	 .offset = DRAFT(username),
	 .max = USERNAME_MAX},
	{.name = "password", .kind = MEMBER_ELSEWHERE},
	{.name = "claims", .kind = MEMBER_ELSEWHERE},
	{.name = "disabled", .kind = MEMBER_FLAG, .offset = DRAFT(is_disabled)},
	{.name = "tenant", .kind = MEMBER_ELSEWHERE},
};

static const struct member_table table = {rows, COUNT_OF(rows)};

static void map_username(struct reading *reading, struct place *place,
			 struct user_draft *draft)
{
	struct buf mapped = buf_init_arena(reading->arena, USERNAME_MAX);
	struct text *name = &draft->user.username;
	const char *why;

	place->member = "username";
	if (name->size == 0)
		registry_mistake(reading, place, "is missing");
	else if (precis_username(*name, &mapped, &why) != DONE)
		registry_mistake(reading, place, "\"%s\": %s",
				 member_show(reading, *name), why);
	else
		*name = buf_text(&mapped);
	place->member = NULL;
}

static void read_password(struct reading *reading, struct place *place,
			  const struct json *entry, struct user_draft *draft)
{
	const struct json *value = member_find(entry, "password");
	struct buf mapped = buf_init_arena(reading->arena, PASSWORD_MAX);
	const char *why;

	if (value == NULL)
		return;
	place->member = "password";
	if (!json_is(value, JSON_STRING))
		registry_mistake(reading, place, "must be a string, not %s",
				 json_type_name(value));
	else if (precis_password(json_text(value), &mapped, &why) != DONE)
		registry_mistake(reading, place, "cannot be taken: %s", why);
	else
		draft->password = buf_text(&mapped);
	place->member = NULL;
}

static void read_claims(struct reading *reading, struct place *place,
			const struct json *entry, struct user_draft *draft)
{
	const struct json *claims = member_find(entry, "claims");

	draft->user.claims = TEXT("{}");
	if (claims == NULL)
		return;
	if (json_is(claims, JSON_OBJECT)) {
		claims_read(reading, place, claims, &draft->user.subject,
			    &draft->user.claims);
		return;
	}
	place->member = "claims";
	registry_mistake(reading, place, "must be an object, not %s",
			 json_type_name(claims));
	place->member = NULL;
}

/* A random version 4 UUID (RFC 9562 section 5.4). */
static struct text new_subject(struct arena *arena)
{
	unsigned char bytes[16];
	struct buf hex = buf_init_arena(arena, 32);

	random_fill(bytes, sizeof(bytes));
	bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
	bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
	hex_encode(&hex, text_of(bytes, sizeof(bytes)));
	return arena_format(arena, "%.8s-%.4s-%.4s-%.4s-%.12s", hex.at,
			    hex.at + 8, hex.at + 12, hex.at + 16, hex.at + 20);
}

/* Keeps what the store knows of this person and the document does not say. */
static void merge_known(struct reading *reading, struct place *place,
			struct user_draft *draft, const struct user *known)
{
	struct user *user = &draft->user;

	place->member = "claims.sub";
	if (text_is_present(user->subject) &&
	    !text_equal(user->subject, known->subject))
		registry_mistake(reading, place,
				 "\"%s\": the person's subject is \"%s\" and "
				 "cannot change",
				 member_show(reading, user->subject),
				 member_show(reading, known->subject));
	place->member = NULL;
	user->id = known->id;
	user->subject = known->subject;
	user->password_hash = known->password_hash;
	user->password_changed_at = known->password_changed_at;
	draft->is_known = true;
	draft->was_disabled = known->is_disabled;
}

static void find_known(struct reading *reading, struct place *place,
		       struct user_draft *draft)
{
	struct store *store = reading->registry->store;
	struct user *user = &draft->user;
	struct user known;
	enum store_outcome loaded = store_load_user_named(
		store, reading->arena, user->tenant_id, user->username, &known);

	if (loaded == STORE_DONE) {
		merge_known(reading, place, draft, &known);
		return;
	}
	if (loaded != STORE_NOT_FOUND) {
		registry_broken(reading, loaded);
		return;
	}
	if (!text_is_present(draft->password)) {
		place->member = "password";
		registry_mistake(reading, place,
				 "is missing: there is nobody of this name yet "
				 "whose password could stay");
		place->member = NULL;
	}
	user->id = store_new_id(store, reading->registry->now);
	if (!text_is_present(user->subject))
		user->subject = new_subject(reading->arena);
}

static void read_entry(struct reading *reading, size_t index,
		       const struct json *entry)
{
	struct user_draft *draft = &reading->users[reading->user_count];
	struct place place = {"users", index, NULL, -1};
	size_t mistakes = reading->report->mistake_count;
	const struct tenant_draft *tenant;

	*draft = (struct user_draft){.index = index};
	if (!member_read(reading, &place, &table, entry, draft))
		return;
	tenant = registry_tenant_of(reading, &place, entry);
	map_username(reading, &place, draft);
	read_password(reading, &place, entry, draft);
	read_claims(reading, &place, entry, draft);
	if (tenant == NULL || mistakes != reading->report->mistake_count)
		return;
	draft->user.tenant_id = tenant->record.id;
	find_known(reading, &place, draft);
	reading->user_count++;
}

void registry_read_users(struct reading *reading, const struct json *list)
{
	reading->users = ARENA_ARRAY(reading->arena, struct user_draft,
				     json_count(list) + 1);
	for (size_t i = 0; i < json_count(list) && !reading->is_broken; i++)
		read_entry(reading, i, json_at(list, i));
}

/* A password that is the stored one already changes nothing. */
static outcome hash_one(struct reading *reading, struct user_draft *draft)
{
	struct buf hash = buf_init_arena(reading->arena, PASSWORD_HASH_MAX);
	struct user *user = &draft->user;

	if (!text_is_present(draft->password) ||
	    (text_is_present(user->password_hash) &&
	     password_verify(draft->password, user->password_hash)))
		return DONE;
	TRY(password_hash(draft->password, &password_cost_default, &hash));
	user->password_hash = buf_text(&hash);
	user->password_changed_at = reading->registry->now;
	draft->changes_password = draft->is_known;
	return DONE;
}

outcome registry_hash_passwords(struct reading *reading)
{
	for (size_t i = 0; i < reading->user_count; i++)
		TRY(hash_one(reading, &reading->users[i]));
	return DONE;
}

enum store_outcome registry_revoke(struct reading *reading, struct store *store,
				   const struct user_draft *draft)
{
	const struct store_grant_filter filter = {
		.tenant_id = draft->user.tenant_id,
		.user_id = draft->user.id,
	};
	bool is_disabled = draft->user.is_disabled && !draft->was_disabled;
	int64_t count;

	if (!draft->is_known || (!is_disabled && !draft->changes_password))
		return STORE_DONE;
	return store_revoke_grants(store, &filter, reading->registry->now,
				   is_disabled ? TEXT("user_disabled")
					       : TEXT("password_changed"),
				   &count);
}
