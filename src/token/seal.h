/* SPDX-License-Identifier: Apache-2.0 */
/* Input that travels through a browser and comes back unread and unchanged. */
#pragma once

#include "base/encoding.h"
#include "token/tokens.h"

#define SEAL_SIZE_MAX 32768
/* Of a payload: nonce, expiry, browser, key number and tag come to it. The
 * payload's own maximum is the caller's to keep: past SEAL_PAYLOAD_MAX
 * seal_close aborts. */
#define SEAL_OVERHEAD 64
#define SEAL_PAYLOAD_MAX (SEAL_SIZE_MAX - SEAL_OVERHEAD)
#define SEAL_SPELLING_SIZE(payload) BASE64URL_SIZE((payload) + SEAL_OVERHEAD)

/* What a seal is bound to. Input only, never a decision: whoever opens one runs
 * every check again. */
struct seal {
	int64_t tenant_id;
	struct text purpose; /* "sign-in" */
	struct text browser; /* the secret of the browser's cookie */
	instant expires_at;
};

/* base64url of the sealed payload, in the arena. Randomised, so that two alike
 * cannot be told to be so. */
struct text seal_close(struct tokens *tokens, struct arena *arena, instant now,
		       const struct seal *seal, struct text payload);

/* Why one did not open. */
enum seal_fault {
	SEAL_GOOD,
	SEAL_FOREIGN, /* mangled, of another tenant or purpose */
	SEAL_EXPIRED, /* genuine, but too old */
	SEAL_OTHER_BROWSER, /* genuine, but given to another browser */
};

/* Puts the payload into *payload_out (in the arena) and what it was bound to
 * into *seal's expires_at; tenant, purpose and browser are the caller's. */
MUST_USE enum seal_fault seal_open(struct tokens *tokens, struct arena *arena,
				   instant now, struct seal *seal,
				   struct text sealed,
				   struct text *payload_out);
