/* SPDX-License-Identifier: Apache-2.0 */
/* People's passwords: Argon2id by libsodium (RFC 9106). */
#pragma once

#include "base/buf.h"

/* Longest password, in bytes (RFC 8265 OpaqueString, NFC by the caller). */
#define PASSWORD_MAX 1024
#define PASSWORD_HASH_MAX 128

/* How much work one hash is. */
struct password_cost {
	unsigned int passes;
	size_t memory_bytes;
};

/* OWASP's: 2 passes over 19 MiB, one lane. */
extern const struct password_cost password_cost_default;

/* Appends the encoded hash ("$argon2id$…"). Tens of milliseconds of CPU: in a
 * worker. BROKEN when there is no memory. Refuses NUL bytes and too long ones.
 */
outcome password_hash(struct text password, const struct password_cost *cost,
		      struct buf *encoded) MUST_USE;
/* The same work whether it matches or not. */
MUST_USE bool password_verify(struct text password, struct text encoded);
/* As long as password_verify of a hash at the default cost: for users that do
 * not exist (attack L01). */
void password_verify_nobody(struct text password);
