/* SPDX-License-Identifier: Apache-2.0 */
/* Answers off the wire: rows, counts, and each transaction's fate. */
#include <stdio.h>
#include <stdlib.h>

#include "base/event.h"
#include "store/postgres/internal.h"

/* Statements that may run again meet their like, at another process's hand: both
 * make one table, and one of them is told so by a state of its own. */
#define AGAIN_MAX 20
/* An item that cannot be helped by trying again is not tried for ever. */
#define STALE_MAX 3
/* Ends of commands that may follow each other before something must come. */
#define ENDS_MAX 8
/* At an idle connection: what it says, its end, and one to be sure. */
#define LOOKS 3

static struct postgres_item *head_of(struct postgres_connection *connection)
{
	MUST(!list_is_empty(&connection->sent));
	return HOLDER_OF(connection->sent.next, struct postgres_item, link);
}

/* --- Results of commands -------------------------------------------------- */

static void note_error(struct postgres_item *item, const char *state)
{
	if (item->fate != POSTGRES_FINE)
		return;
	(void)snprintf(item->state, sizeof(item->state), "%s",
		       state == NULL ? "" : state);
	item->fate = postgres_fate_of(item->state);
}

/* The first line of the server's words alone: the next may hold a row's values.
 */
static void tell_failure(const struct postgres_item *item, const char *message)
{
	event_fault("store.postgres.failed", "%s (SQLSTATE %s)",
		    message == NULL ? "" : message, item->state);
}

static void take_error(struct postgres_connection *connection,
		       struct postgres_item *item, const PGresult *result)
{
	const struct postgres_library *pq = connection->pq;
	bool is_first = item->fate == POSTGRES_FINE;

	note_error(item, pq->PQresultErrorField(result, PG_DIAG_SQLSTATE));
	if (!is_first || item->is_quiet)
		return;
	if (item->fate == POSTGRES_FAULT || item->fate == POSTGRES_LATER ||
	    (item->fate == POSTGRES_UNHOLDABLE && item->kind != POSTGRES_READ))
		tell_failure(item, pq->PQresultErrorField(
					   result, PG_DIAG_MESSAGE_PRIMARY));
}

static int64_t count_changed(const struct postgres_library *pq,
			     PGresult *result)
{
	int64_t count = 0;

	/* Empty for what counts no rows. */
	(void)text_parse_integer(text_from(pq->PQcmdTuples(result)), &count);
	return count;
}

static void take_step(struct postgres_connection *connection,
		      struct postgres_item *item, PGresult *result)
{
	size_t step;

	if (item->phase == POSTGRES_COMMITTING &&
	    strcmp(connection->pq->PQcmdStatus(result), "COMMIT") != 0)
		note_error(item, "40001");
	if (item->skip_count > 0) {
		item->skip_count--;
		return;
	}
	step = item->phase == POSTGRES_AT_ONCE ? item->answer_count
					       : item->next_step - 1;
	item->answer_count++;
	MUST(step < item->change->step_count);
	item->change->steps[step].changed_count =
		count_changed(connection->pq, result);
}

static void take_clock(struct postgres_connection *connection,
		       struct postgres_item *item, const PGresult *result)
{
	struct store_value theirs = {0};

	if (connection->pq->PQntuples(result) == 1 &&
	    postgres_rows_read_value(connection->pq, result, 0, 0, &theirs) &&
	    theirs.type == STORE_INTEGER)
		postgres_clock_note(&connection->lane->store->clock,
				    item->asked_at, item->clock_era,
				    theirs.integer);
}

static void take_answer(struct postgres_connection *connection,
			struct postgres_item *item, PGresult *result)
{
	switch (item->kind) {
	case POSTGRES_READ:
		if (!postgres_rows_read(connection->pq, result, item))
			note_error(item, "42804"); /* datatype_mismatch */
		return;
	case POSTGRES_CHANGE:
		take_step(connection, item, result);
		return;
	case POSTGRES_COMMAND:
		item->changed_count = count_changed(connection->pq, result);
		if (strcmp(connection->pq->PQcmdStatus(result), "ROLLBACK") ==
		    0)
			note_error(item, "40001");
		return;
	case POSTGRES_CLOCK:
		take_clock(connection, item, result);
		return;
	case POSTGRES_PREPARE:
		return;
	}
}

void postgres_receive_notice(void *context, const PGresult *notice)
{
	struct postgres_connection *connection = context;
	const struct postgres_library *pq = connection->pq;
	const char *severity =
		pq->PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
	struct postgres_item *item;

	/* At an idle connection, the last words: its end may not be here yet. */
	if (severity != NULL && strcmp(severity, "FATAL") == 0)
		connection->is_doomed = true;
	if (list_is_empty(&connection->sent) || severity == NULL ||
	    strcmp(severity, "WARNING") != 0)
		return;
	item = head_of(connection);
	item->is_warned = true;
	event_fault("store.postgres.warned", "%s",
		    pq->PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY));
}

/* --- The end of a transaction --------------------------------------------- */

