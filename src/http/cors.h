/* SPDX-License-Identifier: Apache-2.0 */
/* What scripts of other origins may read (Fetch standard, section 3.3). */
#pragma once

#include "http/http.h"

/*
 * The rules for one request. Which origins are allowed is the caller's
 * knowledge: `allows_origin` is asked with Origin's value, byte for byte.
 * "null" is never allowed: any page can make itself that origin.
 */
struct cors {
	bool (*allows_origin)(void *context, struct text origin);
	void *context;
	const char *methods; /* for preflights: "GET, POST" */
	bool allows_credentials;
};

/* OPTIONS with Origin and Access-Control-Request-Method. */
bool cors_is_preflight(const struct http_request *request);
/* Makes the reply a 204; without permissions when the origin is not allowed. */
void cors_answer_preflight(const struct cors *cors,
			   const struct http_request *request,
			   struct http_reply *reply);
/* Adds what lets the origin read the reply, and Vary. To be called before
 * anything else is decided, so that errors can be read too. */
void cors_add(const struct cors *cors, const struct http_request *request,
	      struct http_reply *reply);
