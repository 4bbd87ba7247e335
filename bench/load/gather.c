/* SPDX-License-Identifier: Apache-2.0 */
/* Gets codes and tokens ahead of time, as a client's users would give them. */
#include <stdio.h>

#include "base/encoding.h"
#include "scenario.h"
#include "json/json.h"

#define GATHER_MOST_MS 300000
#define COOKIE_MAX 16384
#define HEADERS_MAX 4096
#define QUERY_MAX 8192
#define FORM_MAX 8192
#define INPUT_LINE_MAX 1024
#define ASSERTION_TYPE                                                         \
	"urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
/* RFC 7636 appendix B. */
#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

/* --- Codes --- */

static struct text authorize_path(struct load_plan *plan)
{
	const struct load_options *options = plan->options;
	struct buf path = buf_init_arena(plan->arena, QUERY_MAX);

	buf_format(&path,
		   "%s%cresponse_type=code&state=s&nonce=n"
		   "&code_challenge_method=S256&code_challenge=" CHALLENGE
		   "&client_id=",
		   options->authorize,
		   strchr(options->authorize, '?') == NULL ? '?' : '&');
	load_form_encode(&path, text_from(options->client_id));
	buf_add_string(&path, "&redirect_uri=");
	load_form_encode(&path, text_from(options->redirect_uri));
	buf_add_string(&path, "&scope=");
	load_form_encode(&path, text_from(options->scope));
	MUST(!path.is_over);
	return buf_text(&path);
}

static bool keep_code(struct load_plan *plan, size_t index,
		      const struct load_answer *answer)
{
	struct text location = load_answer_header(answer, "location", 0);
	struct text code = load_query_find(location, "code");

	plan->codes[index] = arena_copy(plan->arena, code);
	return text_is_present(code);
}

outcome load_gather_authorizations(struct load_plan *plan)
{
	const struct load_options *options = plan->options;
	struct buf cookie = buf_init_arena(plan->arena, COOKIE_MAX);
	struct text path = authorize_path(plan);
	struct text headers;

	if (options->cookie != NULL)
		buf_add_string(&cookie, options->cookie);
	else
		TRY(load_browser_sign_in(&options->target, path,
					 text_from(options->redirect_uri),
					 &options->person, &cookie));
	headers = arena_format(plan->arena, "cookie: %.*s\r\n",
			       TEXT_ARG(buf_text(&cookie)));
	plan->codes =
		ARENA_ARRAY(plan->arena, struct text, plan->request_count);
	for (size_t i = 0; i < plan->request_count; i++)
		plan->requests[i] = (struct load_request){
			.method = "GET",
			.path = path,
			.headers = headers,
		};
	plan->wanted_status = options->redirect_status;
	plan->is_right = keep_code;
	return DONE;
}

/* The server's work does not end when a form has been sent before: what the page
 * sealed is input. */
outcome load_gather_sign_ins(struct load_plan *plan)
{
	const struct load_options *options = plan->options;
	struct load_form form = {
		.cookie = buf_init_arena(plan->arena, COOKIE_MAX),
		.path = buf_init_arena(plan->arena, QUERY_MAX),
		.body = buf_init_arena(plan->arena, FORM_MAX),
	};
	struct text headers;

	TRY(load_browser_fill_form(&options->target, authorize_path(plan),
				   &options->person, &form));
	MUST(!form.cookie.is_over && !form.path.is_over && !form.body.is_over);
	headers = arena_format(plan->arena,
			       "cookie: %.*s\r\ncontent-type: "
			       "application/x-www-form-urlencoded\r\n",
			       TEXT_ARG(buf_text(&form.cookie)));
	plan->codes =
		ARENA_ARRAY(plan->arena, struct text, plan->request_count);
	for (size_t i = 0; i < plan->request_count; i++)
		plan->requests[i] = (struct load_request){
			.method = "POST",
			.path = buf_text(&form.path),
			.headers = headers,
			.body = buf_text(&form.body),
		};
	plan->wanted_status = options->redirect_status;
	plan->is_right = keep_code;
	return DONE;
}

