/* SPDX-License-Identifier: Apache-2.0 */
/* Client assertions taken apart: whose they are, and how signed (RFC 7523). */
#include "client_auth/assertion.h"

#include "jose/jwt.h"

#define ASSERTION_TYPE                                                         \
	TEXT("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")

bool assertion_is_sent(const struct client_auth_request *request)
{
	return form_find(request->form, "client_assertion").size > 0 ||
	       form_find(request->form, "client_assertion_type").size > 0;
}

static outcome refuse_malformed(const struct client_auth_request *request,
				struct text why)
{
	return refuse(request->decision, REASON_ASSERTION_MALFORMED,
		      .near_miss = why);
}

/* A token that the same key signed for another purpose is no proof of who
 * sends it (RFC 8725 section 3.11). */
static bool has_right_type(const struct jws *jws)
{
	return !text_is_present(jws->type) || jws_has_type(jws, TEXT("JWT")) ||
	       jws_has_type(jws, TEXT("client-authentication+jwt"));
}

static const struct assertion *
read_once(const struct client_auth_request *request)
{
	struct text compact = form_find(request->form, "client_assertion");
	struct arena *arena = request->decision->arena;
	struct assertion *assertion = request->assertion;

	if (assertion->is_read)
		return assertion;
	assertion->is_read = true;
	if (compact.size > ASSERTION_SIZE_MAX)
		assertion->why = arena_format(arena,
					      "%zu bytes, at most %d are read",
					      compact.size, ASSERTION_SIZE_MAX)
					 .at;
	else if (jws_parse(arena, compact, &assertion->jws, &assertion->why) ==
		 DONE)
		assertion->why = NULL;
	return assertion;
}

void assertion_wipe(struct assertion *assertion)
{
	jws_wipe(&assertion->jws);
}

static outcome parse(const struct client_auth_request *request,
		     const struct jws **jws_out)
{
	const struct assertion *assertion = read_once(request);

	if (assertion->why != NULL)
		return refuse_malformed(request, text_from(assertion->why));
	*jws_out = &assertion->jws;
	if (has_right_type(*jws_out))
		return DONE;
	return refuse_malformed(request,
				TEXT("typ is that of another kind of token"));
}

bool assertion_has_hmac(const struct client_auth_request *request)
{
	const struct assertion *assertion = read_once(request);

	return assertion->why == NULL &&
	       text_starts_with(assertion->jws.algorithm, TEXT("HS"));
}

static outcome check_type(const struct client_auth_request *request)
{
	struct text type = form_find(request->form, "client_assertion_type");

	if (text_equal(type, ASSERTION_TYPE))
		return DONE;
	return refuse(request->decision, REASON_ASSERTION_MALFORMED,
		      .expected = ASSERTION_TYPE, .received = type,
		      .near_miss = TEXT("client_assertion_type"));
}

outcome assertion_identify(const struct client_auth_request *request,
			   struct text *id_out)
{
	const struct jws *jws;

	TRY(check_type(request));
	TRY(parse(request, &jws));
	*id_out = form_find(request->form, "client_id");
	if (id_out->size == 0)
		*id_out = jwt_peek_subject(request->decision->arena, jws);
	return DONE;
}

static outcome refuse_algorithm(const struct client_auth_request *request,
				const struct jws *jws, struct text expected)
{
	struct decision *decision = request->decision;

	return refuse(decision, REASON_ASSERTION_ALGORITHM,
		      .expected = expected,
		      .received = arena_copy(decision->arena, jws->algorithm));
}

outcome assertion_refuse_algorithm(const struct client_auth_request *request,
				   const struct jws *jws)
{
	return refuse_algorithm(request, jws, TEXT_ABSENT);
}

/* The registered one, and one that the tenant takes at all. */
static bool is_allowed(const struct client_auth_request *request,
		       const struct client *client, const struct jws *jws,
		       struct text *expected_out)
{
	const struct profile *profile = request->tenant->profile;

	*expected_out = client->auth_signing_alg;
	if (client->auth_signing_alg.size > 0)
		return text_equal(client->auth_signing_alg, jws->algorithm);
	*expected_out = text_from(profile->limits.algorithms);
	return profile_allows_algorithm(profile, jws->algorithm);
}

outcome assertion_parse(const struct client_auth_request *request,
			const struct client *client, const struct jws **jws_out)
{
	struct text expected;

	TRY(parse(request, jws_out));
	if (is_allowed(request, client, *jws_out, &expected))
		return DONE;
	return refuse_algorithm(request, *jws_out, expected);
}
