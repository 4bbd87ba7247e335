/* SPDX-License-Identifier: Apache-2.0 */
/* How items end: answered, tried again, or lost with their connection. */
#include <stdlib.h>

#include "base/event.h"
#include "loop/clock.h"
#include "store/postgres/internal.h"

/* What is tried again waits at least half of this, times the attempts. */
#define RETRY_MS 10
#define RETRY_MS_MAX 200

/* --- Ends ----------------------------------------------------------------- */

void postgres_lane_leave(struct postgres_lane *lane, struct postgres_item *item)
{
	if (item->is_astray)
		lane->astray_count--;
	item->is_astray = false;
}

void postgres_lane_finish(struct postgres_lane *lane,
			  struct postgres_item *item, enum store_outcome result)
{
	postgres_lane_leave(lane, item);
	if (postgres_item_is_internal(item)) {
		free(item);
		return;
	}
	lane->under_way--;
	item->outcome = result;
	item->is_finished = true;
	if (item->waiter != NULL)
		task_wake(item->waiter);
}

static int64_t jitter_ms(struct postgres_lane *lane, unsigned int attempts)
{
	int64_t most = (int64_t)attempts * RETRY_MS;

	if (most > RETRY_MS_MAX)
		most = RETRY_MS_MAX;
	lane->jitter =
		lane->jitter * 6364136223846793005U + 1442695040888963407U;
	return most / 2 + (int64_t)(lane->jitter >> 33) % (most / 2 + 1);
}

void postgres_lane_retry(struct postgres_lane *lane, struct postgres_item *item)
{
	if (postgres_item_is_internal(item) || lane->is_in_transaction) {
		postgres_lane_finish(lane, item, STORE_BUSY);
		return;
	}
	postgres_lane_leave(lane, item);
	item->attempts++;
	item->due_ms = clock_monotonic_ms() + jitter_ms(lane, item->attempts);
	if (item->due_ms >= item->until_ms)
		postgres_lane_finish(lane, item, STORE_BUSY);
	else
		list_append(&lane->delayed, &item->link);
}

/* --- The loss of a connection --------------------------------------------- */

/* Until its COMMIT is sent, nothing of a stepwise change can come to pass. */
static bool is_surely_undone(const struct postgres_item *item)
{
	return item->kind == POSTGRES_READ || item->may_run_again ||
	       (item->kind == POSTGRES_CHANGE &&
		(item->phase == POSTGRES_STEPPING ||
		 item->phase == POSTGRES_UNDOING));
}

static enum store_outcome outcome_of_loss(const struct postgres_item *item)
{
	return item->kind == POSTGRES_CHANGE || item->kind == POSTGRES_COMMAND
		       ? STORE_UNCERTAIN
		       : STORE_BUSY;
}

static void drop_sent(struct postgres_connection *connection)
{
	struct postgres_lane *lane = connection->lane;
	struct list *link;

	while ((link = list_take_first(&connection->sent)) != NULL) {
		struct postgres_item *item =
			HOLDER_OF(link, struct postgres_item, link);

		connection->sent_count--;
		if (is_surely_undone(item))
			postgres_lane_retry(lane, item);
		else
			postgres_lane_finish(lane, item, outcome_of_loss(item));
	}
}

static void requeue(struct postgres_connection *connection)
{
	struct list *link;

	while ((link = list_take_first(&connection->queued)) != NULL) {
		postgres_lane_leave(connection->lane,
				    HOLDER_OF(link, struct postgres_item,
					      link));
		list_append(&connection->lane->waiting, link);
	}
	connection->queued_count = 0;
}

/* What waits belonged to it: on another connection it would stand alone. */
static void lose_transaction(struct postgres_lane *lane)
{
	struct list *link;

	lane->is_transaction_lost = true;
	while ((link = list_take_first(&lane->waiting)) != NULL)
		postgres_lane_finish(
			lane, HOLDER_OF(link, struct postgres_item, link),
			STORE_BROKEN);
}

void postgres_connection_end(struct postgres_connection *connection)
{
	postgres_connection_close(connection);
	drop_sent(connection);
	requeue(connection);
	if (connection->lane->is_in_transaction)
		lose_transaction(connection->lane);
}

void postgres_connection_lose(struct postgres_connection *connection)
{
	event_fault("store.postgres.lost",
		    "a connection was lost with %zu statements under way",
		    connection->sent_count);
	postgres_connection_end(connection);
}