outcome load_gather_codes(struct load_plan *plan)
{
	TRY(load_gather_authorizations(plan));
	return load_plan_run(plan, GATHER_MOST_MS);
}

outcome load_gather_tell(const struct load_plan *plan)
{
	const struct load_options *options = plan->options;
	const struct text *values = plan->refresh_tokens != NULL
					    ? plan->refresh_tokens
					    : plan->codes;
	FILE *file;

	if (options->output_file == NULL || values == NULL)
		return DONE;
	file = fopen(options->output_file, "we");
	for (size_t i = 0; file != NULL && i < plan->given_count; i++)
		fprintf(file, "%s %.*s\n", options->token, TEXT_ARG(values[i]));
	if (file != NULL && fclose(file) == 0)
		return DONE;
	fprintf(stderr, "load: %s cannot be written\n", options->output_file);
	return REFUSED;
}

static void keep_line(struct load_plan *plan, struct text *values,
		      struct text line, size_t index)
{
	size_t space = text_find_byte(line, ' ');

	plan->paths[index] = arena_copy(plan->arena, text_first(line, space));
	values[index] =
		arena_copy(plan->arena, text_from_byte(line, space + 1));
}

outcome load_gather_input(struct load_plan *plan, struct text **values_out)
{
	size_t count = plan->request_count;
	struct text *values = ARENA_ARRAY(plan->arena, struct text, count);
	FILE *file = fopen(plan->options->input_file, "re");
	char line[INPUT_LINE_MAX];
	size_t read = 0;

	plan->paths = ARENA_ARRAY(plan->arena, struct text, count);
	while (file != NULL && read < count &&
	       fgets(line, sizeof(line), file) != NULL) {
		struct text text = text_from(line);

		keep_line(plan, values,
			  text_first(text, text_find_byte(text, '\n')), read++);
	}
	if (file != NULL)
		fclose(file);
	*values_out = values;
	if (read == count)
		return DONE;
	fprintf(stderr, "load: %s has %zu lines, and %zu are needed\n",
		plan->options->input_file, read, count);
	return REFUSED;
}

/* --- Exchanges --- */

struct text load_gather_form_headers(struct load_plan *plan,
				     const char *client_secret)
{
	const struct load_options *options = plan->options;
	struct buf headers = buf_init_arena(plan->arena, HEADERS_MAX);
	struct buf pair = buf_init_arena(plan->arena, HEADERS_MAX);

	buf_add_string(&headers, "content-type: "
				 "application/x-www-form-urlencoded\r\n");
	if (client_secret != NULL) {
		load_form_encode(&pair, text_from(options->client_id));
		buf_add_byte(&pair, ':');
		load_form_encode(&pair, text_from(client_secret));
		buf_add_string(&headers, "authorization: Basic ");
		base64_encode(&headers, buf_text(&pair));
		buf_add_string(&headers, "\r\n");
	}
	MUST(!headers.is_over && !pair.is_over);
	return buf_text(&headers);
}

/* What a client that has no secret says of itself in the form. */
static struct text client_part(struct load_plan *plan)
{
	const struct load_options *options = plan->options;
	struct buf part = buf_init_arena(plan->arena, FORM_MAX);

	if (options->client_secret != NULL)
		return TEXT("");
	if (plan->client_signer == NULL) {
		buf_add_string(&part, "&client_id=");
		load_form_encode(&part, text_from(options->client_id));
	} else {
		buf_add_string(&part, "&client_assertion_type=" ASSERTION_TYPE
				      "&client_assertion=");
		buf_add(&part, load_proof_assertion(plan));
	}
	MUST(!part.is_over);
	return buf_text(&part);
}

/* A request to the token endpoint; `grant` is its part of the form. */
static void fill_request(struct load_plan *plan, size_t index,
			 struct text form_headers, struct text grant)
{
	struct text path = plan->paths != NULL
				   ? plan->paths[index]
				   : text_from(plan->options->token);
	struct text proof = load_proof_dpop(plan, index, "POST", path);

