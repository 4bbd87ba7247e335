/* SPDX-License-Identifier: Apache-2.0 */
/* The rules on an assertion's claims, and what its jti is (RFC 7523 section 3). */
#include "client_auth/assertion.h"

#include "crypto/digest.h"
#include "jose/jwt.h"
#include "json/writer.h"

#define SHOWN_MAX 200 /* bytes of a claim in an explanation */

static struct text show(const struct client_auth_request *request,
			struct text value)
{
	return arena_copy(request->decision->arena,
			  text_first(value, SHOWN_MAX));
}

static outcome refuse_missing(const struct client_auth_request *request,
			      const char *claim)
{
	return refuse(request->decision, REASON_ASSERTION_CLAIM_MISSING,
		      .argument = text_from(claim));
}

static outcome check_present(const struct client_auth_request *request,
			     const struct jwt_claims *claims)
{
	if (claims->issuer.size == 0)
		return refuse_missing(request, "iss");
	if (claims->subject.size == 0)
		return refuse_missing(request, "sub");
	if (claims->audience == NULL)
		return refuse_missing(request, "aud");
	if (claims->expires_at == JWT_TIME_ABSENT)
		return refuse_missing(request, "exp");
	if (claims->id.size == 0)
		return refuse_missing(request, "jti");
	if (claims->id.size <= ASSERTION_ID_MAX)
		return DONE;
	return refuse(request->decision, REASON_ASSERTION_MALFORMED,
		      .near_miss = arena_format(
			      request->decision->arena,
			      "jti has %zu bytes, at most %d are remembered",
			      claims->id.size, ASSERTION_ID_MAX));
}

static outcome check_party(const struct client_auth_request *request,
			   const struct client *client, const char *claim,
			   struct text value)
{
	if (text_equal(value, client->id))
		return DONE;
	return refuse(request->decision, REASON_ASSERTION_ISSUER,
		      .argument = show(request, value), .expected = client->id,
		      .received = show(request, value),
		      .near_miss = text_from(claim));
}

static struct text with_endpoint(const struct client_auth_request *request,
				 struct text list, enum endpoint endpoint)
{
	const struct tenant *tenant = request->tenant;
	const char *path = profile_path(tenant->profile, endpoint);

	if (path == NULL)
		return list;
	return arena_format(request->decision->arena, "%.*s %.*s%s",
			    TEXT_ARG(list), TEXT_ARG(tenant->url), path);
}

/* The spellings under which this tenant is meant, with spaces between. */
static struct text audiences_of(const struct client_auth_request *request)
{
	const struct tenant *tenant = request->tenant;
	unsigned int rules = tenant->profile->assertion_audiences;
	struct arena *arena = request->decision->arena;
	struct text list = tenant->issuer;

	if (rules & ASSERTION_AUDIENCE_EITHER_SLASH)
		list = text_ends_with(tenant->issuer, TEXT("/"))
			       ? arena_format(arena, "%.*s %.*s",
					      TEXT_ARG(list),
					      (int)(tenant->issuer.size - 1),
					      tenant->issuer.at)
			       : arena_format(arena, "%.*s %.*s/",
					      TEXT_ARG(list),
					      TEXT_ARG(tenant->issuer));
	if (rules & ASSERTION_AUDIENCE_ENDPOINTS) {
		list = with_endpoint(request, list, ENDPOINT_TOKEN);
		list = with_endpoint(request, list, ENDPOINT_PAR);
	}
	return list;
}

static bool names_one_of(const struct json *audience, struct text list)
{
	struct text spelling;

	while (text_next_word(&list, &spelling))
		if (json_has_text(audience, spelling))
			return true;
	return false;
}

static outcome check_audience(const struct client_auth_request *request,
			      const struct jwt_claims *claims)
{
	struct arena *arena = request->decision->arena;
	struct text accepted = audiences_of(request);
	bool must_be_string = request->tenant->profile->assertion_audiences &
			      ASSERTION_AUDIENCE_STRING_ALONE;
	struct buf sent = buf_init_arena(arena, ASSERTION_SIZE_MAX);
	struct json_writer writer = {.buf = &sent};
	struct text shown;

	if (names_one_of(claims->audience, accepted) &&
	    (!must_be_string || json_is(claims->audience, JSON_STRING)))
		return DONE;
	json_write_value(&writer, claims->audience);
	shown = text_first(buf_text(&sent), SHOWN_MAX);
	return refuse(request->decision, REASON_ASSERTION_AUDIENCE,
		      .expected = accepted, .received = shown,
		      .near_miss = arena_format(
			      arena,
			      "the assertion's aud is %.*s, this tenant takes "
			      "%s: %.*s",
			      TEXT_ARG(shown),
			      must_be_string ? "one string, the issuer"
					     : "any of",
			      TEXT_ARG(accepted)));
}

