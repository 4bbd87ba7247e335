/* SPDX-License-Identifier: Apache-2.0 */
/* One thread's connections: what goes where, what took too long, what is tried
 * again. */
#include <poll.h>
#include <stdlib.h>

#include "base/event.h"
#include "loop/clock.h"
#include "store/postgres/internal.h"

struct postgres_item *postgres_item_new(enum postgres_kind kind)
{
	struct postgres_item *item = calloc(1, sizeof(*item));

	MUST(item != NULL);
	item->kind = kind;
	list_init(&item->link);
	return item;
}

static struct postgres_item *first_of(const struct list *items)
{
	if (list_is_empty(items))
		return NULL;
	return HOLDER_OF(items->next, struct postgres_item, link);
}

/* --- Onto the wire -------------------------------------------------------- */

static int64_t row_of(const struct postgres_item *item)
{
	return item->kind == POSTGRES_CHANGE ? item->change->row_id : 0;
}

static bool has_row(const struct list *items, int64_t row)
{
	for (const struct list *link = items->next; link != items;
	     link = link->next)
		if (row_of(HOLDER_OF(link, struct postgres_item, link)) == row)
			return true;
	return false;
}

static bool is_usable(const struct postgres_connection *connection)
{
	return connection->state == POSTGRES_OPEN && !connection->is_doomed;
}

static struct postgres_connection *least_busy(struct postgres_lane *lane)
{
	struct postgres_connection *least = NULL;

	for (size_t i = 0; i < lane->connection_count; i++) {
		struct postgres_connection *one = &lane->connections[i];

		if (is_usable(one) &&
		    (least == NULL ||
		     one->sent_count + one->queued_count <
			     least->sent_count + least->queued_count))
			least = one;
	}
	return least;
}

/* Where a change of this row is under way already. */
static struct postgres_connection *follow(struct postgres_lane *lane,
					  int64_t row)
{
	for (size_t i = 0; i < lane->connection_count; i++) {
		struct postgres_connection *one = &lane->connections[i];

		if (is_usable(one) &&
		    (has_row(&one->queued, row) || has_row(&one->sent, row)))
			return one;
	}
	return NULL;
}

/* Changes of one row go one way, and so keep their order, also while that
 * row's own connection comes or goes; the rest goes where least is under way. */
static struct postgres_connection *choose(struct postgres_lane *lane,
					  struct postgres_item *item)
{
	int64_t row = row_of(item);
	struct postgres_connection *its =
		&lane->connections[(uint64_t)row % lane->connection_count];
	struct postgres_connection *chosen = NULL;

	if (row == 0)
		return least_busy(lane);
	if (lane->astray_count > 0)
		chosen = follow(lane, row);
	if (chosen == NULL)
		chosen = is_usable(its) ? its : least_busy(lane);
	item->is_astray = chosen != NULL && chosen != its;
	lane->astray_count += item->is_astray;
	return chosen;
}

static void distribute(struct postgres_lane *lane)
{
	struct postgres_item *item;

	while ((item = first_of(&lane->waiting)) != NULL) {
		struct postgres_connection *chosen = choose(lane, item);

		if (chosen == NULL)
			return;
		list_remove(&item->link);
		list_append(&chosen->queued, &item->link);
		chosen->queued_count++;
	}
}

static int64_t patience_ms(const struct postgres_lane *lane,
			   const struct postgres_item *item)
{
	return item->timeout_ms != 0 ? item->timeout_ms
				     : lane->store->options.timeout_ms;
}

/* The servers' poll, every second, is a good moment to compare clocks. */
static bool send_clock_first(struct postgres_connection *connection,
			     const struct postgres_item *item)
{
	if (item->kind != POSTGRES_READ || item->statement == NULL ||
	    item->statement->query != QUERY_LOAD_SETTINGS)
		return true;
	return postgres_send(connection, postgres_item_new(POSTGRES_CLOCK));
}

static bool send_queued(struct postgres_connection *connection)
{
	struct postgres_item *item;

	while (!connection->is_held && !connection->is_doomed &&
	       connection->sent_count < POSTGRES_DEPTH_MAX &&
	       (item = first_of(&connection->queued)) != NULL) {
		bool is_fine = send_clock_first(connection, item);

		list_remove(&item->link);
		connection->queued_count--;
		/* Its time begins anew, so that the server's own limits end it
		 * before we must: then it is known that nothing was applied. */
		item->late_ms = clock_monotonic_ms() +
				patience_ms(connection->lane, item);
		if (!postgres_send(connection, item) || !is_fine)
			return false;
	}
	return true;
}

