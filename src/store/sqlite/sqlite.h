/* SPDX-License-Identifier: Apache-2.0 */
/* The embedded store: one SQLite file in a folder. */
#pragma once

#include "store/driver.h"

/*
 * Opens (creates, with mode 0600) `folder`/licet.db: WAL, synchronous=FULL. The
 * schema is not touched: store_migrate. REFUSED with a sentence in `why` (at
 * least 256 bytes) when the folder or file cannot be used.
 */
outcome store_sqlite_open(const char *folder, struct store **store_out,
			  char *why, size_t why_size) MUST_USE;
