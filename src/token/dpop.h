/* SPDX-License-Identifier: Apache-2.0 */
/* DPoP proofs taken apart and verified by the key they bring (RFC 9449). */
#pragma once

#include "decision/decision.h"
#include "tenant/profile.h"
#include "token/tokens.h"

/* Longest proof that is looked at. */
#define DPOP_SIZE_MAX 8192
#define DPOP_ID_MAX 255 /* of jti */
/* base64url of a SHA-256 thumbprint: jkt, dpop_jkt, and of ath. */
#define DPOP_THUMBPRINT_SIZE 43

/* What a proof says. It holds the key, but of whom, for which request and
 * whether for the first time is still to be judged. */
struct dpop_proof {
	struct text thumbprint; /* of its key (RFC 7638) */
	struct text id; /* jti */
	struct text method; /* htm */
	struct text url; /* htu */
	struct text token_hash; /* ath, or absent */
	struct text nonce; /* or absent */
	instant issued_at; /* iat */
};

/*
 * The checks of RFC 9449 section 4.3 that need nothing but the proof: a compact
 * JWS, typ, an asymmetric alg that the profile takes, a public jwk, the signature by it, the claims and
 * their types. Texts in the decision's arena. REFUSED: DPOP_MALFORMED,
 * DPOP_SIGNATURE_WRONG.
 */
outcome dpop_read(struct decision *decision, const struct profile *profile,
		  struct text compact, struct dpop_proof *proof_out) MUST_USE;

/* Whether it can be a thumbprint: 43 characters of base64url. */
bool dpop_is_thumbprint(struct text text);

/* The algorithms of proofs, space-delimited: for challenges. */
struct text dpop_algorithms(struct arena *arena, const struct profile *profile);

/*
 * A nonce for proofs (RFC 9449 section 8): made from tenant and time alone, so
 * that every node knows those of every other. A new one each minute.
 */
struct text dpop_nonce_format(struct tokens *tokens, struct arena *arena,
			      int64_t tenant_id, instant now);

enum dpop_nonce_fault {
	DPOP_NONCE_GOOD,
	DPOP_NONCE_FOREIGN, /* not made here, or for another tenant */
	DPOP_NONCE_OLD,
};

/* Good from a minute before its time (clocks differ) to five minutes after. */
MUST_USE enum dpop_nonce_fault dpop_nonce_check(struct tokens *tokens,
						int64_t tenant_id, instant now,
						struct text nonce);
