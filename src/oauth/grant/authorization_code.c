/* SPDX-License-Identifier: Apache-2.0 */
/* Redeems an authorization code (RFC 6749 section 4.1.3, RFC 7636). */
#include "base/encoding.h"
#include "crypto/digest.h"
#include "crypto/equal.h"
#include "oauth/grant.h"
#include "oauth/parameters.h"
#include "oauth/resources.h"
#include "token/lookup.h"
#include "token/refresh.h"

#define VERIFIER_SIZE_MIN 43
#define VERIFIER_SIZE_MAX 128

static bool is_unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	       c == '~';
}

/* RFC 7636 section 4.1. */
static bool is_verifier(struct text verifier)
{
	if (verifier.size < VERIFIER_SIZE_MIN ||
	    verifier.size > VERIFIER_SIZE_MAX)
		return false;
	for (size_t i = 0; i < verifier.size; i++)
		if (!is_unreserved(verifier.at[i]))
			return false;
	return true;
}

/* RFC 7636 section 4.6: what the verifier's challenge would be. */
static struct text challenge_of(struct arena *arena, struct text verifier,
				struct text method)
{
	struct buf challenge =
		buf_init_arena(arena, BASE64URL_SIZE(SHA256_SIZE));
	unsigned char hash[SHA256_SIZE];

	if (text_equal(method, TEXT("plain")))
		return verifier;
	digest_sha256(verifier, hash);
	base64url_encode(&challenge, text_of(hash, sizeof(hash)));
	return buf_text(&challenge);
}

/* The code may be older than the tenant's fapi2, or the client's. */
static bool lacks_challenge(const struct token_request *request)
{
	return request->base->tenant->profile->limits.challenges_always &&
	       !text_equal(request->grant.request.challenge_method,
			   TEXT("S256"));
}

static enum reason judge_verifier(const struct token_request *request)
{
	const struct grant_request *asked = &request->grant.request;
	struct text verifier = form_find(&request->form, "code_verifier");
	struct text challenge;

	if (lacks_challenge(request))
		return REASON_VERIFIER_MISSING;
	if (!text_is_present(asked->challenge))
		return verifier.size == 0 ? REASON_NONE
					  : REASON_VERIFIER_UNEXPECTED;
	if (verifier.size == 0)
		return REASON_VERIFIER_MISSING;
	if (!is_verifier(verifier))
		return REASON_VERIFIER_MALFORMED;
	challenge = challenge_of(request->decision->arena, verifier,
				 asked->challenge_method);
	return equal_secret(challenge, asked->challenge)
		       ? REASON_NONE
		       : REASON_VERIFIER_WRONG;
}

static bool may_leave_out_redirect_uri(const struct token_request *request)
{
	const struct profile_flags *flags =
		&request->base->tenant->profile->flags;
	const struct grant_request *asked = &request->grant.request;

	if (!asked->redirect_uri_sent)
		return !flags->redirect_uri_required_at_token;
	return flags->redirect_uri_optional_with_s256 &&
	       text_equal(asked->challenge_method, TEXT("S256"));
}

static enum reason judge_redirect_uri(const struct token_request *request)
{
	struct text sent = form_find(&request->form, "redirect_uri");

	if (sent.size == 0)
		return may_leave_out_redirect_uri(request)
			       ? REASON_NONE
			       : REASON_REDIRECT_URI_MISSING;
	return text_equal(sent, request->grant.request.redirect_uri)
		       ? REASON_NONE
		       : REASON_REDIRECT_URI_MISMATCH;
}

/* Vendors name a request_uri here; it counts only where one was used. */
static enum reason judge_request_uri(const struct token_request *request)
{
	struct text sent = form_find(&request->form, "request_uri");
	struct text used = request->grant.request.request_uri;

	if (sent.size == 0 || !text_is_present(used))
		return REASON_NONE;
	return text_equal(sent, used) ? REASON_NONE
				      : REASON_REQUEST_URI_MISMATCH;
}

/* All that the first exchange proved; the client's own proof came before. */
static enum reason judge_proof(const struct token_request *request)
{
	enum reason reason = judge_redirect_uri(request);

	if (reason == REASON_NONE)
		reason = judge_verifier(request);
	if (reason == REASON_NONE)
		reason = judge_request_uri(request);
	return reason;
}

static struct text verifier_near_miss(const struct token_request *request,
				      enum reason reason)
{
	struct text verifier = form_find(&request->form, "code_verifier");
	struct text challenge = request->grant.request.challenge;

