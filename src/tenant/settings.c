/* SPDX-License-Identifier: Apache-2.0 */
/* A tenant's own settings, laid over those of its profile. */
#include <stddef.h>

#include "model/signing_key.h"
#include "tenant/tenant.h"
#include "json/json.h"

#define SETTINGS_SIZE_MAX 16384
#define YEAR_FOR ((int64_t)366 * 24 * 3600)

struct span_setting {
	const char *name;
	size_t offset; /* of the int64_t in struct profile_lifetimes */
	int64_t least;
	int64_t most;
};

#define SPAN(member, least, most)                                              \
	{#member, offsetof(struct profile_lifetimes, member), least, most}

/* Seconds. A code may live ten minutes at most (RFC 6749 section 4.1.2). */
static const struct span_setting spans[] = {
	SPAN(code_for, 1, 600),
	SPAN(access_token_for, 1, YEAR_FOR),
	SPAN(id_token_for, 1, YEAR_FOR),
	SPAN(refresh_for, 1, YEAR_FOR),
	SPAN(refresh_idle_for, 1, YEAR_FOR),
	SPAN(overlap_for, 0, 3600),
	SPAN(code_replay_tolerance_for, 0, 60),
	SPAN(session_for, 60, YEAR_FOR),
	SPAN(pushed_for, 5, 599),
};

struct text_setting {
	const char *name;
	size_t offset; /* of the struct text in struct tenant */
	size_t most; /* bytes */
};

static const struct text_setting texts[] = {
	{"default_audience", offsetof(struct tenant, default_audience), 255},
	{"display_name", offsetof(struct tenant, display_name), 255},
	{"client_certificate_authorities",
	 offsetof(struct tenant, client_authorities_pem), SETTINGS_SIZE_MAX},
	{"mtls_url", offsetof(struct tenant, mtls_url), 255},
};

struct flag_setting {
	const char *name;
	size_t offset; /* of the bool in struct tenant */
};

static const struct flag_setting flags[] = {
	{"require_pushed_authorization_requests",
	 offsetof(struct tenant, requires_pushed)},
	{"fetch_request_uris", offsetof(struct tenant, fetches_request_uris)},
	{"require_dpop_nonce", offsetof(struct tenant, requires_dpop_nonce)},
};

static outcome apply_span(struct arena *arena, const struct span_setting *span,
			  const struct json *value, struct tenant *tenant,
			  struct text *why_out)
{
	int64_t *at = (void *)((char *)&tenant->lifetimes + span->offset);

	if (json_integer(value, at) && *at >= span->least && *at <= span->most)
		return DONE;
	*why_out = arena_format(arena,
				"%s must be whole seconds from %lld to %lld",
				span->name, (long long)span->least,
				(long long)span->most);
	return REFUSED;
}

static outcome apply_text(struct arena *arena, const struct text_setting *row,
			  const struct json *value, struct tenant *tenant,
			  struct text *why_out)
{
	struct text *at = (void *)((char *)tenant + row->offset);
	struct text text = json_text(value);

	if (text_is_present(text) && text.size > 0 && text.size <= row->most) {
		*at = arena_copy(arena, text);
		return DONE;
	}
	*why_out = arena_format(arena,
				"%s must be a string of 1 to %zu bytes, not %s",
				row->name, row->most, json_type_name(value));
	return REFUSED;
}

static outcome apply_flag(struct arena *arena, const struct flag_setting *row,
			  const struct json *value, struct tenant *tenant,
			  struct text *why_out)
{
	bool *at = (void *)((char *)tenant + row->offset);

	*at = json_boolean(value, false);
	if (json_is(value, JSON_BOOLEAN))
		return DONE;
	*why_out = arena_format(arena, "%s must be true or false, not %s",
				row->name, json_type_name(value));
	return REFUSED;
}

static outcome apply_signing_alg(struct arena *arena, const struct json *value,
				 struct tenant *tenant, struct text *why_out)
{
	struct text name = json_text(value);

	if (text_is_present(name) &&
	    text_has_word(TEXT(SIGNING_KEY_ALGORITHMS), name)) {
		tenant->signing_alg = arena_copy(arena, name);
		return DONE;
	}
	*why_out = TEXT("signing_alg must be one of: " SIGNING_KEY_ALGORITHMS);
	return REFUSED;
}

static outcome apply_encryption_algs(struct arena *arena,
				     const struct json *value,
				     struct tenant *tenant,
				     struct text *why_out)
{
	struct text names = json_text(value);
	struct text rest = names;
	struct text name;

	*why_out = TEXT(
		"request_object_encryption_algs must be a string of "
		"these, with a space between two: " ENCRYPTION_KEY_ALGORITHMS);
	if (names.size == 0 || names.size > 255)
		return REFUSED;
	while (text_next_word(&rest, &name))
		if (!text_has_word(TEXT(ENCRYPTION_KEY_ALGORITHMS), name))
			return REFUSED;
	*why_out = TEXT_ABSENT;
	tenant->encryption_algs = arena_copy(arena, names);
	return DONE;
}

static const char *const fapi2_words[] = {
	[TENANT_FAPI2_OFF] = "off",
	[TENANT_FAPI2_ALLOWED] = "allowed",
	[TENANT_FAPI2_REQUIRED] = "required",
};

static outcome apply_fapi2(const struct json *value, struct tenant *tenant,
			   struct text *why_out)
{
	struct text word = json_text(value);

	for (size_t i = 0; i < COUNT_OF(fapi2_words); i++) {
		if (!text_is_present(word) ||
		    !text_equal(word, text_from(fapi2_words[i])))
			continue;
		tenant->fapi2 = (enum tenant_fapi2)i;
		return DONE;
	}
	*why_out = TEXT("fapi2 must be \"off\", \"allowed\" or \"required\"");
	return REFUSED;
}

static outcome apply_member(struct arena *arena, struct text name,
			    const struct json *value, struct tenant *tenant,
			    struct text *why_out)
{
	for (size_t i = 0; i < COUNT_OF(spans); i++)
		if (text_equal(name, text_from(spans[i].name)))
			return apply_span(arena, &spans[i], value, tenant,
					  why_out);
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (text_equal(name, text_from(texts[i].name)))
			return apply_text(arena, &texts[i], value, tenant,
					  why_out);
	for (size_t i = 0; i < COUNT_OF(flags); i++)
		if (text_equal(name, text_from(flags[i].name)))
			return apply_flag(arena, &flags[i], value, tenant,
					  why_out);
	if (text_equal(name, TEXT("signing_alg")))
		return apply_signing_alg(arena, value, tenant, why_out);
	if (text_equal(name, TEXT("request_object_encryption_algs")))
		return apply_encryption_algs(arena, value, tenant, why_out);
	if (text_equal(name, TEXT("fapi2")))
		return apply_fapi2(value, tenant, why_out);
	*why_out = arena_format(arena, "\"%.*s\" is not a setting of a tenant",
				TEXT_ARG(text_first(name, 64)));
	return REFUSED;
}

static outcome apply_all(struct arena *arena, const struct json *object,
			 struct tenant *tenant, struct text *why_out)
{
	const struct json *value;
	struct text name;
	void *at = NULL;

	if (!json_is(object, JSON_OBJECT)) {
		*why_out = TEXT("a tenant's settings are a JSON object");
		return REFUSED;
	}
	while (json_next(object, &at, &name, &value))
		TRY(apply_member(arena, name, value, tenant, why_out));
	return DONE;
}

outcome tenant_settings_apply(struct arena *arena, struct text settings,
			      struct tenant *tenant, struct text *why_out)
{
	CLEANUP(json_document_free) struct json_document *document = NULL;
	struct json_mistake mistake;

	if (settings.size == 0)
		return DONE;
	if (json_parse(settings, SETTINGS_SIZE_MAX, &document, &mistake) !=
	    DONE) {
		*why_out = arena_format(arena, "settings: %s (column %d)",
					mistake.what, mistake.column);
		return REFUSED;
	}
	return apply_all(arena, json_root(document), tenant, why_out);
}
