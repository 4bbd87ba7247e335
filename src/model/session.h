/* SPDX-License-Identifier: Apache-2.0 */
/* A browser in which a person has signed in. */
#pragma once

#include "base/instant.h"
#include "base/text.h"

#define ROW_SEED_SIZE 16
#define SESSION_SID_SIZE 16

struct session {
	int64_t id;
	uint16_t shard; /* that it lies in */
	int64_t tenant_id;
	int64_t user_id;
	unsigned char seed[ROW_SEED_SIZE];
	unsigned char sid[SESSION_SID_SIZE]; /* "sid" of tokens, random */
	struct text methods; /* amr values, space-delimited */
	struct text acr;
	instant authenticated_at;
	instant expires_at; /* absolute end */
	instant revoked_at; /* 0: it lives */
	instant purge_at;
};
