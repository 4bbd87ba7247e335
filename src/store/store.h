/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs on the nouns; what the rooms above may ask of any database. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "model/client.h"
#include "model/consent.h"
#include "model/grant.h"
#include "model/request.h"
#include "model/session.h"
#include "model/signing_key.h"
#include "model/tenant.h"
#include "model/user.h"

struct store;

/*
 * What became of it. Loads answer DONE, NOT_FOUND, BUSY or BROKEN. Writes:
 *  DONE       durable.
 *  NOT_FOUND  no such row.
 *  ALREADY    insert-if-absent: it was there.
 *  CONFLICT   the row is not in the state that the change demands.
 *  BUSY       not applied; may be tried again later.
 *  UNCERTAIN  its fate is unknown: never answered as success, never retried.
 *  AWAY       not applied: its shard is away, or not listed (loads too).
 *  BROKEN     the store failed; logged where it was noticed.
 */
enum store_outcome {
	STORE_DONE,
	STORE_NOT_FOUND,
	STORE_ALREADY,
	STORE_CONFLICT,
	STORE_BUSY,
	STORE_UNCERTAIN,
	STORE_AWAY,
	STORE_BROKEN,
};

#define STORE_MUST_USE MUST_USE enum store_outcome

/* Leaves the function with what a step came to, unless it is done. */
#define TRY_STORE(step)                                                        \
	do {                                                                   \
		enum store_outcome try_store = (step);                         \
		if (try_store != STORE_DONE)                                   \
			return try_store;                                      \
	} while (0)

/*
 * A write under way: its decision is taken in its own transaction; of one loop
 * those of one grant in submit order. Between submit and wait the caller may compute (sign!).
 * Memory in the arena. A change must be waited for exactly once.
 */
struct store_change;
/* Parks the task until the change's fate is known and durable (outside a task:
 * blocks). */
STORE_MUST_USE store_wait(struct store_change *change);

/* ---- opening; server and cli only. Drivers: store/driver.h ---- */

void store_close(struct store **store);
/* Creates or moves the schema to this version; leaves a later one's as it is.
 * Idempotent, may run while others serve. */
STORE_MUST_USE store_migrate(struct store *store);
/* The number of the schema that this program was written for. */
int64_t store_schema_number(void);
/* A new row id: 63 bits, 41 ms of `now` | 10 node | 12 sequence. Thread-safe;
 * strictly growing per node. Leases the node number on first use and renews it
 * every few minutes: that one call waits for a write, as store_wait does. */
int64_t store_new_id(struct store *store, instant now);
/*
 * Writes the store as it stands at one moment into a new file, mode 0600, checked
 * and synced, while others go on writing; `path` comes into being only when it
 * is whole. Outside a task. REFUSED with a sentence in `why` (at least 512
 * bytes): the file is there, cannot be written, or the engine has its own means.
 */
outcome store_back_up(struct store *store, const char *path, char *why,
		      size_t why_size) MUST_USE;
/* Whether it answers; for /readyz. */
STORE_MUST_USE store_ping(struct store *store);
/* Why it should serve nobody though it answers; NULL: it may serve. */
const char *store_find_fault(struct store *store);

/* ---- shards: several stores for one installation ---- */

/*
 * The store that is opened first is shard 0, the home: of tenants, keys, server
 * secrets and spent jtis, and of people, clients and resources, which the other
 * shards have a copy of (store/book.h). Sessions, their open steps, consents and
 * grants lie in the shard that the session was begun in; pushed requests in any.
 * Rows say which by `shard`, references by their number.
 */
#define STORE_SHARD_COUNT_MAX 64 /* with the home */

/* Never NULL. One that is away or is not listed answers AWAY to everything.
 * Without further shards: the home, at no cost. */
struct store *store_shard(struct store *home, uint16_t number);
uint16_t store_number(const struct store *store);
/* Whether it is what answers AWAY. */
bool store_is_away(const struct store *store);
/* The shard for what is new and belongs to `key`: among those that take it, and
 * whose copy is the home's book, mostly the same for the same key. */
