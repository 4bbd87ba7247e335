/* SPDX-License-Identifier: Apache-2.0 */
/* A grant: one row for a code and all that comes of it (RULES: ideas 1, 2). */
#pragma once

#include "model/session.h"

/* What a code must match at the exchange; written at insert. */
struct grant_request {
	struct text redirect_uri; /* the effective one, always there */
	bool redirect_uri_sent; /* it stood in the authorization request */
	struct text challenge; /* absent: no PKCE */
	struct text challenge_method; /* "S256", "plain" */
	struct text request_uri; /* pushed request it came from, or absent */
	struct text nonce;
	struct text claims; /* the claims parameter's JSON, or absent */
	struct text key; /* dpop_jkt or absent */
	bool asks_auth_time; /* max_age or require_auth_time */
};

/*
 * Life: coded (redeemed_at 0) → redeemed → revoked (revoked_at set), each by one
 * conditional update. `generation` is 0 while coded, 1 after the exchange, and
 * the current refresh token's number ever after.
 */
struct grant {
	int64_t id;
	uint16_t shard; /* that it lies in */
	int64_t tenant_id;
	int64_t user_id;
	struct text client_id;
	unsigned char seed[ROW_SEED_SIZE];
	struct grant_request request;

	struct text scope; /* granted, space-delimited */
	struct text
		audience; /* resources granted, space-delimited, or absent */
	struct text acr;
	struct text methods; /* amr */
	int64_t session_id;
	unsigned char sid[SESSION_SID_SIZE];
	instant authenticated_at;

	instant created_at;
	instant code_expires_at;
	instant redeemed_at;
	struct text redeemed_peer; /* address that redeemed it; for explain */
	bool has_refresh_token;

	int64_t generation;
	instant rotated_at; /* when the current generation was minted */
	bool is_presented; /* the current generation has been used */
	int64_t overlap_count; /* answers given to the predecessor */
	instant expires_at; /* of every refresh token; 0: none */
	instant idle_expires_at;

	struct text confirmation; /* cnf: "jkt:…" or "x5t#S256:…", or absent */
	instant revoked_at;
	struct text revoked_reason;
	bool has_spent_tokens; /* single access tokens of it were revoked */
	instant purge_at;
};