static struct text seconds_between(const struct client_auth_request *request,
				   const char *format, instant from, instant to)
{
	return arena_format(request->decision->arena, format,
			    (long long)((to - from) / INSTANT_SECOND));
}

static outcome check_begun(const struct client_auth_request *request,
			   const char *claim, instant at)
{
	struct decision *decision = request->decision;

	if (at == JWT_TIME_ABSENT ||
	    at <= instant_after(decision->now, ASSERTION_SKEW))
		return DONE;
	return refuse(decision, REASON_ASSERTION_TOO_EARLY,
		      .received = text_from(claim),
		      .near_miss = seconds_between(
			      request,
			      "%lld s ahead of this server's clock: is the "
			      "client's clock right?",
			      decision->now, at));
}

/* Bounds what has to be remembered of spent ones (attack A02). */
static outcome check_life(const struct client_auth_request *request,
			  const struct jwt_claims *claims)
{
	struct decision *decision = request->decision;
	instant from = claims->issued_at == JWT_TIME_ABSENT ? decision->now
							    : claims->issued_at;

	if (claims->expires_at <= instant_after(from, ASSERTION_LIFE_MAX))
		return DONE;
	return refuse(decision, REASON_ASSERTION_TOO_LONG,
		      .expected = TEXT("at most 300 s"),
		      .received = seconds_between(request, "%lld s", from,
						  claims->expires_at));
}

static outcome check_times(const struct client_auth_request *request,
			   const struct jwt_claims *claims)
{
	struct decision *decision = request->decision;

	if (instant_after(claims->expires_at, ASSERTION_SKEW) <= decision->now)
		return refuse(decision, REASON_ASSERTION_EXPIRED,
			      .near_miss = seconds_between(
				      request, "%lld s ago", claims->expires_at,
				      decision->now));
	TRY(check_begun(request, "nbf", claims->not_before_at));
	TRY(check_begun(request, "iat", claims->issued_at));
	return check_life(request, claims);
}

/* Of this use, tenant and client alone; sizes keep the parts apart. */
static void hash_id(const struct client *client, struct text id,
		    unsigned char out[STORE_SPENT_SIZE])
{
	CLEANUP(buf_wipe)
	struct buf message = buf_init(64 + CLIENT_ID_MAX + ASSERTION_ID_MAX);

	buf_format(&message, "client assertion %lld %zu ",
		   (long long)client->tenant_id, client->id.size);
	buf_add(&message, client->id);
	buf_add(&message, id);
	MUST(!message.is_over);
	digest_sha256(buf_text(&message), out);
}

/* Remembered for longer than any node would take it: their clocks differ, and
 * a request that waits for a jwks_uri is judged by when it came. */
static void tell_once(const struct client_auth_request *request,
		      const struct client *client,
		      const struct jwt_claims *claims)
{
	struct client_auth_once *once = request->once_out;

	once->is_there = true;
	once->id = show(request, claims->id);
	hash_id(client, claims->id, once->jti.hash);
	once->jti.expires_at =
		instant_after(claims->expires_at, 2 * ASSERTION_SKEW);
}

static outcome check_claims(const struct client_auth_request *request,
			    const struct client *client,
			    const struct jwt_claims *claims)
{
	TRY(check_present(request, claims));
	TRY(check_party(request, client, "iss", claims->issuer));
	TRY(check_party(request, client, "sub", claims->subject));
	TRY(check_audience(request, claims));
	TRY(check_times(request, claims));
	tell_once(request, client, claims);
	return DONE;
}

outcome assertion_check(const struct client_auth_request *request,
			const struct client *client, struct text payload)
{
	struct jwt_claims claims;
	const char *why = NULL;
	outcome checked = jwt_parse(payload, &claims, &why);

	if (checked == REFUSED)
		return refuse(request->decision, REASON_ASSERTION_MALFORMED,
			      .near_miss = text_from(why));
	TRY(checked);
	checked = check_claims(request, client, &claims);
	jwt_wipe(&claims);
	return checked;
}
