/* SPDX-License-Identifier: Apache-2.0 */
/* Seals, stores and opens requests in progress (RULES: the request in
 * progress). What is opened is input only: every check runs again. */
#include "oauth/step.h"

#include "crypto/random.h"
#include "oauth/interaction.h"
#include "oauth/parameters.h"
#include "oauth/session.h"
#include "token/lookup.h"
#include "token/seal.h"
#include "json/json.h"
#include "json/writer.h"

/* Sealed and spelled in base64url it must come back as one parameter. */
#define PARAMETERS_MAX 12000
_Static_assert(SEAL_SPELLING_SIZE(PARAMETERS_MAX) <= PARAMETER_VALUE_MAX,
	       "a sealed request must fit into one parameter");
#define DOCUMENT_MAX (2 * PARAMETERS_MAX)
#define SEAL_FOR 3600
#define STEP_FOR 3600
#define KEEP_AFTER_FOR 600
#define ID_ATTEMPT_COUNT_MAX 4
#define PURPOSE TEXT("sign-in")

/* What was sent may be larger than what is kept: a body may hold 64 KiB, and
 * encoding makes it three times as long. */
outcome step_encode(struct decision *decision, const struct form *form,
		    struct text *encoded_out)
{
	struct buf encoded = buf_init_arena(decision->arena, PARAMETERS_MAX);

	for (size_t i = 0; i < form->count; i++) {
		if (i > 0)
			buf_add_byte(&encoded, '&');
		form_encode(&encoded, form->fields[i].name);
		buf_add_byte(&encoded, '=');
		form_encode(&encoded, form->fields[i].value);
	}
	*encoded_out = buf_text(&encoded);
	if (!encoded.is_over)
		return DONE;
	return refuse(decision, REASON_PARAMETER_MALFORMED,
		      .argument = TEXT("request"),
		      .near_miss =
			      TEXT("all parameters together are too long"));
}

outcome step_seal(struct authorization *authorization, struct text *sealed_out)
{
	struct oauth_request *base = authorization->base;
	struct decision *decision = authorization->decision;
	struct seal seal = {
		.tenant_id = base->tenant->id,
		.purpose = PURPOSE,
		.browser = session_browser(base),
		.expires_at = instant_after(decision->now, SEAL_FOR),
	};
	struct text parameters;

	TRY(step_encode(authorization->decision, &authorization->arrived,
			&parameters));
	*sealed_out = seal_close(base->oauth->tokens, decision->arena,
				 decision->now, &seal, parameters);
	return DONE;
}

static outcome check_again(struct authorization *authorization,
			   struct text parameters)
{
	const char *why = "";

	if (form_parse(authorization->decision->arena, parameters,
		       &authorization->form, &why) != DONE)
		return decision_broken(authorization->decision,
				       "what was sealed does not parse: %s",
				       why);
	authorization->is_opened = true;
	return authorization_check_all(authorization);
}

static outcome refuse_seal(struct oauth_request *request, enum seal_fault fault)
{
	switch (fault) {
	case SEAL_GOOD:
		return DONE;
	case SEAL_FOREIGN:
		return refuse(request->decision, REASON_SEAL_INVALID);
	case SEAL_EXPIRED:
		return refuse(request->decision, REASON_SEAL_EXPIRED);
	case SEAL_OTHER_BROWSER:
		return refuse(request->decision, REASON_BROWSER_MISMATCH);
	}
	return BROKEN;
}

outcome interaction_open(struct oauth_request *request, struct text sealed,
			 struct authorization *authorization_out)
{
	struct seal seal = {
		.tenant_id = request->tenant->id,
		.purpose = PURPOSE,
		.browser = session_browser_sent(request),
	};
	struct text parameters = TEXT_ABSENT;

	*authorization_out = authorization_of(request);
	TRY(session_check_origin(request));
	TRY(refuse_seal(request, seal_open(request->oauth->tokens,
					   request->decision->arena,
					   request->decision->now, &seal,
					   sealed, &parameters)));
	return check_again(authorization_out, parameters);
}

static struct text write_document(struct authorization *authorization,
				  struct text parameters)
{
	struct buf document =
		buf_init_arena(authorization->decision->arena, DOCUMENT_MAX);
	struct json_writer writer = {.buf = &document};

	json_open_object(&writer);
	json_member_text(&writer, "parameters", parameters);
	json_member_boolean(&writer, "has_signed_in",
			    authorization->has_signed_in);
	json_close_object(&writer);
	MUST(!document.is_over);
	return buf_text(&document);
}

static void fill_row(struct authorization *authorization,
		     struct text parameters, struct request *row)
{
	instant now = authorization->decision->now;

	*row = (struct request){
		.tenant_id = authorization->base->tenant->id,
		.kind = REQUEST_CONSENT,
		.shard = authorization->session.shard,
		.session_id = authorization->session.id,
		.client_id = authorization->client->id,
		.document = write_document(authorization, parameters),
		.created_at = now,
		.expires_at = instant_after(now, STEP_FOR),
		.purge_at = instant_after(now, STEP_FOR + KEEP_AFTER_FOR),
	};
	random_fill(row->seed, sizeof(row->seed));
}

outcome step_insert(struct oauth *oauth, struct decision *decision,
		    struct request *row)
{
	struct store *store = tenant_shard(decision, oauth->store, row->shard);
	enum store_outcome inserted = STORE_ALREADY;