struct store *store_choose(struct store *home, struct text key);
/* Where people, clients and resources are read that no shard's row led to. */
struct store *store_book(struct store *home);
/* Another whose copy is the home's book, when that one was busy: it may be about
 * to be known as away. Without one: what answers AWAY. */
struct store *store_book_else(struct store *home);

/* What references of a shard are minted in, and those before it refused, as
 * last loaded. */
struct store_epoch {
	int64_t current;
	int64_t floor;
};
struct store_epoch store_epoch_of(const struct store *home, uint16_t number);

/* ---- shards; server and cli only ---- */

/* Lists the home's own weight and further shards, before threads are there; no
 * number twice. Weight 0: takes nothing new. All but the home are away until
 * they have joined. */
struct store_listed {
	uint16_t number;
	unsigned int weight;
};
void store_list_shards(struct store *home, const struct store_listed *listed,
		       size_t count);
/* How many are listed, the home included; 0 when there is the home alone. */
size_t store_shard_count(const struct store *home);

/* Of what is shared; the home's own is EQUAL. */
enum store_copy {
	STORE_COPY_UNKNOWN, /* not looked at yet */
	STORE_COPY_EQUAL,
	STORE_COPY_BEHIND, /* it missed an import, or one is under way */
	STORE_COPY_AHEAD, /* the home was put back from a backup */
};

struct store_standing {
	uint16_t number;
	unsigned int weight;
	bool is_away;
	bool is_filled; /* it has a copy of what is shared */
	enum store_copy copy; /* as last noted */
	struct store *store; /* also while it is away; NULL: never opened */
};
struct store_standing store_shard_at(const struct store *home, size_t index);
/* Hands over one that was opened: home closes it. Still away. */
void store_join_shard(struct store *home, uint16_t number, struct store *shard);
/* Whether it answers, from any thread; true when that is news. */
bool store_note_shard(struct store *home, uint16_t number, bool is_away);
/* How its copy stands, from any thread. */
void store_note_copy(struct store *home, uint16_t number, enum store_copy copy);
/* Fills that are under way end with their page. */
void store_end_shards(struct store *home);

/* ---- settings and epochs (RULES.md, References) ---- */

struct store_epochs {
	int64_t current; /* references are minted in it */
	int64_t floor; /* earlier ones are refused */
	int64_t config; /* raised by every change of configuration rows */
	int64_t schema; /* the number of the store's schema */
	int64_t schema_floor; /* programs of an earlier one may not serve */
	/* Of what the shards copy; raised by every import. In a shard: of the
	 * copy that it has; 0: none. */
	int64_t book;
	int64_t site; /* which installation it belongs to; 0: has one shard */
	int64_t shard; /* its number there */
	int64_t copying; /* enum store_copying */
	int64_t copy_number; /* of that copying, alike in both stores */
};

/* How far a store is in being copied to another (store/copy/copy.h). */
enum store_copying {
	STORE_COPYING_NOT,
	STORE_COPYING, /* it serves */
	STORE_COPYING_FROZEN, /* for a moment it takes no changes */
	STORE_COPYING_MOVED, /* the other serves; never again this one */
	STORE_COPYING_ARRIVING, /* it is the other, and not yet whole */
};
/* CONFLICT when it is not so far as `before`. */
STORE_MUST_USE store_move_copying(struct store *store,
				  enum store_copying before,
				  enum store_copying after);

/* One cheap read; servers poll it every second. store_epoch_of tells of what
 * this has last found. */
STORE_MUST_USE store_load_epochs(struct store *store,
				 struct store_epochs *epochs_out);
/* After a restore: a new epoch, which becomes the floor. */
STORE_MUST_USE store_begin_epoch(struct store *store, instant now);
/* Tells all servers on this store to read their configuration rows again. */
STORE_MUST_USE store_raise_config(struct store *store);

/* ---- servers: who is at work on this store ---- */

struct store_server {
	int64_t id;
	struct text name; /* host/process */
	struct text version;
	int64_t schema; /* that it was written for */
	instant started_at; /* by its own clock, as the next */
	instant clock_at; /* its clock when it was last seen */
	instant seen_at; /* the store's clock at that moment */
};

/* Inserts it, or says that it is still there; seen_at is the store's affair.
 * A server that was not seen for a day is forgotten. */
