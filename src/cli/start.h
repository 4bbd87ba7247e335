/* SPDX-License-Identifier: Apache-2.0 */
/* Where `licet demo` is to listen. */
#pragma once

#include "base/buf.h"
#include "base/text.h"

struct start_listen {
	struct text host; /* as written: "localhost", "127.0.0.1", "[::1]" */
	uint16_t port;
};

/* Reads ADDR:PORT. REFUSED with a sentence: another form, an address that is
 * not this machine's own (loopback), port 0 or above 65535. */
outcome start_parse_listen(const char *written, struct start_listen *listen_out,
			   struct buf *why) MUST_USE;
