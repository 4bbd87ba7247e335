/* SPDX-License-Identifier: Apache-2.0 */
/* The insides of the embedded store: connections, the turn, the writer. */
#pragma once

#include <pthread.h>
#include <sqlite3.h>

#include "loop/loop.h"
#include "loop/task.h"
#include "store/sqlite/sqlite.h"

/* ---- connection.c: one thread's connection, its statements kept ---- */

struct sqlite_statement {
	sqlite3_stmt *prepared; /* NULL until first used */
	/* Where $1, $2, … and $now are bound; 0: not in the text. */
	unsigned char places[STORE_PARAMETER_COUNT_MAX];
	unsigned char now_place;
};

/* What begins and ends transactions, kept prepared as well. */
enum sqlite_control {
	CONTROL_BEGIN,
	CONTROL_BEGIN_IMMEDIATE,
	CONTROL_COMMIT,
	CONTROL_ROLL_BACK,
	CONTROL_COUNT,
};

struct sqlite_connection {
	sqlite3 *database; /* NULL until opened */
	struct sqlite_statement statements[STORE_QUERY_COUNT];
	sqlite3_stmt *controls[CONTROL_COUNT]; /* the same */
};

/* Kibibytes of pages that a connection keeps. */
#define SQLITE_READER_CACHE 256
#define SQLITE_WRITER_CACHE 2048

/* An SQLite result code; opens an existing file and sets all pragmas. */
int sqlite_connection_open(struct sqlite_connection *connection,
			   const char *path, int cache_kib);
void sqlite_connection_close(struct sqlite_connection *connection);
/* Runs one statement that yields no rows. A result code: SQLITE_OK, or the
 * primary code of what went wrong. */
int sqlite_connection_run(struct sqlite_connection *connection,
			  const struct store_statement *statement,
			  int64_t *changed_out);
/* A result code, as above. */
int sqlite_connection_control(struct sqlite_connection *connection,
			      enum sqlite_control control);
/* Statements without parameters. */
int sqlite_connection_execute(struct sqlite_connection *connection,
			      const char *text);
enum store_outcome
sqlite_connection_read(struct sqlite_connection *connection,
		       struct arena *arena,
		       const struct store_statement *statement,
		       struct store_rows *rows_out) MUST_USE;
/* A script; NULL rows for a statement. A result code, as above. */
int sqlite_connection_script(struct sqlite_connection *connection,
			     struct arena *arena,
			     const struct store_script *script,
			     struct store_rows *rows_out);
/* BUSY for what may be tried again, else BROKEN with an event. */
enum store_outcome
sqlite_connection_failed(struct sqlite_connection *connection,
			 const char *doing, int code) MUST_USE;
/* What a COMMIT's result code means; rolls back what is still open. */
enum store_outcome
sqlite_connection_commit(struct sqlite_connection *connection) MUST_USE;
void sqlite_connection_roll_back(struct sqlite_connection *connection);

/* ---- reading.c: the reads of a loop's round, as of one instant ---- */

struct reading {
	struct sqlite_connection *connection;
	struct loop_hook hook;
	bool is_open;
	uint64_t commits; /* of the writer, before it was begun */
};

void sqlite_reading_init(struct reading *reading,
			 struct sqlite_connection *connection);
/* Before a read, in a task: the round's transaction, begun anew when `commits`
 * has grown. A result code. */
int sqlite_reading_begin(struct reading *reading, uint64_t commits);
/* Before the connection does anything else; harmless when none is open. */
void sqlite_reading_end(struct reading *reading);

/* ---- turn.c: who writes next, among threads and processes ---- */

/* A descriptor of the file beside the database, -1 with errno. */
int sqlite_turn_open(const char *path);
/* Waits for the turn; false with an event when the kernel refuses. */
bool sqlite_turn_take(int fd);
void sqlite_turn_end(int fd);
/* Whether another waits for it. */
bool sqlite_turn_is_wanted(int fd);

/* ---- outbox.c: a loop's changes, out in one go and back ---- */

struct sqlite_store;

struct outbox {
	struct sqlite_store *store;
	/* The loop's thread alone: */
	struct loop *loop;
	struct loop_hook hook;
	bool is_hooked;
	int64_t until_us; /* so long what was submitted first may wait */
	struct store_change *first;
	struct store_change *last;
	int64_t count;
	/* Under `lock`: finished, for the loop to wake their tasks. */
	pthread_mutex_t lock;
	struct store_change *finished;
	struct store_change *finished_last;
	bool is_posted;
	struct loop_message message;
};