STORE_MUST_USE store_save_server(struct store *store,
				 const struct store_server *server,
				 instant now);
STORE_MUST_USE store_delete_server(struct store *store, int64_t server_id);
/* In the order of their start; *store_now_out is the store's clock. */
STORE_MUST_USE store_load_servers(struct store *store, struct arena *arena,
				  instant now,
				  struct store_server **servers_out,
				  size_t *count_out, instant *store_now_out);

/* What a server tells the others: its pieces are numbered 1, 2, …, and the last
 * STORE_GOSSIP_SLOTS of them are kept. */
#define STORE_GOSSIP_SLOTS 8
/* What is larger is not loaded, nor more pieces at once. */
#define STORE_GOSSIP_SIZE_MAX 8192
#define STORE_GOSSIP_MAX 1024

struct store_gossip {
	int64_t server_id;
	int64_t number;
	struct text bytes; /* the servers' affair */
};

STORE_MUST_USE store_save_gossip(struct store *store,
				 const struct store_gossip *gossip,
				 instant now);
/* What the others told in the last ten seconds, each one's in its order; an arena
 * of STORE_GOSSIP_BUDGET has room for it. */
#define STORE_GOSSIP_BUDGET (2 * STORE_GOSSIP_MAX * STORE_GOSSIP_SIZE_MAX)
STORE_MUST_USE store_load_gossip(struct store *store, struct arena *arena,
				 int64_t own_server_id, instant now,
				 struct store_gossip **gossip_out,
				 size_t *count_out);
/* One line for the operator: engine and place, no secret; without its end. */
void store_describe(struct store *store, struct buf *out);
/* Lines for the operator, each with its end: what the engine says of its standbys
 * and its clock. Outside a task. */
void store_report(struct store *store, struct buf *out);

/* ---- tenants, clients, users, resources (written by registry) ---- */

/* Several saves as one transaction: all or nothing. Only outside a task. What
 * a save answers there other than DONE is to be followed by store_roll_back. */
STORE_MUST_USE store_begin(struct store *store);
STORE_MUST_USE store_commit(struct store *store);
void store_roll_back(struct store *store);
/* Commits when what was written is DONE; else rolls back, and returns it. */
STORE_MUST_USE store_end(struct store *store, enum store_outcome written);

/* Saves insert or replace by key. CONFLICT when another tenant has the name or
 * the url. */
STORE_MUST_USE store_save_tenant(struct store *store,
				 const struct tenant_record *tenant);
STORE_MUST_USE store_load_tenants(struct store *store, struct arena *arena,
				  struct tenant_record **tenants_out,
				  size_t *count_out);
STORE_MUST_USE store_save_client(struct store *store,
				 const struct client *client);
STORE_MUST_USE store_load_client(struct store *store, struct arena *arena,
				 int64_t tenant_id, struct text client_id,
				 struct client *client_out);
/* All of a tenant, by id. */
STORE_MUST_USE store_load_clients(struct store *store, struct arena *arena,
				  int64_t tenant_id,
				  struct client **clients_out,
				  size_t *count_out);
/* All clients of a tenant that have web_origins: for CORS preflights. */
STORE_MUST_USE store_load_web_origins(struct store *store, struct arena *arena,
				      int64_t tenant_id,
				      struct text *origins_out);
/* By (tenant, username); keeps the id and subject of one that is there, and
 * writes them into *user (the subject's bytes last until this thread's next
 * store_save_user). CONFLICT when another user has the subject. */
STORE_MUST_USE store_save_user(struct store *store, struct user *user);
STORE_MUST_USE store_load_user(struct store *store, struct arena *arena,
			       int64_t user_id, struct user *user_out);
STORE_MUST_USE store_load_user_named(struct store *store, struct arena *arena,
				     int64_t tenant_id, struct text username,
				     struct user *user_out);
STORE_MUST_USE store_save_resource(struct store *store,
				   const struct resource *resource);
STORE_MUST_USE store_load_resource(struct store *store, struct arena *arena,
				   int64_t tenant_id, struct text audience,
				   struct resource *resource_out);

/* ---- keys and secrets ---- */

/* Inserts a key; ALREADY when the tenant has one of this algorithm and state
 * (NEXT or CURRENT): two processes may race to make the first. */
