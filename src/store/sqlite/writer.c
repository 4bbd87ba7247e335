/* SPDX-License-Identifier: Apache-2.0 */
/* The one thread that writes: all that waits becomes one transaction. */
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "loop/clock.h"
#include "store/sqlite/internal.h"

/* --- One batch ------------------------------------------------------------ */

/* What a failed statement means for its change, or for the whole batch: then
 * *code_out is not SQLITE_OK. */
static enum store_outcome run_steps(struct sqlite_connection *connection,
				    struct store_change *change, int *code_out)
{
	for (size_t i = 0; i < change->step_count; i++) {
		struct store_step *step = &change->steps[i];
		int code = sqlite_connection_run(connection, &step->statement,
						 &step->changed_count);

		/* Such a statement has undone itself, and only itself. */
		if (code == SQLITE_CONSTRAINT)
			return STORE_CONFLICT;
		if (code != SQLITE_OK) {
			*code_out = code;
			return STORE_BROKEN;
		}
		if (step->must_change && step->changed_count == 0)
			return step->otherwise;
	}
	return STORE_DONE;
}

/* The same with a savepoint, so that an early end leaves nothing behind. */
static enum store_outcome run_undoing(struct sqlite_connection *connection,
				      struct store_change *change,
				      int *code_out)
{
	enum store_outcome result;

	*code_out = sqlite_connection_execute(connection, "SAVEPOINT change");
	if (*code_out != SQLITE_OK)
		return STORE_BROKEN;
	result = run_steps(connection, change, code_out);
	if (*code_out != SQLITE_OK)
		return result;
	if (result != STORE_DONE)
		*code_out = sqlite_connection_execute(connection,
						      "ROLLBACK TO change");
	if (*code_out == SQLITE_OK)
		*code_out =
			sqlite_connection_execute(connection, "RELEASE change");
	return result;
}

static int run_change(struct sqlite_connection *connection,
		      struct store_change *change)
{
	int code = SQLITE_OK;

	if (change->undoes_all && change->step_count > 1)
		change->outcome = run_undoing(connection, change, &code);
	else
		change->outcome = run_steps(connection, change, &code);
	return code;
}

static enum store_outcome run_all(struct sqlite_connection *connection,
				  struct store_change *first)
{
	int code =
		sqlite_connection_control(connection, CONTROL_BEGIN_IMMEDIATE);

	if (code != SQLITE_OK)
		return sqlite_connection_failed(connection, "beginning", code);
	for (struct store_change *change = first; change != NULL;
	     change = change->next) {
		enum store_outcome result;

		code = run_change(connection, change);
		if (code == SQLITE_OK)
			continue;
		result = sqlite_connection_failed(connection, "writing", code);
		sqlite_connection_roll_back(connection);
		return result;
	}
	return sqlite_connection_commit(connection);
}

/* When the transaction failed, no change's own outcome counts: a CONFLICT may
 * rest on another change of the batch. */
static void run_batch(struct writer *writer, struct store_change *first)
{
	enum store_outcome result = STORE_BROKEN;

	if (sqlite_turn_take(writer->turn_fd)) {
		result = run_all(&writer->connection, first);
		atomic_fetch_add(&writer->commits, 1);
		sqlite_turn_end(writer->turn_fd);
	}
	if (result == STORE_DONE)
		return;
	for (struct store_change *change = first; change != NULL;
	     change = change->next)
		change->outcome = result;
}

/* --- Results -------------------------------------------------------------- */

static void deliver_blocked(struct writer *writer, struct store_change *first,
			    struct store_change *last)
{
	struct store_change *change = first;

	last->next = NULL;
	pthread_mutex_lock(&writer->finish_lock);
	while (change != NULL) {
		struct store_change *next = change->next;

		change->driver_finished = true;
		change = next;
	}
	pthread_cond_broadcast(&writer->has_finished);
	pthread_mutex_unlock(&writer->finish_lock);
}

/* Chains of one outbox at a time. Once delivered, a change may be gone. */
static void deliver(struct writer *writer, struct store_change *first)
{
	while (first != NULL) {
		struct store_change *last = first;
		struct store_change *next;
		int64_t count = 1;

		while (last->next != NULL &&
		       last->next->driver_state == first->driver_state) {
			last = last->next;
			count++;
		}
		next = last->next;
		atomic_fetch_sub(&writer->under_way, count);
		if (first->driver_state != NULL)
			sqlite_outbox_deliver(first->driver_state, first, last);
		else
			deliver_blocked(writer, first, last);
		first = next;
	}
}

