/* SPDX-License-Identifier: Apache-2.0 */
/* Access tokens: one set of claims in two envelopes, JWT and opaque. */
#pragma once

#include "token/claims.h"
#include "token/lookup.h"

/* A token to be made; audience and scope may be narrower than the grant's. */
struct access_request {
	const struct tenant *tenant;
	const struct client *client;
	const struct grant *grant;
	struct text subject;
	struct text scope;
	struct text resources; /* space-delimited; empty: none */
	struct text confirmation; /* cnf, as struct grant has it; or absent */
	bool is_jwt;
	bool is_refresh;
	int64_t for_seconds;
};

/* Puts the token into *token_out, in the decision's arena. */
outcome access_issue(struct decision *decision, struct tokens *tokens,
		     const struct access_request *request,
		     struct text *token_out) MUST_USE;

struct access_presented {
	struct text spelling;
	const struct reference *opened; /* the spelling's, if it was before */
};

/* One that was presented, read and proven. */
struct access {
	struct reference reference;
	struct grant grant;
	struct text spelling;
	bool is_jwt;
	int64_t issued_at;
	int64_t expires_at;
	struct text scope;
	struct text audience; /* space-delimited, as in the token */
	struct text confirmation;
};

/*
 * REFUSED: TOKEN_UNKNOWN, TOKEN_EXPIRED, TOKEN_REVOKED (it or its grant),
 * EPOCH_OLD. Whoever presents it has still to be allowed to; a bound one
 * (`confirmation`) has still to come with its proof.
 */
outcome access_read(struct decision *decision, struct tokens *tokens,
		    const struct tenant *tenant,
		    const struct access_presented *presented,
		    struct access *access_out) MUST_USE;

/* Revokes this one alone; durable when DONE. */
outcome access_revoke(struct decision *decision, struct tokens *tokens,
		      const struct access *access) MUST_USE;
