/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of tenants: loaded whole, found by host and path. */
#include "tenant/tenant.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "tenant/cache.h"
#include "tenant/internal.h"

/* Drops the port that the URL's scheme implies (RFC 3986 section 6.2.3). */
static struct text without_default_port(struct text authority)
{
	if (text_ends_with(authority, TEXT(":443")))
		return text_first(authority, authority.size - 4);
	if (text_ends_with(authority, TEXT(":80")))
		return text_first(authority, authority.size - 3);
	return authority;
}

static int compare_nocase(struct text a, struct text b)
{
	size_t shared = a.size < b.size ? a.size : b.size;
	int order = shared == 0 ? 0 : strncasecmp(a.at, b.at, shared);

	return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static int entry_order(const void *a, const void *b)
{
	const struct tenant_entry *one = a;
	const struct tenant_entry *other = b;
	int order = compare_nocase(one->authority, other->authority);

	if (order != 0)
		return order;
	return text_compare(one->tenant.prefix, other->tenant.prefix);
}

static const struct profile *find_profile(const struct tenants_source *source,
					  struct text name)
{
	for (size_t i = 0; i < source->profile_count; i++)
		if (text_equal(text_from(source->profiles[i]->name), name))
			return source->profiles[i];
	return NULL;
}

static void lay_over(int64_t *span, int64_t value)
{
	if (value != 0)
		*span = value;
}

static struct profile_lifetimes
lifetimes_of(const struct profile *profile,
	     const struct profile_lifetimes *defaults)
{
	struct profile_lifetimes spans = profile->lifetimes;

	lay_over(&spans.code_for, defaults->code_for);
	lay_over(&spans.access_token_for, defaults->access_token_for);
	lay_over(&spans.id_token_for, defaults->id_token_for);
	lay_over(&spans.refresh_for, defaults->refresh_for);
	lay_over(&spans.refresh_idle_for, defaults->refresh_idle_for);
	lay_over(&spans.overlap_for, defaults->overlap_for);
	lay_over(&spans.code_replay_tolerance_for,
		 defaults->code_replay_tolerance_for);
	lay_over(&spans.session_for, defaults->session_for);
	lay_over(&spans.pushed_for, defaults->pushed_for);
	return spans;
}

/* Takes "https://host:port/t/org" apart; registry has checked its form. */
static void place_by_url(struct arena *arena, struct tenant_entry *entry,
			 struct text url)
{
	struct tenant *tenant = &entry->tenant;
	size_t scheme = text_find(url, TEXT("://"));
	struct text rest = text_from_byte(url, scheme + 3);
	size_t host = text_find_byte(rest, '/');

	tenant->url = arena_copy(arena, url);
	tenant->origin = text_first(tenant->url, scheme + 3 + host);
	tenant->prefix = text_from_byte(tenant->url, scheme + 3 + host);
	tenant->is_secure = text_starts_with(url, TEXT("https://"));
	entry->authority = without_default_port(
		text_from_byte(tenant->origin, scheme + 3));
	tenant->issuer = arena_format(arena, "%.*s%s", TEXT_ARG(url),
				      tenant->profile->issuer_suffix);
}

static void place_by_mtls_url(struct tenant_entry *entry)
{
	struct text url = entry->tenant.mtls_url;
	struct text rest = text_from_byte(url, text_find(url, TEXT("://")) + 3);

	if (text_is_present(url))
		entry->mtls_authority = without_default_port(
			text_first(rest, text_find_byte(rest, '/')));
}

static outcome fault(const struct tenant_record *record, struct text why)
{
	struct event event;

	event_begin(&event, EVENT_ERROR, "tenant.unusable");
	event_text(&event, "tenant", record->name);
	event_text(&event, "detail", why);
	event_end(&event);
	return REFUSED;
}

static outcome fill_entry(struct arena *arena, struct tenant_entry *entry,
			  const struct tenant_record *record,
			  const struct tenants_source *source)
{
	struct tenant *tenant = &entry->tenant;
	struct text why;

	tenant->id = record->id;
	tenant->name = arena_copy(arena, record->name);
	tenant->display_name = tenant->name;
	tenant->signing_alg = TEXT("RS256");
	tenant->profile = find_profile(source, record->profile);
	if (tenant->profile == NULL)
		return fault(record,
			     arena_format(arena, "unknown profile \"%.*s\"",
					  TEXT_ARG(record->profile)));
	tenant->lifetimes =
		lifetimes_of(tenant->profile, &source->defaults->lifetimes);
	place_by_url(arena, entry, record->url);
	if (tenant_settings_apply(arena, record->settings, tenant, &why) !=
	    DONE)
		return fault(record, why);
	place_by_mtls_url(entry);
	if (text_is_present(tenant->client_authorities_pem) &&
	    certificate_authorities_read(tenant->client_authorities_pem,
					 &tenant->client_authorities) != DONE)
		return fault(record, TEXT("client_certificate_authorities is "
					  "no PEM of certificates"));
	tenant_lay_fapi2(arena, entry);
	return DONE;
}

/* Where it is found. */
struct place {
	struct text authority;
	struct text prefix;
};

static uint64_t place_hash(const struct place *place)
{
	return table_hash_nocase(table_hash(0, place->prefix),
				 place->authority);
}

static bool is_at(const void *item, const void *key)
{
	const struct tenant_entry *entry = item;
	const struct place *place = key;

	return text_equal(entry->tenant.prefix, place->prefix) &&
	       (text_equal_nocase(entry->authority, place->authority) ||
		text_equal_nocase(entry->mtls_authority, place->authority));
}

static const struct tenant *find_at(const struct tenants *tenants,
				    struct text authority, struct text prefix)
{
	struct place place = {authority, prefix};
	const struct tenant_entry *entry =
		table_find(&tenants->places, place_hash(&place), is_at, &place);

	return entry == NULL ? NULL : &entry->tenant;
}

static void add_place(struct tenants *tenants, struct tenant_entry *entry,
		      struct text authority)
{
	struct place place = {authority, entry->tenant.prefix};

	if (find_at(tenants, place.authority, place.prefix) == NULL)
		table_add(&tenants->places, place_hash(&place), entry);
}

/* What a URL of a tenant's own says goes before where another's clients show
 * certificates: there the path is the same (RFC 8705 section 5). */
static void add_places(struct tenants *tenants)
{
	for (size_t i = 0; i < tenants->count; i++)
		add_place(tenants, &tenants->entries[i],
			  tenants->entries[i].authority);
	for (size_t i = 0; i < tenants->count; i++)
		if (text_is_present(tenants->entries[i].mtls_authority))
			add_place(tenants, &tenants->entries[i],
				  tenants->entries[i].mtls_authority);
}

static outcome load_entries(struct tenants *tenants,
			    const struct tenants_source *source)
{
	CLEANUP(arena_free)
	struct arena *rows = arena_new(DIRECTORY_BUDGET);
	struct tenant_record *records;
	size_t count;

	if (store_load_tenants(source->store, rows, &records, &count) !=
	    STORE_DONE)
		return BROKEN;
	tenants->entries =
		ARENA_ARRAY(tenants->arena, struct tenant_entry, count);
	tenants->count = count;
	for (size_t i = 0; i < count; i++)
		TRY(fill_entry(tenants->arena, &tenants->entries[i],
			       &records[i], source));
	if (count > 0)
		qsort(tenants->entries, count, sizeof(*tenants->entries),
		      entry_order);
	add_places(tenants);
	return DONE;
}

outcome tenants_load(struct store *store, const struct profile *const *profiles,
		     size_t profile_count,
		     const struct tenant_defaults *defaults,
		     struct tenants **tenants_out)
{
	CLEANUP(tenants_unref)
	struct tenants *tenants = calloc(1, sizeof(*tenants));

	MUST(tenants != NULL);
	tenants->references = 1;
	tenants->arena = arena_new(DIRECTORY_BUDGET);
	tenants->cache = cache_new();
	pthread_mutex_init(&tenants->origins_lock, NULL);
	TRY(load_entries(tenants, &(struct tenants_source){
					  .store = store,
					  .profiles = profiles,
					  .profile_count = profile_count,
					  .defaults = defaults,
				  }));
	*tenants_out = TAKE(tenants);
	return DONE;
}

void tenants_limit(struct tenants *tenants, size_t client_size)
{
	cache_limit(tenants->cache, client_size);
}

struct tenants *tenants_ref(struct tenants *tenants)
{
	atomic_fetch_add(&tenants->references, 1);
	return tenants;
}

void tenants_unref(struct tenants **tenants)
{
	struct tenants *old = TAKE(*tenants);

	if (old == NULL || atomic_fetch_sub(&old->references, 1) > 1)
		return;
	for (size_t i = 0; i < old->count; i++)
		certificate_authorities_free(
			&old->entries[i].tenant.client_authorities);
	table_wipe(&old->places);
	cache_free(&old->cache);
	pthread_mutex_destroy(&old->origins_lock);
	arena_free(&old->arena);
	free(old);
}

size_t tenants_count(const struct tenants *tenants)
{
	return tenants->count;
}

const struct tenant *tenants_at(const struct tenants *tenants, size_t index)
{
	MUST(index < tenants->count);
	return &tenants->entries[index].tenant;
}

const struct tenant *tenants_find_named(const struct tenants *tenants,
					struct text name)
{
	for (size_t i = 0; i < tenants->count; i++)
		if (text_equal(tenants->entries[i].tenant.name, name))
			return &tenants->entries[i].tenant;
	return NULL;
}

/* The first entry that is not before (authority, prefix). */
static const struct tenant_entry *not_before(const struct tenants *tenants,
					     const struct tenant_entry *key)
{
	size_t low = 0;
	size_t high = tenants->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (entry_order(&tenants->entries[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < tenants->count ? &tenants->entries[low] : NULL;
}

/* Any tenant of the host, to say that there is nothing at this path. */
static const struct tenant *find_host(const struct tenants *tenants,
				      struct text authority)
{
	struct tenant_entry key = {.authority = authority};
	const struct tenant_entry *entry = not_before(tenants, &key);

	if (entry == NULL || !text_equal_nocase(entry->authority, authority))
		return NULL;
	return &entry->tenant;
}

/* The well-known part that stands before a tenant's path (RFC 8414 3.1). */
static struct text well_known_part(struct text path)
{
	static const char *const parts[] = {
		"/.well-known/oauth-authorization-server",
		"/.well-known/openid-configuration",
	};

	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		struct text part = text_from(parts[i]);

		if (text_starts_with(path, part) &&
		    text_starts_with(text_from_byte(path, part.size),
				     TEXT("/t/")))
			return part;
	}
	return TEXT("");
}

const struct tenant *tenants_find(const struct tenants *tenants,
				  struct text host, struct text path,
				  struct arena *arena, struct text *rest_out)
{
	struct text authority = without_default_port(host);
	struct text well_known = well_known_part(path);
	struct text below = text_from_byte(path, well_known.size);
	const struct tenant *tenant;
	size_t prefix = 0;

	if (text_starts_with(below, TEXT("/t/")))
		prefix = 3 + text_find_byte(text_from_byte(below, 3), '/');
	tenant = find_at(tenants, authority, text_first(below, prefix));
	if (tenant == NULL) {
		*rest_out = TEXT(""); /* no route, whatever its profile has */
		return find_host(tenants, authority);
	}
	*rest_out = text_from_byte(below, prefix);
	if (well_known.size > 0)
		*rest_out = arena_format(arena, "%.*s%.*s",
					 TEXT_ARG(well_known),
					 TEXT_ARG(*rest_out));
	return tenant;
}