static void retry(struct postgres_connection *connection,
		  struct postgres_item *item)
{
	list_remove(&item->link);
	connection->sent_count--;
	postgres_lane_retry(connection->lane, item);
}

/* What a primary that has been replaced says of a row may long be otherwise. */
static bool is_hearsay(const struct postgres_connection *connection,
		       const struct postgres_item *item,
		       enum store_outcome result)
{
	if (!postgres_timeline_is_over(connection))
		return false;
	return item->kind == POSTGRES_READ ||
	       (item->kind == POSTGRES_CHANGE &&
		(result == STORE_CONFLICT || result == STORE_NOT_FOUND ||
		 result == STORE_ALREADY));
}

static void finish(struct postgres_connection *connection,
		   struct postgres_item *item, enum store_outcome result)
{
	if (is_hearsay(connection, item, result)) {
		retry(connection, item);
		return;
	}
	list_remove(&item->link);
	connection->sent_count--;
	postgres_lane_finish(connection->lane, item, result);
}

static enum store_outcome tell_uncertain(const struct postgres_item *item)
{
	if (item->kind == POSTGRES_CHANGE)
		event_fault("store.postgres.uncertain", "%s (SQLSTATE %s)",
			    item->is_warned ? "a commit may not be safe"
					    : "a commit's fate is unknown",
			    item->state[0] == '\0' ? "none" : item->state);
	return STORE_UNCERTAIN;
}

/* A uniqueness: of the plain insert, what its step says; else a conflict. */
static enum store_outcome unique_outcome(const struct postgres_item *item)
{
	const struct store_change *change = item->change;
	size_t step;

	if (item->kind != POSTGRES_CHANGE)
		return STORE_CONFLICT;
	step = item->phase == POSTGRES_AT_ONCE ? item->answer_count
					       : item->next_step - 1;
	return change->steps[step].must_change ? change->steps[step].otherwise
					       : STORE_CONFLICT;
}

static void refuse_unholdable(struct postgres_connection *connection,
			      struct postgres_item *item)
{
	/* What cannot be in the database is not found in it. */
	if (item->kind == POSTGRES_READ)
		*item->rows = (struct store_rows){0};
	finish(connection, item,
	       item->kind == POSTGRES_READ ? STORE_DONE : STORE_BROKEN);
}

/* Settings stay where they are when a store moves. */
static bool asks_settings(const struct postgres_item *item)
{
	return item->kind == POSTGRES_READ && item->statement != NULL &&
	       (item->statement->query == QUERY_PING ||
		item->statement->query == QUERY_LOAD_SETTINGS);
}

static void finish_away(struct postgres_connection *connection,
			struct postgres_item *item)
{
	if (!asks_settings(item)) {
		finish(connection, item, STORE_BUSY);
		return;
	}
	tell_failure(item, "the database has no schema of ours");
	finish(connection, item, STORE_BROKEN);
}

static bool is_to_run_again(const struct postgres_item *item)
{
	return item->may_run_again && item->attempts < AGAIN_MAX &&
	       (item->fate == POSTGRES_RACED || item->fate == POSTGRES_UNIQUE ||
		item->fate == POSTGRES_UNKNOWN);
}

static void end_in_error(struct postgres_connection *connection,
			 struct postgres_item *item)
{
	if (is_to_run_again(item)) {
		retry(connection, item);
		return;
	}
	switch (item->fate) {
	case POSTGRES_UNIQUE:
		finish(connection, item, unique_outcome(item));
		return;
	case POSTGRES_DEMOTED:
		event_fault("store.postgres.demoted",
			    "the server takes no writes any more: looking for "
			    "the one that does");
		connection->is_doomed = true;
		retry(connection, item);
		return;
	case POSTGRES_STALE:
		if (connection->prepare_fate == POSTGRES_AWAY) {
			finish_away(connection, item);
			return;
		}
		/* Names may be left over there: a new session has none. */
		connection->is_doomed = true;
		if (item->attempts < STALE_MAX &&
		    connection->prepare_fate != POSTGRES_FAULT)
			retry(connection, item);
		else
			finish(connection, item, STORE_BROKEN);
		return;
	case POSTGRES_RETRY:
		retry(connection, item);
		return;
	case POSTGRES_LATER:
		finish(connection, item, STORE_BUSY);
		return;
	case POSTGRES_AWAY:
		finish_away(connection, item);
		return;
	case POSTGRES_UNHOLDABLE:
		refuse_unholdable(connection, item);
		return;
	case POSTGRES_UNKNOWN:
		if (item->kind == POSTGRES_READ)
			retry(connection, item);
		else
			finish(connection, item, tell_uncertain(item));
		return;
	case POSTGRES_RACED:
	case POSTGRES_FAULT:
	case POSTGRES_FINE:
		finish(connection, item, STORE_BROKEN);
		return;
	}
}

static bool is_step_in_vain(const struct store_step *step)
{
	return step->must_change && step->changed_count == 0;
}

static void end_at_once(struct postgres_connection *connection,
			struct postgres_item *item)
{
	const struct store_change *change = item->change;
	const struct store_step *last = change->steps + change->step_count - 1;

