/* SPDX-License-Identifier: Apache-2.0 */
/* Pushed authorization requests: checked and stored first (RFC 9126). */
#include "crypto/random.h"
#include "decision/limiter.h"
#include "oauth/authorization.h"
#include "oauth/parameters.h"
#include "oauth/proof.h"
#include "oauth/reply.h"
#include "oauth/step.h"
#include "token/reference.h"

/* How long the sign-in and consent pages may stand open once it arrived. */
#define INTERACTION_FOR (2 * 3600)
#define KEEP_AFTER_FOR 600

static const char *const credentials[] = {
	"client_secret",
	"client_assertion",
	"client_assertion_type",
};

static bool is_credential(struct text name)
{
	for (size_t i = 0; i < COUNT_OF(credentials); i++)
		if (text_equal(name, text_from(credentials[i])))
			return true;
	return false;
}

/* What proved the client is no part of its request, and is never stored. */
static void drop_credentials(struct form *form)
{
	size_t count = 0;

	for (size_t i = 0; i < form->count; i++)
		if (!is_credential(form->fields[i].name))
			form->fields[count++] = form->fields[i];
	form->count = count;
}

static outcome check_client(struct authorization *authorization)
{
	const struct profile *profile = authorization->base->tenant->profile;

	if (!profile->flags.pushed_by_confidential_alone ||
	    !client_is_public(authorization->client))
		return DONE;
	return refuse(authorization->decision, REASON_PUSHED_BY_PUBLIC,
		      .received = TEXT("token_endpoint_auth_method: none"));
}

/* Rows are written for whoever asks: per client, and where anybody may speak in
 * its name, per address. */
static struct text quota_of(const struct authorization *authorization)
{
	const struct client *client = authorization->client;
	struct decision *decision = authorization->decision;
	struct text peer = client_is_public(client) ? decision->peer : TEXT("");

	return arena_format(decision->arena, "push %lld %.*s %.*s",
			    (long long)authorization->base->tenant->id,
			    TEXT_ARG(client->id), TEXT_ARG(peer));
}

static outcome refuse_quota(struct authorization *authorization,
			    int64_t wait_for)
{
	struct decision *decision = authorization->decision;

	if (wait_for == 0)
		return DONE;
	return refuse(decision, REASON_PUSHED_TOO_MANY,
		      .near_miss = arena_format(decision->arena, "wait %lld s",
						(long long)wait_for));
}

static outcome check_quota(struct authorization *authorization)
{
	return refuse_quota(authorization,
			    limiter_look(authorization->oauth->push_limiter,
					 quota_of(authorization),
					 authorization->decision->now));
}

/* Once its assertion is spent: one that was overheard takes nothing. */
static outcome take_quota(struct authorization *authorization)
{
	return refuse_quota(authorization,
			    limiter_take(authorization->oauth->push_limiter,
					 quota_of(authorization),
					 authorization->decision->now));
}

static void fill_row(const struct authorization *authorization,
		     struct text parameters, struct request *row)
{
	const struct tenant *tenant = authorization->base->tenant;
	instant now = authorization->decision->now;

	*row = (struct request){
		.shard =
			store_number(store_choose(authorization->oauth->store,
						  authorization->decision->id)),
		.tenant_id = tenant->id,
		.kind = REQUEST_PUSHED,
		.client_id = authorization->client->id,
		.document = parameters,
		.created_at = now,
		.expires_at = instant_after(now, tenant->lifetimes.pushed_for +
							 INTERACTION_FOR),
	};
	row->purge_at = instant_after(row->expires_at, KEEP_AFTER_FOR);
	random_fill(row->seed, sizeof(row->seed));
}

/* Whose session will complete it is not known yet. */
static outcome choose_shard(struct authorization *authorization,
			    uint16_t *number_out)
{
	struct decision *decision = authorization->decision;
	struct store *shard =
		store_choose(authorization->oauth->store, decision->id);

	*number_out = store_number(shard);
	if (!store_is_away(shard))
		return DONE;
	return tenant_store_outcome(decision, STORE_AWAY);
}

