/* SPDX-License-Identifier: Apache-2.0 */
/* Which redirect URIs may be registered (RFC 9700 section 4.1, RFC 8252). */
#pragma once

#include "base/text.h"

#define REDIRECT_URI_MAX 2048

/*
 * REFUSED, with a sentence (static) in *why_out: relative, with a fragment, a
 * '*', user information or dot segments; a scheme other than https, http on
 * loopback, or, of a native client, one with a dot (a reversed domain name);
 * the name of a parameter that we add in its query (attacks R07, R08, R10, R22).
 * *is_private_use_out tells the last kind of scheme, which needs PKCE.
 */
outcome redirect_uri_check(struct text uri, bool is_native,
			   bool *is_private_use_out, const char **why_out)
	MUST_USE;
/* http or https, with a host: for what a page links to (attack S14). */
outcome redirect_uri_check_web(struct text uri, const char **why_out) MUST_USE;
