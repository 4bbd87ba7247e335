/* SPDX-License-Identifier: Apache-2.0 */
/* A tenant's key as it is stored, for signing or encryption; a server secret. */
#pragma once

#include "base/instant.h"
#include "base/text.h"

/* What tokens may be signed with, in the order in which keys are published: some
 * clients take the first. */
#define SIGNING_KEY_ALGORITHMS "RS256 ES256 PS256 EdDSA"
/* What request objects may be encrypted by: keys of their own, that sign
 * nothing, in the same table. Only tenants that ask have one. */
#define ENCRYPTION_KEY_ALGORITHMS "RSA-OAEP-256 ECDH-ES"

enum signing_key_state {
	/* published, does not sign yet; for encryption: decrypts already */
	SIGNING_KEY_NEXT = 1,
	/* signs; for encryption: the one that is published */
	SIGNING_KEY_CURRENT = 2,
	/* published until retires_at; for encryption: decrypts until then */
	SIGNING_KEY_PREVIOUS = 3,
};

struct signing_key {
	int64_t tenant_id;
	struct text id; /* kid: the JWK thumbprint, base64url */
	struct text algorithm; /* of one of the lists above */
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
