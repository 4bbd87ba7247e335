/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the claims parameter is well-formed (OIDC Core section 5.5). */
#include "oidc/internal.h"

#define PARAMETER_MAX 8192
#define CLAIM_COUNT_MAX 64

static outcome refuse_claims(struct decision *decision, const char *near_miss)
{
	return refuse(decision, REASON_PARAMETER_MALFORMED,
		      .argument = TEXT("claims"),
		      .near_miss = text_from(near_miss));
}

/* null, or an object with essential, value, values as section 5.5.1 has them. */
static bool is_request(const struct json *asked)
{
	const struct json *essential = json_find(asked, "essential");
	const struct json *values = json_find(asked, "values");

	if (json_is(asked, JSON_NULL))
		return true;
	return json_is(asked, JSON_OBJECT) &&
	       (essential == NULL || json_is(essential, JSON_BOOLEAN)) &&
	       (values == NULL || json_is(values, JSON_ARRAY));
}

/* One of the two places that claims are asked for. */
static outcome check_place(struct decision *decision, const struct json *place)
{
	const struct json *asked;
	struct text name;
	void *at = NULL;

	if (place == NULL)
		return DONE;
	if (!json_is(place, JSON_OBJECT))
		return refuse_claims(decision, "userinfo and id_token must be "
					       "objects");
	if (json_count(place) > CLAIM_COUNT_MAX)
		return refuse_claims(decision, "more than 64 claims");
	while (json_next(place, &at, &name, &asked))
		if (!is_request(asked))
			return refuse_claims(
				decision,
				"a claim is asked for by null or an object of "
				"essential, value, values");
	return DONE;
}

/* A subject that is no string is nobody's. */
static outcome read_subject(struct decision *decision, const struct json *sub,
			    struct text *subject_out)
{
	const struct json *value = json_find(sub, "value");

	if (value == NULL)
		return DONE;
	if (!json_is(value, JSON_STRING))
		return refuse_claims(decision, "the value of sub must be a "
					       "string");
	*subject_out = arena_copy(decision->arena, json_text(value));
	return DONE;
}

outcome oidc_check_claims(struct decision *decision, struct text claims,
			  struct oauth_claims *asked_out)
{
	CLEANUP(json_document_free) struct json_document *document = NULL;
	const struct json *root;
	const struct json *id_token;
	struct json_mistake mistake;

	*asked_out = (struct oauth_claims){.subject = TEXT_ABSENT};
	if (json_parse(claims, PARAMETER_MAX, &document, &mistake) != DONE)
		return refuse_claims(decision,
				     arena_format(decision->arena,
						  "JSON, line %d, column %d: "
						  "%s",
						  mistake.line, mistake.column,
						  mistake.what)
					     .at);
	root = json_root(document);
	if (!json_is(root, JSON_OBJECT))
		return refuse_claims(decision, "not a JSON object");
	TRY(check_place(decision, json_find(root, "userinfo")));
	id_token = json_find(root, "id_token");
	TRY(check_place(decision, id_token));
	asked_out->asks_auth_time = json_find(id_token, "auth_time") != NULL;
	return read_subject(decision, json_find(id_token, "sub"),
			    &asked_out->subject);
}