STORE_MUST_USE store_insert_signing_key(struct store *store,
					const struct signing_key *key);
/* PREVIOUS gets retires_at; CURRENT becomes PREVIOUS, NEXT becomes CURRENT;
 * `next` is inserted as NEXT; one transaction. CONFLICT when the key in state
 * NEXT is not `promoted_id`. */
STORE_MUST_USE store_rotate_signing_key(struct store *store,
					struct text promoted_id,
					instant retires_at,
					const struct signing_key *next);
/* CURRENT and NEXT of the algorithm become PREVIOUS until then; also when there
 * is none. */
STORE_MUST_USE store_retire_signing_keys(struct store *store, int64_t tenant_id,
					 struct text algorithm,
					 instant retires_at);
/* All of a tenant's that have not retired before `now`. */
STORE_MUST_USE store_load_signing_keys(struct store *store, struct arena *arena,
				       int64_t tenant_id, instant now,
				       struct signing_key **keys_out,
				       size_t *count_out);
/* Which of every tenant's are CURRENT or NEXT, by tenant: nothing but tenant_id,
 * algorithm and state is set. */
STORE_MUST_USE store_load_key_states(struct store *store, struct arena *arena,
				     struct signing_key **keys_out,
				     size_t *count_out);
STORE_MUST_USE store_insert_server_secret(struct store *store,
					  const struct server_secret *secret);
STORE_MUST_USE store_load_server_secrets(struct store *store,
					 struct arena *arena,
					 struct server_secret **secrets_out,
					 size_t *count_out);

/* ---- sessions, consents, requests ---- */

STORE_MUST_USE store_insert_session(struct store *store,
				    const struct session *session);
STORE_MUST_USE store_load_session(struct store *store, struct arena *arena,
				  int64_t session_id,
				  struct session *session_out);
/* CONFLICT when it is revoked already. */
STORE_MUST_USE store_revoke_session(struct store *store, int64_t session_id,
				    instant now);

STORE_MUST_USE store_load_consent(struct store *store, struct arena *arena,
				  int64_t tenant_id, int64_t user_id,
				  struct text client_id,
				  struct consent *consent_out);
STORE_MUST_USE store_save_consent(struct store *store,
				  const struct consent *consent);
STORE_MUST_USE store_delete_consent(struct store *store, int64_t tenant_id,
				    int64_t user_id, struct text client_id);

STORE_MUST_USE store_insert_request(struct store *store,
				    const struct request *request);
STORE_MUST_USE store_load_request(struct store *store, struct arena *arena,
				  int64_t request_id,
				  struct request *request_out);
/* Once: CONFLICT when it was consumed or has expired. */
STORE_MUST_USE store_consume_request(struct store *store, int64_t request_id,
				     instant now);

/* ---- grants ---- */

/* The stored requests that a grant completes; 0: none. */
struct store_completed {
	int64_t step_id; /* the person's open step */
	int64_t pushed_id; /* RFC 9126 */
};

/* ALREADY on a used id: take another. What is `completed` (NULL: nothing) is
 * consumed in the same transaction, first; CONFLICT when one of them cannot be:
 * nothing is inserted and nothing consumed. */
STORE_MUST_USE store_insert_grant(struct store *store,
				  const struct grant *grant,
				  const struct store_completed *completed);
STORE_MUST_USE store_load_grant(struct store *store, struct arena *arena,
				int64_t grant_id, struct grant *grant_out);

/* What one request may be used once for: the jti of its client assertion and
 * that of its DPoP proof (RULES.md). */
#define STORE_SPENT_SIZE 32
#define STORE_JTI_COUNT_MAX 2

struct store_jti {
	unsigned char hash[STORE_SPENT_SIZE];
	instant expires_at;
};

struct store_once {
	struct store_jti jtis[STORE_JTI_COUNT_MAX];
	size_t count;
};

/*
 * Both changes below spend `once` (NULL: nothing) first, in the same transaction;
 * ALREADY when one of its jtis was spent: the grant is not changed, the jtis
 * before it may be spent or not. After a CONFLICT all are spent.
 *
 * The exchange: generation 0 → 1. Its WHERE repeats: not redeemed, not revoked,
 * code_expires_at > now. CONFLICT: another was first, or it ended meanwhile.
 */
