/* SPDX-License-Identifier: Apache-2.0 */
/* The insides of the PostgreSQL store: items, connections, lanes. */
#pragma once

#include <pthread.h>

#include "loop/loop.h"
#include "loop/task.h"
#include "store/postgres/library.h"
#include "store/postgres/postgres.h"

/* ---- texts.c: the shared texts in PostgreSQL's words ---- */

/* A query as it stands, or its INSERT without ON CONFLICT DO NOTHING: an entry
 * that is there then ends the transaction (23505). */
enum postgres_form { POSTGRES_AS_IS, POSTGRES_PLAIN_INSERT };
#define POSTGRES_FORM_COUNT 2

struct postgres_text {
	char *sql; /* NULL: there is no such form */
	int now_place; /* of $now among the parameters; 0: none is bound */
};

struct postgres_texts {
	struct postgres_text of[STORE_QUERY_COUNT][POSTGRES_FORM_COUNT];
};

void postgres_texts_init(struct postgres_texts *texts,
			 bool takes_callers_clock);
void postgres_texts_wipe(struct postgres_texts *texts);
/* Some shared DDL, word by word; to be freed. */
char *postgres_texts_substitute(struct text shared);
/* An SQL expression: the database's clock now, as an instant. */
extern const char postgres_clock_now[];

/* ---- fate.c: what an SQLSTATE says of what was sent ---- */

#define POSTGRES_STATE_SIZE 6

enum postgres_fate {
	POSTGRES_FINE,
	POSTGRES_UNIQUE, /* not applied: a uniqueness forbids it */
	POSTGRES_RETRY, /* not applied: a conflict of transactions */
	POSTGRES_STALE, /* not applied: the prepared statement is gone */
	POSTGRES_DEMOTED, /* not applied: this server takes no writes now */
	POSTGRES_LATER, /* not applied: out of resources, or cancelled */
	POSTGRES_UNHOLDABLE, /* not applied: bytes that are no text to it */
	POSTGRES_AWAY, /* not applied: the store is frozen, or has moved */
	POSTGRES_UNKNOWN, /* applied or not */
	POSTGRES_RACED, /* not applied: another is making the same table */
	POSTGRES_FAULT, /* not applied: our own mistake */
};

enum postgres_fate postgres_fate_of(const char *state);

/* ---- items: what is asked of a server ---- */

enum postgres_kind {
	POSTGRES_READ,
	POSTGRES_CHANGE,
	POSTGRES_COMMAND, /* one statement or text of a transaction or migration */
	POSTGRES_PREPARE,
	POSTGRES_CLOCK,
};

/* How a change runs. All at once: its steps between two Syncs, which is one
 * transaction by itself. One by one: the next step depends on how many rows the
 * one before has changed. */
enum postgres_phase {
	POSTGRES_AT_ONCE,
	POSTGRES_STEPPING,
	POSTGRES_COMMITTING,
	POSTGRES_UNDOING,
};

struct postgres_item {
	struct list link;
	enum postgres_kind kind;
	const struct store_statement *statement; /* READ, COMMAND */
	const char *text; /* COMMAND without a statement */
	const struct store_script *script; /* the same, of READ too */
	struct arena *arena; /* READ */
	struct store_rows *rows; /* READ */
	struct store_change *change; /* CHANGE */
	size_t slot; /* PREPARE: which */
	int64_t changed_count; /* COMMAND */
	bool may_run_again; /* COMMAND: whatever became of it, within reason */
	bool is_quiet; /* COMMAND: an error is an answer too */
	/* CLOCK: our clock when it was asked, and which setting of it. */
	instant asked_at;
	uint64_t clock_era;

	int64_t timeout_ms; /* 0: the store's */
	int64_t until_ms; /* then it is neither sent nor tried again */
	int64_t late_ms; /* then what was sent has not been answered in time */
	int64_t due_ms; /* not to be tried again before */
	unsigned int attempts;
	struct task *waiter;
	bool is_finished;
	enum store_outcome outcome;
	bool is_astray; /* CHANGE: on another connection than its row's */

	/* While it is sent: */
	enum postgres_phase phase;
	size_t next_step;
	size_t skip_count; /* results that are no step's */
	size_t answer_count; /* steps answered since the last Sync */
	enum postgres_fate fate;
	char state[POSTGRES_STATE_SIZE];
	bool is_warned; /* the server said that the commit may not be safe */
};

/* Ours, which nobody waits for. */
static inline bool postgres_item_is_internal(const struct postgres_item *item)
{
	return item->kind == POSTGRES_PREPARE || item->kind == POSTGRES_CLOCK;
}

/* ---- connection.c ---- */

enum postgres_connection_state {
	POSTGRES_CLOSED,
	POSTGRES_CONNECTING, /* a thread is at it */
	POSTGRES_OPEN,
};

#define POSTGRES_SLOT_COUNT ((size_t)STORE_QUERY_COUNT * POSTGRES_FORM_COUNT)
/* Sent and not yet answered: what a loss of the connection leaves uncertain. */
#define POSTGRES_DEPTH_MAX 32