static struct text format_uri(struct authorization *authorization,
			      const struct request *row)
{
	struct tokens *tokens = authorization->oauth->tokens;
	const struct tenant *tenant = authorization->base->tenant;
	struct decision *decision = authorization->decision;
	struct reference reference = {
		.kind = REFERENCE_PUSHED,
		.tenant_id = row->tenant_id,
		.row_id = row->id,
		.shard = row->shard,
		.epoch = tokens_epoch(tokens, row->shard),
		.expires_at = instant_to_seconds(instant_after(
			row->created_at, tenant->lifetimes.pushed_for)),
	};

	return arena_format(
		decision->arena, "%s%.*s", tenant->profile->pushed_uri_prefix,
		TEXT_ARG(reference_seal(tokens, decision->arena, decision->now,
					&reference, row->seed)));
}

static outcome add_key(struct authorization *authorization, struct text key)
{
	struct form *form = &authorization->form;
	struct form_field *fields = ARENA_ARRAY(authorization->decision->arena,
						struct form_field,
						form->count + 1);
	size_t count = 0;

	/* An empty one may stand there already. */
	for (size_t i = 0; i < form->count; i++)
		if (!text_equal(form->fields[i].name, TEXT("dpop_jkt")))
			fields[count++] = form->fields[i];
	/* What would not be read again on arrival is not stored. */
	if (count == FORM_FIELD_COUNT_MAX)
		return refuse(authorization->decision, REASON_BODY_MALFORMED,
			      .near_miss = TEXT("too many fields: none is left "
						"for dpop_jkt"));
	fields[count++] = (struct form_field){TEXT("dpop_jkt"), key};
	form->fields = fields;
	form->count = count;
	return DONE;
}

/* A proof says as much as dpop_jkt: the code is bound to its key. Where both
 * stand, they agree (RFC 9449 section 10.1). */
static outcome bind_key(struct authorization *authorization,
			struct proof *proof)
{
	struct text key = proof_key(proof);

	if (!proof->is_there)
		return DONE;
	if (!text_is_present(authorization->key))
		TRY(add_key(authorization, key));
	else if (!text_equal(authorization->key, key))
		return refuse(authorization->decision, REASON_DPOP_KEY_MISMATCH,
			      .expected = authorization->key, .received = key,
			      .near_miss = TEXT("dpop_jkt and the proof name "
						"two keys"));
	if (proof->offers_nonce)
		proof_offer_nonce(authorization->base);
	return DONE;
}

static outcome push(struct authorization *authorization, struct text *uri_out)
{
	struct decision *decision = authorization->decision;
	struct text parameters;
	struct request row;
	struct proof proof;

	TRY(parameters_read_body(authorization->base, &authorization->form));
	TRY(parameters_prove_client(authorization->base, &authorization->form,
				    &authorization->client));
	TRY(check_client(authorization));
	TRY(check_quota(authorization));
	TRY(proof_read(authorization->base, authorization->client, &proof));
	TRY(authorization_check_pushed(authorization));
	drop_credentials(&authorization->form);
	TRY(bind_key(authorization, &proof));
	TRY(step_encode(decision, &authorization->form, &parameters));
	fill_row(authorization, parameters, &row);
	TRY(choose_shard(authorization, &row.shard));
	TRY(once_spend(authorization->base));
	TRY(take_quota(authorization));
	TRY(step_insert(authorization->oauth, decision, &row));
	*uri_out = format_uri(authorization, &row);
	decision_note(decision, "request_uri", "stored as request %lld",
		      (long long)row.id);
	return DONE;
}

static void answer(struct oauth_request *base)
{
	struct authorization authorization = authorization_of(base);
	struct text uri = TEXT_ABSENT;
	struct json_writer writer;

	if (push(&authorization, &uri) != DONE) {
		reply_refusal(base);
		return;
	}
	reply_no_store(base->reply);
	writer = reply_open_json(base->reply, 201);
	json_open_object(&writer);
	json_member_text(&writer, "request_uri", uri);
	json_member_integer(&writer, "expires_in",
			    base->tenant->lifetimes.pushed_for);
	json_close_object(&writer);
}

const struct oauth_endpoint oauth_endpoint_par = {
	.endpoint = ENDPOINT_PAR,
	.methods = OAUTH_POST,
	.is_cross_origin = true,
	.answer = answer,
};
