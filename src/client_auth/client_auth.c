/* SPDX-License-Identifier: Apache-2.0 */
/* One method per request, the registered one, and within its rate. */
#include "client_auth/client_auth.h"

#include "client_auth/assertion.h"
#include "client_auth/secret.h"

static outcome find_method(const struct client_auth_request *request,
			   const struct client_auth_method **method_out)
{
	const struct client_auth_method *used = NULL;

	for (size_t i = 0; i < request->method_count; i++) {
		const struct client_auth_method *method = request->methods[i];

		if (!method->is_used(request))
			continue;
		if (used != NULL)
			return refuse(
				request->decision, REASON_CLIENT_TWO_METHODS,
				.received = arena_format(
					request->decision->arena, "%s and %s",
					used->name, method->name));
		used = method;
	}
	*method_out = used != NULL ? used : &client_auth_none;
	return DONE;
}

/* A client_id beside the credential must say the same (RFC 6749 3.2.1). */
static outcome check_id_agrees(const struct client_auth_request *request,
			       struct text id)
{
	struct text stated = form_find(request->form, "client_id");

	if (!text_is_present(stated) || text_equal(stated, id))
		return DONE;
	return refuse(request->decision, REASON_CLIENT_ID_CONFLICT,
		      .expected = id, .received = stated);
}

static bool is_registered_for(const struct client *client,
			      const struct client_auth_method *method,
			      const struct client_auth_request *request)
{
	if (text_equal(client->auth_method, text_from(method->name)))
		return true;
	if (!method->is_secret)
		return false;
	for (size_t i = 0; i < request->method_count; i++)
		if (request->methods[i]->is_secret &&
		    text_equal(client->auth_method,
			       text_from(request->methods[i]->name)))
			return true;
	return false;
}

/* Without another credential, what a client registered for it goes by. */
static const struct client_auth_method *
method_of(const struct client_auth_request *request,
	  const struct client *client, const struct client_auth_method *used)
{
	if (used != &client_auth_none)
		return used;
	for (size_t i = 0; i < request->method_count; i++)
		if (request->methods[i]->is_by_certificate &&
		    text_equal(client->auth_method,
			       text_from(request->methods[i]->name)))
			return request->methods[i];
	return used;
}

/* What a trusted edge said of a certificate cannot be read. */
static outcome check_edge(const struct client_auth_request *request)
{
	const char *fault = request->http->certificate.fault;

	if (fault == NULL)
		return DONE;
	return refuse(request->decision, REASON_CLIENT_CERTIFICATE_MALFORMED,
		      .near_miss = text_from(fault));
}

static outcome check_method(const struct client_auth_request *request,
			    const struct client *client,
			    const struct client_auth_method *method)
{
	if (is_registered_for(client, method, request))
		return DONE;
	return refuse(request->decision,
		      method == &client_auth_none ? REASON_CLIENT_SECRET_MISSING
						  : REASON_CLIENT_METHOD_WRONG,
		      .expected = client->auth_method,
		      .received = text_from(method->name));
}

static outcome load_client(const struct client_auth_request *request,
			   struct text id, const struct client **client_out)
{
	struct decision *decision = request->decision;
	outcome loaded = tenant_load_client(decision, request->store,
					    request->tenants, request->tenant,
					    id, client_out);

	if (loaded == REFUSED)
		secret_compare_nothing(request);
	TRY(loaded);
	decision->client_id = (*client_out)->id;
	return tenant_check_client(decision, request->tenant, *client_out);
}

/* The id is told to the log once a client has it: who swaps id and secret sends
 * a secret as the id. */
static outcome prove_by(const struct client_auth_request *request,
			const struct client_auth_method *method,
			struct text *claimed_out,
			const struct client **client_out)
{
	struct client_auth_request judged = *request;
	struct client_auth_claimed claimed = {.secret = TEXT_ABSENT};

	judged.claimed = &claimed;
	TRY(method->identify(&judged, claimed_out));
	if (claimed_out->size == 0)
		return refuse(request->decision, REASON_CLIENT_ID_MISSING);
	TRY(check_id_agrees(request, *claimed_out));
	TRY(load_client(request, *claimed_out, client_out));
	judged.tenant = tenant_for_client(request->tenant, *client_out);
	method = method_of(request, *client_out, method);
	TRY(check_method(request, *client_out, method));
	return method->prove(&judged, *client_out);
}

/* One key per tenant, client and address: nobody can lock a client out. */
static struct text limiter_key(const struct client_auth_request *request,
			       struct text claimed)
{
	struct decision *decision = request->decision;
	char digits[TEXT_INTEGER_MAX];

	return ARENA_JOIN(decision->arena, TEXT("client "),
			  text_format_integer(request->tenant->id, digits),
			  TEXT(" "), text_first(claimed, CLIENT_ID_MAX),
			  TEXT(" "), decision->peer);
}

static bool is_failed_guess(enum reason reason)
{
	return reason == REASON_CLIENT_SECRET_WRONG ||
	       reason == REASON_ASSERTION_SIGNATURE ||
	       reason == REASON_CLIENT_UNKNOWN;
}

/* A wrong guess is counted; a right one while waiting is still refused. */
static outcome count_guess(const struct client_auth_request *request,
			   struct text claimed, outcome proven)
{
	struct decision *decision = request->decision;
	struct text key = limiter_key(request, claimed);
	int64_t wait_for =
		limiter_wait_for(request->limiter, key, decision->now);

	if (proven == REFUSED && is_failed_guess(decision->refusal.reason))
		limiter_failed(request->limiter, key, decision->now);
	if (wait_for > 0 && proven != BROKEN) {
		decision_retract(decision);
		return refuse(decision, REASON_CLIENT_RATE_LIMITED,
			      .near_miss = arena_format(decision->arena,
							"wait %lld s",
							(long long)wait_for));
	}
	if (proven == DONE)
		limiter_succeeded(request->limiter, key, decision->now);
	return proven;
}

outcome client_auth_prove(const struct client_auth_request *request,
			  const struct client **client_out)
{
	CLEANUP(assertion_wipe) struct assertion assertion = {.is_read = false};
	struct client_auth_request here = *request;
	const struct client_auth_method *method = NULL;
	struct text claimed = TEXT_ABSENT;
	outcome proven;

	*client_out = NULL;
	here.assertion = &assertion;
	TRY(check_edge(&here));
	TRY(find_method(&here, &method));
	proven = prove_by(&here, method, &claimed, client_out);
	if (method == &client_auth_none)
		return proven;
	return count_guess(&here, claimed, proven);
}
