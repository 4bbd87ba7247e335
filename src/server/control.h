/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's socket: one line of JSON each way. */
#pragma once

#include "base/outcome.h"
#include "loop/loop.h"

struct control;

/*
 * Listens at `folder`/control-PID.sock, mode 0600, on the loop. Knows
 * {"command":"explain","request":"ID"}: answers with the decision's line, or
 * {"error":"…"}. REFUSED, with a sentence in *why_out (static), when it cannot
 * be made.
 */
outcome control_open(struct loop *loop, const char *folder,
		     struct control **control_out, const char **why_out)
	MUST_USE;
/* Closes it and removes the socket file; on the loop's thread or after it. */
void control_close(struct control **control);
/* Whether a living process answers on any control socket in the folder. */
bool control_is_anybody_there(const char *folder);