	if (lacks_challenge(request))
		return TEXT("the code was asked for without S256, before this "
			    "was required");
	if (reason != REASON_VERIFIER_WRONG)
		return TEXT_ABSENT;
	if (equal_secret(verifier, challenge))
		return TEXT("the verifier sent is the challenge itself");
	return TEXT("it is the verifier of another request, or was changed on "
		    "its way");
}

static outcome refuse_redirect_uri(const struct token_request *request,
				   enum reason reason)
{
	struct text sent = form_find(&request->form, "redirect_uri");
	struct text used = request->grant.request.redirect_uri;
	struct decision *decision = request->decision;

	return refuse(decision, reason, .argument = TEXT("redirect_uri"),
		      .expected = used, .received = sent,
		      .near_miss = decision_difference(decision, used, sent));
}

static outcome refuse_verifier(const struct token_request *request,
			       enum reason reason)
{
	struct decision *decision = request->decision;
	struct text sent = form_find(&request->form, "code_verifier");

	return refuse(decision, reason, .argument = TEXT("code_verifier"),
		      .expected = request->grant.request.challenge_method,
		      .received = arena_format(decision->arena, "%zu bytes",
					       sent.size),
		      .near_miss = verifier_near_miss(request, reason));
}

static outcome refuse_proof(const struct token_request *request,
			    enum reason reason)
{
	if (reason == REASON_REDIRECT_URI_MISSING ||
	    reason == REASON_REDIRECT_URI_MISMATCH)
		return refuse_redirect_uri(request, reason);
	if (reason == REASON_REQUEST_URI_MISMATCH)
		return refuse(request->decision, reason);
	return refuse_verifier(request, reason);
}

/* Profile asgardeo burns a code on a failed check by the right client. */
static outcome burn_if_profile_does(struct token_request *request,
				    enum reason reason)
{
	struct decision *decision = request->decision;
	enum store_outcome burned;

	if (!request->base->tenant->profile->flags.burns_code_on_failure ||
	    (reason != REASON_REDIRECT_URI_MISMATCH &&
	     reason != REASON_VERIFIER_WRONG))
		return DONE;
	TRY(once_spend(request->base));
	burned = store_burn_grant(grant_shard(request), request->grant.id,
				  decision->now,
				  text_from(reason_name(reason)));
	if (burned == STORE_CONFLICT || burned == STORE_NOT_FOUND)
		return DONE;
	return tenant_store_outcome(decision, burned);
}

static struct text describe_first_use(const struct token_request *request)
{
	const struct grant *grant = &request->grant;
	struct decision *decision = request->decision;
	double ago = (double)(decision->now - grant->redeemed_at) /
		     (double)INSTANT_SECOND;

	return arena_format(decision->arena,
			    "redeemed %.1f s ago by the same client from %s "
			    "address",
			    ago,
			    text_equal(grant->redeemed_peer, decision->peer)
				    ? "the same"
				    : "another");
}

static bool is_tolerated(const struct token_request *request)
{
	int64_t tolerance_for =
		request->base->tenant->lifetimes.code_replay_tolerance_for;

	/* The winner of a race may have redeemed it after our own `now`. */
	return tolerance_for > 0 &&
	       request->decision->now <
		       instant_after(request->grant.redeemed_at, tolerance_for);
}

/* dpop_jkt's, or the one that a public client's exchange has bound. */
static struct text bound_key(const struct token_request *request)
{
	const struct grant *grant = &request->grant;

	if (!text_is_present(grant->request.key))
		return grant->confirmation;
	return arena_format(request->decision->arena, "jkt:%.*s",
			    TEXT_ARG(grant->request.key));
}

static bool has_key(const struct token_request *request)
{
	struct text key = bound_key(request);

	return !proof_is_key(key) ||
	       (request->proof.is_there &&
		text_equal(key, request->proof.confirmation));
}

/* RFC 6749 section 4.1.2: a replay with full proof revokes what came of it. */
static outcome refuse_reuse(struct token_request *request)
{
	struct decision *decision = request->decision;
	struct text first_use = describe_first_use(request);

	if (judge_proof(request) != REASON_NONE || !has_key(request))
		return refuse(decision, REASON_CODE_REUSED_UNPROVEN,
			      .near_miss = first_use);
	if (is_tolerated(request))
		return refuse(decision, REASON_CODE_REUSED_TOLERATED,
			      .near_miss = first_use);
	TRY(grant_revoke(request, REASON_CODE_REUSED));
	return refuse(decision, REASON_CODE_REUSED, .near_miss = first_use);
}

