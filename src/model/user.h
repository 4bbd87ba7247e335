/* SPDX-License-Identifier: Apache-2.0 */
/* A person who can sign in. */
#pragma once

#include "base/instant.h"
#include "base/text.h"

#define USERNAME_MAX 255

struct user {
	int64_t id;
	uint16_t shard; /* that it was read from; each has all people */
	int64_t tenant_id;
	struct text subject; /* "sub", unique within the tenant, <= 255 */
	struct text username; /* after PRECIS UsernameCaseMapped */
	struct text
		password_hash; /* encoded Argon2id; absent: cannot sign in */
	struct text claims; /* a JSON object, OpenID Connect Core 5.1 */
	instant password_changed_at;
	bool is_disabled;
};
