/* SPDX-License-Identifier: Apache-2.0 */
/* The DPoP proof of a request: whose key it shows, once (RFC 9449). */
#pragma once

#include "oauth/oauth.h"
#include "token/access.h"

struct proof {
	bool is_there;
	struct text confirmation; /* "jkt:…"; absent without a proof */
	/* The success, too, brings a fresh nonce. */
	bool offers_nonce;
};

/*
 * At the token endpoint and where requests are pushed, after the client is
 * proven: every check of RFC 9449 section 4.3 but the jti's, which is added to
 * request->once. DONE without a proof where none is needed (a pushed
 * request never needs one), and where
 * the profile heeds proofs of clients that must send them alone. REFUSED:
 * DPOP_REQUIRED, DPOP_REPEATED, DPOP_MALFORMED, DPOP_SIGNATURE_WRONG,
 * DPOP_METHOD_MISMATCH, DPOP_URL_MISMATCH, DPOP_EXPIRED, DPOP_NONCE_REQUIRED.
 */
outcome proof_read(struct oauth_request *request, const struct client *client,
		   struct proof *proof_out) MUST_USE;

/*
 * At a resource of ours, for an access token that was read and came by the
 * Authorization scheme DPoP or another way: a bound one needs its proof, one that
 * is not bound must not come as if it were (sections 7.1 and 7.2). The proof's jti
 * is added to request->once. REFUSED as above, and TOKEN_PROOF_MISSING,
 * TOKEN_KEY_MISMATCH, DPOP_TOKEN_MISMATCH.
 */
outcome proof_check_access(struct oauth_request *request,
			   const struct access *access, bool is_dpop_scheme)
	MUST_USE;

/* Its key's thumbprint; absent without a proof. */
struct text proof_key(const struct proof *proof);
/* Whether a confirmation is a DPoP key's. */
bool proof_is_key(struct text confirmation);
/* Whether the proof shows the key that `confirmation` names; DONE when that is
 * absent or of another kind than DPoP. REFUSED: DPOP_REQUIRED, DPOP_KEY_MISMATCH. */
outcome proof_check_key(struct decision *decision, const struct proof *proof,
			struct text confirmation) MUST_USE;

/* DPoP-Nonce: a fresh one. */
void proof_offer_nonce(struct oauth_request *request);
