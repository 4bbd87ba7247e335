/* SPDX-License-Identifier: Apache-2.0 */
/* Judges DPoP proofs against the request they came with (RFC 9449 4.3). */
#include "oauth/proof.h"

#include "base/encoding.h"
#include "crypto/digest.h"
#include "http/uri.h"
#include "token/dpop.h"

/* A proof lives a minute; clocks may differ by a quarter of one. */
#define PROOF_FOR 60
#define SKEW_FOR 15

#define CONFIRMATION_PREFIX "jkt:"

static struct text endpoint_url(const struct oauth_request *request)
{
	const struct tenant *tenant = request->tenant;
	const char *path = profile_path(tenant->profile, request->endpoint);

	return ARENA_JOIN(request->decision->arena, tenant->url,
			  text_from(path));
}

static struct text port_of(const struct uri *uri)
{
	if (uri->port.size > 0)
		return uri->port;
	return text_equal_nocase(uri->scheme, TEXT("https")) ? TEXT("443")
							     : TEXT("80");
}

static struct text path_of(const struct uri *uri)
{
	return uri->path.size > 0 ? uri->path : TEXT("/");
}

/* Without query and fragment; scheme and host without case (RFC 3986 section
 * 6.2.2). What a proxy says of the outside is not asked. */
static bool is_same_url(const struct uri *a, const struct uri *b)
{
	return text_equal_nocase(a->scheme, b->scheme) &&
	       text_equal_nocase(a->host, b->host) &&
	       text_equal(port_of(a), port_of(b)) &&
	       text_equal(path_of(a), path_of(b)) && a->userinfo.size == 0 &&
	       b->userinfo.size == 0;
}

static struct text url_near_miss(struct decision *decision,
				 const struct uri *ours,
				 const struct uri *theirs)
{
	if (!text_equal_nocase(ours->scheme, theirs->scheme))
		return arena_format(
			decision->arena,
			"the proof's htu is %.*s://…, this endpoint is "
			"%.*s://…: does the client know the server by the "
			"tenant's url, and does the proxy end TLS for it?",
			TEXT_ARG(theirs->scheme), TEXT_ARG(ours->scheme));
	if (!text_equal_nocase(ours->host, theirs->host) ||
	    !text_equal(port_of(ours), port_of(theirs)))
		return TEXT("another host or port than the tenant's url has");
	return decision_difference(decision, path_of(ours), path_of(theirs));
}

static outcome check_url(struct oauth_request *request, struct text url)
{
	struct decision *decision = request->decision;
	struct text wanted = endpoint_url(request);
	struct uri ours;
	struct uri theirs;
	const char *why = NULL;

	if (uri_parse(wanted, &ours, &why) != DONE)
		return decision_broken(decision, "the tenant's url is none");
	if (uri_parse(url, &theirs, &why) != DONE)
		return refuse(decision, REASON_DPOP_URL_MISMATCH,
			      .expected = wanted, .near_miss = text_from(why));
	if (is_same_url(&ours, &theirs))
		return DONE;
	return refuse(decision, REASON_DPOP_URL_MISMATCH, .expected = wanted,
		      .received = text_first(url, 255),
		      .near_miss = url_near_miss(decision, &ours, &theirs));
}

static outcome check_method(struct oauth_request *request, struct text method)
{
	struct text expected = request->http->method_name;

	if (text_equal(method, expected))
		return DONE;
	return refuse(request->decision, REASON_DPOP_METHOD_MISMATCH,
		      .expected = expected, .received = text_first(method, 32));
}

static outcome check_time(struct decision *decision, instant issued_at)
{
	instant age = decision->now - issued_at;

	if (age <= instant_from_seconds(PROOF_FOR) &&
	    age >= -instant_from_seconds(SKEW_FOR))
		return DONE;
	return refuse(decision, REASON_DPOP_EXPIRED,
		      .expected = TEXT("60 s ago to 15 s ahead"),
		      .near_miss = arena_format(decision->arena,
						"iat is %lld s %s",
						(long long)instant_to_seconds(
							age < 0 ? -age : age),
						age < 0 ? "ahead" : "ago"));
}

static outcome check_nonce(struct oauth_request *request, struct text nonce)
{
	struct decision *decision = request->decision;

	if (!text_is_present(nonce))
		return refuse(decision, REASON_DPOP_NONCE_REQUIRED,
			      .near_miss = TEXT("the proof has none"));
	switch (dpop_nonce_check(request->oauth->tokens, request->tenant->id,
				 decision->now, nonce)) {
	case DPOP_NONCE_GOOD:
		return DONE;
	case DPOP_NONCE_FOREIGN:
		return refuse(decision, REASON_DPOP_NONCE_REQUIRED,
			      .near_miss = TEXT("it was not made for this "
						"tenant by this server"));
	case DPOP_NONCE_OLD:
		break;
	}
	return refuse(decision, REASON_DPOP_NONCE_REQUIRED,
		      .near_miss = TEXT("it is over five minutes old"));
}

/* One per tenant, key and jti, as long as some node could take the proof. */
static void add_once(struct oauth_request *request,
		     const struct dpop_proof *read)
{
	char tenant[TEXT_INTEGER_MAX];
	struct store_jti jti;
	struct text all =
		ARENA_JOIN(request->decision->arena, TEXT("dpop "),
			   text_format_integer(request->tenant->id, tenant),
			   TEXT(" "), read->thumbprint, TEXT(" "), read->id);

	digest_sha256(all, jti.hash);
	jti.expires_at =
		instant_after(read->issued_at, PROOF_FOR + 2 * SKEW_FOR);
	once_add(request, &jti,
		 (struct once_replay){REASON_DPOP_REUSED, TEXT_ABSENT});
}

