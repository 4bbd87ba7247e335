/* SPDX-License-Identifier: Apache-2.0 */
/* The token endpoint: the same phases for every grant (RFC 6749 section 3.2).
 */
#include "oauth/binding.h"
#include "oauth/extension.h"
#include "oauth/grant.h"
#include "oauth/parameters.h"
#include "oauth/reply.h"
#include "oauth/resources.h"
#include "token/access.h"

/* Lost races are judged anew by what the winner left; more than two in a row
 * means that somebody hammers one row. */
#define ATTEMPT_COUNT_MAX 4

/* What phase 7 makes while phase 6 commits. */
struct minted {
	struct text access_token;
	struct text refresh_token;
	struct text id_token;
};

/* 3 grant */
static outcome find_grant_type(struct token_request *request)
{
	struct text name = form_find(&request->form, "grant_type");
	struct oauth *oauth = request->oauth;

	for (size_t i = 0; i < oauth->grant_type_count; i++)
		if (text_equal(name, text_from(oauth->grant_types[i]->name)))
			request->type = oauth->grant_types[i];
	if (request->type == NULL)
		return refuse(request->decision, REASON_GRANT_TYPE_UNKNOWN,
			      .argument = name, .received = name);
	if (!text_has_word(request->client->grant_types, name))
		return refuse(request->decision, REASON_GRANT_TYPE_NOT_ALLOWED,
			      .argument = name,
			      .expected = request->client->grant_types,
			      .received = name);
	decision_note_text(request->decision, "grant type",
			   text_from(request->type->name));
	return DONE;
}

static outcome read_request(struct token_request *request)
{
	TRY(parameters_read_body(request->base, &request->form));
	if (form_find(&request->form, "grant_type").size == 0)
		return refuse(request->decision, REASON_GRANT_TYPE_MISSING,
			      .argument = TEXT("grant_type"));
	return DONE;
}

/* 4 prove, and what the tokens will be like */
static outcome prove_grant(struct token_request *request)
{
	struct resources_terms terms;

	TRY(request->type->prove(request));
	request->confirmation = request->proof.is_there
					? request->proof.confirmation
					: request->grant.confirmation;
	TRY(resources_terms_of(request->base, request->client,
			       request->resources, &terms));
	request->is_jwt = terms.is_jwt;
	request->access_token_for = terms.access_token_for;
	return DONE;
}

static outcome mint_access_token(struct token_request *request,
				 struct text *token_out)
{
	struct access_request access = {
		.tenant = request->base->tenant,
		.client = request->client,
		.grant = &request->grant,
		.subject = request->user.subject,
		.scope = request->scope,
		.resources = request->resources,
		.confirmation = request->confirmation,
		.is_jwt = request->is_jwt,
		.is_refresh = request->is_refresh,
		.for_seconds = request->access_token_for,
	};

	return access_issue(request->decision, request->oauth->tokens, &access,
			    token_out);
}

static outcome mint_id_token(struct token_request *request,
			     struct minted *minted)
{
	struct oauth_issue issue = {
		.oauth = request->oauth,
		.decision = request->decision,
		.tenant = request->base->tenant,
		.client = request->client,
		.grant = &request->grant,
		.user = &request->user,
		.scope = request->scope,
		.access_token = minted->access_token,
		.code = request->code,
		.is_refresh = request->is_refresh,
	};

	if (request->oauth->extension == NULL)
		return DONE;
	return request->oauth->extension->issue(&issue, &minted->id_token);
}

/* The same spelling for the same generation: a lost reply costs nothing. */
static struct text mint_refresh_token(struct token_request *request)
{
	if (!request->answers_refresh_token)
		return TEXT_ABSENT;
	if (text_is_present(request->refresh_token))
		return request->refresh_token;
	return token_format_refresh(request->oauth->tokens,
				    request->decision->arena,
				    request->decision->now, &request->grant,
				    request->refresh_generation);
}

/* 7 mint */
static outcome mint(struct token_request *request, struct minted *minted)
{
	*minted = (struct minted){0};
	TRY(mint_access_token(request, &minted->access_token));
	TRY(mint_id_token(request, minted));
	minted->refresh_token = mint_refresh_token(request);
	return DONE;
}

/* 6 decide while 7 mints; *has_won_out false: another was first. */
static outcome decide(struct token_request *request, struct minted *minted,
		      bool *has_won_out)
{
	enum store_outcome decided;
	outcome made;

	/* Elsewhere they have no transaction with the grant: a crash between
	 * wastes them, and never allows them twice. */
	if (request->grant.shard != 0)
		TRY(once_spend(request->base));
	request->change = request->type->decide(request);
	made = mint(request, minted);
	decided = store_wait(request->change);
	*has_won_out = decided == STORE_DONE;
	TRY(made);
	if (decided == STORE_ALREADY)
		return once_refuse(request->base,
				   store_already_at(request->change));
	/* What is judged anew is the same request, by the same proofs. */
	if (decided == STORE_CONFLICT)
		once_was_spent(request->base);
	if (decided == STORE_CONFLICT || decided == STORE_NOT_FOUND)
		return DONE;
	return tenant_store_outcome(request->decision, decided);
}

static outcome exchange(struct token_request *request, struct minted *minted)
{
	bool has_won = false;

	TRY(read_request(request));
	TRY(parameters_prove_client(request->base, &request->form,
				    &request->client));
	TRY(find_grant_type(request));
	TRY(proof_read(request->base, request->client, &request->proof));
	for (int i = 0; i < ATTEMPT_COUNT_MAX; i++) {
		TRY(prove_grant(request));
		TRY(binding_confirm(request));
		TRY(decide(request, minted, &has_won));
		if (has_won)
			return DONE;
		decision_note(request->decision, "decision",
			      "another request was first: judged anew");
	}
	return refuse(request->decision, REASON_STORE_BUSY);
}

static void token_if_present(struct json_writer *writer, const char *name,
			     struct text value)
{
	if (text_is_present(value))
		json_member_plain(writer, name, value);
}

/* 8 answer (RFC 6749 section 5.1) */
static void answer_tokens(struct token_request *request,
			  const struct minted *minted)
{
	struct json_writer writer = reply_open_json(request->base->reply, 200);

	reply_no_store(request->base->reply);
	if (request->proof.offers_nonce)
		proof_offer_nonce(request->base);
	json_open_object(&writer);
	json_member_plain(&writer, "access_token", minted->access_token);
	token_if_present(&writer, "refresh_token", minted->refresh_token);
	/* A scope has at least one word (RFC 6749 section 3.3). */
	if (request->scope.size > 0)
		json_member_text(&writer, "scope", request->scope);
	token_if_present(&writer, "id_token", minted->id_token);
	json_member_string(&writer, "token_type",
			   proof_is_key(request->confirmation) ? "DPoP"
							       : "Bearer");
	json_member_integer(&writer, "expires_in", request->access_token_for);
	json_close_object(&writer);
}

static void answer(struct oauth_request *base)
{
	struct token_request request = {
		.base = base,
		.oauth = base->oauth,
		.decision = base->decision,
	};
	struct minted minted;

	if (exchange(&request, &minted) == DONE)
		answer_tokens(&request, &minted);
	else
		reply_refusal(base);
}

const struct oauth_endpoint oauth_endpoint_token = {
	.endpoint = ENDPOINT_TOKEN,
	.methods = OAUTH_POST,
	.is_cross_origin = true,
	.answer = answer,
};
