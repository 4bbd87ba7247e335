/* SPDX-License-Identifier: Apache-2.0 */
/* References: authenticated, encrypted names of rows (AES-SIV, RFC 5297). */
#pragma once

#include "model/session.h"
#include "token/tokens.h"

/* One construction for all that we hand out; the kind travels inside. */
enum reference_kind {
	REFERENCE_CODE = 1,
	REFERENCE_REFRESH_TOKEN = 2,
	REFERENCE_ACCESS_TOKEN_ID = 3, /* jti of a JWT access token */
	REFERENCE_ACCESS_TOKEN = 4, /* opaque */
	REFERENCE_SESSION = 5,
	REFERENCE_REQUEST = 6, /* a signed-in person's open step */
	REFERENCE_PUSHED = 7, /* request_uri (RFC 9126) */
};

/* "refresh token": for what is told the operator. */
const char *reference_kind_name(enum reference_kind kind);

#define REFERENCE_MORE_MAX 4096
/* Longest spelling that is looked at. */
#define REFERENCE_SIZE_MAX 8192

struct reference {
	enum reference_kind kind;
	int64_t tenant_id;
	uint16_t shard;
	int64_t row_id;
	uint32_t generation;
	uint32_t epoch;
	int64_t expires_at; /* seconds since 1970 */
	struct text more; /* by kind */

	/* Of one that was opened: what its row's seed has to prove. */
	struct text proven;
	struct text proof;
};

/*
 * On the wire: base64url(key number 1 | SIV tag 16 | ciphertext), of the
 * plaintext kind 1 | shard 2 | row id 8 | generation 4 | epoch 4 |
 * expires_at 4 | more | proof 16, numbers big-endian; associated data: key
 * number and tenant id. The same fields and seed give the same spelling.
 */
struct text reference_seal(struct tokens *tokens, struct arena *arena,
			   instant now, const struct reference *reference,
			   const unsigned char seed[ROW_SEED_SIZE]);

/*
 * false for whatever this tenant's server did not make: nothing of the store is
 * touched. Its row has still to prove it: reference_is_proven.
 */
MUST_USE bool reference_open(struct tokens *tokens, struct arena *arena,
			     int64_t tenant_id, struct text spelling,
			     struct reference *reference_out);
MUST_USE bool reference_is_proven(const struct reference *reference,
				  const unsigned char seed[ROW_SEED_SIZE]);