#define POSTGRES_WHY_SIZE 512

struct postgres_lane;

struct postgres_connection {
	struct postgres_lane *lane;
	const struct postgres_library *pq;
	enum postgres_connection_state state;
	PGconn *pg; /* of an open one */
	struct loop_watch watch; /* of a loop's */
	bool is_prepared[POSTGRES_SLOT_COUNT];
	struct list queued; /* will be sent here */
	size_t queued_count;
	struct list sent; /* in the order of their answers */
	size_t sent_count;
	bool is_held; /* the last one sent will send more */
	enum postgres_fate prepare_fate; /* of what the next one needs */
	bool is_doomed; /* nothing is sent any more; closed when all is answered */
	unsigned long timeline; /* that its server was on; 0: it did not say */
	/* Connecting: */
	pthread_t thread;
	struct loop_message connected;
	PGconn *connecting; /* what the thread has come by; NULL: nothing */
	char why[POSTGRES_WHY_SIZE];
	int64_t retry_ms; /* not before */
	unsigned int failure_count;
};

struct postgres_store;

/* A connection to the primary, by blocking; NULL with a sentence in `why`. From
 * any thread. */
PGconn *postgres_connection_open(struct postgres_store *store,
				 unsigned long *timeline_out, char *why,
				 size_t why_size);
/* Takes an opened one over, into pipeline mode. */
void postgres_connection_start(struct postgres_connection *connection,
			       PGconn *pg);
/* Closes it; whoever calls deals with what was queued and sent. */
void postgres_connection_close(struct postgres_connection *connection);

/* ---- timeline.c: primaries that have been replaced ---- */

/* Of a connection that is not in pipeline mode, by blocking; 0 when the server
 * does not say. False: it does not answer. */
bool postgres_timeline_ask(const struct postgres_library *pq, PGconn *pg,
			   unsigned long *timeline_out) MUST_USE;
/* Remembers it; false when a later one is known. Thread-safe. */
bool postgres_timeline_meet(struct postgres_store *store,
			    unsigned long timeline) MUST_USE;
/* Whether its server has been replaced by one that is known. */
bool postgres_timeline_is_over(const struct postgres_connection *connection)
	MUST_USE;

/* ---- send.c: items into bytes ---- */

/* False when the connection has failed; the item is among the sent ones all the
 * same. */
bool postgres_send(struct postgres_connection *connection,
		   struct postgres_item *item) MUST_USE;
/* Sends the part of a change that follows from the answers so far. */
bool postgres_send_next(struct postgres_connection *connection,
			struct postgres_item *item) MUST_USE;

/* ---- watching.c, script.c: while the store is copied to another ---- */

extern const struct store_watching postgres_watching;
/* Sends it alone, without a Sync. */
bool postgres_send_script(struct postgres_connection *connection,
			  const struct store_script *script) MUST_USE;
/* As the driver's `run`. */
enum store_outcome postgres_run(struct store *store, struct arena *arena,
				const struct store_script *script,
				struct store_rows *rows_out) MUST_USE;

/* ---- receive.c: bytes into answers ---- */

/* Reads what has come; false when the connection has failed. */
bool postgres_receive(struct postgres_connection *connection) MUST_USE;
/* For PQsetNoticeReceiver, with the connection. */
void postgres_receive_notice(void *connection, const PGresult *notice);

/* ---- rows.c ---- */

/* Whether all are of types that the schema has; into the item's arena. */
bool postgres_rows_read(const struct postgres_library *pq,
			const PGresult *result, struct postgres_item *item);
/* One value; its bytes are the result's. */
bool postgres_rows_read_value(const struct postgres_library *pq,
			      const PGresult *result, int row, int column,
			      struct store_value *value);

/* ---- lane.c: a thread's connections and what waits for them ---- */

/* More are BUSY at once. */
#define POSTGRES_WAITING_MAX 4096
#define POSTGRES_TICK_MS 20

struct postgres_lane {
	struct postgres_store *store;
	struct loop *loop; /* NULL: of a plain thread, which polls */
	struct loop_hook hook;
	struct loop_guest guest;
	struct loop_timer tick;
	bool is_ticking;
	struct postgres_connection *connections;
	size_t connection_count;
	struct list waiting; /* for any open connection */
	struct list delayed; /* to be tried again */
	size_t astray_count; /* of those queued and sent */
	size_t under_way;
	uint64_t jitter;
	/* A plain thread's own transaction. */
	bool is_in_transaction;
	bool is_transaction_lost;
};

struct postgres_lane *postgres_lane_new(struct postgres_store *store,
					size_t connection_count);
/* What is under way is dropped; NULL-safe. */
void postgres_lane_free(struct postgres_lane **lane);
/* Follows a loop from now on, until that ends. */
void postgres_lane_follow(struct postgres_lane *lane, struct loop *loop);
/* It is on no connection any more. */
void postgres_lane_leave(struct postgres_lane *lane,
			 struct postgres_item *item);
