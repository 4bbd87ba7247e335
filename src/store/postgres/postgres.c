/* SPDX-License-Identifier: Apache-2.0 */
/* Opens and closes the store on PostgreSQL; what each thread has of it. */
#include "store/postgres/postgres.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/postgres/internal.h"

/* --- Threads -------------------------------------------------------------- */

static void thread_free(struct postgres_thread *thread)
{
	list_remove(&thread->link);
	postgres_lane_free(&thread->of_tasks);
	postgres_lane_free(&thread->plain);
	free(thread);
}

/* A thread ends before the store does. */
static void thread_ended(void *context)
{
	struct postgres_thread *thread = context;
	struct postgres_store *store = thread->store;

	pthread_mutex_lock(&store->threads_lock);
	thread_free(thread);
	pthread_mutex_unlock(&store->threads_lock);
}

static struct postgres_thread *thread_here(struct postgres_store *store)
{
	struct postgres_thread *thread = pthread_getspecific(store->thread_key);

	if (thread != NULL)
		return thread;
	thread = calloc(1, sizeof(*thread));
	MUST(thread != NULL);
	thread->store = store;
	pthread_mutex_lock(&store->threads_lock);
	list_append(&store->threads, &thread->link);
	pthread_mutex_unlock(&store->threads_lock);
	MUST(pthread_setspecific(store->thread_key, thread) == 0);
	return thread;
}

struct postgres_lane *postgres_lane_plain(struct postgres_store *store)
{
	struct postgres_thread *thread = thread_here(store);

	if (thread->plain == NULL)
		thread->plain = postgres_lane_new(store, 1);
	return thread->plain;
}

static struct postgres_lane *lane_here(struct postgres_store *store)
{
	struct postgres_thread *thread;

	if (task_current() == NULL)
		return postgres_lane_plain(store);
	thread = thread_here(store);
	if (thread->of_tasks == NULL)
		thread->of_tasks = postgres_lane_new(
			store, store->options.connection_count);
	postgres_lane_follow(thread->of_tasks, loop_current());
	return thread->of_tasks;
}

/* --- The driver ----------------------------------------------------------- */

static enum store_outcome read_rows(struct store *store, struct arena *arena,
				    const struct store_statement *statement,
				    struct store_rows *rows_out)
{
	struct postgres_lane *lane = lane_here(postgres_store_of(store));
	struct postgres_item *item = postgres_item_new(POSTGRES_READ);
	enum store_outcome result;

	item->statement = statement;
	item->arena = arena;
	item->rows = rows_out;
	result = postgres_lane_run(lane, item);
	if (result != STORE_DONE)
		*rows_out = (struct store_rows){0};
	return result;
}

static void submit(struct store *store, struct store_change *change)
{
	struct postgres_item *item = postgres_item_new(POSTGRES_CHANGE);

	item->change = change;
	change->driver_state = item;
	postgres_lane_submit(lane_here(postgres_store_of(store)), item);
}

static enum store_outcome wait_for(struct store_change *change)
{
	struct postgres_item *item = TAKE(change->driver_state);

	postgres_lane_wait(lane_here(postgres_store_of(change->store)), item);
	change->outcome = item->outcome;
	free(item);
	return change->outcome;
}

static void wipe_string(const char *string)
{
	if (string == NULL)
		return;
	explicit_bzero((char *)string, strlen(string));
	free((char *)string);
}

/* Also what is left of a store that could not be opened. */
static void store_free(struct postgres_store *store)
{
	struct list *link;

	/* The closing thread's, and those of threads that never ended. */
	while ((link = store->threads.next) != &store->threads)
		thread_free(HOLDER_OF(link, struct postgres_thread, link));
	MUST(pthread_key_delete(store->thread_key) == 0);
	pthread_mutex_destroy(&store->threads_lock);
	pthread_mutex_destroy(&store->clock.lock);
	postgres_texts_wipe(&store->texts);
	wipe_string(store->options.dsn);
	wipe_string(store->options.password);
	free(store->session);
	free(store->hosts.names);
	free(store->hosts.addresses);
	free(store->hosts.ports);
	store_wipe(&store->common);
	free(store);
}

static const char *find_fault(struct store *store)
{
	if (postgres_clock_is_far(&postgres_store_of(store)->clock))
		return "the database's clock and this machine's are half a "
		       "minute apart";
	return NULL;
}

static void close_store(struct store *store)
{
	store_free(postgres_store_of(store));
}

static const struct store_driver driver = {
	.name = "postgres",
	.read = read_rows,
	.submit = submit,
	.wait = wait_for,
	.begin = postgres_transaction_begin,
	.execute = postgres_transaction_execute,
	.commit = postgres_transaction_commit,
	.roll_back = postgres_transaction_roll_back,
	.migrate = postgres_transaction_migrate,
	.describe = postgres_describe,
	.report = postgres_report,
	.measure = postgres_measure,
	.run = postgres_run,
	.watching = &postgres_watching,
	.find_fault = find_fault,
	.close = close_store,
};