static outcome check(struct oauth_request *request,
		     const struct dpop_proof *read, bool needs_nonce)
{
	TRY(check_method(request, read->method));
	TRY(check_url(request, read->url));
	TRY(check_time(request->decision, read->issued_at));
	return needs_nonce ? check_nonce(request, read->nonce) : DONE;
}

static outcome read_header(struct oauth_request *request, bool needs_nonce,
			   struct dpop_proof *read, struct proof *proof)
{
	struct decision *decision = request->decision;

	if (http_header_count(request->http, "dpop") > 1)
		return refuse(decision, REASON_DPOP_REPEATED);
	TRY(dpop_read(decision, request->tenant->profile,
		      http_header_find(request->http, "dpop"), read));
	TRY(check(request, read, needs_nonce));
	proof->is_there = true;
	proof->offers_nonce = needs_nonce;
	proof->confirmation = ARENA_JOIN(
		decision->arena, TEXT(CONFIRMATION_PREFIX), read->thumbprint);
	add_once(request, read);
	decision_note_text(decision, "DPoP proof",
			   ARENA_JOIN(decision->arena,
				      TEXT("good, by the key "),
				      read->thumbprint));
	return DONE;
}

static bool needs_nonce(const struct tenant *tenant,
			const struct client *client)
{
	return tenant->requires_dpop_nonce ||
	       (tenant->profile->flags.dpop_nonce_of_public &&
		client_is_public(client));
}

outcome proof_read(struct oauth_request *request, const struct client *client,
		   struct proof *proof_out)
{
	const struct tenant *tenant = request->tenant;
	struct dpop_proof read;

	*proof_out = (struct proof){0};
	if (tenant->profile->flags.dpop_where_required_alone &&
	    !client->requires_dpop)
		return DONE;
	if (http_header_count(request->http, "dpop") == 0)
		return client->requires_dpop &&
				       request->endpoint == ENDPOINT_TOKEN
			       ? refuse(request->decision, REASON_DPOP_REQUIRED,
					.near_miss = TEXT(
						"the client has "
						"dpop_bound_access_tokens"))
			       : DONE;
	return read_header(request, needs_nonce(tenant, client), &read,
			   proof_out);
}

struct text proof_key(const struct proof *proof)
{
	if (!proof->is_there)
		return TEXT_ABSENT;
	return text_from_byte(proof->confirmation,
			      sizeof(CONFIRMATION_PREFIX) - 1);
}

bool proof_is_key(struct text confirmation)
{
	return text_starts_with(confirmation, TEXT(CONFIRMATION_PREFIX));
}

/* RFC 9449 section 4.2: ath = base64url(SHA-256(access token)). */
static outcome check_token_hash(struct decision *decision,
				struct text access_token, struct text sent)
{
	struct buf hash = buf_init_arena(decision->arena, DPOP_THUMBPRINT_SIZE);
	unsigned char bytes[SHA256_SIZE];

	digest_sha256(access_token, bytes);
	base64url_encode(&hash, text_of(bytes, sizeof(bytes)));
	if (text_is_present(sent) && text_equal(sent, buf_text(&hash)))
		return DONE;
	return refuse(decision, REASON_DPOP_TOKEN_MISMATCH,
		      .near_miss = text_is_present(sent)
					   ? TEXT("it is another token's")
					   : TEXT("there is no ath"));
}

static outcome check_bound(struct oauth_request *request,
			   const struct access *access)
{
	struct decision *decision = request->decision;
	struct dpop_proof read;
	struct proof proof = {0};

	TRY(read_header(request, request->tenant->requires_dpop_nonce, &read,
			&proof));
	TRY(check_token_hash(decision, access->spelling, read.token_hash));
	if (!text_equal(proof.confirmation, access->confirmation))
		return refuse(decision, REASON_TOKEN_KEY_MISMATCH,
			      .expected = access->confirmation,
			      .received = proof.confirmation);
	if (proof.offers_nonce)
		proof_offer_nonce(request);
	return DONE;
}

outcome proof_check_access(struct oauth_request *request,
			   const struct access *access, bool is_dpop_scheme)
{
	struct decision *decision = request->decision;

	if (!proof_is_key(access->confirmation) && !is_dpop_scheme)
		return DONE;
	if (!proof_is_key(access->confirmation))
		return refuse(decision, REASON_TOKEN_KEY_MISMATCH,
			      .near_miss = TEXT("it is bound to no key: it is "
						"to come as Bearer"));
	if (!is_dpop_scheme)
		return refuse(decision, REASON_TOKEN_PROOF_MISSING,
			      .near_miss = TEXT("it came as a Bearer token"));
	if (http_header_count(request->http, "dpop") == 0)
		return refuse(decision, REASON_TOKEN_PROOF_MISSING,
			      .near_miss = TEXT("there is no DPoP header"));
	return check_bound(request, access);
}

outcome proof_check_key(struct decision *decision, const struct proof *proof,
			struct text confirmation)
{
	if (!proof_is_key(confirmation))
		return DONE;
	if (!proof->is_there)
		return refuse(decision, REASON_DPOP_REQUIRED,
			      .expected = confirmation,
			      .near_miss = TEXT("it is bound to a key"));
	if (!text_equal(proof->confirmation, confirmation))
		return refuse(decision, REASON_DPOP_KEY_MISMATCH,
			      .expected = confirmation,
			      .received = proof->confirmation);
	decision_note(decision, "DPoP key", "the one that it is bound to");
	return DONE;
}

void proof_offer_nonce(struct oauth_request *request)
{
	if (http_reply_has_header(request->reply, "DPoP-Nonce"))
		return;
	http_reply_header(request->reply, "DPoP-Nonce",
			  dpop_nonce_format(request->oauth->tokens,
					    request->decision->arena,
					    request->tenant->id,
					    request->decision->now));
}
