/* SPDX-License-Identifier: Apache-2.0 */
/* Resources: the APIs that access tokens are for (RFC 8707). */
#include "registry/member.h"

static outcome check_audience(struct text value, const char **why_out)
{
	*why_out = "an audience has visible ASCII characters alone, without "
		   "spaces and without a fragment (#)";
	for (size_t i = 0; i < value.size; i++)
		if (value.at[i] <= ' ' || value.at[i] >= 0x7f ||
		    value.at[i] == '#')
			return REFUSED;
	return DONE;
}

static outcome check_scope_word(struct text value, const char **why_out)
{
	*why_out = "a scope has visible ASCII characters, without \" and \\ "
		   "(RFC 6749 section 3.3)";
	for (size_t i = 0; i < value.size; i++)
		if (value.at[i] <= ' ' || value.at[i] >= 0x7f ||
		    value.at[i] == '"' || value.at[i] == '\\')
			return REFUSED;
	return DONE;
}

#define DRAFT(member) __builtin_offsetof(struct resource_draft, resource.member)

static const struct member rows[] = {
	{.name = "audience",
	 .kind = MEMBER_STRING,
	 .offset = DRAFT(audience),
	 .check = check_audience,
	 .max = 512},
	{.name = "name", .kind = MEMBER_STRING, .offset = DRAFT(name)},
	{.name = "scopes",
	 .kind = MEMBER_WORDS,
	 .offset = DRAFT(scopes),
	 .check = check_scope_word},
	{.name = "access_token_format",
	 .kind = MEMBER_FORMAT,
	 .offset = DRAFT(format)},
	{.name = "access_token_for",
	 .kind = MEMBER_SPAN,
	 .offset = DRAFT(access_token_for),
	 .min = 1,
	 .max = (int64_t)366 * 24 * 3600},
	{.name = "allow_offline_access",
	 .kind = MEMBER_FLAG,
	 .offset = DRAFT(allows_offline_access)},
	{.name = "tenant", .kind = MEMBER_ELSEWHERE},
};

static const struct member_table table = {rows, COUNT_OF(rows)};

static void read_entry(struct reading *reading, size_t index,
		       const struct json *entry)
{
	struct resource_draft *draft =
		&reading->resources[reading->resource_count];
	struct place place = {"resources", index, NULL, -1};
	const struct tenant_draft *tenant;

	*draft = (struct resource_draft){.index = index};
	if (!member_read(reading, &place, &table, entry, draft))
		return;
	tenant = registry_tenant_of(reading, &place, entry);
	if (tenant != NULL)
		draft->resource.tenant_id = tenant->record.id;
	if (member_find(entry, "audience") == NULL) {
		place.member = "audience";
		registry_mistake(reading, &place, "is missing");
	}
	reading->resource_count++;
}

void registry_read_resources(struct reading *reading, const struct json *list)
{
	reading->resources = ARENA_ARRAY(reading->arena, struct resource_draft,
					 json_count(list) + 1);
	for (size_t i = 0; i < json_count(list); i++)
		read_entry(reading, i, json_at(list, i));
}
