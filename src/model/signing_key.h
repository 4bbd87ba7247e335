/* SPDX-License-Identifier: Apache-2.0 */
/* A tenant's signing key as it is stored, and a server secret. */
#pragma once

#include "base/instant.h"
#include "base/text.h"

/* What tokens may be signed with, in the order in which keys are published: some
 * clients take the first. */
#define SIGNING_KEY_ALGORITHMS "RS256 ES256 PS256 EdDSA"

enum signing_key_state {
	SIGNING_KEY_NEXT = 1, /* published, does not sign yet */
	SIGNING_KEY_CURRENT = 2, /* signs */
	SIGNING_KEY_PREVIOUS = 3, /* published until retires_at */
};

struct signing_key {
	int64_t tenant_id;
	struct text id; /* kid: the JWK thumbprint, base64url */
	struct text algorithm; /* one of SIGNING_KEY_ALGORITHMS */
	enum signing_key_state state;
	struct text public_der; /* SubjectPublicKeyInfo */
	struct text private_sealed; /* PKCS #8, sealed under the master key */
	instant created_at;
	instant retires_at; /* 0: not yet known */
};

/* What references are sealed with; one row per number. */
struct server_secret {
	int64_t number; /* 1 to 255 */
	struct text sealed;
	instant created_at;
	instant mint_from; /* new references use the newest that has begun */
};
