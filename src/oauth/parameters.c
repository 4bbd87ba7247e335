/* SPDX-License-Identifier: Apache-2.0 */
/* Reads parameters from bodies and queries, each name once (RFC 6749 3.2). */
#include "oauth/parameters.h"

#include "json/json.h"

#define FORM_TYPE TEXT("application/x-www-form-urlencoded")
#define JSON_TYPE TEXT("application/json")

/* These may stand in no URL; the others are merely in the wrong place. */
static const char *const credentials[] = {
	"client_secret", "client_assertion", "password",      "username",
	"code",		 "code_verifier",    "refresh_token", "token",
	"access_token",	 "id_token",
};

static const char *const body_parameters[] = {
	"grant_type", "client_id", "redirect_uri", "scope", "token_type_hint",
};

/* Parameters that may stand several times (RFC 8707 section 2). */
static bool may_repeat(struct text name)
{
	return text_equal(name, TEXT("resource"));
}

outcome parameters_check_once(struct decision *decision,
			      const struct form *form)
{
	for (size_t i = 0; i < form->count; i++)
		for (size_t k = 0; k < i; k++)
			if (text_equal(form->fields[i].name,
				       form->fields[k].name) &&
			    !may_repeat(form->fields[i].name))
				return refuse(decision,
					      REASON_PARAMETER_REPEATED,
					      .argument = form->fields[i].name);
	return DONE;
}

static outcome check_values(struct decision *decision, const struct form *form)
{
	for (size_t i = 0; i < form->count; i++)
		if (form->fields[i].value.size > PARAMETER_VALUE_MAX)
			return refuse(decision, REASON_PARAMETER_MALFORMED,
				      .argument = form->fields[i].name,
				      .near_miss = arena_format(
					      decision->arena,
					      "%zu bytes, at most %d are read",
					      form->fields[i].value.size,
					      PARAMETER_VALUE_MAX));
	return DONE;
}

static outcome parse_form(struct decision *decision, struct text bytes,
			  struct form *form_out)
{
	const char *why = "";

	if (form_parse(decision->arena, bytes, form_out, &why) != DONE)
		return refuse(decision, REASON_BODY_MALFORMED,
			      .near_miss = text_from(why));
	return check_values(decision, form_out);
}

/* Only names that mean something here: other query parameters do no harm. */
static outcome check_query(struct oauth_request *request)
{
	struct decision *decision = request->decision;
	struct form query = {NULL, 0};
	const char *why = "";

	if (!text_is_present(request->http->query))
		return DONE;
	if (form_parse(decision->arena, request->http->query, &query, &why) !=
	    DONE)
		return refuse(decision, REASON_PARAMETER_IN_QUERY,
			      .near_miss = text_from(why));
	for (size_t i = 0; i < COUNT_OF(credentials); i++)
		if (text_is_present(form_find(&query, credentials[i])))
			return refuse(decision, REASON_SECRET_IN_QUERY,
				      .argument = text_from(credentials[i]));
	for (size_t i = 0; i < COUNT_OF(body_parameters); i++)
		if (text_is_present(form_find(&query, body_parameters[i])))
			return refuse(decision, REASON_PARAMETER_IN_QUERY,
				      .argument =
					      text_from(body_parameters[i]));
	return DONE;
}

static outcome take_member(struct decision *decision, struct form_field *field,
			   struct text name, const struct json *value)
{
	field->name = arena_copy(decision->arena, name);
	if (!json_is(value, JSON_STRING))
		return refuse(decision, REASON_PARAMETER_TYPE, .argument = name,
			      .received = text_from(json_type_name(value)));
	field->value = arena_copy(decision->arena, json_text(value));
	return DONE;
}

static outcome take_members(struct decision *decision,
			    const struct json *object, struct form *form_out)
{
	const struct json *value;
	struct text name;
	void *at = NULL;

	if (!json_is(object, JSON_OBJECT) ||
	    json_count(object) > FORM_FIELD_COUNT_MAX)
		return refuse(decision, REASON_BODY_MALFORMED,
			      .near_miss = TEXT("the JSON is not an object of "
						"at most 128 members"));
	form_out->fields = ARENA_ARRAY(decision->arena, struct form_field,
				       json_count(object));
	while (json_next(object, &at, &name, &value))
		TRY(take_member(decision, &form_out->fields[form_out->count++],
				name, value));
	return check_values(decision, form_out);
}

static outcome parse_json(struct decision *decision, struct text body,
			  struct form *form_out)
{
	CLEANUP(json_document_free) struct json_document *document = NULL;
	struct json_mistake mistake;

	if (json_parse(body, body.size, &document, &mistake) != DONE)
		return refuse(
			decision, REASON_BODY_MALFORMED,
			.near_miss = arena_format(
				decision->arena, "JSON, line %d, column %d: %s",
				mistake.line, mistake.column, mistake.what));
	return take_members(decision, json_root(document), form_out);
}

outcome parameters_read_body(struct oauth_request *request,
			     struct form *form_out)
{
	struct text type = http_content_type(request->http);
	struct decision *decision = request->decision;

	*form_out = (struct form){NULL, 0};
	TRY(check_query(request));
	if (text_equal_nocase(type, FORM_TYPE)) {
		TRY(parse_form(decision, request->http->body, form_out));
		return parameters_check_once(decision, form_out);
	}
	if (text_equal_nocase(type, JSON_TYPE))
		return parse_json(decision, request->http->body, form_out);
	return refuse(decision, REASON_MEDIA_TYPE_WRONG, .expected = FORM_TYPE,
		      .received = type);
}

outcome parameters_read_front(struct oauth_request *request,
			      struct form *form_out)
{
	struct decision *decision = request->decision;
	struct text type = http_content_type(request->http);

	*form_out = (struct form){NULL, 0};
	if (request->http->method != HTTP_POST)
		return parse_form(decision, request->http->query, form_out);
	if (!text_equal_nocase(type, FORM_TYPE))
		return refuse(decision, REASON_MEDIA_TYPE_WRONG,
			      .expected = FORM_TYPE, .received = type);
	return parse_form(decision, request->http->body, form_out);
}

outcome parameters_need(struct decision *decision, const struct form *form,
			const char *name, struct text *value_out)
{
	*value_out = form_find(form, name);
	if (value_out->size == 0)
		return refuse(decision, REASON_PARAMETER_MISSING,
			      .argument = text_from(name));
	return DONE;
}

outcome parameters_prove_client(struct oauth_request *request,
				const struct form *form,
				const struct client **client_out)
{
	struct oauth *oauth = request->oauth;
	struct client_auth_once once = {.is_there = false};
	struct client_auth_request auth = {
		.decision = request->decision,
		.store = oauth->store,
		.tenants = request->tenants,
		.tenant = request->tenant,
		.master = oauth->master,
		.limiter = oauth->client_limiter,
		.fetch = oauth->fetch,
		.http = request->http,
		.form = form,
		.methods = oauth->client_auth_methods,
		.method_count = oauth->client_auth_method_count,
		.once_out = &once,
	};
	outcome proven;

	proven = client_auth_prove(&auth, client_out);
	/* Who is refused is told so by its own rules, too. */
	if (*client_out != NULL)
		request->tenant =
			tenant_for_client(request->tenant, *client_out);
	TRY(proven);
	if (once.is_there)
		once_add(request, &once.jti,
			 (struct once_replay){REASON_ASSERTION_REPLAYED,
					      once.id});
	return DONE;
}
