/* SPDX-License-Identifier: Apache-2.0 */
/* The headers of every page, the Content-Security-Policy above all. */
#pragma once

#include "http/http.h"

/* What a page needs beyond nothing; absent and NULL: not even that. */
struct policy {
	const char *style; /* the embedded style sheet, byte for byte */
	const char *script; /* the embedded script, byte for byte */
	struct text image_origin;
	struct text framed_by; /* the one origin that may frame it */
};

/*
 * Content-Type, Cache-Control, Referrer-Policy, X-Content-Type-Options and the
 * policy; X-Frame-Options unless an origin may frame it. No form-action:
 * browsers apply it to the redirects that follow a form (RULES: Browser).
 */
void policy_headers(struct http_reply *reply, struct arena *arena,
		    const struct policy *policy);

/* Whether it can stand in a policy: letters, digits and "-.:/[]_" only. */
bool policy_takes_origin(struct text origin);
