/* SPDX-License-Identifier: Apache-2.0 */
/* Tenants: one issuer, one profile, each at a URL of its own. */
#include "http/uri.h"
#include "registry/member.h"
#include "json/writer.h"

#define URL_MAX 512
#define SETTINGS_MAX 16384

/* A label of a host or path: it is part of URLs and of file names. */
static outcome check_name(struct text value, const char **why_out)
{
	*why_out = "a tenant's name has a to z, 0 to 9 and '-' alone";
	for (size_t i = 0; i < value.size; i++)
		if (!(value.at[i] >= 'a' && value.at[i] <= 'z') &&
		    !(value.at[i] >= '0' && value.at[i] <= '9') &&
		    value.at[i] != '-')
			return REFUSED;
	return DONE;
}

static bool has_upper_case(struct text text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.at[i] >= 'A' && text.at[i] <= 'Z')
			return true;
	return false;
}

static bool is_default_port(const struct uri *uri)
{
	return text_equal(uri->port, text_equal(uri->scheme, TEXT("https"))
					     ? TEXT("443")
					     : TEXT("80"));
}

/* The issuer is built from it (RFC 8414 section 2): one spelling alone. */
static outcome check_url(struct text value, const char **why_out)
{
	struct uri uri;

	TRY(uri_parse(value, &uri, why_out));
	*why_out = "it must begin with https:// (http:// on loopback alone)";
	if (!text_equal(uri.scheme, TEXT("https")) &&
	    !(text_equal(uri.scheme, TEXT("http")) &&
	      uri_host_is_loopback(uri.host)))
		return REFUSED;
	*why_out = "it names no host";
	if (uri.host.size == 0)
		return REFUSED;
	*why_out = "scheme and host alone, and a path if it must be: no user, "
		   "no query, no fragment";
	if (text_is_present(uri.userinfo) || text_is_present(uri.query) ||
	    text_is_present(uri.fragment))
		return REFUSED;
	*why_out = "write its host in lower case and without the scheme's own "
		   "port";
	if (has_upper_case(uri.authority) || is_default_port(&uri))
		return REFUSED;
	*why_out = "it must not end in a slash, or hold two in a row";
	if (text_ends_with(uri.path, TEXT("/")) ||
	    text_find(uri.path, TEXT("//")) < uri.path.size)
		return REFUSED;
	*why_out = "its path holds '%' or a dot segment";
	if (text_find_byte(uri.path, '%') < uri.path.size ||
	    text_find(uri.path, TEXT("/.")) < uri.path.size)
		return REFUSED;
	*why_out = NULL;
	return DONE;
}

#define DRAFT(member) __builtin_offsetof(struct tenant_draft, record.member)

static const struct member rows[] = {
	{.name = "name",
	 .kind = MEMBER_STRING,
	 .offset = DRAFT(name),
	 .check = check_name,
	 .max = TENANT_NAME_MAX},
	{.name = "url",
	 .kind = MEMBER_STRING,
	 .offset = DRAFT(url),
	 .check = check_url,
	 .max = URL_MAX},
	{.name = "profile", .kind = MEMBER_STRING, .offset = DRAFT(profile)},
	{.name = "display_name", .kind = MEMBER_ELSEWHERE},
	{.name = "default_audience", .kind = MEMBER_ELSEWHERE},
	{.name = "settings", .kind = MEMBER_ELSEWHERE},
};

static const struct member_table table = {rows, COUNT_OF(rows)};

/* Members that may stand in the entry or in its settings alike. */
static const char *const lifted[] = {"display_name", "default_audience"};

static void write_settings(struct json_writer *writer, const struct json *entry)
{
	const struct json *settings = member_find(entry, "settings");
	const struct json *value;
	struct text name;
	void *at = NULL;

	json_open_object(writer);
	for (size_t i = 0; i < COUNT_OF(lifted); i++) {
		value = member_find(entry, lifted[i]);
		if (value == NULL || json_find(settings, lifted[i]) != NULL)
			continue;
		json_name(writer, lifted[i]);
		json_write_value(writer, value);
	}
	while (json_next(settings, &at, &name, &value)) {
		json_name_text(writer, name);
		json_write_value(writer, value);
	}
	json_close_object(writer);
}

static void read_settings(struct reading *reading, struct place *place,
			  const struct json *entry, struct tenant_draft *draft)
{
	const struct json *settings = member_find(entry, "settings");
	struct buf text = buf_init_arena(reading->arena, SETTINGS_MAX);
	struct json_writer writer = {.buf = &text};
	struct tenant scratch = {0};
	struct text why;

	place->member = "settings";
	if (settings != NULL && !json_is(settings, JSON_OBJECT)) {
		registry_mistake(reading, place, "must be an object, not %s",
				 json_type_name(settings));
		return;
	}
	write_settings(&writer, entry);
	draft->record.settings = buf_text(&text);
	if (text.is_over)
		registry_mistake(reading, place,
				 "must have at most 16384 bytes");
	else if (tenant_settings_apply(reading->arena, draft->record.settings,
				       &scratch, &why) != DONE)
		registry_mistake(reading, place, "%.*s", TEXT_ARG(why));
	else
		registry_check_tenant_tls(reading, place, draft->record.url,
					  &scratch);
	draft->signing_alg = scratch.signing_alg;
	draft->encryption_algs = scratch.encryption_algs;
	place->member = NULL;
}

const struct profile *registry_find_profile(const struct reading *reading,
					    struct text name)
{
	const struct registry *registry = reading->registry;