/* Takes an item on; the fate is in item->outcome once is_finished. */
void postgres_lane_submit(struct postgres_lane *lane,
			  struct postgres_item *item);
/* Parks the task, or polls. */
void postgres_lane_wait(struct postgres_lane *lane, struct postgres_item *item);
/* Submits it, waits for its end and frees it; its outcome. */
STORE_MUST_USE postgres_lane_run(struct postgres_lane *lane,
				 struct postgres_item *item);
struct postgres_item *postgres_item_new(enum postgres_kind kind);

/* ---- ends.c ---- */

/* An item is at its end, or to be tried again. */
void postgres_lane_finish(struct postgres_lane *lane,
			  struct postgres_item *item,
			  enum store_outcome result);
void postgres_lane_retry(struct postgres_lane *lane,
			 struct postgres_item *item);
/* Closes a connection for good: what was sent on it is lost, what was queued
 * goes elsewhere. */
void postgres_connection_end(struct postgres_connection *connection);
/* The same, with an event, of one that has failed. */
void postgres_connection_lose(struct postgres_connection *connection);

/* ---- connect.c: a loop's connections are opened by threads ---- */

/* Begins to connect unless it is too early; a plain thread's is open, or has
 * failed, when this returns. */
void postgres_connect(struct postgres_connection *connection);
/* Waits for the thread, if there is one, and drops what it has come by. */
void postgres_connect_abandon(struct postgres_connection *connection);

/* ---- clock.c: how far the database's clock is from ours ---- */

struct postgres_clock {
	pthread_mutex_t lock;
	instant base; /* our clock less the monotonic one, at open */
	int64_t offset; /* microseconds that ours has been moved by */
	uint64_t era; /* of moves */
	bool is_told; /* of being far away */
	bool moves_nothing; /* `offset` is then from the process's clock */
	bool has_begun;
};

void postgres_clock_init(struct postgres_clock *clock);
/* Our reading, and the era that goes with it. */
instant postgres_clock_read(struct postgres_clock *clock, uint64_t *era_out);
/* Their reading lies between two of ours, of one era; else ours is moved. */
void postgres_clock_note(struct postgres_clock *clock, instant asked_at,
			 uint64_t era, instant theirs);
/* Asks by itself, and notes; false when there is no answer. */
bool postgres_clock_ask(struct postgres_lane *lane);
/* The same at open, where our clock may go back. */
void postgres_clock_begin(struct postgres_lane *lane);
int64_t postgres_clock_offset(struct postgres_clock *clock);
/* Farther than a server may be that is to serve. */
bool postgres_clock_is_far(struct postgres_clock *clock);

/* ---- postgres.c ---- */

/* As the DSN lists them, with commas; NULL: it says nothing. */
struct postgres_hosts {
	char *names;
	char *addresses;
	char *ports;
};

struct postgres_store {
	struct store common;
	const struct postgres_library *pq;
	struct postgres_options options;
	struct postgres_hosts hosts;
	char *session; /* libpq's "options": what each session is set to */
	struct postgres_texts texts;
	struct postgres_clock clock;
	/* The latest that a primary was on; 0: none has said. */
	_Atomic unsigned long timeline;
	pthread_key_t thread_key;
	pthread_mutex_t threads_lock;
	struct list threads;
};

/* What a thread has of a store; freed when either ends. */
struct postgres_thread {
	struct list link;
	struct postgres_store *store;
	struct postgres_lane *of_tasks;
	struct postgres_lane *plain;
};

static inline struct postgres_store *postgres_store_of(struct store *store)
{
	return HOLDER_OF(store, struct postgres_store, common);
}

/* The calling thread's lane outside tasks. */
struct postgres_lane *postgres_lane_plain(struct postgres_store *store);

/* ---- status.c: what the server says of itself ---- */

/* Reads by a text without parameters; a quiet one may well fail. */
enum store_outcome postgres_ask(struct postgres_lane *lane, const char *text,
				bool is_quiet, struct arena *arena,
				struct store_rows *rows_out) MUST_USE;
/* As the driver's operations of these names. */
void postgres_describe(struct store *store, struct buf *out);
void postgres_report(struct store *store, struct buf *out);
enum store_outcome postgres_measure(struct store *store, const char *table,
				    int64_t *size_out) MUST_USE;

/* ---- transaction.c: imports and migrations on the caller's thread ---- */

enum store_outcome postgres_transaction_begin(struct store *store) MUST_USE;
enum store_outcome
postgres_transaction_execute(struct store *store,
			     const struct store_statement *statement,
			     int64_t *changed_out) MUST_USE;
enum store_outcome postgres_transaction_commit(struct store *store) MUST_USE;
void postgres_transaction_roll_back(struct store *store);
enum store_outcome postgres_transaction_migrate(struct store *store,
						int64_t number,
						const char *text) MUST_USE;
