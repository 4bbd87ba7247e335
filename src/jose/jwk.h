/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Web Keys (RFC 7517, 7518 section 6, 8037) and thumbprints (RFC 7638). */
#pragma once

#include "crypto/pkey.h"
#include "json/json.h"
#include "json/writer.h"

/* A public key from its JWK. REFUSED, with a sentence in *why_out (static), for
 * private or symmetric members, unknown types and bad values. */
outcome jwk_parse(const struct json *object, struct pkey **key_out,
		  const char **why_out) MUST_USE;
/* Writes the members kty, (crv,) and the public values inside an object that
 * the caller has opened. */
outcome jwk_write(const struct pkey *key, struct json_writer *writer) MUST_USE;
/* Appends the SHA-256 thumbprint's 32 bytes (RFC 7638). */
outcome jwk_thumbprint(const struct pkey *key, struct buf *bytes) MUST_USE;

/*
 * Whether a key of a JWK Set may be tried for a signature by `algorithm`: its
 * `kid` is `key_id` (when that is present), and `use`, `key_ops` and `alg` (when
 * they are there) allow it. RFC 7517 sections 4.2 to 4.5.
 */
bool jwk_allows_verify(const struct json *object, struct text key_id,
		       struct text algorithm);