	if (change->step_count > 0 && is_step_in_vain(last))
		finish(connection, item, last->otherwise);
	else
		finish(connection, item,
		       item->is_warned ? tell_uncertain(item) : STORE_DONE);
}

/* How it goes on after the answer to one step. */
static enum postgres_phase next_phase(struct postgres_item *item)
{
	const struct store_change *change = item->change;
	const struct store_step *step = &change->steps[item->next_step - 1];

	if (item->fate != POSTGRES_FINE)
		return POSTGRES_UNDOING;
	if (is_step_in_vain(step)) {
		item->outcome = step->otherwise;
		return change->undoes_all ? POSTGRES_UNDOING
					  : POSTGRES_COMMITTING;
	}
	item->outcome = STORE_DONE;
	return item->next_step < change->step_count ? POSTGRES_STEPPING
						    : POSTGRES_COMMITTING;
}

static bool end_stepwise(struct postgres_connection *connection,
			 struct postgres_item *item)
{
	switch (item->phase) {
	case POSTGRES_STEPPING:
		item->phase = next_phase(item);
		return postgres_send_next(connection, item);
	case POSTGRES_COMMITTING:
		connection->is_held = false;
		if (item->fate != POSTGRES_FINE)
			end_in_error(connection, item);
		else
			finish(connection, item,
			       item->is_warned && item->outcome == STORE_DONE
				       ? tell_uncertain(item)
				       : item->outcome);
		return true;
	case POSTGRES_UNDOING:
		connection->is_held = false;
		if (item->fate != POSTGRES_FINE)
			end_in_error(connection, item);
		else
			finish(connection, item, item->outcome);
		return true;
	case POSTGRES_AT_ONCE:
		break;
	}
	MUST(!"a change is at once or stepwise");
}

/* Whoever needs it comes behind it, and hears of it by a state of its own. */
static void end_prepare(struct postgres_connection *connection,
			struct postgres_item *item)
{
	connection->prepare_fate = item->fate;
	if (item->fate != POSTGRES_FINE)
		connection->is_prepared[item->slot] = false;
	finish(connection, item, STORE_DONE);
}

/* Its Sync is answered: what was committed is, before this, durable. */
static bool end_transaction(struct postgres_connection *connection)
{
	struct postgres_item *item = head_of(connection);

	if (item->kind == POSTGRES_CHANGE && item->phase != POSTGRES_AT_ONCE)
		return end_stepwise(connection, item);
	if (item->kind == POSTGRES_PREPARE) {
		end_prepare(connection, item);
		return true;
	}
	if (item->fate != POSTGRES_FINE)
		end_in_error(connection, item);
	else if (item->kind == POSTGRES_CHANGE)
		end_at_once(connection, item);
	else
		finish(connection, item,
		       item->is_warned && item->kind == POSTGRES_COMMAND
			       ? STORE_UNCERTAIN
			       : STORE_DONE);
	return true;
}

/* --- The stream ----------------------------------------------------------- */

static bool take_result(struct postgres_connection *connection,
			PGresult *result)
{
	const struct postgres_library *pq = connection->pq;
	struct postgres_item *item = head_of(connection);

	switch (pq->PQresultStatus(result)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
		take_answer(connection, item, result);
		return true;
	case PGRES_PIPELINE_SYNC:
		return end_transaction(connection);
	case PGRES_PIPELINE_ABORTED:
		return true;
	case PGRES_FATAL_ERROR:
		take_error(connection, item, result);
		return true;
	default: /* of copying and other things that are never asked for */
		return false;
	}
}

/* Whoever says something unasked is mostly about to close: the end, which comes
 * behind it, is to be heard before anything is sent. */
static bool look_for_end(struct postgres_connection *connection)
{
	const struct postgres_library *pq = connection->pq;

	for (int i = 0; i < LOOKS; i++) {
		if (pq->PQconsumeInput(connection->pg) != 1)
			return false;
		/* Out of the pipeline's last answer, then into what came. */
		pq->PQclear(pq->PQgetResult(connection->pg));
		(void)pq->PQisBusy(connection->pg);
	}
	return pq->PQstatus(connection->pg) == CONNECTION_OK;
}

bool postgres_receive(struct postgres_connection *connection)
{
	const struct postgres_library *pq = connection->pq;
	int ends = 0;

	if (list_is_empty(&connection->sent))
		return look_for_end(connection);
	if (pq->PQconsumeInput(connection->pg) != 1)
		return false;
	while (!list_is_empty(&connection->sent) &&
	       !pq->PQisBusy(connection->pg)) {
		PGresult *result = pq->PQgetResult(connection->pg);
		bool is_fine;

		if (result == NULL && ++ends > ENDS_MAX)
			return false;
		if (result == NULL)
			continue;
		ends = 0;
		is_fine = take_result(connection, result);
		pq->PQclear(result);
		if (!is_fine)
			return false;
	}
	return pq->PQstatus(connection->pg) == CONNECTION_OK;
}