/* Redeemed is judged before expired. */
static outcome check_state(struct token_request *request)
{
	const struct grant *grant = &request->grant;
	struct decision *decision = request->decision;

	if (!text_equal(grant->client_id, request->client->id))
		return refuse(decision, REASON_CODE_OTHER_CLIENT,
			      .expected = grant->client_id,
			      .received = request->client->id);
	if (grant->redeemed_at != INSTANT_NEVER)
		return refuse_reuse(request);
	if (grant->revoked_at != INSTANT_NEVER)
		return refuse(decision, REASON_CODE_REVOKED,
			      .near_miss = grant->revoked_reason);
	if (grant->code_expires_at <= decision->now)
		return refuse(decision, REASON_CODE_EXPIRED,
			      .near_miss = arena_format(
				      decision->arena, "%.1f s too late",
				      (double)(decision->now -
					       grant->code_expires_at) /
					      (double)INSTANT_SECOND));
	return DONE;
}

static outcome check_proof(struct token_request *request)
{
	enum reason reason = judge_proof(request);

	if (reason == REASON_NONE) {
		TRY(proof_check_key(request->decision, &request->proof,
				    bound_key(request)));
		decision_note(request->decision, "redirect_uri",
			      "the one that the code was issued for");
		decision_note(request->decision, "code_verifier",
			      text_is_present(request->grant.request.challenge)
				      ? "belongs to the challenge"
				      : "none was promised");
		return DONE;
	}
	TRY(burn_if_profile_does(request, reason));
	return refuse_proof(request, reason);
}

static int64_t span_or(int64_t own, int64_t otherwise)
{
	return own != 0 ? own : otherwise;
}

/* The grant as it will be once redeemed: what the tokens state. */
static void foresee(struct token_request *request, bool allows_offline)
{
	const struct tenant *tenant = request->base->tenant;
	const struct client *client = request->client;
	struct grant *grant = &request->grant;
	instant now = request->decision->now;

	request->answers_refresh_token =
		allows_offline && refresh_is_due(tenant, client, grant->scope);
	request->refresh_generation = 1;
	grant->generation = 1;
	/* Refresh tokens of confidential clients are bound to their credential
	 * (RFC 9449 section 5). */
	if (client_is_public(client))
		grant->confirmation = request->proof.confirmation;
	grant->has_refresh_token = request->answers_refresh_token;
	if (!request->answers_refresh_token)
		return;
	grant->expires_at = instant_from_seconds(instant_to_seconds(
		instant_after(now, span_or(client->refresh_token_for,
					   tenant->lifetimes.refresh_for))));
	grant->idle_expires_at = grant_idle_end(request);
}

/* redirect_uri's absence where it is always due has its own words. */
static outcome check_parameters(struct token_request *request)
{
	struct text redirect_uri;

	TRY(parameters_need(request->decision, &request->form, "code",
			    &request->code));
	if (!request->base->tenant->profile->flags
		     .redirect_uri_required_at_token)
		return DONE;
	return parameters_need(request->decision, &request->form,
			       "redirect_uri", &redirect_uri);
}

static outcome prove(struct token_request *request)
{
	struct reference reference;
	bool allows_offline;

	TRY(check_parameters(request));
	TRY(token_load_grant(request->decision, request->oauth->tokens,
			     request->base->tenant,
			     &(struct token_lookup){
				     .kind = REFERENCE_CODE,
				     .spelling = request->code,
				     .unknown = REASON_CODE_UNKNOWN,
				     .wrong_kind = REASON_CODE_WRONG_KIND,
			     },
			     &reference, &request->grant));
	TRY(check_state(request));
	TRY(check_proof(request));
	TRY(grant_load_user(request));
	request->scope = request->grant.scope;
	TRY(resources_narrow(
		request->base, &request->form,
		&(struct resources_bounds){.granted = request->grant.audience},
		&request->resources));
	TRY(resources_allow_offline(request->base, request->resources,
				    &allows_offline));
	foresee(request, allows_offline);
	return DONE;
}

static struct store_change *decide(struct token_request *request)
{
	const struct grant *grant = &request->grant;
	struct store_redeem redeem = {
		.grant_id = grant->id,
		.now = request->decision->now,
		.peer = request->decision->peer,
		.has_refresh_token = request->answers_refresh_token,
		.expires_at = grant->expires_at,
		.idle_expires_at = grant->idle_expires_at,
		.confirmation = grant->confirmation,
		.purge_at = grant_purge_at(request),
		.once = once_unspent(request->base),
	};

	return store_submit_redeem(grant_shard(request),
				   request->decision->arena, &redeem);
}

const struct grant_type grant_authorization_code = {
	.name = "authorization_code",
	.prove = prove,
	.decide = decide,
};
