/* SPDX-License-Identifier: Apache-2.0 */
/* One document into the store: all of it, or nothing and every reason why. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "registry/member.h"
#include "store/book.h"

/* Far above what a document of the largest size can bring. */
#define ARENA_BUDGET ((size_t)4 * 1024 * 1024 * 1024)
#define ENTRY_COUNT_MAX ((size_t)100000)
#define SENTENCE_MAX ((size_t)1024)

/* ---- sentences ---- */

static void add_place(struct buf *buf, const struct place *place)
{
	if (place == NULL)
		return;
	buf_format(buf, "%s[%zu]", place->list, place->index);
	if (place->member != NULL)
		buf_format(buf, ".%s", place->member);
	if (place->member != NULL && place->item >= 0)
		buf_format(buf, "[%td]", place->item);
	buf_add(buf, TEXT(": "));
}

/* A sentence about bytes that are not UTF-8, or that was cut within one. */
static void keep_ascii(char *sentence)
{
	if (text_is_utf8(text_from(sentence)))
		return;
	for (char *at = sentence; *at != '\0'; at++)
		if ((unsigned char)*at >= 0x80)
			*at = '?';
}

/* A full buffer takes no more; the sentence counts all the same. */
static void add_sentence(struct buf *sentences, const struct place *place,
			 const char *format, va_list arguments)
{
	char sentence[SENTENCE_MAX];

	if (sentences->max - sentences->size < 2 * SENTENCE_MAX)
		return;
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	keep_ascii(sentence);
	add_place(sentences, place);
	buf_add_string(sentences, sentence);
	buf_add_byte(sentences, '\n');
}

void registry_mistake(struct reading *reading, const struct place *place,
		      const char *format, ...)
{
	va_list arguments;

	reading->report->mistake_count++;
	va_start(arguments, format);
	add_sentence(reading->report->mistakes, place, format, arguments);
	va_end(arguments);
}

void registry_warn(struct reading *reading, const struct place *place,
		   const char *format, ...)
{
	va_list arguments;

	reading->report->warning_count++;
	va_start(arguments, format);
	add_sentence(reading->report->warnings, place, format, arguments);
	va_end(arguments);
}

static const char *store_sentence(enum store_outcome answer)
{
	switch (answer) {
	case STORE_BUSY:
		return "the store is busy: try again";
	case STORE_AWAY:
		return "the store is away: try again";
	case STORE_UNCERTAIN:
		return "the store did not say whether the import is durable: "
		       "look, or import again";
	case STORE_CONFLICT:
	case STORE_ALREADY:
		return "the store has another entry with the same key (a "
		       "person's subject, or a tenant's url)";
	case STORE_DONE:
	case STORE_NOT_FOUND:
	case STORE_BROKEN:
		break;
	}
	return "the store failed: the event log says why";
}

void registry_broken(struct reading *reading, enum store_outcome answer)
{
	reading->is_broken = true;
	registry_mistake(reading, NULL, "%s", store_sentence(answer));
}

/* ---- the document ---- */

static const struct {
	const char *name;
	void (*read)(struct reading *reading, const struct json *list);
} lists[] = {
	/* In the order in which they refer to each other. */
	{"tenants", registry_read_tenants},
	{"users", registry_read_users},
	{"clients", registry_read_clients},
	{"resources", registry_read_resources},
};

static bool is_list_name(struct text name)
{
	for (size_t i = 0; i < COUNT_OF(lists); i++)
		if (text_equal(name, text_from(lists[i].name)))
			return true;
	return false;
}

static void check_list_names(struct reading *reading, const struct json *root)
{
	const struct json *value;
	struct text name;
	void *at = NULL;

	while (json_next(root, &at, &name, &value))
		if (!is_list_name(name))
			registry_mistake(reading, NULL,
					 "\"%s\" is no list of an import; "
					 "there is: tenants, users, clients, "
					 "resources",
					 member_show(reading, name));
}

static void read_document(struct reading *reading, const struct json *root)
{
	if (!json_is(root, JSON_OBJECT)) {
		registry_mistake(reading, NULL,
				 "the document must be an object, not %s",
				 json_type_name(root));
		return;
	}
	check_list_names(reading, root);
	for (size_t i = 0; i < COUNT_OF(lists) && !reading->is_broken; i++) {
		const struct json *list = member_find(root, lists[i].name);

		if (list != NULL && !json_is(list, JSON_ARRAY)) {
			registry_mistake(reading, NULL,
					 "\"%s\" must be an array, not %s",
					 lists[i].name, json_type_name(list));
			list = NULL;
		}
		if (json_count(list) > ENTRY_COUNT_MAX) {
			registry_mistake(reading, NULL,
					 "\"%s\" must have at most %zu "
					 "entries: import in several files",
					 lists[i].name, ENTRY_COUNT_MAX);
			list = NULL;
		}
		lists[i].read(reading, list);
	}
}

/* ---- the same key twice ---- */

struct key {
	const char *list;
	const char *member;
	size_t index;
	int64_t tenant_id;
	struct text text;
};

static int compare_keys(const void *left, const void *right)
{
	const struct key *a = left;
	const struct key *b = right;
	int order = text_compare(a->text, b->text);

	if (a->tenant_id != b->tenant_id)
		return a->tenant_id < b->tenant_id ? -1 : 1;
	if (order != 0)
		return order;
	return (a->index > b->index) - (a->index < b->index);
}

static void check_unique(struct reading *reading, struct key *keys,
			 size_t count)
{
	qsort(keys, count, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < count; i++) {
		struct place place = {keys[i].list, keys[i].index,
				      keys[i].member, -1};

		if (keys[i].tenant_id != keys[i - 1].tenant_id ||
		    !text_equal(keys[i].text, keys[i - 1].text))
			continue;
		registry_mistake(reading, &place, "\"%s\" is %s[%zu]'s already",
				 member_show(reading, keys[i].text),
				 keys[i].list, keys[i - 1].index);
	}
}

