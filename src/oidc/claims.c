/* SPDX-License-Identifier: Apache-2.0 */
/* A person's claims, by scope and claims parameter (OIDC Core 5.1, 5.4, 5.5).
 */
#include <time.h>

#include "oidc/internal.h"

/* As much as an import lets in (registry), and some room. */
#define USER_CLAIMS_MAX 65536
#define PARAMETER_MAX 16384
/* Of the scopes in the table below. */
#define SCOPE_NAMES_MAX 64
/* 9999-12-31T23:59:59Z */
#define SECONDS_MAX INT64_C(253402300799)

enum claim_form { FORM_STRING, FORM_BOOLEAN, FORM_TIME, FORM_OBJECT };

struct standard_claim {
	const char *name;
	const char *scope; /* that asks for it (section 5.4) */
	enum claim_form form;
};

static const struct standard_claim standard_claims[] = {
	{"name", "profile", FORM_STRING},
	{"given_name", "profile", FORM_STRING},
	{"family_name", "profile", FORM_STRING},
	{"middle_name", "profile", FORM_STRING},
	{"nickname", "profile", FORM_STRING},
	{"preferred_username", "profile", FORM_STRING},
	{"profile", "profile", FORM_STRING},
	{"picture", "profile", FORM_STRING},
	{"website", "profile", FORM_STRING},
	{"gender", "profile", FORM_STRING},
	{"birthdate", "profile", FORM_STRING},
	{"zoneinfo", "profile", FORM_STRING},
	{"locale", "profile", FORM_STRING},
	{"updated_at", "profile", FORM_TIME},
	{"email", "email", FORM_STRING},
	{"email_verified", "email", FORM_BOOLEAN},
	{"address", "address", FORM_OBJECT},
	{"phone_number", "phone", FORM_STRING},
	{"phone_number_verified", "phone", FORM_BOOLEAN},
};

static void write_time(const struct oidc_release *release, const char *name,
		       const struct json *value, struct json_writer *writer)
{
	int64_t seconds;
	char spelled[40];
	struct tm parts;
	time_t at;

	if (!json_integer(value, &seconds) || seconds < 0 ||
	    seconds > SECONDS_MAX)
		return;
	if (!release->tenant->profile->flags.updated_at_is_text) {
		json_member_integer(writer, name, seconds);
		return;
	}
	at = (time_t)seconds;
	MUST(gmtime_r(&at, &parts) != NULL);
	MUST(strftime(spelled, sizeof(spelled), "%Y-%m-%dT%H:%M:%S.000Z",
		      &parts) > 0);
	json_member_string(writer, name, spelled);
}

static void write_claim(const struct oidc_release *release,
			const struct standard_claim *claim,
			const struct json *value, struct json_writer *writer)
{
	static const enum json_type types[] = {
		[FORM_STRING] = JSON_STRING,
		[FORM_BOOLEAN] = JSON_BOOLEAN,
		[FORM_TIME] = JSON_INTEGER,
		[FORM_OBJECT] = JSON_OBJECT,
	};

	if (!json_is(value, types[claim->form]))
		return;
	if (claim->form == FORM_TIME) {
		write_time(release, claim->name, value, writer);
		return;
	}
	json_name(writer, claim->name);
	json_write_value(writer, value);
}

static bool is_asked(const struct oidc_release *release,
		     const struct standard_claim *claim,
		     const struct json *asked)
{
	struct text scope = text_from(claim->scope);

	if (text_has_word(release->scope, scope))
		return true;
	return json_find(asked, claim->name) != NULL &&
	       text_has_word(release->client->scope, scope);
}

static outcome parse(struct decision *decision, struct text stored, size_t most,
		     const char *what, struct json_document **document_out)
{
	struct json_mistake mistake;

	if (!text_is_present(stored))
		return DONE;
	if (json_parse(stored, most, document_out, &mistake) != DONE)
		return decision_broken(decision, "%s in the store: %s", what,
				       mistake.what);
	return DONE;
}

outcome oidc_claims_release(struct decision *decision,
			    const struct oidc_release *release,
			    struct json_writer *writer)
{
	CLEANUP(json_document_free) struct json_document *claims = NULL;
	CLEANUP(json_document_free) struct json_document *parameter = NULL;
	const struct json *asked = NULL;

	/* Nothing asks for any: what is there need not be read. */
	if (release->scope.size == 0 && !text_is_present(release->parameter))
		return DONE;
	TRY(parse(decision, release->user->claims, USER_CLAIMS_MAX,
		  "a person's claims", &claims));
	TRY(parse(decision, release->parameter, PARAMETER_MAX,
		  "a claims parameter", &parameter));
	if (claims == NULL)
		return DONE;
	if (parameter != NULL)
		asked = json_find(json_root(parameter), release->member);
	for (size_t i = 0; i < COUNT_OF(standard_claims); i++) {
		const struct standard_claim *claim = &standard_claims[i];

		if (is_asked(release, claim, asked))
			write_claim(release, claim,
				    json_find(json_root(claims), claim->name),
				    writer);
	}
	return DONE;
}

static void add_scope(struct buf *scope, struct text word)
{
	if (text_has_word(buf_text(scope), word))
		return;
	if (scope->size > 0)
		buf_add_byte(scope, ' ');
	buf_add(scope, word);
}

outcome oidc_name_claims_scope(struct decision *decision,
			       const struct client *client, struct text claims,
			       struct text *scope_out)
{
	CLEANUP(json_document_free) struct json_document *parameter = NULL;
	struct buf scope = buf_init_arena(decision->arena, SCOPE_NAMES_MAX);
	const struct json *root;

	TRY(parse(decision, claims, PARAMETER_MAX, "a claims parameter",
		  &parameter));
	root = parameter == NULL ? NULL : json_root(parameter);
	for (size_t i = 0; root != NULL && i < COUNT_OF(standard_claims); i++) {
		const struct standard_claim *claim = &standard_claims[i];
		struct text word = text_from(claim->scope);

		if (text_has_word(client->scope, word) &&
		    (json_find(json_find(root, "userinfo"), claim->name) ||
		     json_find(json_find(root, "id_token"), claim->name)))
			add_scope(&scope, word);
	}
	*scope_out = buf_text(&scope);
	return DONE;
}