	for (size_t i = 0; i < registry->profile_count; i++)
		if (text_equal(name, text_from(registry->profiles[i]->name)))
			return registry->profiles[i];
	return NULL;
}

static void check_profile(struct reading *reading, struct place *place,
			  const struct tenant_draft *draft)
{
	const struct registry *registry = reading->registry;
	struct buf names = buf_init_arena(reading->arena, 1024);

	if (registry_find_profile(reading, draft->record.profile) != NULL)
		return;
	for (size_t i = 0; i < registry->profile_count; i++)
		buf_format(&names, " %s", registry->profiles[i]->name);
	place->member = "profile";
	registry_mistake(reading, place, "\"%s\" is no profile; there is:%.*s",
			 member_show(reading, draft->record.profile),
			 TEXT_ARG(buf_text(&names)));
	place->member = NULL;
}

static bool has_all(struct reading *reading, struct place *place,
		    const struct json *entry)
{
	static const char *const required[] = {"name", "url", "profile"};
	bool has = true;

	for (size_t i = 0; i < COUNT_OF(required); i++) {
		if (member_find(entry, required[i]) != NULL)
			continue;
		place->member = required[i];
		registry_mistake(reading, place, "is missing");
		has = false;
	}
	place->member = NULL;
	return has;
}

static struct tenant_draft *find_named(struct reading *reading,
				       struct text name)
{
	for (size_t i = 0; i < reading->tenant_count; i++)
		if (text_equal(reading->tenants[i].record.name, name))
			return &reading->tenants[i];
	return NULL;
}

/* Puts the draft among the tenants, in the place of the one that it replaces.
 */
static void add_draft(struct reading *reading, struct place *place,
		      struct tenant_draft *draft)
{
	struct tenant_draft *known = find_named(reading, draft->record.name);

	draft->is_new = true;
	if (known == NULL) {
		draft->record.id = store_new_id(reading->registry->store,
						reading->registry->now);
		reading->tenants[reading->tenant_count++] = *draft;
		return;
	}
	if (known->is_new) {
		place->member = "name";
		registry_mistake(reading, place, "\"%.*s\" is tenants[%zu]'s",
				 TEXT_ARG(draft->record.name), known->index);
		place->member = NULL;
		return;
	}
	draft->record.id = known->record.id;
	draft->is_known = true;
	*known = *draft;
}

static void read_entry(struct reading *reading, size_t index,
		       const struct json *entry)
{
	struct tenant_draft draft = {.index = index};
	struct place place = {"tenants", index, NULL, -1};

	if (!member_read(reading, &place, &table, entry, &draft) ||
	    !has_all(reading, &place, entry))
		return;
	read_settings(reading, &place, entry, &draft);
	if (draft.record.profile.size > 0)
		check_profile(reading, &place, &draft);
	registry_check_tenant_fapi2(reading, &place, &draft);
	/* A wrong tenant is still one that others may name. */
	if (draft.record.name.size > 0)
		add_draft(reading, &place, &draft);
}

/* A URL selects one tenant. */
static void check_urls(struct reading *reading)
{
	for (size_t i = 0; i < reading->tenant_count; i++) {
		const struct tenant_draft *one = &reading->tenants[i];
		struct place place = {"tenants", one->index, "url", -1};

		for (size_t j = 0; j < reading->tenant_count && one->is_new;
		     j++) {
			const struct tenant_draft *other = &reading->tenants[j];

			if (i == j || one->record.url.size == 0 ||
			    !text_equal(one->record.url, other->record.url) ||
			    (other->is_new && j > i))
				continue;
			registry_mistake(reading, &place,
					 "\"%s\" is the url of tenant "
					 "\"%.*s\" already",
					 member_show(reading, one->record.url),
					 TEXT_ARG(other->record.name));
		}
	}
}

static void load_known(struct reading *reading, size_t more)
{
	struct tenant_record *records = NULL;
	size_t count = 0;
	enum store_outcome loaded = store_load_tenants(
		reading->registry->store, reading->arena, &records, &count);

	if (loaded != STORE_DONE) {
		registry_broken(reading, loaded);
		count = 0;
	}
	reading->tenants = ARENA_ARRAY(reading->arena, struct tenant_draft,
				       count + more + 1);
	for (size_t i = 0; i < count; i++)
		reading->tenants[i].record = records[i];
	reading->tenant_count = count;
}

void registry_read_tenants(struct reading *reading, const struct json *list)
{
	load_known(reading, json_count(list));
	for (size_t i = 0; i < json_count(list) && !reading->is_broken; i++)
		read_entry(reading, i, json_at(list, i));
	check_urls(reading);
}

const struct tenant_draft *registry_tenant_of(struct reading *reading,
					      const struct place *place,
					      const struct json *entry)
{
	const struct json *member = member_find(entry, "tenant");
	struct text name = member ? json_text(member) : reading->tenant;
	const struct tenant_draft *found = find_named(reading, name);
	struct place at = *place;

	at.member = "tenant";
	if (member != NULL && !json_is(member, JSON_STRING))
		registry_mistake(reading, &at, "must be a string, not %s",
				 json_type_name(member));
	else if (!text_is_present(name))
		registry_mistake(reading, &at,
				 "is missing: name the tenant here, or by "
				 "--tenant");
	else if (found == NULL)
		registry_mistake(reading, &at,
				 "there is no tenant \"%s\", in the store or "
				 "in this file",
				 member_show(reading, name));
	return found;
}
