/* SPDX-License-Identifier: Apache-2.0 */
/* One of every page, as the engine would ask for it: for tests and for eyes. */
#pragma once

#include "login/login.h"

/* A request at a tenant that is made by hand; no store behind it. */
struct drawing {
	struct arena *arena;
	struct tenant tenant;
	struct decision decision;
	struct http_request http;
	struct http_reply reply;
	struct oauth_request request;
};

void drawing_begin(struct drawing *drawing);
void drawing_end(struct drawing *drawing);
/* The only header of that name; absent when there is none or several. */
struct text drawing_header(const struct drawing *drawing, const char *name);

struct sample {
	const char *name;
	void (*draw)(struct oauth_request *request);
	/* What must be found in it, separated by '|'. */
	const char *needed;
};

extern const struct sample samples[];
extern const size_t sample_count;

/* A client with everything registered, and one with a name alone. */
extern const struct client sample_client;
extern const struct client sample_plain_client;
extern const struct user sample_user;