	plan->requests[index] = (struct load_request){
		.method = "POST",
		.path = path,
		.headers = proof.size == 0
				   ? form_headers
				   : arena_format(plan->arena, "%.*s%.*s",
						  TEXT_ARG(form_headers),
						  TEXT_ARG(proof)),
		.body = arena_format(plan->arena, "%.*s%.*s", TEXT_ARG(grant),
				     TEXT_ARG(client_part(plan))),
	};
}

/* "a.b.c" */
static bool is_jwt(struct text text)
{
	struct text piece;
	size_t count = 0;

	while (text_cut(&text, '.', &piece)) {
		count++;
		if (piece.size == 0)
			return false;
	}
	return count == 3;
}

static void keep_tokens(struct load_plan *plan, size_t index,
			struct text access_token, struct text refresh_token)
{
	if (plan->access_tokens != NULL)
		plan->access_tokens[index] =
			arena_copy(plan->arena, access_token);
	if (plan->refresh_tokens != NULL)
		plan->refresh_tokens[index] =
			arena_copy(plan->arena, refresh_token);
}

/* After a refresh an ID token may be left out (OpenID Connect Core 12.2). */
static bool has_id_token(const struct load_plan *plan, const struct json *root)
{
	const struct json *id_token = json_find(root, "id_token");

	if (id_token == NULL)
		return plan->refresh_tokens != NULL && plan->codes == NULL;
	return is_jwt(json_text(id_token));
}

static bool has_tokens(struct load_plan *plan, size_t index,
		       const struct load_answer *answer)
{
	CLEANUP(json_document_free) struct json_document *document = NULL;
	const struct json *root;
	struct text access_token;
	bool is_right;

	if (json_parse(answer->body, LOAD_ANSWER_MAX, &document, NULL) != DONE)
		return false;
	root = json_root(document);
	access_token = json_text(json_find(root, "access_token"));
	is_right = access_token.size > 0 && has_id_token(plan, root) &&
		   json_text(json_find(root, "refresh_token")).size > 0;
	keep_tokens(plan, index, access_token,
		    json_text(json_find(root, "refresh_token")));
	return is_right;
}

void load_gather_exchanges(struct load_plan *plan)
{
	const struct load_options *options = plan->options;
	struct text headers =
		load_gather_form_headers(plan, options->client_secret);
	struct buf uri = buf_init_arena(plan->arena, QUERY_MAX);

	load_form_encode(&uri, text_from(options->redirect_uri));
	for (size_t i = 0; i < plan->request_count; i++)
		fill_request(plan, i, headers,
			     arena_format(plan->arena,
					  "grant_type=authorization_code"
					  "&code=%.*s&redirect_uri=%.*s"
					  "&code_verifier=" VERIFIER,
					  TEXT_ARG(plan->codes[i]),
					  TEXT_ARG(buf_text(&uri))));
	plan->wanted_status = 200;
	plan->is_right = has_tokens;
}

outcome load_gather_tokens(struct load_plan *plan, size_t count)
{
	size_t request_count = plan->request_count;

	plan->request_count = count;
	TRY(load_gather_codes(plan));
	plan->access_tokens = ARENA_ARRAY(plan->arena, struct text, count);
	plan->refresh_tokens = ARENA_ARRAY(plan->arena, struct text, count);
	load_gather_exchanges(plan);
	TRY(load_plan_run(plan, GATHER_MOST_MS));
	plan->request_count = request_count;
	return DONE;
}

/* --- Refreshes: each token once --- */

void load_gather_refreshes(struct load_plan *plan)
{
	struct text headers =
		load_gather_form_headers(plan, plan->options->client_secret);

	plan->codes = NULL;
	for (size_t i = 0; i < plan->request_count; i++)
		fill_request(plan, i, headers,
			     arena_format(plan->arena,
					  "grant_type=refresh_token"
					  "&refresh_token=%.*s",
					  TEXT_ARG(plan->refresh_tokens[i])));
	plan->wanted_status = 200;
	plan->is_right = has_tokens;
}
