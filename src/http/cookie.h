/* SPDX-License-Identifier: Apache-2.0 */
/* Cookies in and out (RFC 6265). */
#pragma once

#include "http/http.h"

/* The value of a cookie; absent when there is none, or when several of that
 * name carry different values (cookie tossing, attack W11). */
struct text cookie_find(const struct http_request *request, struct text name);

struct cookie {
	struct text name;
	struct text value; /* cookie-octets only (RFC 6265 section 4.1.1) */
	bool is_secure;
	int64_t max_age_for; /* seconds; 0: until the browser ends; <0: delete */
	bool is_readable; /* by scripts: no HttpOnly */
	bool is_cross_site; /* SameSite=None (needs is_secure), else Lax */
};

/* Adds Set-Cookie with Path=/. */
void cookie_set(struct http_reply *reply, const struct cookie *cookie);
