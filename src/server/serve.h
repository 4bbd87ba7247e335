/* SPDX-License-Identifier: Apache-2.0 */
/* `licet serve`: the real thing, by a configuration file. */
#pragma once

#include "config/config.h"

/* What the settings say together, beyond each of them: whether the memory is
 * enough. REFUSED with a sentence in `why`. */
outcome serve_check(const struct config *config, struct buf *why) MUST_USE;
/* Runs until SIGTERM or SIGINT. REFUSED or BROKEN with sentences in `why`. */
outcome serve_run(const char *config_file, const char *const *environment,
		  struct buf *why) MUST_USE;
