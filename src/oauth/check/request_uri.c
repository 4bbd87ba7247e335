/* SPDX-License-Identifier: Apache-2.0 */
/* request_uri of a pushed request: its parameters take over (RFC 9126 4). */
#include "oauth/authorization.h"
#include "token/lookup.h"

/* Either vendor's form is taken in every profile. */
static const char *const prefixes[] = {
	"urn:ietf:params:oauth:request_uri:",
	"urn:ietf:params:oauth:par:request_uri:",
};

/* What stands behind a prefix of ours; absent: it is not a pushed request's. */
static struct text reference_in(struct text uri)
{
	for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
		struct text prefix = text_from(prefixes[i]);

		if (text_starts_with(uri, prefix))
			return text_from_byte(uri, prefix.size);
	}
	return TEXT_ABSENT;
}

static outcome load(struct authorization *authorization, struct text spelling,
		    struct reference *reference_out, struct request *row_out)
{
	struct oauth_request *base = authorization->base;
	struct decision *decision = authorization->decision;
	enum store_outcome loaded;

	TRY(token_open_reference(decision, base->oauth->tokens, base->tenant,
				 &(struct token_lookup){
					 .kind = REFERENCE_PUSHED,
					 .spelling = spelling,
					 .unknown = REASON_PUSHED_UNKNOWN,
					 .wrong_kind = REASON_PUSHED_UNKNOWN,
				 },
				 reference_out));
	loaded = store_load_request(tenant_shard(decision, base->oauth->store,
						 reference_out->shard),
				    decision->arena, reference_out->row_id,
				    row_out);
	if (loaded == STORE_NOT_FOUND)
		return refuse(decision, REASON_PUSHED_UNKNOWN,
			      .near_miss = TEXT("genuine, but its row has been "
						"purged"));
	TRY(tenant_store_outcome(decision, loaded));
	if (row_out->tenant_id != base->tenant->id ||
	    row_out->kind != REQUEST_PUSHED ||
	    !reference_is_proven(reference_out, row_out->seed))
		return refuse(decision, REASON_PUSHED_UNKNOWN,
			      .near_miss = TEXT("sealed by this server, but "
						"its row does not prove it"));
	return DONE;
}

static outcome refuse_late(struct authorization *authorization,
			   const struct request *row, instant end)
{
	struct decision *decision = authorization->decision;

	return refuse(
		decision, REASON_PUSHED_EXPIRED,
		.near_miss = arena_format(
			decision->arena, "pushed %lld s ago, %lld s too late",
			(long long)((decision->now - row->created_at) /
				    INSTANT_SECOND),
			(long long)((decision->now - end) / INSTANT_SECOND)));
}

static outcome refuse_consumed(struct authorization *authorization,
			       const struct request *row)
{
	struct decision *decision = authorization->decision;

	return refuse(decision, REASON_PUSHED_CONSUMED,
		      .near_miss = arena_format(
			      decision->arena,
			      "completed %lld s ago: a page gone back to, or a "
			      "link followed twice?",
			      (long long)((decision->now - row->consumed_at) /
					  INSTANT_SECOND)));
}

/* expires_in bounds the arrival; a page may then stand open for longer. */
static outcome check_row(struct authorization *authorization,
			 const struct reference *reference,
			 const struct request *row)
{
	struct decision *decision = authorization->decision;
	instant end = authorization->is_opened
			      ? row->expires_at
			      : reference->expires_at * INSTANT_SECOND;

	if (!text_equal(row->client_id, authorization->client->id))
		return refuse(decision, REASON_PUSHED_OTHER_CLIENT,
			      .expected = row->client_id,
			      .received = authorization->client->id);
	if (row->consumed_at != INSTANT_NEVER)
		return refuse_consumed(authorization, row);
	if (end <= decision->now)
		return refuse_late(authorization, row, end);
	return DONE;
}

/* What stands beside client_id and request_uri counts for nothing. */
static void narrow(struct authorization *authorization, struct text uri)
{
	struct form_field *fields = ARENA_ARRAY(authorization->decision->arena,
						struct form_field, 2);

	fields[0] = (struct form_field){TEXT("client_id"),
					authorization->client->id};
	fields[1] = (struct form_field){TEXT("request_uri"), uri};
	authorization->arrived = (struct form){fields, 2};
	authorization->request_uri = uri;
}

static outcome check(struct authorization *authorization)
{
	struct decision *decision = authorization->decision;
	struct text uri = form_find(&authorization->form, "request_uri");
	struct text spelling = reference_in(uri);
	struct reference reference;
	struct request row;
	const char *why = "";

	/* Beside a request object: check/request.c refuses both. */
	if (!text_is_present(spelling) ||
	    text_is_present(form_find(&authorization->form, "request")))
		return DONE;
	TRY(load(authorization, spelling, &reference, &row));
	TRY(check_row(authorization, &reference, &row));
	narrow(authorization, uri);
	authorization->completed.pushed_id = row.id;
	authorization->pushed_shard = row.shard;
	if (form_parse(decision->arena, row.document, &authorization->form,
		       &why) != DONE)
		return decision_broken(
			decision, "a pushed request does not parse: %s", why);
	decision_note(
		decision, "request_uri", "pushed %lld s ago",
		(long long)((decision->now - row.created_at) / INSTANT_SECOND));
	return DONE;
}

/* RFC 9126 section 2.1. */
static outcome check_absent(struct authorization *authorization)
{
	if (!text_is_present(form_find(&authorization->form, "request_uri")))
		return DONE;
	return refuse(authorization->decision, REASON_PUSHED_NESTED,
		      .argument = TEXT("request_uri"));
}

static outcome check_required(struct authorization *authorization)
{
	const struct tenant *tenant = authorization->base->tenant;

	if (text_is_present(authorization->request_uri) ||
	    !(tenant->requires_pushed ||
	      authorization->client->requires_pushed))
		return DONE;
	return refuse(authorization->decision, REASON_PUSHED_REQUIRED,
		      .near_miss = tenant->requires_pushed
					   ? TEXT("a setting of the tenant")
					   : TEXT("the client's metadata"));
}

const struct authorization_check check_request_uri = {"request_uri", check};
const struct authorization_check check_request_uri_absent = {"request_uri",
							     check_absent};
const struct authorization_check check_request_uri_required = {"request_uri",
							       check_required};