/* --- Opening -------------------------------------------------------------- */

static char *copy(const char *string)
{
	char *copied = string == NULL ? NULL : strdup(string);

	MUST(string == NULL || copied != NULL);
	return copied;
}

static struct postgres_store *new_store(const struct postgres_options *options,
					const struct postgres_library *pq)
{
	struct postgres_store *store = calloc(1, sizeof(*store));

	MUST(store != NULL);
	store_init(&store->common, &driver);
	store->pq = pq;
	store->options = *options;
	store->options.dsn = copy(options->dsn);
	store->options.password = copy(options->password);
	postgres_texts_init(&store->texts, options->takes_callers_clock);
	postgres_clock_init(&store->clock);
	store->clock.moves_nothing = options->leaves_clock;
	list_init(&store->threads);
	MUST(pthread_mutex_init(&store->threads_lock, NULL) == 0);
	MUST(pthread_key_create(&store->thread_key, thread_ended) == 0);
	return store;
}

/* libpq's own words quote the DSN, and there may be a password in it. */
static outcome refuse_dsn(const struct postgres_store *store, const char *words,
			  char *why, size_t why_size)
{
	bool is_telling = words != NULL &&
			  strcasestr(store->options.dsn, "pass") == NULL &&
			  strchr(store->options.dsn, '@') == NULL;

	(void)snprintf(why, why_size, "the PostgreSQL DSN cannot be read: %s",
		       is_telling ? words
				  : "neither keywords with values nor a URI");
	return REFUSED;
}

/* What a statement and a lock may take lies below our own patience: so that the
 * server says that nothing was applied, before we must call it uncertain. Not
 * behind a pooler, whose sessions are not ours. */
static void set_session(struct postgres_store *store, const char *own)
{
	long long timeout_ms = store->options.timeout_ms;

	if (!store->options.prepares) {
		store->session = copy(own == NULL ? "" : own);
		return;
	}
	MUST(asprintf(&store->session,
		      "%s -c statement_timeout=%lld -c lock_timeout=%lld"
		      " -c idle_in_transaction_session_timeout=60000",
		      own == NULL ? "" : own, timeout_ms * 4 / 5,
		      timeout_ms / 4) > 0);
}

static void note_option(struct postgres_store *store,
			const PQconninfoOption *option)
{
	if (strcmp(option->keyword, "options") == 0)
		set_session(store, option->val);
	else if (strcmp(option->keyword, "host") == 0)
		store->hosts.names = copy(option->val);
	else if (strcmp(option->keyword, "hostaddr") == 0)
		store->hosts.addresses = copy(option->val);
	else if (strcmp(option->keyword, "port") == 0)
		store->hosts.ports = copy(option->val);
}

static outcome read_dsn(struct postgres_store *store, char *why,
			size_t why_size)
{
	const struct postgres_library *pq = store->pq;
	PQconninfoOption *options;
	char *words = NULL;
	outcome refused;

	options = pq->PQconninfoParse(store->options.dsn, &words);
	if (options == NULL) {
		refused = refuse_dsn(store, words, why, why_size);
		pq->PQfreemem(words);
		return refused;
	}
	for (const PQconninfoOption *one = options; one->keyword != NULL; one++)
		note_option(store, one);
	pq->PQconninfoFree(options);
	return DONE;
}

static outcome try_connecting(struct postgres_store *store, char *why,
			      size_t why_size)
{
	struct postgres_connection *first =
		&postgres_lane_plain(store)->connections[0];
	PGconn *pg = postgres_connection_open(store, &first->timeline, why,
					      why_size);

	if (pg == NULL)
		return REFUSED;
	postgres_connection_start(first, pg);
	if (!store->options.takes_callers_clock)
		postgres_clock_begin(postgres_lane_plain(store));
	return DONE;
}

outcome store_postgres_open(const struct postgres_options *options,
			    struct store **store_out, char *why,
			    size_t why_size)
{
	const struct postgres_library *pq = postgres_library_open();
	struct postgres_store *store;

	if (pq == NULL) {
		(void)snprintf(why, why_size,
			       "libpq, of the package libpq5, cannot be used: "
			       "without it there is no store on PostgreSQL");
		return REFUSED;
	}
	store = new_store(options, pq);
	if (read_dsn(store, why, why_size) != DONE ||
	    try_connecting(store, why, why_size) != DONE) {
		store_free(store);
		return REFUSED;
	}
	*store_out = &store->common;
	return DONE;
}