static void check_unique_users(struct reading *reading, struct key *keys)
{
	for (size_t i = 0; i < reading->user_count; i++)
		keys[i] = (struct key){"users", "username",
				       reading->users[i].index,
				       reading->users[i].user.tenant_id,
				       reading->users[i].user.username};
	check_unique(reading, keys, reading->user_count);
	for (size_t i = 0; i < reading->user_count; i++)
		keys[i] = (struct key){"users", "claims.sub",
				       reading->users[i].index,
				       reading->users[i].user.tenant_id,
				       reading->users[i].user.subject};
	check_unique(reading, keys, reading->user_count);
}

static void check_all_unique(struct reading *reading)
{
	size_t most = reading->user_count + reading->client_count +
		      reading->resource_count + 1;
	struct key *keys = ARENA_ARRAY(reading->arena, struct key, most);

	check_unique_users(reading, keys);
	for (size_t i = 0; i < reading->client_count; i++)
		keys[i] = (struct key){"clients", "client_id",
				       reading->clients[i].index,
				       reading->clients[i].client.tenant_id,
				       reading->clients[i].client.id};
	check_unique(reading, keys, reading->client_count);
	for (size_t i = 0; i < reading->resource_count; i++)
		keys[i] = (struct key){"resources", "audience",
				       reading->resources[i].index,
				       reading->resources[i].resource.tenant_id,
				       reading->resources[i].resource.audience};
	check_unique(reading, keys, reading->resource_count);
}

/* ---- into the store ---- */

static enum store_outcome save_tenants(struct reading *reading)
{
	for (size_t i = 0; i < reading->tenant_count; i++) {
		const struct tenant_draft *draft = &reading->tenants[i];

		if (!draft->is_new)
			continue;
		TRY_STORE(store_save_tenant(reading->registry->store,
					    &draft->record));
		reading->report->tenant_count++;
	}
	return STORE_DONE;
}

/* The home says which id and subject a person has; a shard has the same. */
static enum store_outcome save_user(struct reading *reading,
				    struct store *store, struct user *user)
{
	struct user saved = *user;

	TRY_STORE(store_save_user(store, &saved));
	if (saved.id == user->id)
		return STORE_DONE;
	if (store != reading->registry->store)
		return STORE_CONFLICT;
	user->id = saved.id;
	user->subject = arena_copy(reading->arena, saved.subject);
	return STORE_DONE;
}

static enum store_outcome save_users(struct reading *reading,
				     struct store *store)
{
	for (size_t i = 0; i < reading->user_count; i++) {
		struct user_draft *draft = &reading->users[i];

		TRY_STORE(save_user(reading, store, &draft->user));
		TRY_STORE(registry_revoke(reading, store, draft));
	}
	return STORE_DONE;
}

enum store_outcome registry_save_shared(struct reading *reading,
					struct store *store)
{
	TRY_STORE(save_users(reading, store));
	for (size_t i = 0; i < reading->client_count; i++)
		TRY_STORE(
			store_save_client(store, &reading->clients[i].client));
	for (size_t i = 0; i < reading->resource_count; i++)
		TRY_STORE(store_save_resource(store,
					      &reading->resources[i].resource));
	return STORE_DONE;
}

static enum store_outcome save_all(struct reading *reading)
{
	struct store *home = reading->registry->store;

	TRY_STORE(save_tenants(reading));
	TRY_STORE(registry_retire_keys(reading));
	TRY_STORE(registry_save_shared(reading, home));
	TRY_STORE(store_raise_config(home));
	return store_book_raise(home, reading->registry->now,
				&reading->book_before, &reading->book_after);
}

static void count_saved(struct reading *reading)
{
	reading->report->user_count = reading->user_count;
	reading->report->client_count = reading->client_count;
	reading->report->resource_count = reading->resource_count;
}

static outcome save(struct reading *reading)
{
	struct store *store = reading->registry->store;
	enum store_outcome saved;

	TRY(registry_hash_passwords(reading));
	/* First, so that no server meets a client without the key that it asks
	 * for; of an import that fails after this, unused keys remain. */
	TRY(registry_make_keys(reading));
	saved = store_begin(store);
	if (saved == STORE_DONE)
		saved = store_end(store, save_all(reading));
	if (saved == STORE_DONE) {
		count_saved(reading);
		registry_follow(reading);
		return DONE;
	}
	reading->report->tenant_count = 0;
	registry_broken(reading, saved);
	return BROKEN;
}

outcome registry_import(const struct registry *registry, struct text document,
			struct text tenant, struct registry_report *report)
{
	CLEANUP(json_document_free) struct json_document *parsed = NULL;
	CLEANUP(arena_free) struct arena *arena = arena_new(ARENA_BUDGET);
	struct reading reading = {.registry = registry,
				  .report = report,
				  .arena = arena,
				  .tenant = tenant};
	struct json_mistake mistake;

	if (json_parse(document, REGISTRY_SIZE_MAX, &parsed, &mistake) !=
	    DONE) {
		registry_mistake(&reading, NULL, "line %d, column %d: %s",
				 mistake.line, mistake.column, mistake.what);
		return REFUSED;
	}
	read_document(&reading, json_root(parsed));
	check_all_unique(&reading);
	if (reading.is_broken)
		return BROKEN;
	if (report->mistake_count > 0)
		return REFUSED;
	registry_check_stored(&reading);
	if (reading.is_broken)
		return BROKEN;
	return save(&reading);
}
