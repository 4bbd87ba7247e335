/* SPDX-License-Identifier: Apache-2.0 */
/* The one comparison of secrets. */
#pragma once

#include "base/text.h"

/* Takes the time of `a.size`, whatever stands where; sizes are not secret. */
MUST_USE bool equal_secret(struct text a, struct text b);
