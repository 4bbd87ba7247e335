/* SPDX-License-Identifier: Apache-2.0 */
/* Opens and closes the embedded store; what each thread has of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/event.h"
#include "store/sqlite/internal.h"

/* --- Threads -------------------------------------------------------------- */

static void thread_free(struct sqlite_thread *thread)
{
	list_remove(&thread->link);
	sqlite_reading_end(&thread->reading);
	sqlite_connection_close(&thread->connection);
	if (thread->turn_fd >= 0)
		(void)close(thread->turn_fd);
	sqlite_outbox_wipe(&thread->outbox);
	free(thread);
}

/* A thread ends before the store does. */
static void thread_ended(void *context)
{
	struct sqlite_thread *thread = context;
	struct sqlite_store *store = thread->store;

	pthread_mutex_lock(&store->threads_lock);
	thread_free(thread);
	pthread_mutex_unlock(&store->threads_lock);
}

struct sqlite_thread *sqlite_thread_here(struct sqlite_store *store)
{
	struct sqlite_thread *thread = pthread_getspecific(store->thread_key);

	if (thread != NULL)
		return thread;
	thread = calloc(1, sizeof(*thread));
	MUST(thread != NULL);
	thread->store = store;
	thread->turn_fd = -1;
	sqlite_reading_init(&thread->reading, &thread->connection);
	sqlite_outbox_init(&thread->outbox, store);
	pthread_mutex_lock(&store->threads_lock);
	list_append(&store->threads, &thread->link);
	pthread_mutex_unlock(&store->threads_lock);
	MUST(pthread_setspecific(store->thread_key, thread) == 0);
	return thread;
}

enum store_outcome sqlite_thread_connect(struct sqlite_store *store,
					 struct sqlite_thread **thread_out)
{
	struct sqlite_thread *thread = sqlite_thread_here(store);
	enum store_outcome result;
	int code;

	*thread_out = thread;
	if (thread->connection.database != NULL)
		return STORE_DONE;
	code = sqlite_connection_open(&thread->connection, store->path,
				      SQLITE_READER_CACHE);
	if (code == SQLITE_OK)
		return STORE_DONE;
	result = sqlite_connection_failed(&thread->connection, "opening", code);
	sqlite_connection_close(&thread->connection);
	return result;
}

/* In a task, the round's transaction; elsewhere each read is one of its own. */
static enum store_outcome begin_reading(struct sqlite_store *store,
					struct sqlite_thread *thread)
{
	int code;

	if (task_current() == NULL)
		return STORE_DONE;
	code = sqlite_reading_begin(&thread->reading,
				    atomic_load(&store->writer.commits));
	if (code == SQLITE_OK)
		return STORE_DONE;
	return sqlite_connection_failed(&thread->connection,
					"beginning to read", code);
}

/* --- The driver ----------------------------------------------------------- */

/* The poll of the settings tells that another process has changed something:
 * what is read for it on any loop, perhaps to be kept, must not be older. */
static void note_read(struct sqlite_store *store,
		      const struct store_statement *statement)
{
	if (statement->query == QUERY_LOAD_SETTINGS)
		atomic_fetch_add(&store->writer.commits, 1);
}

static enum store_outcome read_rows(struct store *store, struct arena *arena,
				    const struct store_statement *statement,
				    struct store_rows *rows_out)
{
	struct sqlite_thread *thread;
	enum store_outcome result =
		sqlite_thread_connect(sqlite_store_of(store), &thread);

	if (result == STORE_DONE)
		result = begin_reading(sqlite_store_of(store), thread);
	if (result != STORE_DONE)
		return result;
	result = sqlite_connection_read(&thread->connection, arena, statement,
					rows_out);
	note_read(sqlite_store_of(store), statement);
	return result;
}

static void submit(struct store *store, struct store_change *change)
{
	struct sqlite_store *sqlite = sqlite_store_of(store);

	change->driver_state = NULL;
	change->driver_waiter = NULL;
	change->driver_finished = false;
	change->next = NULL;
	if (!sqlite_writer_admits(&sqlite->writer)) {
		change->outcome = STORE_BUSY;
		change->driver_finished = true;
	} else if (task_current() != NULL) {
		sqlite_outbox_submit(&sqlite_thread_here(sqlite)->outbox,
				     change);
	} else {
		sqlite_writer_append(&sqlite->writer, change, change, 1);
	}
}

static enum store_outcome wait_for(struct store_change *change)
{
	if (change->driver_state != NULL)
		sqlite_outbox_wait(change);
	else
		sqlite_writer_wait(&sqlite_store_of(change->store)->writer,
				   change);
	return change->outcome;
}

