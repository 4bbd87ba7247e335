/* SPDX-License-Identifier: Apache-2.0 */
/* A server secret that is the same in every run. */
#pragma once

#include "token/tokens.h"

#define FUZZ_NOW ((instant)1700000000 * INSTANT_SECOND)

/* Made once; number 1 of a store without files. */
struct tokens *fuzz_tokens(void);