	for (int i = 0; i < ID_ATTEMPT_COUNT_MAX && inserted == STORE_ALREADY;
	     i++) {
		row->id = store_new_id(store, decision->now);
		inserted = store_insert_request(store, row);
	}
	return tenant_store_outcome(decision, inserted);
}

outcome step_store(struct authorization *authorization,
		   struct text *reference_out)
{
	struct tokens *tokens = authorization->oauth->tokens;
	struct decision *decision = authorization->decision;
	struct text parameters;
	struct request row;
	struct reference reference;

	TRY(step_encode(authorization->decision, &authorization->arrived,
			&parameters));
	fill_row(authorization, parameters, &row);
	TRY(step_insert(authorization->oauth, decision, &row));
	reference = (struct reference){
		.kind = REFERENCE_REQUEST,
		.tenant_id = row.tenant_id,
		.row_id = row.id,
		.shard = row.shard,
		.epoch = tokens_epoch(tokens, row.shard),
		.expires_at = instant_to_seconds(row.expires_at),
	};
	*reference_out = reference_seal(tokens, decision->arena, decision->now,
					&reference, row.seed);
	return DONE;
}

static outcome consume(struct authorization *authorization, uint16_t shard,
		       int64_t request_id)
{
	struct decision *decision = authorization->decision;
	enum store_outcome consumed;

	if (request_id == 0)
		return DONE;
	consumed = store_consume_request(
		tenant_shard(decision, authorization->oauth->store, shard),
		request_id, decision->now);
	if (consumed == STORE_CONFLICT || consumed == STORE_NOT_FOUND)
		return refuse(decision, REASON_STEP_CONSUMED);
	return tenant_store_outcome(decision, consumed);
}

outcome step_consume(struct authorization *authorization)
{
	TRY(consume(authorization, authorization->session.shard,
		    authorization->completed.step_id));
	return consume(authorization, authorization->pushed_shard,
		       authorization->completed.pushed_id);
}

/* A crash, or another's race for the step, then wastes it. */
outcome step_consume_elsewhere(struct authorization *authorization)
{
	int64_t pushed_id = authorization->completed.pushed_id;

	if (authorization->pushed_shard == authorization->session.shard)
		return DONE;
	authorization->completed.pushed_id = 0;
	return consume(authorization, authorization->pushed_shard, pushed_id);
}

static outcome load_row(struct oauth_request *request, struct text spelling,
			struct request *row)
{
	struct decision *decision = request->decision;
	struct reference reference;
	enum store_outcome loaded;

	TRY(token_open_reference(decision, request->oauth->tokens,
				 request->tenant,
				 &(struct token_lookup){
					 .kind = REFERENCE_REQUEST,
					 .spelling = spelling,
					 .unknown = REASON_SEAL_INVALID,
					 .wrong_kind = REASON_SEAL_INVALID,
				 },
				 &reference));
	loaded = store_load_request(
		tenant_shard(decision, request->oauth->store, reference.shard),
		decision->arena, reference.row_id, row);
	if (loaded == STORE_NOT_FOUND)
		return refuse(decision, REASON_STEP_CONSUMED);
	TRY(tenant_store_outcome(decision, loaded));
	if (row->tenant_id != request->tenant->id ||
	    row->kind != REQUEST_CONSENT ||
	    !reference_is_proven(&reference, row->seed))
		return refuse(decision, REASON_SEAL_INVALID);
	return DONE;
}

/* Only the person for whom it was stored, in the same session. */
static outcome check_row(struct authorization *authorization,
			 const struct request *row)
{
	struct decision *decision = authorization->decision;

	TRY(session_find(authorization->base, &authorization->session,
			 &authorization->user, &authorization->has_session));
	if (!authorization->has_session ||
	    authorization->session.shard != row->shard ||
	    authorization->session.id != row->session_id)
		return refuse(decision, REASON_SESSION_MISSING);
	if (row->consumed_at != INSTANT_NEVER ||
	    row->expires_at <= decision->now)
		return refuse(decision, REASON_STEP_CONSUMED);
	authorization->completed.step_id = row->id;
	return DONE;
}

static outcome read_document(struct authorization *authorization,
			     struct text document, struct text *parameters_out)
{
	CLEANUP(json_document_free) struct json_document *parsed = NULL;
	const struct json *root;

	if (json_parse(document, DOCUMENT_MAX, &parsed, NULL) != DONE)
		return decision_broken(authorization->decision,
				       "a stored step does not parse");
	root = json_root(parsed);
	*parameters_out = arena_copy(authorization->decision->arena,
				     json_text(json_find(root, "parameters")));
	authorization->has_signed_in =
		json_boolean(json_find(root, "has_signed_in"), false);
	return DONE;
}

outcome interaction_open_step(struct oauth_request *request,
			      struct text reference,
			      struct authorization *authorization_out)
{
	struct text parameters = TEXT_ABSENT;
	struct request row;

	*authorization_out = authorization_of(request);
	TRY(session_check_origin(request));
	TRY(load_row(request, reference, &row));
	TRY(check_row(authorization_out, &row));
	TRY(read_document(authorization_out, row.document, &parameters));
	return check_again(authorization_out, parameters);
}
