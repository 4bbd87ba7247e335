/* SPDX-License-Identifier: Apache-2.0 */
/* The running server: what is opened, in which order, and how it ends. */
#pragma once

#include "base/event.h"
#include "fetch/fetch.h"
#include "http/listener.h"
#include "server/edge_options.h"
#include "server/site.h"
#include "tenant/tenant.h"

struct server;

#define SERVER_LISTENER_COUNT_MAX 16

struct server_listener {
	const char *address;
	uint16_t port;
	const char *certificate_file; /* NULL: plain */
	const char *key_file;
	const char *ocsp_file; /* NULL: nothing is stapled */
	bool asks_certificates; /* of clients */
	bool allows_http2;
	struct edge_options edge;
};

/* All borrowed; must outlive the server. */
struct server_options {
	const struct site *site;
	struct http_limits limits;
	struct tenant_defaults defaults;
	struct server_listener listeners[SERVER_LISTENER_COUNT_MAX];
	size_t listener_count;
	unsigned int loop_count; /* 0: one per core */
	struct fetch_options fetch;
	size_t memory; /* bytes; 0: half of the machine's */
	unsigned int password_threads; /* 0: by the memory */
	unsigned int password_queue;
	unsigned int pushed_per_minute; /* by one client; above 0 */
	int64_t drain_for; /* seconds */
	enum event_level log_least;
	/* Called when store and master key are open, before anything is read
	 * from them: where the demo writes its tenants. NULL: nothing. */
	outcome (*prepare)(void *context, struct store *store,
			   const struct master *master, struct buf *why);
	void *prepare_context;
	/* Called once requests are answered. NULL: nothing. */
	void (*is_ready)(void *context);
};

/*
 * Opens everything, answers until SIGTERM or SIGINT, drains and closes. SIGHUP
 * opens the event log anew. REFUSED or BROKEN, with sentences in `why`, when it
 * could not begin, or ended because the store asks for a later program. The process's signals and core limit are set here.
 */
outcome server_run(const struct server_options *options, struct buf *why)
	MUST_USE;
