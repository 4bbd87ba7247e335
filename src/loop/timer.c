/* SPDX-License-Identifier: Apache-2.0 */
/* Timers in a binary heap; each knows its place, so that any can leave. */
#include <limits.h>
#include <stdlib.h>

#include "loop/clock.h"
#include "loop/internal.h"

#define LEAST_CAPACITY 64

static bool is_before(const struct timer_entry *a, const struct timer_entry *b)
{
	if (a->due_ms != b->due_ms)
		return a->due_ms < b->due_ms;
	return a->order < b->order;
}

static void put(struct timer_heap *heap, size_t index, struct timer_entry entry)
{
	heap->entries[index] = entry;
	entry.timer->place = index + 1;
}

static void sift_up(struct timer_heap *heap, size_t index)
{
	struct timer_entry moving = heap->entries[index];

	while (index > 0) {
		size_t parent = (index - 1) / 2;

		if (!is_before(&moving, &heap->entries[parent]))
			break;
		put(heap, index, heap->entries[parent]);
		index = parent;
	}
	put(heap, index, moving);
}

static void sift_down(struct timer_heap *heap, size_t index)
{
	struct timer_entry moving = heap->entries[index];

	for (size_t child; (child = 2 * index + 1) < heap->count;
	     index = child) {
		if (child + 1 < heap->count &&
		    is_before(&heap->entries[child + 1], &heap->entries[child]))
			child++;
		if (!is_before(&heap->entries[child], &moving))
			break;
		put(heap, index, heap->entries[child]);
	}
	put(heap, index, moving);
}

static void make_room(struct timer_heap *heap)
{
	if (heap->count < heap->capacity)
		return;
	heap->capacity = heap->capacity ? 2 * heap->capacity : LEAST_CAPACITY;
	heap->entries = reallocarray(heap->entries, heap->capacity,
				     sizeof(*heap->entries));
	MUST(heap->entries != NULL);
}

/* The first millisecond that is never early: the one begun does not count. */
static int64_t due_after(int64_t after_ms)
{
	if (after_ms <= 0)
		return clock_monotonic_ms();
	return (clock_monotonic_us() + 999) / 1000 + after_ms;
}

void loop_timer_set(struct loop *loop, struct loop_timer *timer,
		    int64_t after_ms)
{
	struct timer_heap *heap = &loop->timers;

	loop_timer_cancel(loop, timer);
	make_room(heap);
	timer->due_ms = due_after(after_ms);
	heap->entries[heap->count] =
		(struct timer_entry){timer->due_ms, heap->next_order++, timer};
	sift_up(heap, heap->count++);
}

void loop_timer_cancel(struct loop *loop, struct loop_timer *timer)
{
	struct timer_heap *heap = &loop->timers;
	size_t index = timer->place - 1;
	struct timer_entry last;

	if (timer->place == 0)
		return;
	MUST(index < heap->count && heap->entries[index].timer == timer);
	timer->place = 0;
	last = heap->entries[--heap->count];
	if (last.timer == timer)
		return;
	put(heap, index, last);
	sift_up(heap, index);
	sift_down(heap, last.timer->place - 1);
}

int timer_wait_ms(const struct loop *loop)
{
	int64_t wait_us;

	if (loop->timers.count == 0)
		return -1;
	wait_us = loop->timers.entries[0].due_ms * 1000 - clock_monotonic_us();
	if (wait_us <= 0)
		return 0;
	if (wait_us / 1000 >= INT_MAX)
		return INT_MAX;
	return (int)((wait_us + 999) / 1000);
}

void timer_fire_due(struct loop *loop)
{
	struct timer_heap *heap = &loop->timers;
	uint64_t end = heap->next_order;
	int64_t now_ms;

	if (heap->count == 0)
		return;
	now_ms = clock_monotonic_ms();
	while (heap->count > 0 && heap->entries[0].due_ms <= now_ms &&
	       heap->entries[0].order < end) {
		struct loop_timer *timer = heap->entries[0].timer;

		loop_timer_cancel(loop, timer);
		timer->fired(timer);
	}
}

void timer_forget_all(struct loop *loop)
{
	for (size_t i = 0; i < loop->timers.count; i++)
		loop->timers.entries[i].timer->place = 0;
	free(loop->timers.entries);
	loop->timers = (struct timer_heap){0};
}