static void flush(struct postgres_connection *connection)
{
	struct postgres_lane *lane = connection->lane;
	int left = connection->pq->PQflush(connection->pg);

	if (left < 0)
		postgres_connection_lose(connection);
	else if (lane->loop != NULL)
		loop_watch_change(lane->loop, &connection->watch,
				  left > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

/* A loop hears of an idle connection's end at once; a plain thread looks before
 * it sends: what goes into a closed connection would be uncertain. */
static void look_first(struct postgres_lane *lane)
{
	struct postgres_connection *one = &lane->connections[0];

	if (lane->loop == NULL && one->state == POSTGRES_OPEN &&
	    list_is_empty(&one->sent) && !postgres_receive(one))
		postgres_connection_lose(one);
}

/* A transaction under way is left to fail by itself: it cannot be committed. */
static void doom_replaced(struct postgres_lane *lane)
{
	for (size_t i = 0; i < lane->connection_count; i++) {
		struct postgres_connection *one = &lane->connections[i];

		if (one->state == POSTGRES_OPEN && !lane->is_in_transaction &&
		    postgres_timeline_is_over(one))
			one->is_doomed = true;
	}
}

static void send_all(struct postgres_lane *lane)
{
	look_first(lane);
	doom_replaced(lane);
	distribute(lane);
	for (size_t i = 0; i < lane->connection_count; i++) {
		struct postgres_connection *one = &lane->connections[i];

		if (one->state != POSTGRES_OPEN)
			continue;
		if (one->is_doomed && list_is_empty(&one->sent))
			postgres_connection_end(one);
		else if (!send_queued(one))
			postgres_connection_lose(one);
		else if (!list_is_empty(&one->sent))
			flush(one);
	}
}

/* --- Time ----------------------------------------------------------------- */

static void expire(struct postgres_lane *lane, struct list *items,
		   size_t *count, int64_t now_ms)
{
	struct postgres_item *item;

	while ((item = first_of(items)) != NULL && item->until_ms <= now_ms) {
		list_remove(&item->link);
		if (count != NULL)
			(*count)--;
		postgres_lane_finish(lane, item, STORE_BUSY);
	}
}

static bool has_overdue(const struct postgres_connection *connection,
			int64_t now_ms)
{
	for (const struct list *link = connection->sent.next;
	     link != &connection->sent; link = link->next) {
		const struct postgres_item *item =
			HOLDER_OF(link, struct postgres_item, link);

		if (!postgres_item_is_internal(item) && item->late_ms <= now_ms)
			return true;
	}
	return false;
}

/* What was sent and not answered in time may come to pass or not: nothing more
 * is to be heard of it. */
static void check_connection(struct postgres_connection *connection,
			     int64_t now_ms)
{
	expire(connection->lane, &connection->queued, &connection->queued_count,
	       now_ms);
	if (connection->state != POSTGRES_OPEN ||
	    !has_overdue(connection, now_ms))
		return;
	event_fault("store.postgres.late",
		    "no answer within %lld ms: the connection is closed",
		    (long long)connection->lane->store->options.timeout_ms);
	postgres_connection_end(connection);
}

static void revive_delayed(struct postgres_lane *lane, int64_t now_ms)
{
	struct list *link = lane->delayed.next;

	while (link != &lane->delayed) {
		struct postgres_item *item =
			HOLDER_OF(link, struct postgres_item, link);

		link = link->next;
		if (item->until_ms <= now_ms) {
			list_remove(&item->link);
			postgres_lane_finish(lane, item, STORE_BUSY);
		} else if (item->due_ms <= now_ms) {
			list_remove(&item->link);
			list_append(&lane->waiting, &item->link);
		}
	}
}

static void connect_closed(struct postgres_lane *lane)
{
	for (size_t i = 0; i < lane->connection_count; i++)
		if (lane->connections[i].state == POSTGRES_CLOSED)
			postgres_connect(&lane->connections[i]);
}

static void look_around(struct postgres_lane *lane)
{
	int64_t now_ms = clock_monotonic_ms();

	expire(lane, &lane->waiting, NULL, now_ms);
	for (size_t i = 0; i < lane->connection_count; i++)
		check_connection(&lane->connections[i], now_ms);
	revive_delayed(lane, now_ms);
	if (lane->under_way > 0 && !lane->is_transaction_lost)
		connect_closed(lane);
}

/* --- In a loop ------------------------------------------------------------ */

static void round_ended(struct loop_hook *hook)
{
	struct postgres_lane *lane =
		HOLDER_OF(hook, struct postgres_lane, hook);

	if (lane->under_way > 0)
		send_all(lane);
}

static void ticked(struct loop_timer *timer)
{
	struct postgres_lane *lane =
		HOLDER_OF(timer, struct postgres_lane, tick);

	look_around(lane);
	lane->is_ticking = lane->under_way > 0;
	if (lane->is_ticking)
		loop_timer_set(lane->loop, timer, POSTGRES_TICK_MS);
}

/* With nothing under way the server has no more to say than that it closes. */
static void ready(struct loop_watch *watch, uint32_t events)
{
	struct postgres_connection *connection =
		HOLDER_OF(watch, struct postgres_connection, watch);

	if (!postgres_receive(connection))
		postgres_connection_lose(connection);
	else if ((events & EPOLLOUT) != 0)
		flush(connection);
}

static void loop_ended(struct loop_guest *guest)
{
	struct postgres_lane *lane =
		HOLDER_OF(guest, struct postgres_lane, guest);

	for (size_t i = 0; i < lane->connection_count; i++) {
		postgres_connect_abandon(&lane->connections[i]);
		postgres_connection_end(&lane->connections[i]);
	}
	loop_timer_cancel(lane->loop, &lane->tick);
	loop_hook_remove(&lane->hook);
	lane->is_ticking = false;
	lane->loop = NULL;
}

void postgres_lane_follow(struct postgres_lane *lane, struct loop *loop)
{
	if (lane->loop == loop)
		return;
	/* A thread has one loop at a time: the one before is gone. */
	MUST(lane->loop == NULL);
	lane->loop = loop;
	lane->hook.round_ended = round_ended;
	lane->guest.loop_ended = loop_ended;
	lane->tick.fired = ticked;
	loop_hook_add(loop, &lane->hook);
	loop_guest_add(loop, &lane->guest);
}

/* --- On a plain thread ---------------------------------------------------- */

static void poll_connection(struct postgres_connection *connection)
{
	struct pollfd fd = {.fd = -1, .events = POLLIN};
	int left;

	if (connection->state == POSTGRES_OPEN) {
		left = connection->pq->PQflush(connection->pg);
		if (left < 0) {
			postgres_connection_lose(connection);
			return;
		}
		fd.fd = connection->pq->PQsocket(connection->pg);
		fd.events = left > 0 ? POLLIN | POLLOUT : POLLIN;
	}
	if (poll(&fd, 1, POSTGRES_TICK_MS) > 0 && !postgres_receive(connection))
		postgres_connection_lose(connection);
}

static void drive(struct postgres_lane *lane, struct postgres_item *item)
{
	while (!item->is_finished) {
		look_around(lane);
		send_all(lane);
		if (!item->is_finished)
			poll_connection(&lane->connections[0]);
	}
}

/* --- Doors ---------------------------------------------------------------- */

static bool admits(const struct postgres_lane *lane)
{
	return lane->under_way < POSTGRES_WAITING_MAX &&
	       !lane->is_transaction_lost;
}

void postgres_lane_submit(struct postgres_lane *lane,
			  struct postgres_item *item)
{
	int64_t now_ms = clock_monotonic_ms();

	item->until_ms = now_ms + patience_ms(lane, item);
	if (!admits(lane)) {
		item->outcome = lane->is_transaction_lost ? STORE_BROKEN
							  : STORE_BUSY;
		item->is_finished = true;
		return;
	}
	lane->under_way++;
	list_append(&lane->waiting, &item->link);
	if (lane->loop == NULL || lane->is_ticking)
		return;
	connect_closed(lane);
	lane->is_ticking = true;
	loop_timer_set(lane->loop, &lane->tick, POSTGRES_TICK_MS);
}

void postgres_lane_wait(struct postgres_lane *lane, struct postgres_item *item)
{
	if (lane->loop == NULL) {
		drive(lane, item);
		return;
	}
	item->waiter = task_current();
	task_park_until(&item->is_finished);
}

/* --- Birth and end -------------------------------------------------------- */

struct postgres_lane *postgres_lane_new(struct postgres_store *store,
					size_t connection_count)
{
	struct postgres_lane *lane = calloc(1, sizeof(*lane));

	MUST(lane != NULL);
	lane->store = store;
	lane->connection_count = connection_count;
	lane->connections =
		calloc(connection_count, sizeof(lane->connections[0]));
	MUST(lane->connections != NULL);
	lane->jitter = (uint64_t)clock_monotonic_us() ^ (uintptr_t)lane;
	list_init(&lane->hook.link);
	list_init(&lane->guest.link);
	list_init(&lane->waiting);
	list_init(&lane->delayed);
	for (size_t i = 0; i < connection_count; i++) {
		struct postgres_connection *one = &lane->connections[i];

		one->lane = lane;
		one->pq = store->pq;
		one->watch.ready = ready;
		list_init(&one->queued);
		list_init(&one->sent);
	}
	return lane;
}

static void free_items(struct list *items)
{
	struct list *link;

	while ((link = list_take_first(items)) != NULL)
		free(HOLDER_OF(link, struct postgres_item, link));
}

void postgres_lane_free(struct postgres_lane **lane)
{
	struct postgres_lane *old = *lane;

	if (old == NULL)
		return;
	*lane = NULL;
	for (size_t i = 0; i < old->connection_count; i++) {
		struct postgres_connection *one = &old->connections[i];

		postgres_connect_abandon(one);
		postgres_connection_close(one);
		free_items(&one->sent);
		free_items(&one->queued);
	}
	free_items(&old->waiting);
	free_items(&old->delayed);
	if (old->loop != NULL) {
		loop_timer_cancel(old->loop, &old->tick);
		loop_hook_remove(&old->hook);
		loop_guest_remove(&old->guest);
	}
	free(old->connections);
	free(old);
}

enum store_outcome postgres_lane_run(struct postgres_lane *lane,
				     struct postgres_item *item)
{
	enum store_outcome result;

	postgres_lane_submit(lane, item);
	postgres_lane_wait(lane, item);
	result = item->outcome;
	free(item);
	return result;
}
