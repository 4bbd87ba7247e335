/* SPDX-License-Identifier: Apache-2.0 */
/* URIs taken apart without changing a byte (RFC 3986). */
#pragma once

#include "base/text.h"

/* Views into the text; absent parts are absent. */
struct uri {
	struct text scheme;
	struct text authority; /* userinfo, host and port as written */
	struct text userinfo;
	struct text host; /* with brackets when IPv6 */
	struct text port; /* digits */
	struct text path;
	struct text query;
	struct text fragment;
};

/* Absolute URIs only: REFUSED with a sentence (static) in *why_out for a
 * relative one, characters outside RFC 3986, a malformed port or host. O(n). */
outcome uri_parse(struct text text, struct uri *uri_out, const char **why_out)
	MUST_USE;
/* The same for an authority alone (the value of Host): sets authority,
 * userinfo, host and port. An empty host is accepted, an empty port is not. */
outcome uri_parse_authority(struct text authority, struct uri *uri_out,
			    const char **why_out) MUST_USE;
/* Scheme and authority as written, without a default port, as browsers say it
 * in Origin: "https://rp.example:8443". Absent when the host is empty, when
 * there is userinfo, or when it is no URI. */
struct text uri_origin(struct text text);
/* Literal 127.0.0.0/8, [::1] or localhost (and *.localhost). */
bool uri_host_is_loopback(struct text host);
