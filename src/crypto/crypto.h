/* SPDX-License-Identifier: Apache-2.0 */
/* Readies the libraries below this room, once per process. */
#pragma once

#include "base/outcome.h"

/* Before any other call of this room and before threads start. BROKEN, with an
 * event, when OpenSSL or libsodium lack something that we need. */
outcome crypto_open(void) MUST_USE;
