/* SPDX-License-Identifier: Apache-2.0 */
/* A stored authorization request: a signed-in person's open step, or pushed. */
#pragma once

#include "model/session.h"

enum request_kind {
	REQUEST_CONSENT = 1, /* waits for a signed-in person's decision */
	REQUEST_LOGOUT = 2, /* waits for the sign-out to be confirmed */
	REQUEST_PUSHED = 3, /* RFC 9126 */
};

struct request {
	int64_t id;
	uint16_t shard; /* that it lies in */
	int64_t tenant_id;
	enum request_kind kind;
	unsigned char seed[ROW_SEED_SIZE];
	int64_t session_id; /* 0: none */
	struct text client_id; /* absent: none */
	struct text document; /* the parameters; the owner's affair */
	instant created_at;
	instant expires_at;
	instant consumed_at; /* 0: open */
	instant purge_at;
};
