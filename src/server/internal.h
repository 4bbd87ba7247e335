/* SPDX-License-Identifier: Apache-2.0 */
/* The server's parts, as its own files see them. */
#pragma once

#include <pthread.h>

#include "decision/limiter.h"
#include "oauth/oauth.h"
#include "server/memory.h"
#include "server/purge.h"
#include "server/server.h"
#include "server/shards.h"

struct control;

/* ---- presence.c: who is at work on the store ---- */

struct presence {
	int64_t id; /* 0: not told yet */
	instant started_at;
	char name[128]; /* host/process */
	int polls_left; /* until it is told again */
};

/* In the poll: says now and then that this server is here. */
void presence_tell(struct server *server);
/* At the end, outside tasks. */
void presence_end(struct server *server);

/* ---- gossip.c: limits that hold across the servers of one store ---- */

/* On the wire between servers: never to be renumbered. */
enum gossip_limiter {
	GOSSIP_CLIENT,
	GOSSIP_PUSHED,
	GOSSIP_LOGIN,
	GOSSIP_LOGIN_CROWD,
	GOSSIP_LIMITER_COUNT,
};

#define GOSSIP_PIECE_SIZE 22

struct gossip_heard {
	int64_t server_id;
	int64_t number; /* of what was heard last */
};

struct gossip {
	struct limiter *limiters[GOSSIP_LIMITER_COUNT];
	int64_t told_count;
	size_t untold_size;
	char untold[GOSSIP_LIMITER_COUNT * LIMITER_NEWS_MAX *
		    GOSSIP_PIECE_SIZE];
	size_t heard_count;
	struct gossip_heard heard[STORE_GOSSIP_MAX];
	bool is_cut; /* the last exchange failed */
};

/* Once the master key is there, before the first request. */
void gossip_open(struct server *server);
/* In the poll, once this server is present. */
void gossip_exchange(struct server *server);
/* What has happened here since the last time. BROKEN: the store does not take
 * it; it is told the next time. */
outcome gossip_tell(struct server *server) MUST_USE;

/* One loop, its thread and its listeners. */
struct server_loop {
	struct server *server;
	struct loop *loop;
	pthread_t thread;
	struct http_listener *listeners[SERVER_LISTENER_COUNT_MAX];
	size_t listener_count;
	struct http_budget budget;
	struct loop_message drain;
	struct loop_timer drain_timer;
	int64_t drain_until_ms;
};

struct server {
	struct http_service service;
	const struct server_options *options;
	struct store *store;
	struct master *master;
	struct keys *keys;
	struct tokens *tokens;
	struct worker_pool *workers;
	struct fetch *fetch;
	struct limiter *client_limiter;
	struct limiter *push_limiter;
	struct limiter *login_limiter;
	struct limiter *login_crowd_limiter;
	struct oauth oauth;
	struct memory_plan memory;
	bool is_over_budget;
	int64_t trimmed_ms;

	pthread_rwlock_t tenants_lock;
	struct tenants *tenants;
	int64_t config_epoch;
	_Atomic bool is_draining;
	_Atomic bool is_store_behind; /* the last poll of it failed */
	_Atomic bool
		is_outdated; /* the store wants a later program, or has moved */
	struct presence presence;
	struct gossip gossip;

	struct http_tls *tls[SERVER_LISTENER_COUNT_MAX];
	struct server_loop *loops;
	size_t loop_count;
	struct loop_timer poll_timer; /* on the first loop */
	bool is_polling;
	struct purge purge;
	struct shards *shards; /* NULL: there is the home alone */
	struct control *control;
};

/* ---- lists.c: what this program is composed of ---- */

extern const struct profile *const server_profiles[];
extern const size_t server_profile_count;
extern const struct client_auth_method *const server_client_auth_methods[];
extern const size_t server_client_auth_method_count;
extern const struct grant_type *const server_grant_types[];
extern const size_t server_grant_type_count;
/* NULL when no room answers at it. */
const struct oauth_endpoint *server_find_endpoint(enum endpoint endpoint);

/* ---- tenancy.c: the directory of tenants, and keys for them ---- */

/* Reads it anew, and makes current keys where a tenant lacks them. */
outcome tenancy_load(struct server *server) MUST_USE;
/* The directory as it is now; to be unreferenced. */
struct tenants *tenancy_ref(struct server *server);
/* Makes next keys for every current one that has none. */
outcome tenancy_make_next_keys(struct server *server) MUST_USE;

/* ---- poll.c: what is done every second ---- */

void poll_start(struct server *server, struct loop *loop);
void poll_stop(struct server *server, struct loop *loop);

/* ---- tend.c: what the thread that waits for signals does every second ---- */

/* Follows certificates' files (`reads_anew`: at once) and keeps the process to
 * its memory. */
void tend(struct server *server, bool reads_anew);

/* ---- loops.c: threads and listeners ---- */

outcome loops_open(struct server *server, struct buf *why) MUST_USE;
outcome loops_start(struct server *server) MUST_USE;
/* What the connections of each may hold from now on. */
void loops_limit(struct server *server, size_t share);
/* Drains, waits for the threads to end. */
void loops_stop(struct server *server);
void loops_free(struct server *server);

/* ---- dispatch.c, health.c ---- */

void dispatch_answer(struct http_service *service,
		     const struct http_request *request,
		     struct http_reply *reply);
/* Whether the path is /healthz or /readyz; then it is answered. */
bool health_answer(struct server *server, const struct http_request *request,
		   struct http_reply *reply);

/* ---- reach.c: what scripts of other origins may do (CORS) ---- */

/* Whether it is a preflight; then it is answered. */
bool reach_answer_preflight(struct oauth_request *request,
			    const struct oauth_endpoint *endpoint);
/* Lets the origin read the reply, whatever it says. */
void reach_add(struct oauth_request *request,
	       const struct oauth_endpoint *endpoint);
