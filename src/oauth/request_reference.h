/* SPDX-License-Identifier: Apache-2.0 */
/* Request objects by reference: fetched from a registered request_uri (RFC 9101
 * section 5.2, OpenID Connect Core 6.2). */
#pragma once

#include "oauth/authorization.h"

/* Whether this tenant and client fetch at all; else request_uri is refused as
 * unsupported, further on. */
bool request_reference_is_taken(const struct authorization *authorization);

/*
 * Fetches the object, through the guarded door alone, and opens it as
 * request_object_open does; *compact_out is it as it was fetched. What is kept of
 * the URI is fetched anew, once a minute at most, when the object cannot be
 * opened or the URI's fragment is not its hash. Parks the task.
 * REFUSED: REQUEST_URI_UNREGISTERED (nothing is fetched), _UNREACHABLE, and what
 * request_object_open refuses.
 */
outcome request_reference_open(struct authorization *authorization,
			       struct text uri, struct text *compact_out,
			       struct form *form_out) MUST_USE;
