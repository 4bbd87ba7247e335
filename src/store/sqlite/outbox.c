/* SPDX-License-Identifier: Apache-2.0 */
/* Between one loop and the writer: a round's changes out, a batch's back. */
#include "loop/clock.h"
#include "store/sqlite/internal.h"

/* Rounds are short when replies and what they bring come one by one, and a commit
 * costs as much as twenty rows in it: so what a busy loop submits goes on to the
 * writer no sooner than it is worth it. */
static bool may_grow(const struct outbox *outbox)
{
	return outbox->count < WRITER_BATCH &&
	       clock_monotonic_us() < outbox->until_us &&
	       loop_is_pressed(outbox->loop);
}

static void hand_over(struct loop_hook *hook)
{
	struct outbox *outbox = HOLDER_OF(hook, struct outbox, hook);

	if (may_grow(outbox))
		return;
	loop_hook_remove(&outbox->hook);
	outbox->is_hooked = false;
	sqlite_writer_append(&outbox->store->writer, outbox->first,
			     outbox->last, outbox->count);
	outbox->first = NULL;
	outbox->last = NULL;
	outbox->count = 0;
}

static void wake_tasks(struct loop_message *message)
{
	struct outbox *outbox = HOLDER_OF(message, struct outbox, message);
	struct store_change *change;

	pthread_mutex_lock(&outbox->lock);
	change = TAKE(outbox->finished);
	outbox->is_posted = false;
	pthread_mutex_unlock(&outbox->lock);

	while (change != NULL) {
		struct store_change *next = change->next;

		change->driver_finished = true;
		if (change->driver_waiter != NULL)
			task_wake(change->driver_waiter);
		change = next;
	}
}

void sqlite_outbox_init(struct outbox *outbox, struct sqlite_store *store)
{
	*outbox = (struct outbox){
		.store = store,
		.hook = {.round_ended = hand_over},
		.message = {.run = wake_tasks},
	};
	list_init(&outbox->hook.link);
	MUST(pthread_mutex_init(&outbox->lock, NULL) == 0);
}

void sqlite_outbox_wipe(struct outbox *outbox)
{
	MUST(!outbox->is_hooked);
	pthread_mutex_destroy(&outbox->lock);
}

/* The writer reads the loop when it delivers; only this thread changes it. */
static void stand_on(struct outbox *outbox, struct loop *loop)
{
	if (outbox->loop == loop)
		return;
	pthread_mutex_lock(&outbox->lock);
	outbox->loop = loop;
	pthread_mutex_unlock(&outbox->lock);
}

/* The hook is there only while something waits for the round's end: so nothing
 * is left in a loop that ends before the store does. */
void sqlite_outbox_submit(struct outbox *outbox, struct store_change *change)
{
	change->driver_state = outbox;
	if (outbox->last == NULL)
		outbox->first = change;
	else
		outbox->last->next = change;
	outbox->last = change;
	outbox->count++;
	if (outbox->is_hooked)
		return;
	stand_on(outbox, loop_current());
	outbox->is_hooked = true;
	outbox->until_us = clock_monotonic_us() + OUTBOX_GATHER_US;
	loop_hook_add(outbox->loop, &outbox->hook);
}

void sqlite_outbox_wait(struct store_change *change)
{
	change->driver_waiter = task_current();
	task_park_until(&change->driver_finished);
}

void sqlite_outbox_deliver(struct outbox *outbox, struct store_change *first,
			   struct store_change *last)
{
	struct loop *loop;
	bool must_post;

	pthread_mutex_lock(&outbox->lock);
	loop = outbox->loop;
	last->next = NULL;
	if (outbox->finished == NULL)
		outbox->finished = first;
	else
		outbox->finished_last->next = first;
	outbox->finished_last = last;
	must_post = !outbox->is_posted;
	outbox->is_posted = true;
	pthread_mutex_unlock(&outbox->lock);
	if (must_post)
		loop_post(loop, &outbox->message);
}
