/* SPDX-License-Identifier: Apache-2.0 */
/* code_challenge: PKCE (RFC 7636 section 4.3, RFC 9700 section 2.1.1). */
#include "base/encoding.h"
#include "crypto/digest.h"
#include "oauth/authorization.h"

static outcome check_absent(struct authorization *authorization,
			    struct text method)
{
	const struct client *client = authorization->client;

	if (method.size > 0)
		return refuse(authorization->decision, REASON_CHALLENGE_MISSING,
			      .argument = TEXT("code_challenge"),
			      .near_miss = TEXT("code_challenge_method stands "
						"alone"));
	if (client_is_public(client) || client->requires_pkce ||
	    authorization->base->tenant->profile->limits.challenges_always)
		return refuse(authorization->decision, REASON_CHALLENGE_MISSING,
			      .argument = TEXT("code_challenge"));
	return DONE;
}

/* Without a method it is "plain" (RFC 7636 section 4.3); an empty one is as good
 * as none (RFC 6749 section 3.1). */
static outcome check_method(struct authorization *authorization,
			    struct text method)
{
	struct text effective = method.size > 0 ? method : TEXT("plain");

	if (text_equal(effective, TEXT("S256")) ||
	    (text_equal(effective, TEXT("plain")) &&
	     authorization->client->allows_plain_pkce)) {
		authorization->challenge_method = effective;
		return DONE;
	}
	return refuse(authorization->decision,
		      REASON_CHALLENGE_METHOD_UNSUPPORTED,
		      .argument = TEXT("code_challenge_method"),
		      .expected = TEXT("S256"), .received = effective);
}

static bool is_s256(struct arena *arena, struct text challenge)
{
	struct buf bytes = buf_init_arena(arena, SHA256_SIZE);

	return challenge.size == BASE64URL_SIZE(SHA256_SIZE) &&
	       base64url_decode(challenge, &bytes) && bytes.size == SHA256_SIZE;
}

static bool is_plain(struct text challenge)
{
	if (challenge.size < 43 || challenge.size > 128)
		return false;
	for (size_t i = 0; i < challenge.size; i++) {
		char c = challenge.at[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		      (c >= '0' && c <= '9') ||
		      text_find_byte(TEXT("-._~"), c) < 4))
			return false;
	}
	return true;
}

static outcome check(struct authorization *authorization)
{
	struct decision *decision = authorization->decision;
	struct text challenge =
		form_find(&authorization->form, "code_challenge");
	struct text method =
		form_find(&authorization->form, "code_challenge_method");
	bool is_good;

	if (challenge.size == 0)
		return check_absent(authorization, method);
	TRY(check_method(authorization, method));
	is_good = text_equal(authorization->challenge_method, TEXT("S256"))
			  ? is_s256(decision->arena, challenge)
			  : is_plain(challenge);
	if (!is_good)
		return refuse(decision, REASON_CHALLENGE_MALFORMED,
			      .argument = TEXT("code_challenge"),
			      .received = arena_format(decision->arena,
						       "%zu characters",
						       challenge.size));
	authorization->challenge = challenge;
	return DONE;
}

const struct authorization_check check_code_challenge = {"code_challenge",
							 check};