void sqlite_outbox_init(struct outbox *outbox, struct sqlite_store *store);
void sqlite_outbox_wipe(struct outbox *outbox);
/* In a task. */
void sqlite_outbox_submit(struct outbox *outbox, struct store_change *change);
void sqlite_outbox_wait(struct store_change *change);
/* On the writer's thread: a chain of this outbox's changes is finished. */
void sqlite_outbox_deliver(struct outbox *outbox, struct store_change *first,
			   struct store_change *last);

/* ---- writer.c: the one thread that writes ---- */

/* A change takes one and a half kilobytes: under 24 MiB in all. */
#define WRITER_QUEUE_MAX 16384
/* Between commits when another waits for the turn: without it, whoever has the
 * turn takes it again before the other has woken up. */
#define WRITER_PAUSE_US 100
/* A commit costs as much as twenty rows in it. So a loop that has more to do
 * gathers, until a batch is that large, but no longer than so: a round of 64
 * exchanges takes 3 ms, and when it gathered for one of them, it took 53 us of
 * CPU for each instead of 49. The writer waits for other loops that gather. */
#define WRITER_BATCH 64
#define OUTBOX_GATHER_US 3000
#define WRITER_GATHER_US 1000

struct writer {
	struct sqlite_connection connection;
	int turn_fd;
	pthread_t thread;
	_Atomic int64_t under_way; /* taken on, not yet delivered */
	/* Counted before anybody is told; with each poll of the settings. */
	_Atomic uint64_t commits;
	pthread_mutex_t lock;
	pthread_cond_t has_work;
	struct store_change *first;
	struct store_change *last;
	int64_t waiting; /* how many these are */
	bool is_gathering;
	bool is_closing;
	/* For those who wait outside a task: */
	pthread_mutex_t finish_lock;
	pthread_cond_t has_finished;
};

/* false when there is no thread to be had. */
bool sqlite_writer_start(struct writer *writer);
/* Runs what waits, then ends the thread. */
void sqlite_writer_stop(struct writer *writer);
/* Counts a change in; false when too many are under way. */
bool sqlite_writer_admits(struct writer *writer);
/* A chain of so many changes. */
void sqlite_writer_append(struct writer *writer, struct store_change *first,
			  struct store_change *last, int64_t count);
/* Outside a task: blocks. */
void sqlite_writer_wait(struct writer *writer, struct store_change *change);

/* ---- sqlite.c ---- */

struct sqlite_store {
	struct store common;
	char *path;
	char *turn_path;
	struct writer writer;
	pthread_key_t thread_key;
	pthread_mutex_t threads_lock;
	struct list threads;
};

/* What a thread has of a store; freed when either ends. */
struct sqlite_thread {
	struct list link;
	struct sqlite_store *store;
	struct sqlite_connection connection;
	struct reading reading;
	int turn_fd; /* -1 until it has a transaction of its own */
	struct outbox outbox;
};

static inline struct sqlite_store *sqlite_store_of(struct store *store)
{
	return HOLDER_OF(store, struct sqlite_store, common);
}

/* The calling thread's, made on first use. */
struct sqlite_thread *sqlite_thread_here(struct sqlite_store *store);
/* Its connection, opened; BROKEN with an event. */
enum store_outcome sqlite_thread_connect(struct sqlite_store *store,
					 struct sqlite_thread **thread_out)
	MUST_USE;

/* ---- watching.c: while the store is copied to another ---- */

extern const struct store_watching sqlite_watching;
/* As the driver's `run`. */
enum store_outcome sqlite_run(struct store *store, struct arena *arena,
			      const struct store_script *script,
			      struct store_rows *rows_out) MUST_USE;

/* ---- measure.c ---- */

/* As the driver's `measure`; -1 when SQLite was built without dbstat. */
enum store_outcome sqlite_measure(struct store *store, const char *table,
				  int64_t *size_out) MUST_USE;

/* ---- backup.c ---- */

outcome sqlite_back_up(struct store *store, const char *path, char *why,
		       size_t why_size) MUST_USE;

/* ---- transaction.c: imports and migrations on the caller's thread ---- */

enum store_outcome sqlite_transaction_begin(struct store *store) MUST_USE;
enum store_outcome
sqlite_transaction_execute(struct store *store,
			   const struct store_statement *statement,
			   int64_t *changed_out) MUST_USE;
enum store_outcome sqlite_transaction_commit(struct store *store) MUST_USE;
void sqlite_transaction_roll_back(struct store *store);
enum store_outcome sqlite_transaction_migrate(struct store *store,
					      int64_t number, const char *text)
	MUST_USE;
