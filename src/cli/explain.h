/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a request, found and told in words. */
#pragma once

#include "base/buf.h"
#include "server/site.h"

/* A decision's line is an event, and so at most this long. */
#define EXPLAIN_LINE_MAX ((size_t)8192)

/* Asks one control socket (RULES.md: one line of JSON each way). REFUSED when
 * nobody answers there or the server does not know the request. */
outcome explain_ask(const char *socket_file, const char *request,
		    struct buf *line) MUST_USE;
/* Searches an event log for the decision. REFUSED when it is not there. */
outcome explain_search(const char *log_file, const char *request,
		       struct buf *line) MUST_USE;
/* Asks every control socket of the site, then searches its log. REFUSED with a
 * sentence in `why` that says where it has looked. */
outcome explain_find(const struct site *site, const char *request,
		     struct buf *line, struct buf *why) MUST_USE;

/* A decision's line in words. REFUSED when it is not a decision. */
outcome explain_tell(struct text line, struct buf *words) MUST_USE;
