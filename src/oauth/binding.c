/* SPDX-License-Identifier: Apache-2.0 */
/* Binds tokens to the certificate that a client shows (RFC 8705 section 3). */
#include "oauth/binding.h"

#include "token/confirmation.h"

/* A refresh token of a client that cannot prove itself otherwise (section 4):
 * the row says which certificate, once and for all. */
static outcome check_refresh(struct token_request *request, struct text shown)
{
	struct text bound = request->grant.confirmation;

	if (!text_starts_with(bound, CONFIRMATION_BY_CERTIFICATE) ||
	    text_equal(bound, shown))
		return DONE;
	return refuse(request->decision, REASON_REFRESH_CERTIFICATE_WRONG,
		      .expected = bound, .received = shown,
		      .near_miss = text_is_present(shown)
					   ? TEXT("another certificate than at "
						  "the exchange")
					   : TEXT("no certificate came"));
}

static bool must_bind(const struct token_request *request)
{
	return request->client->binds_certificate ||
	       request->base->tenant->profile->limits.binds_always;
}

static outcome refuse_unbound(struct token_request *request)
{
	if (!request->client->binds_certificate)
		return refuse(request->decision, REASON_TOKEN_UNBOUND);
	return refuse(request->decision, REASON_CLIENT_CERTIFICATE_MISSING,
		      .near_miss = TEXT("tls_client_certificate_bound_access_"
					"tokens is set for the client"));
}

outcome binding_confirm(struct token_request *request)
{
	struct text shown = confirmation_of_certificate(
		request->decision->arena, request->base->http->certificate.der);

	if (request->is_refresh)
		TRY(check_refresh(request, shown));
	/* A DPoP proof binds it already (RFC 9449): one of the two. */
	if (!must_bind(request) || request->proof.is_there)
		return DONE;
	if (!text_is_present(shown))
		return refuse_unbound(request);
	request->confirmation = shown;
	if (!request->is_refresh && client_is_public(request->client))
		request->grant.confirmation = shown;
	decision_note(request->decision, "binding", "to %.*s", TEXT_ARG(shown));
	return DONE;
}