struct store_redeem {
	int64_t grant_id;
	instant now;
	struct text peer;
	bool has_refresh_token;
	instant expires_at;
	instant idle_expires_at;
	struct text confirmation;
	instant purge_at;
	const struct store_once *once;
};
struct store_change *store_submit_redeem(struct store *store,
					 struct arena *arena,
					 const struct store_redeem *redeem);

/*
 * A refresh. Its WHERE repeats: not revoked, generation = `generation`,
 * now < expires_at and idle_expires_at (0: no end). What it does by `step`:
 *  ROTATE   generation + 1, rotated_at = now, is_presented = 0
 *  KEEP     is_presented = 1
 *  OVERLAP  overlap_count + 1, also demands is_presented = `is_presented`
 * and all three move idle_expires_at and purge_at.
 */
enum store_refresh_step {
	STORE_REFRESH_ROTATE,
	STORE_REFRESH_KEEP,
	STORE_REFRESH_OVERLAP,
};

struct store_refresh {
	int64_t grant_id;
	int64_t generation; /* as loaded */
	bool is_presented; /* as loaded */
	enum store_refresh_step step;
	instant now;
	instant idle_expires_at;
	instant purge_at;
	const struct store_once *once;
};
struct store_change *store_submit_refresh(struct store *store,
					  struct arena *arena,
					  const struct store_refresh *refresh);

/* CONFLICT when it is revoked already (as good as done). The row stays until
 * its purge_at. */
STORE_MUST_USE store_revoke_grant(struct store *store, int64_t grant_id,
				  instant now, struct text reason);
/* Burns a code: as revoke, but only while it is not redeemed. */
STORE_MUST_USE store_burn_grant(struct store *store, int64_t grant_id,
				instant now, struct text reason);
/* Which of a person's grants: 0 and absent texts mean any. */
struct store_grant_filter {
	int64_t tenant_id;
	int64_t user_id; /* never 0 */
	struct text client_id;
	int64_t session_id;
	bool without_offline_access; /* only those whose scope lacks it */
};
STORE_MUST_USE store_revoke_grants(struct store *store,
				   const struct store_grant_filter *filter,
				   instant now, struct text reason,
				   int64_t *count_out);

/* ---- spent: used jtis and singly revoked access tokens ---- */

/* Which jti of `once` ended a change of the above by ALREADY, from 0. */
MUST_USE size_t store_already_at(const struct store_change *change);
/* Spends them by themselves, before what has no transaction with them; ALREADY
 * as above, *at_out says which. */
STORE_MUST_USE store_spend(struct store *store, const struct store_once *once,
			   size_t *at_out);
/* DONE: it is there; NOT_FOUND: it is not. */
STORE_MUST_USE store_find_spent(struct store *store,
				const unsigned char hash[STORE_SPENT_SIZE]);
/* Revokes one access token: the entry and the grant's has_spent_tokens mark,
 * one transaction. ALREADY is as good as done. */
STORE_MUST_USE
store_spend_access_token(struct store *store, int64_t grant_id,
			 const unsigned char hash[STORE_SPENT_SIZE],
			 instant expires_at);

/* ---- housekeeping ---- */

#define STORE_NOUN_COUNT 10

/* How much there is of one noun. */
struct store_noun {
	const char *name; /* its table */
	int64_t row_count;
	int64_t size; /* bytes with indexes; -1 when the engine does not say */
	/* Rows when each of the last hour lives as long as it may, and as many
	 * go on coming; for what no time ends, those that are there. */
	int64_t forecast_count;
};

struct store_size {
	struct store_noun nouns[STORE_NOUN_COUNT];
	int64_t size; /* of the whole store, bytes; -1 likewise */
};

/* Reads all of the store: a minute for tens of gigabytes. */
STORE_MUST_USE store_measure(struct store *store, instant now,
			     struct store_size *size_out);

/* Deletes at most `most` rows whose purge_at (or expires_at) has passed. */
STORE_MUST_USE store_purge(struct store *store, instant now, int64_t most,
			   int64_t *count_out);
