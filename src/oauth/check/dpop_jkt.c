/* SPDX-License-Identifier: Apache-2.0 */
/* dpop_jkt: the key that the code is to be bound to (RFC 9449 section 10). */
#include "oauth/authorization.h"
#include "token/dpop.h"

/* A profile that heeds no proof of this client must not bind its code either:
 * nobody could redeem it. */
static bool is_heeded(const struct authorization *authorization)
{
	const struct profile_flags *flags =
		&authorization->base->tenant->profile->flags;

	return !flags->dpop_where_required_alone ||
	       authorization->client->requires_dpop;
}

static outcome check(struct authorization *authorization)
{
	struct text sent = form_find(&authorization->form, "dpop_jkt");

	if (sent.size == 0 || !is_heeded(authorization))
		return DONE;
	if (!dpop_is_thumbprint(sent))
		return refuse(authorization->decision,
			      REASON_PARAMETER_MALFORMED,
			      .argument = TEXT("dpop_jkt"),
			      .near_miss = TEXT("a SHA-256 thumbprint is 43 "
						"characters of base64url"));
	authorization->key = sent;
	return DONE;
}

const struct authorization_check check_dpop_jkt = {"dpop_jkt", check};
