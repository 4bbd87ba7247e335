/* SPDX-License-Identifier: Apache-2.0 */
/* `licet serve`: the real thing, by a configuration file. */
#pragma once

#include "base/buf.h"

/* Runs until SIGTERM or SIGINT. REFUSED or BROKEN with sentences in `why`. */
outcome serve_run(const char *config_file, const char *const *environment,
		  struct buf *why) MUST_USE;