/* --- The thread ----------------------------------------------------------- */

/* Whether a loop has taken changes on that it will hand over at its round's
 * end. An idle store's one change is not kept waiting. */
static bool is_more_coming(struct writer *writer)
{
	return !writer->is_closing && writer->waiting < WRITER_BATCH &&
	       atomic_load(&writer->under_way) > writer->waiting;
}

/* With the lock. */
static void gather(struct writer *writer)
{
	int64_t until_us = clock_monotonic_us() + WRITER_GATHER_US;
	const struct timespec until = {
		.tv_sec = until_us / INSTANT_SECOND,
		.tv_nsec = until_us % INSTANT_SECOND * 1000,
	};

	if (!is_more_coming(writer))
		return;
	writer->is_gathering = true;
	while (is_more_coming(writer) &&
	       pthread_cond_timedwait(&writer->has_work, &writer->lock,
				      &until) == 0)
		;
	writer->is_gathering = false;
}

static struct store_change *take_all(struct writer *writer)
{
	struct store_change *first;

	pthread_mutex_lock(&writer->lock);
	while (writer->first == NULL && !writer->is_closing)
		pthread_cond_wait(&writer->has_work, &writer->lock);
	gather(writer);
	first = TAKE(writer->first);
	writer->last = NULL;
	writer->waiting = 0;
	pthread_mutex_unlock(&writer->lock);
	return first;
}

static void *run(void *context)
{
	const struct timespec pause = {.tv_nsec = WRITER_PAUSE_US * 1000};
	struct writer *writer = context;
	struct store_change *first;

	while ((first = take_all(writer)) != NULL) {
		run_batch(writer, first);
		deliver(writer, first);
		if (sqlite_turn_is_wanted(writer->turn_fd))
			(void)nanosleep(&pause, NULL);
	}
	return NULL;
}

bool sqlite_writer_start(struct writer *writer)
{
	sigset_t all;
	sigset_t before;
	pthread_condattr_t attributes;
	int code;

	MUST(pthread_condattr_init(&attributes) == 0);
	MUST(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
	MUST(pthread_mutex_init(&writer->lock, NULL) == 0);
	MUST(pthread_cond_init(&writer->has_work, &attributes) == 0);
	(void)pthread_condattr_destroy(&attributes);
	MUST(pthread_mutex_init(&writer->finish_lock, NULL) == 0);
	MUST(pthread_cond_init(&writer->has_finished, NULL) == 0);
	/* Signals are for the threads that expect them. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	code = pthread_create(&writer->thread, NULL, run, writer);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return code == 0;
}

void sqlite_writer_stop(struct writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	writer->is_closing = true;
	pthread_cond_signal(&writer->has_work);
	pthread_mutex_unlock(&writer->lock);
	MUST(pthread_join(writer->thread, NULL) == 0);
	pthread_mutex_destroy(&writer->lock);
	pthread_cond_destroy(&writer->has_work);
	pthread_mutex_destroy(&writer->finish_lock);
	pthread_cond_destroy(&writer->has_finished);
}

bool sqlite_writer_admits(struct writer *writer)
{
	if (atomic_fetch_add(&writer->under_way, 1) < WRITER_QUEUE_MAX)
		return true;
	atomic_fetch_sub(&writer->under_way, 1);
	return false;
}

void sqlite_writer_append(struct writer *writer, struct store_change *first,
			  struct store_change *last, int64_t count)
{
	pthread_mutex_lock(&writer->lock);
	if (writer->first == NULL || writer->is_gathering)
		pthread_cond_signal(&writer->has_work);
	if (writer->first == NULL)
		writer->first = first;
	else
		writer->last->next = first;
	writer->last = last;
	writer->waiting += count;
	pthread_mutex_unlock(&writer->lock);
}

void sqlite_writer_wait(struct writer *writer, struct store_change *change)
{
	pthread_mutex_lock(&writer->finish_lock);
	while (!change->driver_finished)
		pthread_cond_wait(&writer->has_finished, &writer->finish_lock);
	pthread_mutex_unlock(&writer->finish_lock);
}
