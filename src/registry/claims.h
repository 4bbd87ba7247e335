/* SPDX-License-Identifier: Apache-2.0 */
/* A person's claims, as an import may set them (OpenID Connect Core 5.1). */
#pragma once

#include "registry/internal.h"

#define CLAIMS_SIZE_MAX ((size_t)16384)
#define CLAIMS_SUBJECT_MAX 255

/* Reads the object: `sub` into *subject_out (absent: none), all else as JSON
 * into *claims_out. What does not fit becomes mistakes. */
void claims_read(struct reading *reading, const struct place *place,
		 const struct json *claims, struct text *subject_out,
		 struct text *claims_out);
