/* SPDX-License-Identifier: Apache-2.0 */
/* What a token is bound to, as grants and tokens keep it (RFC 7800): "jkt:…" of a
 * key (RFC 9449), "x5t#S256:…" of a certificate (RFC 8705). */
#pragma once

#include "base/arena.h"

#define CONFIRMATION_BY_CERTIFICATE TEXT("x5t#S256:")

/* Absent without a certificate (DER). */
struct text confirmation_of_certificate(struct arena *arena, struct text der);
