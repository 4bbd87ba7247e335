/* SPDX-License-Identifier: Apache-2.0 */
/* The only outgoing HTTP door: guarded, bounded, off the loops' threads. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/instant.h"
#include "fetch/guard.h"

#define FETCH_SIZE_MAX 65536 /* bytes of a body */
#define FETCH_TIME_MAX 5 /* seconds in all, names and TLS included */
#define FETCH_AGAIN_AFTER 60 /* seconds: least time between two of one URI */
#define FETCH_FRESH_FOR 600 /* seconds that a document is taken as it is */

struct fetch_options {
	struct guard guard;
	unsigned int thread_count; /* how many run at once */
	unsigned int waiting_max;
	/* PEM file of authorities that are trusted besides the system's; NULL:
	 * none. */
	const char *ca_file;
};

struct fetch;

/* NULL: no threads. libcurl is initialised once per process. */
struct fetch *fetch_new(const struct fetch_options *options);
/* When no task waits any more. */
void fetch_free(struct fetch **fetch);

/*
 * GETs an https URI (http too, where loopback is allowed, to loopback alone);
 * appends the body of a 200. REFUSED, with a sentence (static) in *why_out, for
 * anything else: an address that the guard does not allow, a redirect, too much,
 * too slow, too many waiting. Parks the task.
 */
outcome fetch_get(struct fetch *fetch, struct text uri, struct buf *body,
		  const char **why_out) MUST_USE;

/*
 * The document at `uri`, kept for FETCH_FRESH_FOR; `wants_newer` asks for another
 * than what is kept (a key that it lacks). At most one GET per URI in
 * FETCH_AGAIN_AFTER, whoever asks and however it ends, and one more that renews
 * what the first one brought: until then what is kept is given, or REFUSED. A
 * kept document outlives a GET that fails. Of those who come while one is under
 * way 256 wait for it; the others get what is kept, or REFUSED. The text is in
 * `arena`.
 */
outcome fetch_document(struct fetch *fetch, struct arena *arena,
		       struct text uri, instant now, bool wants_newer,
		       struct text *document_out, const char **why_out)
	MUST_USE;