/* Also what is left of a store that could not be opened. */
static void store_free(struct sqlite_store *store)
{
	while (!list_is_empty(&store->threads))
		thread_free(HOLDER_OF(store->threads.next, struct sqlite_thread,
				      link));
	(void)pthread_key_delete(store->thread_key);
	pthread_mutex_destroy(&store->threads_lock);
	sqlite_connection_close(&store->writer.connection);
	if (store->writer.turn_fd >= 0)
		(void)close(store->writer.turn_fd);
	store_wipe(&store->common);
	free(store->path);
	free(store->turn_path);
	free(store);
}

static void close_store(struct store *store)
{
	struct sqlite_store *sqlite = sqlite_store_of(store);

	sqlite_writer_stop(&sqlite->writer);
	store_free(sqlite);
}

static void describe(struct store *store, struct buf *out)
{
	buf_format(out, "sqlite, %s", sqlite_store_of(store)->path);
}

static bool lies_by_key(const struct store *store)
{
	(void)store;
	return true;
}

static const struct store_driver driver = {
	.name = "sqlite",
	.read = read_rows,
	.submit = submit,
	.wait = wait_for,
	.begin = sqlite_transaction_begin,
	.execute = sqlite_transaction_execute,
	.commit = sqlite_transaction_commit,
	.roll_back = sqlite_transaction_roll_back,
	.migrate = sqlite_transaction_migrate,
	.run = sqlite_run,
	.watching = &sqlite_watching,
	.describe = describe,
	.back_up = sqlite_back_up,
	.measure = sqlite_measure,
	.lies_by_key = lies_by_key,
	.close = close_store,
};

/* --- Opening -------------------------------------------------------------- */

static struct sqlite_store *new_store(const char *folder)
{
	struct sqlite_store *store = calloc(1, sizeof(*store));

	MUST(store != NULL);
	store_init(&store->common, &driver);
	store->writer.turn_fd = -1;
	list_init(&store->threads);
	MUST(pthread_mutex_init(&store->threads_lock, NULL) == 0);
	MUST(pthread_key_create(&store->thread_key, thread_ended) == 0);
	MUST(asprintf(&store->path, "%s/licet.db", folder) > 0);
	MUST(asprintf(&store->turn_path, "%s/licet.db-turn", folder) > 0);
	return store;
}

/* SQLite gives the WAL the mode of its database. */
static outcome make_files(struct sqlite_store *store, char *why,
			  size_t why_size)
{
	int fd = open(store->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	const char *missing = store->path;

	if (fd >= 0) {
		(void)close(fd);
		store->writer.turn_fd = sqlite_turn_open(store->turn_path);
		missing = store->turn_path;
	}
	if (store->writer.turn_fd >= 0)
		return DONE;
	(void)snprintf(why, why_size, "%s cannot be opened for writing: %s",
		       missing, strerror(errno));
	return REFUSED;
}

static bool is_wal(struct sqlite_connection *connection)
{
	sqlite3_stmt *statement = NULL;
	bool is = false;

	if (sqlite3_prepare_v2(connection->database, "PRAGMA journal_mode", -1,
			       &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		is = text_equal(text_from((const char *)sqlite3_column_text(
					statement, 0)),
				TEXT("wal"));
	sqlite3_finalize(statement);
	return is;
}

/* In its turn: only one may move a fresh file to WAL. */
static outcome connect_writer(struct sqlite_store *store, char *why,
			      size_t why_size)
{
	struct writer *writer = &store->writer;
	int code;

	if (!sqlite_turn_take(writer->turn_fd)) {
		(void)snprintf(why, why_size, "%s cannot be locked",
			       store->turn_path);
		return REFUSED;
	}
	code = sqlite_connection_open(&writer->connection, store->path,
				      SQLITE_WRITER_CACHE);
	sqlite_turn_end(writer->turn_fd);
	if (code == SQLITE_OK && is_wal(&writer->connection))
		return DONE;
	(void)snprintf(why, why_size, "%s cannot be used: %s", store->path,
		       code == SQLITE_OK
			       ? "its folder allows no write-ahead log"
			       : sqlite3_errmsg(writer->connection.database));
	return REFUSED;
}

static outcome open_store(struct sqlite_store *store, char *why,
			  size_t why_size)
{
	TRY(make_files(store, why, why_size));
	TRY(connect_writer(store, why, why_size));
	if (sqlite_writer_start(&store->writer))
		return DONE;
	(void)snprintf(why, why_size, "no thread could be started");
	return REFUSED;
}

/* Spares every allocation a lock, and every connection its own: each is used by
 * one thread. Too late and harmless after the first use. */
static void set_up_library(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	(void)sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
}

outcome store_sqlite_open(const char *folder, struct store **store_out,
			  char *why, size_t why_size)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct sqlite_store *store;

	(void)pthread_once(&once, set_up_library);
	store = new_store(folder);
	if (open_store(store, why, why_size) != DONE) {
		store_free(store);
		return REFUSED;
	}
	*store_out = &store->common;
	return DONE;
}
