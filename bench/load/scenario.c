/* SPDX-License-Identifier: Apache-2.0 */
/* The scenarios: what each asks, and what a right server answers. */
#include <string.h>

#include "scenario.h"
#include "json/json.h"

/* Access tokens that reads are spread over. */
#define TOKEN_COUNT 512
#define WRONG_SECRET "not-the-secret-0123456789abcdef0123456789"

static outcome prepare_exchange(struct load_plan *plan)
{
	if (plan->options->input_file != NULL)
		TRY(load_gather_input(plan, &plan->codes));
	else
		TRY(load_gather_codes(plan));
	if (plan->options->output_file != NULL)
		plan->refresh_tokens = ARENA_ARRAY(plan->arena, struct text,
						   plan->request_count);
	load_gather_exchanges(plan);
	return DONE;
}

static outcome prepare_refresh(struct load_plan *plan)
{
	if (plan->options->input_file != NULL)
		TRY(load_gather_input(plan, &plan->refresh_tokens));
	else
		TRY(load_gather_tokens(plan, plan->request_count));
	load_gather_refreshes(plan);
	return DONE;
}

/* Reads go round over so many tokens. */
static outcome gather_for_reads(struct load_plan *plan)
{
	size_t count = plan->request_count < TOKEN_COUNT ? plan->request_count
							 : TOKEN_COUNT;

	TRY(load_gather_tokens(plan, count));
	plan->request_count = count;
	plan->is_circle = true;
	return DONE;
}

static bool is_active(struct load_plan *plan, size_t index,
		      const struct load_answer *answer)
{
	(void)plan;
	(void)index;
	return text_find(answer->body, TEXT("\"active\":true")) <
	       answer->body.size;
}

static outcome prepare_introspect(struct load_plan *plan)
{
	struct text headers;

	TRY(gather_for_reads(plan));
	headers = load_gather_form_headers(plan, plan->options->client_secret);
	for (size_t i = 0; i < plan->request_count; i++)
		plan->requests[i] = (struct load_request){
			.method = "POST",
			.path = text_from(plan->options->path),
			.headers = headers,
			.body = arena_format(plan->arena, "token=%.*s",
					     TEXT_ARG(plan->access_tokens[i])),
		};
	plan->is_right = is_active;
	return DONE;
}

static bool has_subject(struct load_plan *plan, size_t index,
			const struct load_answer *answer)
{
	(void)plan;
	(void)index;
	return text_find(answer->body, TEXT("\"sub\":")) < answer->body.size;
}

static outcome prepare_userinfo(struct load_plan *plan)
{
	TRY(gather_for_reads(plan));
	for (size_t i = 0; i < plan->request_count; i++)
		plan->requests[i] = (struct load_request){
			.method = "GET",
			.path = text_from(plan->options->path),
			.headers = arena_format(
				plan->arena, "authorization: Bearer %.*s\r\n",
				TEXT_ARG(plan->access_tokens[i])),
		};
	plan->is_right = has_subject;
	return DONE;
}

/* One request for all, in a circle. */
static void repeat(struct load_plan *plan, struct load_request request)
{
	plan->requests[0] = request;
	plan->request_count = 1;
	plan->is_circle = true;
	plan->is_right = NULL;
}

static outcome prepare_fetch(struct load_plan *plan)
{
	repeat(plan, (struct load_request){
			     .method = "GET",
			     .path = text_from(plan->options->path),
		     });
	return DONE;
}

/* Who fails too often is told to wait: both are the price of a guess. */
static outcome prepare_wrong_secret(struct load_plan *plan)
{
	repeat(plan,
	       (struct load_request){
		       .method = "POST",
		       .path = text_from(plan->options->token),
		       .headers = load_gather_form_headers(plan, WRONG_SECRET),
		       .body = TEXT("grant_type=authorization_code&code=none"),
	       });
	plan->wanted_status = 401;
	plan->other_status = 429;
	return DONE;
}

/* A POST as large as an exchange's, for a server that does nothing with it. */
static outcome prepare_fixed(struct load_plan *plan)
{
	size_t size = plan->options->body_size;
	char *body = arena_alloc(plan->arena, size);

	memset(body, 'x', size);
	repeat(plan, (struct load_request){
			     .method = "POST",
			     .path = text_from(plan->options->path),
			     .headers = load_gather_form_headers(
				     plan, plan->options->client_secret),
			     .body = text_of(body, size),
		     });
	return DONE;
}

static const struct load_scenario scenarios[] = {
	{"authorize", load_gather_authorizations},
	{"sign-in", load_gather_sign_ins},
	{"exchange", prepare_exchange},
	{"refresh", prepare_refresh},
	{"introspect", prepare_introspect},
	{"userinfo", prepare_userinfo},
	{"fetch", prepare_fetch},
	{"wrong-secret", prepare_wrong_secret},
	{"fixed", prepare_fixed},
};

const struct load_scenario *load_scenario_find(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(scenarios); i++)
		if (strcmp(scenarios[i].name, name) == 0)
			return &scenarios[i];
	return NULL;
}

const char *load_scenario_name_at(size_t index)
{
	return index < COUNT_OF(scenarios) ? scenarios[index].name : NULL;
}
